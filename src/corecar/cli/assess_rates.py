"""`assess`: failure rates, sample sizes, guard bands and acceleration factors: from figures alone, without a file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from corecar.cli.assess_answers import answer, answer_with
from corecar.cli.options import Csv, Json

Confidence = Annotated[float, typer.Option("--confidence", help="A fraction: 0.95 is 95 %.")]
UseC = Annotated[float, typer.Option("--use", help="Temperature of use [degrees Celsius].")]
StressC = Annotated[float, typer.Option("--stress", help="Temperature of the stress [degrees Celsius].")]


class Ended(StrEnum):
    """What ended a test."""

    time = "time"
    failure = "failure"


def fit(
    units: Annotated[list[float], typer.Option("--units", help="Units in a test, once for each test.")],
    hours: Annotated[list[float], typer.Option("--hours", help="Its hours.")],
    fails: Annotated[int, typer.Option("--fails", help="Failures of all tests together.")],
    confidence: Confidence = 0.6,
    activation_energy: Annotated[float | None, typer.Option("--activation-energy", help="[eV].")] = None,
    stress: Annotated[float | None, typer.Option("--stress", help="Temperature of the test [degrees Celsius].")] = None,
    use: Annotated[float | None, typer.Option("--use", help="Temperature of use [degrees Celsius].")] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State a failure rate in FIT from life tests, at a confidence."""
    from corecar.assess import fit as assess

    found = assess(units, hours, fails, confidence, activation_energy=activation_energy, stress_c=stress, use_c=use)
    answer(found, f"{found.fit:.2f} FIT at most, at {confidence:.0%} confidence, with {fails} failures", json, csv)


