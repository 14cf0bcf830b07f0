"""The verbs: files, folders, clocks and progress around the pure steps. The command line and `corecar.grade` come here.

Verbs on files alone       module
-------------------------  ---------------
grade                      grading: reads, screens, and hands over to the four below
                           truth: verdicts beside what a simulator planted
                           deliverables: the folder, moved into place at the end
                           rebinning: the STDF files again, with the new bins
                           wafer_maps: SEMI G85 before and after
info, tests, parts,        inspection
results, records
convert                    conversion
anonymise, relimit, repair editing
demo                       demonstration

Verbs of a workspace       a row each in `verbs`; `registry` is the one way in
-------------------------  ---------------
the way in                 workspace, registry, access, calls, plain
ingest, retry              ingestion; discovery finds files, intake is what a worker does, taken what it brings back,
                           admission the commit that makes it true
correct, mapping, todo     correction, mapping, todo
lots, lot, grade           lots, lot_grading over kept_lots; run_rows reads the lake for some runs
hold ... scrap             lot_decisions over lot_histories
limits                     limit_sets over kept_limits, limit_sources, tester_limits; limit_listing, limit_reviews,
                           chosen_limits; limit_checks, limit_differences and kept_differences
share, people, parties     sharing, people
sql, trend, ... wafer      questions
jobs                       jobs
compact, vacuum, verify,   compaction, vacuum, verification, backup, restoring, publication
backup, restore, publish

Verbs that are one step alone have no module here: recipes are read by `corecar.screen`, mappings of datalogs
proposed by `corecar.formats.datalog`, lots simulated by `corecar.simulate`.
"""
