"""The one door to Numba: compile once, keep the result on disk, leave the GIL to others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile a numeric function to machine code on first use; cached on disk, runs without the GIL."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def compiled_parallel(function: F) -> F:
    """Like `compiled`, with `numba.prange` loops spread over the cores."""
    return cast(F, numba.njit(cache=True, nogil=True, parallel=True)(function))


def inlined(function: F) -> F:
    """A small helper of compiled functions, put in their place by the compiler; not callable from Python."""
    return cast(F, numba.njit(nogil=True, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))


def inner(function: F) -> F:
    """A function that only compiled ones call: compiled with them, without a door from Python or a cache of its own."""
    return cast(F, numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function))
