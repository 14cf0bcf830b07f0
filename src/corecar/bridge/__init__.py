"""The verbs: files, folders, clocks and progress around the pure steps. Every face comes here, and only here.

The way in: `verbs` has a row for each verb of a workspace, `registry` takes every call (actor, permission, transaction,
idempotency, audit), `workspace` is one store and one actor, `access`, `sharing` and `people` say who may and who sees,
`audited`, `jobs`, `claimed_jobs` and `liveness` what a call leaves behind; `calls`, `plain`, `whole_folder` lie below.

The verbs themselves, a package for each subject (its first lines say which module holds which verb):

files      files that no workspace holds: looked at, converted, edited
ingest     tester files on their way into a workspace
grade      lots graded and drawn
limits     the life of limits
lot        a lot's runs, decisions and overrides
ask        lists, questions, SQL, what waits
study      statistics of lots; actions upon findings
assembly   measurements of packaging steps
keep       compaction, verification, backup, publication
chain      the tables of the chain
match      pairs and meetings
plan       plans of the chain
stress     stops, and the strength of the chain
mail       alerts and reports by mail

Verbs that are one step alone have no module here: recipes are read by `corecar.screen`, mappings of datalogs
proposed by `corecar.formats.datalog`, lots simulated by `corecar.simulate`.
"""
