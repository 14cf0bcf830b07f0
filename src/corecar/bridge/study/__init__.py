"""Statistics of lots of a workspace, or of files; and the actions that follow from findings.

studies               studies over studied, study_columns, chosen_tests; recoveries, paired_bins
charts and figures    lot_charts, lot_figures, lot_groups; told_figures
action ...            actions over action_subjects, gains
"""
