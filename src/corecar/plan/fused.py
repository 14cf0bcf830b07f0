"""A product and a sum in one step of the processor, rounded once: a b + c in single precision.

Left to itself a compiler joins some products and sums and not others, differently from one run of it to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from corecar.compiled import intrinsic


def _fused(typing: Any, factor: Any, other: Any, added: Any) -> tuple[Any, Callable[..., Any]]:
    """factor x other + added, all float32."""
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float32(types.float32, types.float32, types.float32), generate


fused: Callable[[Any, Any, Any], Any] = intrinsic(_fused)
