"""Fictional movements of lots with a known truth: where each piece really went, whatever the events tell.

Pieces are created on wafers, go to strips, reels, lots and trays, are split, merged, reworked, scrapped, mounted and
installed. Some events name places, others lost them: then the truth knows which piece went where, the file does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

COLUMNS = ("event", "at", "kind", "role", "class", "id", "places", "quantity", "pair")
START = datetime(2026, 1, 5, tzinfo=UTC)
Place = tuple[str, str]
"""Class and id of a thing."""


@dataclass
class Piece:
    """One die or unit. path: each thing it was in with its place there; used: side inputs of events it went through."""

    path: list[tuple[Place, str]] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)

    @property
    def now(self) -> Place:
        """The thing it is in."""
        return self.path[-1][0]


@dataclass
class Movements:
    """Events as lines of a CSV, and the truth about each piece."""

    lines: list[str]
    pieces: list[Piece]


def move_lots(seed: int, *, steps: int = 30, lost: float = 0.3, mixing: bool = True) -> Movements:
    """Movements of a few wafers.

    steps   events after the wafers were made
    lost    share of events that do not tell places
    mixing  whether pieces are split, merged and reworked too, of which nobody tells which is which
    """
    floor = _Floor(Random(seed), lost)
    for _ in range(floor.random.randint(1, 3)):
        floor.wafer()
    doings = [floor.assemble, floor.assemble, floor.pack, floor.relabel, floor.scrap, floor.mount, floor.mount,
              floor.install, floor.test, floor.reuse]  # fmt: skip
    if mixing:
        doings += [floor.split, floor.merge, floor.rework]
    for _ in range(steps):
        floor.random.choice(doings)()
    return Movements([",".join(COLUMNS), *floor.lines], floor.pieces)


class _Floor:
    def __init__(self, random: Random, lost: float) -> None:
        self.random, self.lost = random, lost
        self.lines: list[str] = []
        self.pieces: list[Piece] = []
        self.inside: dict[Place, dict[int, str]] = {}
        self.events = 0
        self.things = 0

    def wafer(self) -> None:
        """A wafer of a few die, at times with empty corners."""
        width, height = self.random.randint(3, 6), self.random.randint(3, 6)
        spots = [(x, y) for y in range(height) for x in range(width)]
        corners = {(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)}
        if self.random.random() < 0.3:
            spots = [spot for spot in spots if spot not in corners]
        self._begin("create")
        wafer = self._new("wafer")
        first = len(self.pieces)
        self.pieces += [Piece() for _ in spots]
        self._tell("out", wafer, f"0,0..{width - 1},{height - 1}", len(spots))
        self._put(range(first, len(self.pieces)), wafer, [f"{x},{y}" for x, y in spots])

    def assemble(self) -> None:
        """From a wafer or a lot to a strip, at times with loss."""
        source = self._some("wafer", "lot", "sublot", "strip", "tray")
        if source is not None:
            self._transfer("transform", source, self._new("strip"), loss=self.random.random() < 0.3)

    def pack(self) -> None:
        """From a strip or lot into a reel."""
        source = self._some("strip", "lot", "sublot", "tray")
        if source is not None:
            self._transfer("pack", source, self._new("reel"))

    def reuse(self) -> None:
        """Into a tray that is empty, used before or new."""
        source = self._some("strip", "lot", "reel")
        if source is None:
            return
        empty = [thing for thing, inside in self.inside.items() if thing[0] == "tray" and not inside]
        self._transfer("pack", source, self.random.choice(empty) if empty else self._new("tray"))

    def split(self) -> None:
        """A lot or strip into sub-lots: nobody tells which piece went where."""
        source = self._some("lot", "sublot", "strip", "reel", least=2)
        if source is None:
            return
        chosen = self._chosen(source, self.random.randint(2, len(self.inside[source])))
        cut = self.random.randint(1, len(chosen) - 1)
        self._begin("split")
        self._tell("in", source, "", len(chosen))
        for part in (chosen[:cut], chosen[cut:]):
            target = self._new("sublot")
            self._tell("out", target, "", len(part))
            self._put(part, target)

    def merge(self) -> None:
        """Two things into one lot."""
        one, other = self._some("strip", "lot", "sublot", "reel"), self._some("strip", "sublot", "wafer", "tray")
        if one is None or other is None or one == other:
            return
        self._begin("merge")
        target, chosen = self._new("lot"), []
        for source in (one, other):
            some = self._chosen(source, self.random.randint(1, len(self.inside[source])))
            self._tell("in", source, "", len(some))
            chosen += some
        self._tell("out", target, "", len(chosen))
        self._put(chosen, target)

    def rework(self) -> None:
        """Out of a sub-lot, back into a lot it may have come from."""
        source, target = self._some("sublot"), self._some("lot")
        if source is None or target is None:
            return
        chosen = self._chosen(source, self.random.randint(1, len(self.inside[source])))
        self._begin("rework")
        self._tell("in", source, "", len(chosen))
        self._tell("out", target, "", len(chosen))
        self._put(chosen, target)

    def relabel(self) -> None:
        """A thing gets another id; each piece keeps its place."""
        source = self._some("wafer", "reel", "strip", "lot")
        if source is None:
            return
        inside = dict(self.inside[source])
        self._begin("relabel")
        target = self._new(source[0])
        self._tell("in", source, "", len(inside))
        self._tell("out", target, "", len(inside))
        self._put(list(inside), target, list(inside.values()))

    def scrap(self) -> None:
        """Some pieces are scrapped, by place or not."""
        source = self._some("wafer", "strip", "lot", "sublot", "reel")
        if source is None:
            return
        event = self._begin("scrap")
        if self._tells(source):
            chosen = self._chosen(source, 1)
            self._tell("in", source, self.inside[source][chosen[0]], 1)
        else:
            chosen = self._chosen(source, self.random.randint(1, len(self.inside[source])))
            self._tell("in", source, "", len(chosen))
        self._put(chosen, ("scrap", event))

    def mount(self) -> None:
        """A unit goes on an ECU."""
        source = self._some("reel", "tray")
        if source is None:
            return
        (piece,) = self._chosen(source, 1)
        self._begin("mount")
        target = self._new("ecu")
        self._tell("in", source, self.inside[source][piece] if self._tells(source) else "", 1)
        self._tell("out", target, "U1", 1)
        self._put([piece], target, ["U1"])

    def install(self) -> None:
        """An ECU goes into a car."""
        source = self._some("ecu")
        if source is None:
            return
        (piece,) = self.inside[source]
        self._begin("install")
        target = self._new("vehicle")
        self._tell("in", source, "", "")
        self._tell("out", target, "brake", 1)
        self._put([piece], target, ["brake"])

    def test(self) -> None:
        """A tool tests all of a thing, or one place of it."""
        source = self._some("wafer", "strip", "lot", "reel", "sublot")
        if source is None:
            return
        self._begin("test")
        tool = ("equipment", f"TOOL-{self.random.randint(1, 3)}")
        chosen, place = list(self.inside[source]), ""
        if self._tells(source):
            chosen = self._chosen(source, 1)
            place = self.inside[source][chosen[0]]
        self._tell("in", source, place, "")
        self._tell("with", tool, "", "")
        for piece in chosen:
            self.pieces[piece].used.add(tool)

    def _transfer(self, kind: str, source: Place, target: Place, *, loss: bool = False) -> None:
        chosen = self._chosen(source, self.random.randint(1, len(self.inside[source])))
        event = self._begin(kind)
        lost = chosen[:1] if loss and len(chosen) > 1 else []
        kept = chosen[len(lost) :]
        pockets = [str(number) for number in range(1, len(kept) + 1)]
        if self._tells(source):
            for pair, piece in enumerate(chosen):
                self._tell("in", source, self.inside[source][piece], 1, f"p{pair}")
            for pair, pocket in enumerate(pockets, len(lost)):
                self._tell("out", target, pocket, 1, f"p{pair}")
            for pair, _ in enumerate(lost):
                self._tell("out", ("scrap", event), "", 1, f"p{pair}")
        else:
            self._tell("in", source, "", len(chosen))
            self._tell("out", target, f"1..{len(kept)}", len(kept))
            if lost:
                self._tell("out", ("scrap", event), "", len(lost))
        self._put(lost, ("scrap", event))
        self._put(kept, target, pockets)

    def _tells(self, source: Place) -> bool:
        """Whether an event tells places, where there are any."""
        return all(self.inside[source].values()) and self.random.random() >= self.lost

    def _some(self, *kinds: str, least: int = 1) -> Place | None:
        """A thing of one of these classes that holds pieces."""
        found = [thing for thing, inside in self.inside.items() if thing[0] in kinds and len(inside) >= least]
        return self.random.choice(found) if found else None

    def _chosen(self, source: Place, count: int) -> list[int]:
        return self.random.sample(sorted(self.inside[source]), count)

    def _new(self, kind: str) -> Place:
        self.things += 1
        return kind, f"{kind.upper()}-{self.things}"

    def _begin(self, kind: str) -> str:
        self.events += 1
        self.kind, self.at = kind, START + timedelta(hours=self.events)
        return f"E{self.events}"

    def _tell(self, role: str, thing: Place, places: str, quantity: int | str, pair: str = "") -> None:
        quoted = f'"{places}"' if "," in places else places
        cells = (f"E{self.events}", f"{self.at:%Y-%m-%dT%H:%M:%SZ}", self.kind, role, *thing, quoted, quantity, pair)
        self.lines.append(",".join(str(cell) for cell in cells))

    def _put(self, pieces: list[int] | range, target: Place, places: list[str] | None = None) -> None:
        for piece, place in zip(pieces, places or [""] * len(pieces), strict=True):
            if self.pieces[piece].path:
                self.inside[self.pieces[piece].now].pop(piece)
            self.pieces[piece].path.append((target, place))
            self.inside.setdefault(target, {})[piece] = place
