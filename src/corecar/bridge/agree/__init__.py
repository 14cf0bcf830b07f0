"""Memoranda in a workspace: drafted, negotiated, signed, kept; what is called off and delivered under them.

agree revise ...    negotiating over beginning, acting, terms_files
agree signed        signing over authorities
agree list, show    showing_agreements over kept_agreements; sharing_agreements
agree told, kept    keeping_agreements
agree messages      wire_messages
plans               signed_volumes
"""
