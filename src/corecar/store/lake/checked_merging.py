"""What a worker does to merge files of the lake: prove that each is what was written, and merge. No catalogue is asked.

A file is merged only while it is what was written: merged, its damage would be given a sound hash, and nobody would
ever find it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from corecar.errors import DamagedSource
from corecar.store.lake.files import Objects
from corecar.store.lake.merging import Filed, Merged, merge

BLOCK = 1 << 20
"""Bytes hashed at a time."""


@dataclass(frozen=True)
class MergeTask:
    """Files of one table that are to become one. Travels to another process or machine.

    hashes  SHA-256 that the bytes of each file have according to the catalogue, in the order of `files`
    token   of the session that writes
    """

    objects: Objects
    table: str
    files: tuple[Filed, ...]
    hashes: tuple[str, ...]
    token: str

    def __repr__(self) -> str:
        return f"the merging of {len(self.files)} files of {self.table}"


def merge_checked(task: MergeTask) -> Merged:
    """Write the merged file, which nothing lists yet.

    Raises  DamagedSource when a file is not what was written; SourceMissing when one is gone; OutputError
    """
    for file, expected in zip(task.files, task.hashes, strict=True):
        if _content_hash(task.objects, file.key) != expected:
            problem = "its content is not what was written: the hash differs."
            advice = "Put it back from a backup; `corecar verify` names all such files."
            raise DamagedSource(file.key, problem, advice=advice)
    return merge(task.objects, task.table, task.files, task.token)


def _content_hash(objects: Objects, key: str) -> str:
    digest = hashlib.sha256()
    with objects.open_input(key) as source:
        while block := source.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
