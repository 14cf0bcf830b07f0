"""The workspace on disk or on servers: a catalogue of facts, a lake of columns, the sources as they came.

module       knows
-----------  ------------------------------------------------------------------------------
models       the rows of the catalogue, typed
catalogue    one database, SQLite or PostgreSQL: transactions, retries, revisions
migrations   how the catalogue came to its present revision
filing       where a run belongs: customer, product, lot, stage ..., by a declared mapping
lot_states   what state a lot is in, and what leads to the next
objects      named, immutable byte strings in a folder or a bucket

A file of the lake or of the sources becomes true by one SQL commit and by nothing else: it is written under a new name
first and listed afterwards, so whatever is interrupted leaves the workspace as it was.
"""
