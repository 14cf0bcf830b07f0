"""Memoranda in a workspace: drafted, negotiated, signed, kept; what is called off and delivered under them.

agree revise ...    negotiating over beginning, acting, terms_files
agree signed        signing over authorities
agree list, show    showing_agreements over visible_agreements; sharing_agreements
agree told, kept    call_offs
agree scorecard     scorecards
agree messages      wire_messages
plans               signed_volumes
"""
