"""Measurements of packaging steps: taken in, judged, drawn.

measurements   taken in once by content, listed
judging        control charts, capability, and what holds a lot
documents      the same as documents and pictures
"""
