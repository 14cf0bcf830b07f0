"""`match`: who should talk to whom, in a workspace or in plain files; its search and its weights."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.generated import ActorOption, WorkspaceOption, moment
from corecar.cli.options import Csv, Json

Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Tables in files and folders; without any those of the workspace."),
]


class Chosen(StrEnum):
    """How pairs are chosen."""

    largest = "largest"
    stable = "stable"


class Assigned(StrEnum):
    """What is assigned."""

    partners = "partners"
    quantity = "quantity"


class Sides(StrEnum):
    """What is searched."""

    needs = "needs"
    offers = "offers"


def pairs(
    paths: Paths = None,
    need: Annotated[str | None, typer.Option("--need", metavar="ID", help="One need, with all that fits it.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell every part of the scores, and why offers were refused.")
    ] = False,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only needs of this kind, such as test; repeat for more.")
    ] = None,
    method: Annotated[
        Chosen, typer.Option("--method", help="The largest sum of scores, or stable: no two would rather have others.")
    ] = Chosen.largest,
    by: Annotated[
        Assigned, typer.Option("--by", help="Assign partners, so many to each, or the quantity of each.")
    ] = Assigned.partners,
    per_need: Annotated[int, typer.Option("--per-need", min=1, metavar="N", help="Partners of a need at most.")] = 3,
    per_offer: Annotated[
        int, typer.Option("--per-offer", min=1, metavar="N", help="Partners of an offer at most.")
    ] = 3,
    keep: Annotated[
        int,
        typer.Option("--keep", min=1, metavar="N", help="Look at the best N pairs of each need and each offer."),
    ] = 12,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="TOML", help="Weights of your own; see `corecar match weights`.")
    ] = None,
    day: Annotated[
        Any, typer.Option("--day", metavar="WHEN", parser=moment, help="When needs and offers have to stand; today.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Count outliers, falling yields and stopped lots of routes as risk.")
    ] = False,
    assumed: Annotated[
        list[str] | None,
        typer.Option("--assumed", metavar="NAME", help="A number that stays as assumed, such as MCU-T.drift."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="XLSX", help="Write the workbook of who should talk to whom too.")
    ] = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say who should talk to whom: which offers fit which needs, how well, and what each side has of it.

    An offer that misses a hard requirement is refused, with the reason. What it does not say is an open question.
    """
    given = {
        "need": need, "explain": explain, "kind": kind, "method": method.value, "by": by.value, "per_need": per_need,
        "per_offer": per_offer, "keep": keep, "weights": weights, "day": day, "out": out,
    }  # fmt: skip
    if not paths:
        _call("match", given | {"measured": measured, "assumed": assumed}, workspace, actor, json, csv)
        return
    from datetime import UTC, datetime

    from corecar.bridge.match.matching import matched, told
    from corecar.cli.grading import NOT_OF_FILES, refuse
    from corecar.formats.chain import read_chain
    from corecar.match import Ways

    refuse({"--measured": measured, "--assumed": assumed}, NOT_OF_FILES)
    _print(workspace, actor, json, csv, lambda: _told(paths, given, matched, told, read_chain, Ways, datetime.now(UTC)))


def _told(paths: list[Path], given: dict[str, Any], matched: Any, told: Any, read: Any, ways: Any, now: Any) -> Any:
    chain = read(*paths)
    how = ways(*(given[name] for name in ("method", "by", "per_need", "per_offer", "keep")))
    found = matched(chain, day=given["day"] or now, kind=given["kind"], weights=given["weights"], ways=how)
    return told(found, chain, need=given["need"], explain=given["explain"], out=given["out"])


def search(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What is sought, such as 封装 or burn-in.")],
    paths: Paths = None,
    of: Annotated[Sides | None, typer.Option("--of", help="Only needs, or only offers.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only of this kind, such as test.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="At most so many, the best first.")] = 20,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Find needs and offers by words of their texts, Chinese and English, the best first."""
    given: dict[str, Any] = {"words": words, "of": None if of is None else of.value, "kind": kind, "limit": limit}
    if not paths:
        _call("match_search", given, workspace, actor, json, csv)
        return
    from corecar.bridge.match.match_search import found_in
    from corecar.formats.chain import read_chain

    _print(workspace, actor, json, csv, lambda: found_in(read_chain(*paths), **given))


def weights(
    source: Annotated[
        str | None, typer.Argument(metavar="TOML", help="A file to check and print; without one the shipped weights.")
    ] = None,
) -> None:
    """Print weights as TOML, to copy and change; those of a file only if they are well formed."""
    from corecar.match import read_weights, weights_text

    read_weights(source)
    typer.echo(weights_text(source), nl=False)


def _call(name: str, given: dict[str, Any], workspace: str | None, actor: str | None, json: bool, csv: bool) -> None:
    from corecar.cli.forms import form
    from corecar.cli.whatif import call_lot_verb

    call_lot_verb(name, given, workspace, actor, form(json, csv))


def _print(workspace: str | None, actor: str | None, json: bool, csv: bool, work: Any) -> None:
    """Print what is found in files. Options of a workspace are refused there."""
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import form

    if workspace or actor:
        raise typer.BadParameter(
            "--workspace and --as are for the tables of a workspace. Name no files, or leave them."
        )
    print_answer(work(), form(json, csv))
