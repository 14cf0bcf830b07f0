"""First drafts of memoranda: out of a need and an offer, a pair of a meeting, a plan, or a file.

agree new    drafting over draft_sources
"""
