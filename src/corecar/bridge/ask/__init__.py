"""What one asks of all lots: lists, questions, SQL, and what waits for a person.

lots, lot               lots
sql, trend, ... wafer   questions, with catalogue_tables and coverage
todo                    todo
"""
