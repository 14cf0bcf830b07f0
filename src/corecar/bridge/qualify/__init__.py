"""Verbs of qualification: plans of tests, evidence, approval, submission."""
