"""The workspace on disk or on servers: a catalogue of facts, a lake of columns, the sources as they came.

folder or module  knows
----------------  -----------------------------------------------------------------------------
catalogue         one database, SQLite or PostgreSQL: transactions, rows, revisions, who writes
objects           named, immutable byte strings in a folder or a bucket, durable once they appear
capture           a source into the objects in one pass, and back as it was
lake              the Parquet files of runs: written, listed, merged
delta             versions of the lake that other engines read
questions         SQL over everything visible, and the few that every test engineer asks
filing            where a run belongs: customer, product, lot, stage ..., by a declared mapping
lot_states        what state a lot is in, and what leads to the next
limit_states      the same of a limit set
override_states   the same of an override
executors         work in this process, in others, on a cluster: one interface

A file of the lake or of the sources becomes true by one SQL commit and by nothing else: it is written under a new name
first and listed afterwards, so whatever is interrupted leaves the workspace as it was.
"""
