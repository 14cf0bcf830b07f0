"""Verbs of genealogy: events taken in, asked backward and forward, and what is contained of it."""
