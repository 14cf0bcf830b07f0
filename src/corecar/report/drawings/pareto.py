"""Which bins took the failed parts, most first, each with its share and how many it is with those before it."""

from __future__ import annotations

from corecar.errors import ArgumentError
from corecar.report.blocks import Gallery, Picture
from corecar.report.chapters.bins import BinCount, bars_of, counted_bins
from corecar.report.drawings.drawing import Drawing, Wanted, stage
from corecar.report.evidence import Evidence
from corecar.report.figures.bars import bar_chart
from corecar.report.quantities import plural, share

BARS_AT_MOST = 30


def pareto(evidence: Evidence, wanted: Wanted) -> Drawing:
    """Bars of the fail bins. Raises ArgumentError where no part failed, or for another kind of bin."""
    if wanted.bins not in ("hard", "soft"):
        raise ArgumentError(f'bins="{wanted.bins}": expected "hard" or "soft".')
    fails: list[BinCount] = [
        row for row in counted_bins(evidence, wanted.bins) if not row.passed and row.after and row.number >= 0
    ]
    if not fails:
        raise ArgumentError(f"no part is in a {wanted.bins} bin that fails: there is nothing to rank.")
    failed, whole = sum(row.after for row in fails), len(evidence.disposed)
    alt = f"Parts in each {wanted.bins} fail bin, most first"
    bars = bars_of(evidence, wanted.bins, fails[:BARS_AT_MOST])
    svg = bar_chart(bars, whole, alt, of=failed)
    rest = fails[BARS_AT_MOST:]
    caption = "Behind each bar: parts, share of all parts, and share of the failed parts up to this bin."
    if rest:
        caption += (
            f" {plural(len(rest), 'smaller bin')} with {plural(sum(row.after for row in rest), 'part')} not drawn."
        )
    title = f"{share(failed, whole)} of the parts are in {plural(len(fails), f'{wanted.bins} fail bin')}"
    return Drawing(
        f"{wanted.bins.capitalize()} bins, {stage(evidence)}", Gallery((Picture(svg, alt, title),), 1, "", caption)
    )
