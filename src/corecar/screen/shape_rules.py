"""What a population of any shape gets its limits by: one value per choice, with the shipped defaults."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from corecar.errors import ArgumentError
from corecar.order_statistics import QUARTILE_RULES
from corecar.screen.limit_record import Plain, frozen
from corecar.screen.limits import check_parameters
from corecar.screen.skew import WAYS
from corecar.standards import value


def _shape(parameter: str) -> str:
    return value("AEC-Q001", "shape", parameter)


def _dynamic(parameter: str) -> str:
    return value("AEC-Q001", "dynamic-pat", parameter)


@dataclass(frozen=True)
class ShapeRules:
    """How limits follow the shape of a population; defaults are rows of `standards/aec_q001.csv`.

    width, quartile_rule, least, small, coverage, without_limits, discrete_*  as in a recipe's `dynamic-pat`
    skewed     what a skewed population gets: `auto`, `log`, `split`, `boxplot` or `none`
    medcouple  smallest absolute medcouple of a skewed population
    modes      whether two modes are looked for
    heavy      a larger fraction beyond the limits is a heavy tail
    gap        of a heavy tail only what lies behind a wider gap is rejected, in sigmas; 0 leaves tails alone
    """

    width: float = float(_dynamic("width"))
    quartile_rule: str = _dynamic("quartile_rule")
    least: int = int(_dynamic("least"))
    small: int = int(_dynamic("small"))
    coverage: float = float(_dynamic("coverage"))
    without_limits: str = "two"
    discrete_values: int = int(_dynamic("discrete_values"))
    discrete_fraction: float = float(_dynamic("discrete_fraction"))
    discrete_floor: float = float(_dynamic("discrete_floor"))
    skewed: str = _shape("skewed")
    medcouple: float = float(_shape("medcouple"))
    modes: bool = True
    heavy: float = float(_shape("heavy"))
    gap: float = float(_shape("gap"))

    def __post_init__(self) -> None:
        check_parameters(self.width, self.least, self.quartile_rule, self.without_limits)
        if self.skewed not in WAYS:
            raise ArgumentError(f'skewed="{self.skewed}": expected one of {", ".join(WAYS)}.')
        for name in ("coverage", "medcouple", "heavy"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ArgumentError(f"{name}={getattr(self, name)}: expected a number from 0 to 1.")
        if not 0.0 <= self.gap <= 100.0:
            raise ArgumentError(f"gap={self.gap}: expected a number from 0 to 100, in sigmas.")

    @property
    def rule(self) -> int:
        """The quantile definition as compiled code knows it."""
        return QUARTILE_RULES[self.quartile_rule]

    def kept(self, **more: Plain) -> tuple[tuple[str, Plain], ...]:
        """All of it as a record keeps it, with what else a limit was made with."""
        named = {name: one for name, one in asdict(self).items() if name not in ("width", "quartile_rule")}
        return frozen({**named, **more})
