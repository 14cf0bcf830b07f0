"""Plans of the chain: made, kept, compared, asked.

plan, plans, plan show, compare   planning, plans over kept_plans; plan_folder
plan explain, shortages, needs    explaining, needs; kept_questions for plans that are kept, plan_answers writes them
plan whatif, plan policy          changed_plans, asked_plan
impact                            kept_weekly: a kept plan as it was, without planning it again
"""
