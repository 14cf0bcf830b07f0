"""Machine code on disk, loaded without Numba: the compiler is imported only when something has to be compiled.

Numba and LLVM's typing of a whole language take half a second to start; the object code that they made needs nothing
of them but a loader. Calls follow Numba's convention: a status is returned; results go to the address of the first
argument; an array is its size, element size, address, shape and strides, behind two owners that are none here.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

C_TYPES: dict[str, Any] = {
    "?": ctypes.c_bool, "b": ctypes.c_int8, "B": ctypes.c_uint8, "h": ctypes.c_int16, "H": ctypes.c_uint16,
    "i": ctypes.c_int32, "I": ctypes.c_uint32, "q": ctypes.c_int64, "Q": ctypes.c_uint64,
    "f": ctypes.c_float, "d": ctypes.c_double,
}  # fmt: skip
"""Kinds of numbers, in the letters of `struct`."""
PLACES = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA")
"""Variables that name a folder for caches, the first one there wins."""


@dataclass(frozen=True)
class Code:
    """What was made of a kernel for one kind of arguments.

    entry    name of the function in the object code
    returns  letters of the numbers that it returns; nothing when it returns none
    single   it returns a number rather than a tuple of them
    runtime  it calls Numba's runtime, which must be there before it is loaded
    """

    entry: str
    returns: str
    single: bool
    runtime: bool
    content: bytes


def unpacked(arguments: Sequence[Any]) -> tuple[tuple[Any, ...], list[Any]]:
    """What tells kinds of arguments apart, and the values as machine code takes them.

    Of a number the kind is its letter; of an array its type, dimensions and layout, and the values are `ARRAY`.
    """
    kinds: list[Any] = []
    values: list[Any] = []
    for argument in arguments:
        if isinstance(argument, np.ndarray) and (dimensions := argument.ndim):
            flags = argument.flags.num & _LAYOUT
            kinds.append((argument.dtype, dimensions, flags & ~_COLUMNS if flags & _ROWS else flags))
            values += (0, 0, argument.size, argument.itemsize, argument.ctypes.data)
            values += argument.shape
            values += argument.strides
        elif (plain := _PLAIN.get(type(argument))) is not None:
            kinds.append(plain)
            values.append(argument)
        elif isinstance(argument, np.generic | np.ndarray):
            kinds.append(letter(argument.dtype))
            values.append(argument.item())
        else:
            raise TypeError(f"{type(argument).__name__}: a kernel takes numbers and arrays of them.")
    return tuple(kinds), values


ARRAY = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_void_p)
"""What stands for an array before its shape and strides: two owners, elements, bytes of an element, address."""
_PLAIN = {int: "q", bool: "?", float: "d"}
_ROWS, _COLUMNS, _ALIGNED, _WRITEABLE = 0x1, 0x2, 0x100, 0x400
_LAYOUT = _ROWS | _COLUMNS | _ALIGNED | _WRITEABLE
"""Of NumPy's flags those that change the code; what is contiguous both ways is taken by its rows."""


def letter(dtype: Any) -> str:
    """A NumPy type of numbers as a key of `C_TYPES`."""
    long = {"l": "q", "L": "Q"} if dtype.itemsize == 8 else {"l": "i", "L": "I"}
    return long.get(dtype.char, str(dtype.char))


def callable_of(code: Code, kinds: tuple[Any, ...]) -> Callable[..., Any]:
    """The machine code as a function of the values of `unpacked`; it runs without the interpreter's lock."""
    types = [kind for each in kinds for kind in _types(each)]
    native = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *types)(_load(code))
    fields = [(f"_{place}", C_TYPES[kind]) for place, kind in enumerate(code.returns)]
    result = type("Result", (ctypes.Structure,), {"_fields_": fields})
    reference, faults = ctypes.byref, ctypes.c_void_p

    def call(values: list[Any]) -> Any:
        answer = result()
        if native(reference(answer), reference(faults()), *values):
            raise ArithmeticError(f"{code.entry}: the compiled function failed.")
        if code.single:
            return answer._0
        return tuple([getattr(answer, name) for name, _ in fields]) or None

    return call


