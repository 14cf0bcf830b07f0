"""A result appears whole or not at all: written beside its place, then renamed into it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from corecar.errors import OutputError


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A temporary sibling to write to; it takes the place of `path` when the block ends without an error.

    Raises  OutputError when the folder is missing, not writable or full, or when `path` is a directory.

    >>> with whole_file("lot.csv") as sibling:     # doctest: +SKIP
    ...     sibling.write_text("part,x,y")
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"{target}: this is a directory, a file was expected. Name a file in it.")
    _check_folder(target)
    sibling = sibling_of(target)
    try:
        yield sibling
        os.replace(sibling, target)
    except OSError as error:
        raise refused(target, error) from error
    finally:
        with suppress(OSError):
            sibling.unlink()


@contextmanager
def whole_folder(path: str | Path, *, owned: str) -> Iterator[Path]:
    """A temporary sibling folder to fill; it takes the place of `path` when the block ends without an error.

    owned   file that marks an older folder as one of ours, which may be replaced; any other folder is left alone
    Raises  OutputError when the place is taken by something else, not writable or full.
    """
    target = Path(path)
    if target.exists() and not (target / owned).is_file():
        raise OutputError(
            f"{target}: something else already stands there (a folder with {owned} was expected). Choose another name."
        )
    _check_folder(target)
    sibling = sibling_of(target)
    try:
        sibling.mkdir()
        yield sibling
        _exchange(sibling, target)
    except OSError as error:
        raise refused(target, error) from error
    finally:
        shutil.rmtree(sibling, ignore_errors=True)


def keep_apart(source: str | Path, target: str | Path) -> None:
    """Refuse to write over what is read. Raises OutputError."""
    place = Path(target)
    if place.exists() and Path(source).exists() and place.samefile(source):
        raise OutputError(f"{target}: is what is to be read, which is never overwritten. Choose another name.")


def _exchange(sibling: Path, target: Path) -> None:
    """Rename a finished folder into place; an older one steps aside first, since a folder cannot be overwritten."""
    if not target.exists():
        sibling.rename(target)
        return
    aside = sibling_of(target)
    target.rename(aside)
    try:
        sibling.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def sibling_of(target: Path) -> Path:
    """A name beside a result that nobody else has, to write to until it is whole. Raises OutputError."""
    if not target.name:
        raise OutputError(f"{target}: this names no file. Give a path that ends in a file name.")
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")


def _check_folder(target: Path) -> None:
    """Tell a missing folder before any work is done for nothing."""
    if not target.parent.is_dir():
        raise OutputError(f"{target}: the folder {target.parent} does not exist. Create it first.")


def refused(target: str | Path, error: OSError) -> OutputError:
    """What to tell when a result could not be written."""
    reason = error.strerror or str(error)
    return OutputError(f"{target}: could not be written: {reason}. Check free space and permissions, then repeat.")
