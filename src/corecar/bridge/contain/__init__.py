"""Verbs of containment: what is suspect is held, told to customers, followed to closure; and a drill of it."""