def guard_band(
    sigma: Annotated[float, typer.Option("--sigma", help="Standard deviation of the measurement.")],
    low: Annotated[float | None, typer.Option("--low", help="Low limit of the specification.")] = None,
    high: Annotated[float | None, typer.Option("--high", help="High limit.")] = None,
    k: Annotated[float | None, typer.Option("--k", help="Width in sigmas.")] = None,
    risk: Annotated[
        float | None, typer.Option("--risk", help="Or: probability of passing a part at the limit.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Set test limits inside the specification by what the measurement is worth."""
    from corecar.assess import guard_band as assess

    found = assess(low, high, sigma, k=k, risk=risk)
    answer(found, f"test limits a guard band of {found.guard_band:.6g} inside the specification", json, csv)


def sample_size(
    reliability: Annotated[float, typer.Option("--reliability", help="To be shown, a fraction: 0.99 is 99 %.")],
    confidence: Confidence = 0.9,
    fails: Annotated[int, typer.Option("--fails", min=0, help="Failures that are allowed.")] = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say how many units show a reliability at a confidence."""
    from corecar.assess import sample_size as assess

    found = assess(reliability, confidence, fails)
    answer(found, f"{found.n:,} units with at most {fails} failures", json, csv)


def mtbf(
    hours: Annotated[float, typer.Option("--hours", help="All running time together.")],
    fails: Annotated[int, typer.Option("--fails", min=0, help="Failures in it.")],
    confidence: Confidence = 0.9,
    ended: Annotated[Ended, typer.Option("--ended", help="Whether a set time or a failure ended the test.")] = (
        Ended.time
    ),
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State the mean time between failures with its bounds."""
    from corecar.assess import mtbf as assess

    found = assess(hours, fails, confidence, ended=ended.value)
    mean = f"{found.mtbf_hours:,.6g} h" if fails else "no failure, so no estimate"
    answer(found, f"{mean}; at least {found.at_least_hours:,.6g} h at {confidence:.0%} confidence", json, csv)


def dppm(
    returns: Annotated[int, typer.Option("--returns", min=0, help="Failures seen.")],
    shipped: Annotated[int, typer.Option("--shipped", min=1, help="Parts among which they were seen.")],
    confidence: Confidence = 0.9,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State defective parts per million from returns, with the upper bound."""
    from corecar.assess import dppm as assess

    found = assess(returns, shipped, confidence)
    said = f"{found.dppm:.6g} ppm seen; at most {found.at_most_dppm:.6g} ppm at {confidence:.0%} confidence"
    answer(found, said, json, csv)


def lot_plan(
    lot_size: Annotated[int, typer.Option("--lot-size", min=1, help="Parts in the lot.")],
    defectives: Annotated[int, typer.Option("--defectives", min=1, help="How many of them would be too many.")],
    confidence: Confidence = 0.9,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say how many parts of a lot to look at so that at least one of so many defectives is found."""
    from corecar.assess import lot_plan as assess

    found = assess(lot_size, defectives, confidence)
    said = (
        f"{found.n:,} of {lot_size:,} parts: one of {defectives:,} defectives is found at {confidence:.0%} confidence"
    )
    answer(found, said, json, csv)


def arrhenius(
    activation_energy: Annotated[float, typer.Option("--activation-energy", help="[eV].")],
    use: UseC,
    stress: StressC,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State how much faster a hotter test ages parts than use does (Arrhenius)."""
    from corecar.assess import arrhenius as assess

    factor = assess(activation_energy, use, stress)
    _factor(factor, {"activation_energy_ev": activation_energy, "use_c": use, "stress_c": stress}, json, csv)


def voltage(
    exponent: Annotated[float, typer.Option("--exponent", help="[1/V].")],
    use: Annotated[float, typer.Option("--use", help="Voltage in use [V].")],
    stress: Annotated[float, typer.Option("--stress", help="Voltage in the test [V].")],
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State how much faster a higher voltage ages parts (exponential model)."""
    from corecar.assess import voltage_acceleration

    factor = voltage_acceleration(exponent, use, stress)
    _factor(factor, {"exponent": exponent, "use_v": use, "stress_v": stress}, json, csv)


def humidity(
    use: UseC,
    use_humidity: Annotated[float, typer.Option("--use-humidity", help="Relative humidity in use [%].")],
    stress: StressC,
    stress_humidity: Annotated[float, typer.Option("--stress-humidity", help="Relative humidity in the test [%].")],
    activation_energy: Annotated[float, typer.Option("--activation-energy", help="[eV].")] = 0.9,
    exponent: Annotated[float, typer.Option("--exponent", help="Of the ratio of humidities.")] = 3.0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State how much faster damp heat ages parts (Hallberg and Peck)."""
    from corecar.assess import humidity_acceleration

    factor = humidity_acceleration(
        use, use_humidity, stress, stress_humidity, activation_energy=activation_energy, exponent=exponent
    )
    told = {"use_c": use, "use_rh": use_humidity, "stress_c": stress, "stress_rh": stress_humidity}
    _factor(factor, {**told, "activation_energy_ev": activation_energy, "exponent": exponent}, json, csv)


def cycling(
    use_range: Annotated[float, typer.Option("--use-range", help="Range of temperature in use [K].")],
    stress_range: Annotated[float, typer.Option("--stress-range", help="Range of temperature in the test [K].")],
    exponent: Annotated[
        float, typer.Option("--exponent", help="2 to 2.7 for solder, 3.5 to 4 for wires and intermetallics.")
    ] = 4.0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State how much faster wider temperature cycles age parts (Coffin and Manson)."""
    from corecar.assess import cycling_acceleration

    factor = cycling_acceleration(use_range, stress_range, exponent)
    _factor(factor, {"use_range": use_range, "stress_range": stress_range, "exponent": exponent}, json, csv)


def solder(
    use_range: Annotated[float, typer.Option("--use-range", help="Range of temperature in use [K].")],
    stress_range: Annotated[float, typer.Option("--stress-range", help="Range of temperature in the test [K].")],
    use_cycles: Annotated[float, typer.Option("--use-cycles", help="Cycles a day in use.")],
    stress_cycles: Annotated[float, typer.Option("--stress-cycles", help="Cycles a day in the test.")],
    use_peak: Annotated[float, typer.Option("--use-peak", help="Highest temperature in use [degrees Celsius].")],
    stress_peak: Annotated[float, typer.Option("--stress-peak", help="Highest in the test [degrees Celsius].")],
    exponent: Annotated[float, typer.Option("--exponent", help="Of the ratio of ranges.")] = 1.9,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State how much faster a test wears solder out (Norris and Landzberg)."""
    from corecar.assess import solder_acceleration

    factor = solder_acceleration(
        use_range, stress_range, use_cycles, stress_cycles, use_peak, stress_peak, exponent=exponent
    )
    told = {"use_range": use_range, "stress_range": stress_range, "use_cycles_per_day": use_cycles}
    told |= {"stress_cycles_per_day": stress_cycles, "use_peak_c": use_peak, "stress_peak_c": stress_peak}
    _factor(factor, {**told, "exponent": exponent}, json, csv)


def _factor(factor: float, given: dict[str, float], json: bool, csv: bool) -> None:
    figures = {"acceleration": factor, **given}
    answer_with(figures, f"the test ages parts {factor:.6g} times as fast as use", json, csv)
