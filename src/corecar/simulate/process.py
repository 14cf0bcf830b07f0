"""The process model: what a wafer's dies would measure. Four process factors vary smoothly and drive all tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.lot import Float32Array
from corecar.simulate.layout import Layout
from corecar.simulate.program import Program

FACTORS = 4
"""Threshold voltage, carrier mobility, junction leakage, layer thickness: the columns of `Program.loadings`."""


@dataclass(frozen=True)
class ProcessModel:
    """How much the process varies, and how often it fails. Shifts are in sigma of a test, lengths in wafer radii.

    lot, wafer        standard deviation of the factors between lots and between wafers of a lot
    radial, tilt      size of the bowl and of the slope of each factor over a wafer
    die               standard deviation of the factors from die to die
    site              standard deviation of the offsets between tester sites
    repeat            standard deviation of a second measurement of the same part
    edge_from         radius beyond which the edge ring begins
    edge_share        share of the dies in the edge ring that fail
    clusters          mean number of defect clusters on a wafer
    cluster_radius    range of their radii
    cluster_share     share of the dies in a cluster that fail
    scratch_share     share of the wafers with a scratch
    random_share      share of the parts with a random defect
    contact_share     share of the parts that fail contact at the first touchdown only
    """

    lot: float = 0.35
    wafer: float = 0.3
    radial: float = 2.4
    tilt: float = 0.7
    die: float = 0.55
    site: float = 0.1
    repeat: float = 0.06
    edge_from: float = 0.93
    edge_share: float = 0.16
    clusters: float = 0.5
    cluster_radius: tuple[float, float] = (0.05, 0.13)
    cluster_share: float = 0.85
    scratch_share: float = 0.12
    random_share: float = 0.014
    contact_share: float = 0.008


WAFER_SORT = ProcessModel()
FINAL_TEST = ProcessModel(edge_share=0.0, clusters=0.0, scratch_share=0.0, random_share=0.006, contact_share=0.012)


@dataclass(frozen=True)
class LotShape:
    """What the wafers of one lot have in common.

    shift        float32, shape (4,): lot mean of each factor [sigma]
    bowl         float32, shape (4,): height of each factor's bowl [sigma]
    slope        float32, shape (4, 2): slope of each factor across and up [sigma]
    site_offset  float32, shape (columns, sites) [sigma]
    """

    shift: Float32Array
    bowl: Float32Array
    slope: Float32Array
    site_offset: Float32Array


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Random numbers of one purpose: the same seed and stream give the same numbers, whatever was drawn elsewhere."""
    return np.random.default_rng([seed, *stream])


def draw_lot(program: Program, model: ProcessModel, sites: int, rng: np.random.Generator) -> LotShape:
    """The common part of a lot: its mean, the shape over its wafers, the offsets of the tester's sites."""
    offset = model.site * rng.standard_normal((len(program.tests), sites))
    worn = np.array([test.site_offset for test in program.tests])
    offset[:, -1] += worn if sites > 1 else 0.0
    return LotShape(
        (model.lot * rng.standard_normal(FACTORS)).astype(np.float32),
        (model.radial * rng.choice([-1.0, 1.0], FACTORS)).astype(np.float32),
        (model.tilt * rng.standard_normal((FACTORS, 2))).astype(np.float32),
        offset[program.owner].astype(np.float32),
    )


def draw_wafer(
    program: Program, model: ProcessModel, lot: LotShape, layout: Layout, rng: np.random.Generator
) -> Float32Array:
    """What a wafer without defects measures.

    Returns float32, shape (columns, parts) [each test's unit]; 0 for functional tests: their vectors match
    """
    factors = _factors(model, lot, layout, rng)
    own = np.sqrt(1.0 - np.square(program.loadings).sum(axis=1, keepdims=True))
    spread = own * rng.standard_normal((len(program.target), len(layout)), dtype=np.float32)
    spread += program.loadings @ factors
    spread += lot.site_offset[:, layout.site]
    return shaped(program, spread)


def shaped(program: Program, spread: Float32Array) -> Float32Array:
    """Deviations in sigma turned into readings: normal, log-normal or quantised, as each test asks.

    spread  float32, shape (columns, parts) [sigma]
    Returns float32, shape (columns, parts) [each test's unit]
    """
    target, sigma = program.target[:, None], program.sigma[:, None]
    values: Float32Array = target + sigma * spread
    skewed = program.columns_shaped("skewed")
    values[skewed] = target[skewed] * np.exp(sigma[skewed] / target[skewed] * spread[skewed])
    stepped = program.columns_shaped("stepped")
    step = np.array([program.tests[program.owner[column]].step for column in stepped], dtype=np.float32)[:, None]
    values[stepped] = np.round(values[stepped] / step) * step
    return values


def measured_again(
    program: Program, model: ProcessModel, values: Float32Array, rng: np.random.Generator
) -> Float32Array:
    """A second measurement of the same parts: the tester's repeatability on top, quantised tests unchanged."""
    noise = model.repeat * rng.standard_normal(values.shape, dtype=np.float32)
    noise[program.columns_shaped("stepped")] = 0.0
    again: Float32Array = values + program.sigma[:, None] * noise
    return again


def _factors(model: ProcessModel, lot: LotShape, layout: Layout, rng: np.random.Generator) -> Float32Array:
    """float32, shape (4, parts): shift of the wafer, bowl, slope and die-to-die variation [sigma]."""
    shift = lot.shift + model.wafer * rng.standard_normal(FACTORS, dtype=np.float32)
    slope = lot.slope + 0.15 * model.tilt * rng.standard_normal((FACTORS, 2), dtype=np.float32)
    bowl = lot.bowl * (1.0 + 0.2 * rng.standard_normal(FACTORS, dtype=np.float32))
    factors = model.die * rng.standard_normal((FACTORS, len(layout)), dtype=np.float32)
    factors += shift[:, None]
    factors += bowl[:, None] * (np.square(layout.radius) - 0.5)
    factors += slope @ np.stack([layout.across, layout.up])
    return factors.astype(np.float32, copy=False)
