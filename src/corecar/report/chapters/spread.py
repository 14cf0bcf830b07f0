"""Where fails and readings differ: at each place over all wafers, by wafer, by site; a few pictures each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corecar.report.blocks import Block, Gallery
from corecar.report.drawings.drawing import Wanted
from corecar.report.drawings.maps import stacked
from corecar.report.drawings.readings import BOXES, LINES, box_picture, site_picture
from corecar.report.evidence import Evidence

STACKED_FROM = 3
"""Wafers from which laying them over one another says more than looking at each."""

TESTS_BY_WAFER = 4
TESTS_BY_SITE = 2


def over_one_another(evidence: Evidence) -> tuple[Block, ...]:
    """The share of fails at each place over the wafers; nothing for a lot of few."""
    if len(np.unique(evidence.wafer[evidence.placed])) < STACKED_FROM:
        return ()
    return (replace(stacked(evidence, Wanted()).gallery, columns=2),)


def by_wafer(evidence: Evidence) -> tuple[Block, ...]:
    """Boxes of the worst tests by wafer; nothing where there is one wafer or none."""
    rows = _worst(evidence, TESTS_BY_WAFER) if len(evidence.wafer_names) > 1 else []
    return (Gallery(tuple(box_picture(evidence, row) for row in rows), 1, "", BOXES),) if rows else ()


def by_site(evidence: Evidence) -> tuple[Block, ...]:
    """Histograms of the worst tests by site; nothing where there is one site."""
    sites = np.unique(evidence.site[evidence.disposed])
    rows = _worst(evidence, TESTS_BY_SITE) if len(sites) > 1 else []
    return (Gallery(tuple(site_picture(evidence, row) for row in rows), 1, "", LINES),) if rows else ()


def _worst(evidence: Evidence, most: int) -> list[int]:
    """The worst tests that have readings."""
    found = []
    for row in evidence.worst_first:
        if len(evidence.readings(row).value):
            found.append(row)
        if len(found) == most:
            break
    return found
