"""The one door to Numba: compile once, keep the machine code on disk, leave the GIL to others.

Numba is imported when something has to be compiled, and by what makes arrays in compiled code; machine code that is on
disk is loaded by `machine_code`.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

from corecar.garbage import no_collection
from corecar.machine_code import Code, Shelf, callable_of, letter, unpacked

F = TypeVar("F", bound=Callable[..., object])

_PACKAGE = Path(__file__).parent
_IMPORT = re.compile(r"^\s*(?:from corecar([\w.]*) import (\([^)]*\)|[^\n]*)|import corecar([\w.]*))", re.MULTILINE)
_HELPER: dict[str, bool] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
"""Options of what only compiled functions call; without `_nrt` no array is counted, so none can be made either."""
_C_LIBRARY = frozenset({"memcpy", "memmove", "memset", "memcmp", "sqrt", "pow", "exp", "log", "floor", "ceil", "fmod"})
"""What object code may call and every process holds."""

prange = range
"""`range`; on all cores where it is the outermost loop of a `parallel` function."""
_ON_ALL_CORES = threading.Lock()


def compiled(function: F) -> F:
    """Compile a numeric function to machine code on first use; cached on disk, runs without the GIL.

    It takes and returns numbers, takes arrays, and makes none; see `allocating`.
    """
    return cast(F, Kernel(function))


def allocating(function: F) -> F:
    """Like `compiled`, for a function that makes arrays; it brings in all of Numba, and so starts late."""
    return cast(F, Kernel(function, allocates=True))


def parallel(function: F) -> F:
    """Like `allocating`, with `numba.prange` over all cores; sums are taken in the order in which they are written.

    One call at a time in a process: Numba's own queue of work cannot run two. Its threads sleep while they wait; those
    of OpenMP spin, which takes several times as long on a machine that others use too.
    """
    return cast(F, Kernel(function, allocates=True, parallel=True))


@contextmanager
def on_threads(count: int | None) -> Iterator[None]:
    """While the block lasts, `parallel` functions called from here use so many threads; None for all there are."""
    import numba

    before, all_ = numba.get_num_threads(), int(numba.config.NUMBA_NUM_THREADS)
    numba.set_num_threads(all_ if count is None else max(1, min(count, all_)))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def inlined(function: F) -> F:
    """A small helper of compiled functions, put in their place by the compiler; not callable from Python."""
    return cast(F, Ingredient(lambda: _helper(function, forceinline=True)))


def inner(function: F) -> F:
    """A function that only compiled ones call: compiled with them, without a door from Python or a cache of its own."""
    return cast(F, Ingredient(lambda: _helper(function)))


def intrinsic(declare: Callable[..., Any]) -> Any:
    """An instruction of compiled functions, made by writing LLVM's language; see `numba.extending.intrinsic`."""

    def make() -> Any:
        from numba.core.registry import cpu_target
        from numba.extending import intrinsic as declared

        made = declared(declare)
        cpu_target.typing_context.refresh()
        return made

    return Ingredient(make)


def _helper(function: Callable[..., object], **options: Any) -> Any:
    import numba

    return numba.njit(*_one_type(function), nogil=True, **_HELPER, **options)(function)


def _one_type(function: Callable[..., object]) -> tuple[Any, ...]:
    """Of a function of integers, the types that it is compiled for.

    Without them it is compiled anew for every constant that is passed to it.
    """
    from numba import boolean, float32, int64

    types = {"int": int64, "bool": boolean, "np.float32": float32}
    named = [kind for name, kind in function.__annotations__.items() if name != "return"]
    return (tuple(types[kind] for kind in named),) if named and all(kind in types for kind in named) else ()


