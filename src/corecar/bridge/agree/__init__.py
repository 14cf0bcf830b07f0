"""Memoranda in a workspace: drafted, negotiated, signed, kept; what is called off and delivered under them."""
