"""The workspace: every tester file once, filed to its lot, and what state each lot is in."""