class Ingredient:
    """Part of compiled functions; what Numba makes of it is made when the first of them is compiled."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._made = make, None

    @property
    def made(self) -> Any:
        """The thing as Numba knows it."""
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def _numba_type_(self) -> Any:
        from numba.core.registry import cpu_target

        return cpu_target.typing_context.resolve_value_type(self.made)


class Kernel(Ingredient):
    """A compiled function as Python sees it.

    from_disk  how many versions of it, for arguments of different kinds, were found on disk
    """

    def __init__(self, function: Callable[..., object], *, allocates: bool = False, parallel: bool = False) -> None:
        super().__init__(self._allocating if allocates else lambda: _helper(function))
        update_wrapper(self, function)
        self.function, self.allocates, self.parallel = function, allocates, parallel
        self.from_disk = 0
        self._versions: dict[tuple[Any, ...], Callable[..., Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        if self.parallel:
            with _ON_ALL_CORES:
                return self.made(*arguments)
        if self.allocates:
            return self.made(*arguments)
        kinds, values = unpacked(arguments)
        version = self._versions.get(kinds) or self._version(kinds, arguments)
        return version(values)

    @property
    def shelf(self) -> Shelf:
        """Its machine code on disk."""
        source = Path(self.function.__code__.co_filename)
        return Shelf(source, self.function.__qualname__, fingerprint(source)[:16])

    def _version(self, kinds: tuple[Any, ...], arguments: tuple[Any, ...]) -> Callable[..., Any]:
        with self._lock:
            if kinds not in self._versions:
                shelf = self.shelf
                code = shelf.load(kinds)
                if code is None:
                    code = _compile(self.function, arguments)
                    shelf.save(kinds, code)
                else:
                    self.from_disk += 1
                self._versions[kinds] = callable_of(code, kinds)
            return self._versions[kinds]

    def _allocating(self) -> Any:
        """Numba's own function, its cache on disk tied to all sources that it is made from.

        Numba looks at the file of the kernel alone, yet its machine code holds the functions and constants of other
        modules too: after an upgrade that changes only those, it would go on using the old ones without a word.
        """
        import numba

        if self.parallel:
            self.function.__globals__["prange"] = numba.prange
            if "NUMBA_THREADING_LAYER" not in os.environ:
                numba.config.THREADING_LAYER = "workqueue"
        options = {"parallel": True, "error_model": "numpy"} if self.parallel else {}
        dispatcher = numba.njit(cache=True, nogil=True, **options)(self.function)
        index = dispatcher._cache._cache_file
        index._source_stamp = (index._source_stamp, fingerprint(Path(self.function.__code__.co_filename)))
        return dispatcher


def _compile(function: Callable[..., object], arguments: tuple[Any, ...]) -> Code:
    """Machine code of a function for arguments like these."""
    from numba import typeof
    from numba.core import compiler
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    with global_compiler_lock, no_collection():
        flags = compiler.Flags()
        cpu_target.options.parse_as_flags(flags, {"nopython": True, "nogil": True, **_HELPER})
        flags.no_compile = True
        made = compiler.compile_extra(
            cpu_target.typing_context, cpu_target.target_context, function,
            args=tuple(typeof(argument) for argument in arguments), return_type=None, flags=flags, locals={},
        )  # fmt: skip
        library, entry = made.library, made.fndesc.llvm_func_name
        library.get_pointer_to_function(entry)
        returns, single = _returned(made.signature.return_type)
        return Code(entry, returns, single, _needs_runtime(library), library._get_compiled_object())


def _needs_runtime(library: Any) -> bool:
    """Does object code call more than the C library? On Windows Numba brings some of that, too."""
    module = library._final_module
    named = [item.name for item in (*module.functions, *module.global_variables) if item.is_declaration]
    return os.name == "nt" or any(not name.startswith("llvm.") and name not in _C_LIBRARY for name in named)


def _returned(kind: Any) -> tuple[str, bool]:
    """(letters of the numbers, whether it is a single one) of what a compiled function returns."""
    from numba import types
    from numba.np.numpy_support import as_dtype

    if kind == types.none:
        return "", False
    if isinstance(kind, types.BaseTuple):
        return "".join(_returned(part)[0] for part in kind), False
    if not isinstance(kind, types.Number | types.Boolean):
        raise TypeError(f"a kernel returns {kind}: it returns numbers; see `allocating`.")
    return letter(as_dtype(kind)), True


def has_code(function: Callable[..., object]) -> bool:
    """Whether the disk holds machine code of a compiled function, made from its sources as they are now."""
    kernel = cast(Kernel, function)
    if kernel.allocates:
        return bool(kernel.made._cache._cache_file._load_index())
    return kernel.shelf.holds_any()


@cache
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
