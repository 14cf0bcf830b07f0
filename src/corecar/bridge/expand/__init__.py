"""Verbs about machines: what limits each cell."""
