"""Tester files on their way into a workspace, and the facts by which their runs are filed.

ingest, retry   ingestion; discovery finds files, intake is what a worker does, taken what it brings back,
                admission the commit that makes it true
correct         correction
mapping         mapping, refiling
"""
