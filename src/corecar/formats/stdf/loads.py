"""Reads and writes of numbers at any byte address, in either byte order: what the hot kernels are made of.

An address comes from `array.ctypes.data`; nothing here checks bounds, so every caller does, before it reads.
Plain addresses keep the kernels free of reference counting, which cost a microsecond a record when tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from corecar.compiled import inlined, intrinsic

# Numba and LLVM are imported where they are needed: a process that finds its kernels on disk never compiles.


def _loader(bits: int, *, signed: bool = False) -> Any:
    """An intrinsic that loads an integer of `bits` at an address as int64; byte-swapped when its second argument is.

    One type for all of them keeps the kernels to one version each, which halves the time to compile them.
    """

    def declare(typing: Any, address: Any, swap: Any) -> tuple[Any, Callable[..., Any]]:
        from llvmlite import ir
        from numba import types

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            raw = _load(builder, arguments, bits)
            wide = ir.IntType(64)
            if bits == 64:
                return raw
            return builder.sext(raw, wide) if signed else builder.zext(raw, wide)

        return types.int64(types.intp, types.boolean), generate

    return intrinsic(declare)


def _load(builder: Any, arguments: Any, bits: int) -> Any:
    """The bits at an address, swapped where the second argument says so."""
    from llvmlite import ir

    raw = builder.load(builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer()))
    raw.align = 1
    return builder.select(arguments[1], builder.bswap(raw), raw) if bits > 8 else raw


def _storer(bits: int) -> Any:
    """An intrinsic that stores the low `bits` of an int64 at an address, in the machine's byte order."""

    def declare(typing: Any, address: Any, number: Any) -> tuple[Any, Callable[..., Any]]:
        from llvmlite import ir
        from numba import types

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word = ir.IntType(bits)
            raw = builder.trunc(arguments[1], word) if bits < 64 else arguments[1]
            builder.store(raw, builder.inttoptr(arguments[0], word.as_pointer())).align = 1
            return context.get_dummy_value()

        return types.void(types.intp, types.int64), generate

    return intrinsic(declare)


def _load_r4(typing: Any, address: Any, swap: Any) -> tuple[Any, Callable[..., Any]]:
    """The float32 at an address."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(_load(builder, arguments, 32), ir.FloatType())

    return types.float32(types.intp, types.boolean), generate


def _store_r4(typing: Any, address: Any, number: Any) -> tuple[Any, Callable[..., Any]]:
    """Store a float32 at an address."""
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], ir.FloatType().as_pointer())
        builder.store(arguments[1], pointer).align = 1
        return context.get_dummy_value()

    return types.void(types.intp, types.float32), generate


Load = Callable[[int, bool], int]
Store = Callable[[int, int], None]

load_u1: Load = _loader(8)
load_u2: Load = _loader(16)
load_u4: Load = _loader(32)
load_u8: Load = _loader(64)
load_i2: Load = _loader(16, signed=True)
load_i4: Load = _loader(32, signed=True)
load_i8: Load = _loader(64, signed=True)
store_1: Store = _storer(8)
store_2: Store = _storer(16)
store_4: Store = _storer(32)
store_8: Store = _storer(64)
load_r4: Callable[[int, bool], Any] = intrinsic(_load_r4)
store_r4: Callable[[int, Any], None] = intrinsic(_store_r4)


def _get_slot(typing: Any, state: Any, place: Any) -> tuple[Any, Callable[..., Any]]:
    """The int64 in slot `place` of the array at address `state`."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_slot_pointer(builder, arguments))

    return types.int64(types.intp, types.int64), generate


def _put_slot(typing: Any, state: Any, place: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """Store an int64 in slot `place` of the array at address `state`."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _slot_pointer(builder, arguments))
        return context.get_dummy_value()

    return types.void(types.intp, types.int64, types.int64), generate


def _copy_bytes(typing: Any, target: Any, source: Any, length: Any) -> tuple[Any, Callable[..., Any]]:
    """Copy `length` bytes from address `source` to address `target`; the two do not overlap."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        pointers = [builder.inttoptr(address, byte) for address in arguments[:2]]
        cgutils.raw_memcpy(builder, *pointers, arguments[2], 1)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp, types.int64), generate


def _slot_pointer(builder: Any, arguments: Any) -> Any:
    from llvmlite import ir

    word = ir.IntType(64)
    return builder.gep(builder.inttoptr(arguments[0], word.as_pointer()), [arguments[1]])


copy_bytes: Callable[[int, int, int], None] = intrinsic(_copy_bytes)
get_slot: Callable[[int, int], int] = intrinsic(_get_slot)
put_slot: Callable[[int, int, int], None] = intrinsic(_put_slot)


@inlined
def byte_pair(at: int) -> int:
    """Two bytes as one number, the first one above: typ and sub, or head and site."""
    return (load_u1(at, False) << 8) | load_u1(at + 1, False)
