"""Keeping a workspace: small files merged, unlisted ones deleted, all verified, copied, given to other engines.

compact, vacuum, verify    compaction, vacuum, verification
backup, restore, migrate   backup, restoring
publish                    publication
"""
