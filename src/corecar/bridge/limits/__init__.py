"""Limits of their own life: derived, proposed, approved, released, reviewed, compared, checked.

static limits of files   static_limits, chosen_limits
the sets of a workspace  limit_sets over kept_limits, limit_sources, tester_limits; limit_listing, limit_reviews
limits diff, check       limit_differences and kept_differences, limit_checks
"""
