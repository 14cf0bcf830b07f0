"""Genealogy of chips: events from the die to the car, what they make of what, and the walk along them both ways."""
