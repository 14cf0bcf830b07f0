"""Needs and offers: who should talk to whom, and what came of it.

match          matching, match_workbook; match_search
meeting ...    meetings over meeting_facts, meeting_workbook
"""
