"""Reads and writes of numbers at any byte address, in either byte order: what the hot kernels are made of.

An address comes from `array.ctypes.data`; nothing here checks bounds, so every caller does, before it reads.
Plain addresses keep the kernels free of reference counting, which cost a microsecond a record when tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _loader(bits: int, result: Any, real: bool = False) -> Any:
    """An intrinsic that loads `bits` at an address; byte-swapped when its second argument is true."""

    def declare(typing: Any, address: Any, swap: Any) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word = ir.IntType(bits)
            raw = builder.load(builder.inttoptr(arguments[0], word.as_pointer()))
            raw.align = 1
            if bits > 8:
                raw = builder.select(arguments[1], builder.bswap(raw), raw)
            return builder.bitcast(raw, ir.FloatType()) if real else raw

        return result(types.intp, types.boolean), generate

    return intrinsic(declare)


def _storer(bits: int, value: Any, real: bool = False) -> Any:
    """An intrinsic that stores a value of `bits` at an address, in the machine's byte order."""

    def declare(typing: Any, address: Any, number: Any) -> tuple[Any, Callable[..., Any]]:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            word = ir.IntType(bits)
            raw = builder.bitcast(arguments[1], word) if real else arguments[1]
            builder.store(raw, builder.inttoptr(arguments[0], word.as_pointer())).align = 1
            return context.get_dummy_value()

        return types.void(types.intp, value), generate

    return intrinsic(declare)


load_u1 = _loader(8, types.uint8)
load_i1 = _loader(8, types.int8)
load_u2 = _loader(16, types.uint16)
load_i2 = _loader(16, types.int16)
load_u4 = _loader(32, types.uint32)
load_i4 = _loader(32, types.int32)
load_r4 = _loader(32, types.float32, real=True)
load_u8 = _loader(64, types.uint64)
load_i8 = _loader(64, types.int64)

store_u1 = _storer(8, types.uint8)
store_u2 = _storer(16, types.uint16)
store_i2 = _storer(16, types.int16)
store_u4 = _storer(32, types.uint32)
store_i4 = _storer(32, types.int32)
store_r4 = _storer(32, types.float32, real=True)
store_i8 = _storer(64, types.int64)


def _get_slot(typing: Any, state: Any, place: Any) -> tuple[Any, Callable[..., Any]]:
    """The int64 in slot `place` of the array at address `state`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_slot_pointer(builder, arguments))

    return types.int64(types.intp, types.int64), generate


def _put_slot(typing: Any, state: Any, place: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """Store an int64 in slot `place` of the array at address `state`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _slot_pointer(builder, arguments))
        return context.get_dummy_value()

    return types.void(types.intp, types.int64, types.int64), generate


def _slot_pointer(builder: Any, arguments: Any) -> Any:
    word = ir.IntType(64)
    return builder.gep(builder.inttoptr(arguments[0], word.as_pointer()), [arguments[1]])


get_slot = intrinsic(_get_slot)
put_slot = intrinsic(_put_slot)
