"""Counts that chance exceeds with a given risk, held to SciPy's distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from corecar.errors import ArgumentError
from corecar.screen.count_tails import CountModel, chance_beyond, critical_count, log_chances

SIZES = [(1e-6, 50), (1e-3, 1000), (0.2, 20_000), (0.5, 40_000), (0.97, 3000)]


def distribution(model: CountModel, parts: int) -> object:
    if model.kind == "poisson":
        return stats.poisson(model.rate * parts)
    if model.kind == "binomial":
        return stats.binom(parts, model.rate)
    return stats.betabinom(parts, *model.shape)


MODELS = [(kind, correlation) for kind, correlation in (("poisson", 0.0), ("binomial", 0.0), ("beta-binomial", 0.003))]


@pytest.mark.parametrize(("kind", "correlation"), MODELS)
@pytest.mark.parametrize(("rate", "parts"), SIZES)
@pytest.mark.parametrize("risk", [1.350e-3, 3.167e-5])
def test_no_smaller_count_keeps_the_risk(kind: str, correlation: float, rate: float, parts: int, risk: float) -> None:
    model = CountModel(kind, rate, correlation)
    count = critical_count(model, parts, risk)
    peer = distribution(model, parts)
    assert peer.sf(count) < risk  # type: ignore[attr-defined]
    assert count == 0 or peer.sf(count - 1) >= risk  # type: ignore[attr-defined]
    assert chance_beyond(model, parts, count) == pytest.approx(peer.sf(count), rel=1e-5)  # type: ignore[attr-defined]


def test_stacked_wafers_fail_together_as_often_as_published() -> None:
    published = {3: 0.127106, 4: 0.034091, 5: 0.007165, 6: 0.001213, 7: 0.00016875, 8: 1.958e-05}
    for failing, chance in published.items():
        found = chance_beyond(CountModel("binomial", 0.05), 25, failing - 1)
        assert found == pytest.approx(chance, rel=5e-4)


@given(rate=st.floats(1e-6, 0.999), correlation=st.floats(1e-6, 0.9), parts=st.integers(1, 2000))
def test_all_chances_add_up_to_one(rate: float, correlation: float, parts: int) -> None:
    for model in (
        CountModel("binomial", rate),
        CountModel("poisson", rate),
        CountModel("beta-binomial", rate, correlation),
    ):
        assert np.exp(log_chances(model, parts)).sum() == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize(
    ("model", "parts", "risk", "message"),
    [
        (CountModel("poisson", 0.1), 0, 0.1, "parts=0"),
        (CountModel("poisson", 0.1), 10, 1.0, r"risk=1\.0"),
        (CountModel("poisson", 0.0), 10, 0.1, r"rate=0\.0"),
        (CountModel("normal", 0.1), 10, 0.1, "binomial, poisson or beta-binomial"),
    ],
)
def test_what_is_no_distribution_is_refused(model: CountModel, parts: int, risk: float, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        critical_count(model, parts, risk)