def _types(kind: Any) -> list[Any]:
    """The C types of one argument."""
    return [*ARRAY, *[ctypes.c_ssize_t] * (2 * kind[1])] if isinstance(kind, tuple) else [C_TYPES[kind]]


_engines: list[Any] = []
"""What holds the loaded code; it lives as long as the process."""


def _load(code: Code) -> int:
    """The address at which a function was put."""
    if code.runtime:
        from numba.core.registry import cpu_target

        cpu_target.target_context.refresh()
    binding = _binding()
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    _engines.append(engine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code.content))
    engine.finalize_object()
    return int(engine.get_function_address(code.entry))


@cache
def _binding() -> Any:
    import llvmlite.binding as binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


@cache
def machine() -> str:
    """Digest of what machine code depends on beside its source: processor, compiler, and settings of the compiler."""
    binding = _binding()
    compiler = find_spec("numba")
    assert compiler is not None
    assert compiler.origin is not None
    settings = {name: value for name, value in os.environ.items() if name.startswith("NUMBA_") and name not in PLACES}
    parts = [
        binding.get_process_triple(),
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        str(sys.version_info[:2]),
        Path(compiler.origin).with_name("_version.py").read_text("utf-8"),
        repr(sorted(settings.items())),
        Path(__file__).read_text("utf-8"),
    ]
    return digest("\n".join(parts).encode())


def digest(content: bytes) -> str:
    """A short name for bytes that differ."""
    return hashlib.sha256(content).hexdigest()[:16]


class Shelf:
    """The place on disk for the machine code of one kernel.

    source  file of the kernel
    name    of the kernel in it
    stamp   digest of all sources that the code is made from
    """

    def __init__(self, source: Path, name: str, stamp: str) -> None:
        self.folder = _folder(source)
        self.name, self.stamp = f"{source.stem}.{name}", stamp

    def holds_any(self) -> bool:
        """Is there code for any kind of arguments, made from the sources as they are now?"""
        return self.folder is not None and any(self.folder.glob(f"{self.name}-{machine()}-*-{self.stamp}.code"))

    def load(self, kinds: tuple[Any, ...]) -> Code | None:
        """The code for arguments of these kinds; None when it is not there."""
        if self.folder is None:
            return None
        try:
            head, _, content = self._place(kinds).read_bytes().partition(b"\n")
            told = json.loads(head)
            whole = told.pop("length") == len(content)
            return Code(**told, content=content) if whole else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def save(self, kinds: tuple[Any, ...], code: Code) -> None:
        """Keep the code, in place of what older sources gave; where the disk refuses, it is made again next time."""
        if self.folder is None:
            return
        told = asdict(code) | {"length": len(code.content)}
        del told["content"]
        place = self._place(kinds)
        with suppress(OSError):
            for old in self.folder.glob(f"{self.name}-{machine()}-{_short(kinds)}-*.code"):
                old.unlink(missing_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(json.dumps(told).encode() + b"\n" + code.content)
            try:
                os.replace(file.name, place)
            finally:
                Path(file.name).unlink(missing_ok=True)

    def _place(self, kinds: tuple[Any, ...]) -> Path:
        assert self.folder is not None
        return self.folder / f"{self.name}-{machine()}-{_short(kinds)}-{self.stamp}.code"


def _short(kinds: tuple[Any, ...]) -> str:
    """A short name for kinds of arguments."""
    return digest(repr([(kind[0].str, *kind[1:]) if isinstance(kind, tuple) else kind for kind in kinds]).encode())


@cache
def _folder_of(parent: Path) -> Path | None:
    """Where code of the sources in a folder is kept: a named place, beside them, or in the user's own cache."""
    own = f"corecar-{digest(str(parent).encode())}"
    named = os.environ.get(PLACES[0])
    homes = [Path(os.environ[place]) for place in PLACES[1:] if os.environ.get(place)] + [Path.home() / ".cache"]
    for folder in [Path(named) / own] if named else [parent / "__pycache__", *(home / own for home in homes)]:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return None


def _folder(source: Path) -> Path | None:
    return _folder_of(source.resolve().parent)
