"""How much faster a stress ages parts than use does."""

from __future__ import annotations

from math import exp

from corecar.errors import ArgumentError

BOLTZMANN = 8.617333262e-5
"""eV/K (CODATA 2018)."""
ZERO_CELSIUS = 273.15
"""K. Published factors that differ in the third digit often used 273.16 or a rounded Boltzmann constant."""
_LARGEST_POWER = 200.0
"""Of e; no factor of a real test comes near."""


def arrhenius(
    activation_energy: float,
    use_c: float,
    stress_c: float,
    *,
    boltzmann: float = BOLTZMANN,
    zero_celsius: float = ZERO_CELSIUS,
) -> float:
    """Acceleration by temperature.

    activation_energy  [eV]
    use_c, stress_c    junction temperatures [Celsius]
    boltzmann          [eV/K]
    zero_celsius       0 Celsius [K]
    Raises             ArgumentError below absolute zero
    Source             JEP122: exp(Ea / k (1 / T_use - 1 / T_stress))

    >>> round(arrhenius(0.7, 55, 125), 3)
    77.645
    """
    use, stress = use_c + zero_celsius, stress_c + zero_celsius
    if not (use > 0 and stress > 0 and boltzmann > 0):
        raise ArgumentError(
            f"temperatures above absolute zero were expected, found {use_c:g} and {stress_c:g} Celsius."
        )
    power = activation_energy / boltzmann * (1 / use - 1 / stress)
    if not abs(power) < _LARGEST_POWER:
        raise ArgumentError(
            f"activation_energy={activation_energy:g}: no acceleration from {use_c:g} to {stress_c:g} Celsius comes of "
            "it. Give it in eV, such as 0.7."
        )
    return exp(power)


def voltage_acceleration(exponent: float, use_v: float, stress_v: float) -> float:
    """Acceleration by voltage: exp(exponent (stress - use)).

    exponent          [1/V]
    use_v, stress_v   [V]
    Source            JEP122, exponential model

    >>> round(voltage_acceleration(2.0, 1.0, 1.2), 4)
    1.4918
    """
    return exp(exponent * (stress_v - use_v))


def humidity_acceleration(
    use_c: float,
    use_rh: float,
    stress_c: float,
    stress_rh: float,
    *,
    activation_energy: float = 0.9,
    exponent: float = 3.0,
) -> float:
    """Acceleration by humidity and temperature.

    use_c, stress_c    [Celsius]
    use_rh, stress_rh  relative humidity [%]
    activation_energy  [eV]
    exponent           of the ratio of humidities
    Source             Hallberg and Peck (1991): (RH_stress / RH_use) ** 3 with 0.9 eV

    >>> round(humidity_acceleration(30, 60, 85, 85), 1)
    564.3
    """
    if not (0 < use_rh <= 100 and 0 < stress_rh <= 100):
        raise ArgumentError(f"relative humidities above 0 up to 100 % were expected: {use_rh:g}, {stress_rh:g}.")
    return float((stress_rh / use_rh) ** exponent) * arrhenius(activation_energy, use_c, stress_c)


def cycling_acceleration(use_range: float, stress_range: float, exponent: float = 4.0) -> float:
    """Acceleration by temperature cycling: (stress range / use range) ** exponent.

    use_range, stress_range  difference of the extremes [K]
    exponent                 2 to 2.7 for solder, 3.5 to 4 for wires and intermetallics
    Source                   Coffin-Manson, JEP122

    >>> round(cycling_acceleration(80, 205), 2)
    43.12
    """
    if not (use_range > 0 and stress_range > 0):
        raise ArgumentError(f"temperature ranges above 0 were expected: {use_range:g}, {stress_range:g}.")
    return float((stress_range / use_range) ** exponent)


def solder_acceleration(
    use_range: float,
    stress_range: float,
    use_cycles_per_day: float,
    stress_cycles_per_day: float,
    use_peak_c: float,
    stress_peak_c: float,
    *,
    exponent: float = 1.9,
    frequency_exponent: float = 1 / 3,
    temperature_k: float = 1414.0,
) -> float:
    """Acceleration of solder fatigue with frequency and peak temperature.

    Source  Norris and Landzberg (1969), for eutectic solder

    >>> round(solder_acceleration(60, 100, 6, 24, 60, 100), 2)
    2.62
    """
    if not (use_cycles_per_day > 0 and stress_cycles_per_day > 0):
        raise ArgumentError("cycles per day above 0 were expected.")
    slower = float((use_cycles_per_day / stress_cycles_per_day) ** frequency_exponent)
    hotter = exp(temperature_k * (1 / (use_peak_c + ZERO_CELSIUS) - 1 / (stress_peak_c + ZERO_CELSIUS)))
    return cycling_acceleration(use_range, stress_range, exponent) * slower * hotter
