"""The one door to Numba: compile once, keep the result on disk, leave the GIL to others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

_PACKAGE = Path(__file__).parent
_IMPORT = re.compile(r"^\s*(?:from corecar([\w.]*) import (\([^)]*\)|[^\n]*)|import corecar([\w.]*))", re.MULTILINE)


def compiled(function: F) -> F:
    """Compile a numeric function to machine code on first use; cached on disk, runs without the GIL."""
    return cast(F, _cached(numba.njit(cache=True, nogil=True)(function), function))


def inlined(function: F) -> F:
    """A small helper of compiled functions, put in their place by the compiler; not callable from Python."""
    return cast(F, numba.njit(nogil=True, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def inner(function: F) -> F:
    """A function that only compiled ones call: compiled with them, without a door from Python or a cache of its own."""
    return cast(F, numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def _cached(dispatcher: Any, function: F) -> Any:
    """Tie the cache on disk to all sources that a kernel is made from.

    Numba looks at the file of the kernel alone, yet its machine code holds the functions and constants of other
    modules too: after an upgrade that changes only those, it would go on using the old ones without a word.
    """
    index = _index(dispatcher)
    if index is not None:
        index._source_stamp = (index._source_stamp, fingerprint(Path(function.__code__.co_filename)))
    return dispatcher


def has_code(function: Callable[..., object]) -> bool:
    """Whether the disk holds machine code of a compiled function, made from its sources as they are now."""
    index = _index(function)
    return index is None or bool(index._load_index())


def _index(dispatcher: object) -> Any:
    """Numba's list of what it keeps on disk of a function; None when it keeps nothing."""
    return getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)


def fingerprint(source: Path, package: Path = _PACKAGE) -> str:
    """Digest of a source file and of every module of the package that it imports, directly or not.

    Tables beside a package's `__init__.py` count as part of it: their values become constants of kernels.
    """
    seen: set[Path] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path not in seen and path.is_file():
            seen.add(path)
            waiting += _imported(path, package) if path.suffix == ".py" else ()
    digest = hashlib.sha256()
    for path in sorted(seen):
        digest.update(_content(path))
    return digest.hexdigest()


@cache
def _content(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _imported(source: Path, package: Path) -> tuple[Path, ...]:
    """Files that the modules named in a source may stand in."""
    found = list(source.parent.glob("*.csv")) if source.name == "__init__.py" else []
    for match in _IMPORT.finditer(_content(source).decode("utf-8", "replace")):
        module = package.joinpath(*(match[1] or match[3] or "").strip(".").split("."))
        names = re.findall(r"\w+", match[2] or "")
        for place in (module, *(module / name for name in names)):
            found += [place.with_suffix(".py"), place / "__init__.py"]
    return tuple(found)
