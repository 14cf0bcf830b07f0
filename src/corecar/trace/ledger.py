"""The ledger: events become blocks and edges, or a fault that says which row breaks which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corecar.faults import Faults
from corecar.plurals import plural
from corecar.trace.blocks import EXACT, PLACED, Block, Edge, Entries, Mark, Touch
from corecar.trace.holders import Holder, Known, Piece
from corecar.trace.kinds import CARRIERS, KINDS, POOL, SCRAP, Kind
from corecar.trace.lines import Event, Line, Thing
from corecar.trace.places import Places
from corecar.trace.ranges import aligned


class Broken(Exception):
    """An event that breaks a rule. row: the line; problem, advice: what a person reads."""

    def __init__(self, row: int, problem: str, advice: str = "") -> None:
        self.row, self.problem, self.advice = row, problem, advice
        super().__init__(problem)


@dataclass(slots=True)
class Taken:
    """What one row takes: ranges, how many pieces, and whether by place."""

    line: Line
    holder: Holder
    pieces: list[Piece]
    quantity: int
    placed: bool
    whole: bool


@dataclass(slots=True)
class Made:
    """What one row makes: the thing, its places, how many pieces."""

    line: Line
    thing: Thing
    places: Places | None
    quantity: int


def record(path: str, events: Sequence[Event], known: Known, first_key: int, faults: Faults) -> Entries:
    """What events add to what is known; events that break a rule are noted in `faults` and add nothing.

    path       the file, for messages
    events     in order of time
    first_key  the first key that no piece has
    """
    return _Ledger(path, events, known, first_key).run(faults)


class _Ledger:
    def __init__(self, path: str, events: Sequence[Event], known: Known, first_key: int) -> None:
        self.path, self.events, self.known, self.key = path, events, known, first_key
        asked = {line.thing for event in events for line in event.lines if line.role != "with"}
        self.holders = known.holders(asked)
        self.there = known.references({event.reference for event in events})
        self.made_later: dict[Thing, Event] = {}
        self.entries = Entries()
        self.changed: set[Thing] = set()

    def run(self, faults: Faults) -> Entries:
        for event in self.events:
            try:
                self._event(event)
            except Broken as broken:
                faults.add(self.path, f"event {event.reference} ({event.kind}): {broken.problem}", row=broken.row,
                           advice=broken.advice)  # fmt: skip
        changed = {thing: self.holders[thing] for thing in self.changed}
        self.entries.left = {thing: (one.left, one.taken_at, one.since) for thing, one in changed.items()}
        return self.entries

    def _event(self, event: Event) -> None:
        kind = KINDS[event.kind]
        ins, outs, sides = event.of("in"), event.of("out"), event.of("with")
        if event.reference in self.there:
            raise Broken(event.row, "it is recorded already.", "Each event is told once; leave it out.")
        _check_shape(event, kind, ins, outs, sides)
        takes = [self._taken(event, line, kind) for line in ins]
        makes = [self._made(event, line, kind) for line in outs]
        if kind.name == "scrap":
            thing = Thing(SCRAP, event.reference)
            makes = [Made(line, thing, None, take.quantity) for line, take in zip(ins, takes, strict=True)]
        if not kind.in_place and kind.takes != "none":
            _check_balance(event, takes, makes)
        self._check_cycles(event, kind, takes, makes)
        pairs = [] if kind.in_place else _paired(takes, makes)
        number = len(self.entries.events)
        self.entries.events.append((event.reference, event.at, event.kind))
        self.entries.marks += [Mark(number, line.thing) for line in sides]
        if kind.in_place:
            self.entries.touches += [Touch(number, p.block.first, p.first, p.last) for t in takes for p in t.pieces]
            return
        for pair_takes, pair_makes in pairs:
            self._move(event, kind, number, pair_takes, pair_makes)

    def _taken(self, event: Event, line: Line, kind: Kind) -> Taken:
        holder = self.holders.get(line.thing)
        if holder is None or not holder.blocks:
            raise Broken(line.row, f"{line.thing}{self._unknown(event, line.thing)}.")
        if holder.taken_at is not None and event.at < holder.taken_at:
            if kind.in_place:
                return self._touched_late(event, line, holder)
            raise Broken(line.row, f"pieces were taken from {line.thing} at {_time(holder.taken_at)}, later than this.",
                         "Events come in order of time.")  # fmt: skip
        placed = line.places is not None
        pieces = self._at(line, holder) if line.places is not None else holder.inside()
        if not pieces:
            raise Broken(line.row, f"{line.thing} holds nothing any more.")
        late = max(piece.block.at for piece in pieces)
        if event.at < late:
            raise Broken(line.row, f"it is at {_time(event.at)}, but what it uses of {line.thing} came there at "
                         f"{_time(late)}.", "Events come in order of time.")  # fmt: skip
        count = sum(piece.last - piece.first + 1 for piece in pieces) if placed else holder.left
        quantity = line.quantity if line.quantity is not None else min(count, holder.left)
        if quantity > min(count, holder.left):
            there = f"{plural(min(count, holder.left), 'piece')} of {line.thing}"
            raise Broken(line.row, f"it takes {plural(quantity, 'piece')} where there are {there}.")
        whole = quantity == holder.left and not placed
        return Taken(line, holder, pieces, quantity, placed and _fills(quantity, count, holder), whole)

    def _touched_late(self, event: Event, line: Line, holder: Holder) -> Taken:
        """What an event in place touched that is told only after pieces were taken: all that may have been there."""
        there = {piece.block.first for piece in holder.history(event.at)}
        pieces = holder.history(event.at) if line.places is None else holder.at(line.places)
        pieces = [piece for piece in pieces if piece.block.first in there]
        if not pieces:
            raise Broken(line.row, f"{line.thing} held nothing there at {_time(event.at)}.")
        return Taken(line, holder, pieces, line.quantity or 0, placed=False, whole=False)

    def _unknown(self, event: Event, thing: Thing) -> str:
        """That a thing is not known yet, and where it is made."""
        if not self.made_later:
            for other in self.events:
                for line in other.of("out"):
                    self.made_later.setdefault(line.thing, other)
        found = self.made_later.get(thing)
        if found is None:
            return " is not known"
        made = f"event {found.reference} makes it at {_time(found.at)} (line {found.row})"
        return f" is not known at {_time(event.at)}: {made}"

    def _at(self, line: Line, holder: Holder) -> list[Piece]:
        assert line.places is not None
        pieces = holder.at(line.places)
        count = sum(piece.last - piece.first + 1 for piece in pieces)
        if not pieces or (not line.places.name and count < line.places.count):
            raise Broken(line.row, f"{line.thing} has no place {line.places}.")
        if not all(holder.is_free(piece) for piece in pieces):
            raise Broken(line.row, f"place {line.places} of {line.thing} was emptied before.")
        return pieces

    def _made(self, event: Event, line: Line, kind: Kind) -> Made:
        if kind.into and line.thing.kind not in kind.into:
            raise Broken(line.row, f"{kind.name} puts into {' or '.join(kind.into)}, not into {line.thing.kind}.")
        if line.thing.kind == "vehicle" and (line.places is None or not line.places.name):
            raise Broken(line.row, "what an ECU is for is missing.", 'Name it in "places", such as "brake".')
        quantity = line.quantity
        if line.places is None and quantity is None:
            raise Broken(line.row, f"how many pieces go into {line.thing} is missing.", 'Fill in "quantity".')
        if line.places is not None and not line.places.name:
            quantity = line.places.count if quantity is None else quantity
            if quantity > line.places.count:
                raise Broken(line.row, f"{plural(quantity, 'piece')} do not fit into {line.places.count:,} places.")
        self._check_room(event, line, kind)
        return Made(line, line.thing, line.places, quantity or 1)

    def _check_room(self, event: Event, line: Line, kind: Kind) -> None:
        """Raises Broken where a thing is made twice, or a place is taken."""
        holder = self.holders.get(line.thing)
        if holder is None or not holder.blocks or line.thing.kind == SCRAP:
            return
        if holder.left == 0 and line.thing.kind in CARRIERS:
            return  # used again
        if not kind.adds:
            raise Broken(line.row, f"{line.thing} is there already.", "Each thing is made once; give it another id.")
        if line.places is not None and holder.occupied(line.places):
            raise Broken(line.row, f"place {line.places} of {line.thing} holds something already.")

    def _check_cycles(self, event: Event, kind: Kind, takes: Sequence[Taken], makes: Sequence[Made]) -> None:
        """Raises Broken where pieces would come back to a thing they came from."""
        if kind.returns or kind.in_place:
            return
        from_things = {take.holder.thing for take in takes}
        for made in makes:
            holder = self.holders.get(made.thing)
            if made.thing in from_things:
                raise Broken(made.line.row, f"{made.thing} would be made of itself.")
            if holder is None or holder.taken_at is None or made.thing.kind in CARRIERS:
                continue  # of which nothing was taken yet, nothing came
            for thing in from_things:
                if made.thing in self._above(thing):
                    advice = "Pieces come back by an event of the kind rework alone."
                    raise Broken(made.line.row, f"{thing} came from {made.thing} itself: a cycle.", advice)

    def _above(self, thing: Thing) -> set[Thing]:
        """Every thing from which a thing's pieces came."""
        found: set[Thing] = set()
        ahead = [thing]
        while ahead:
            one = ahead.pop()
            holder = self.holders.get(one)
            sources = self.known.sources(one) | (holder.sources if holder is not None else set())
            ahead += sources - found
            found |= sources
        return found

    def _move(self, event: Event, kind: Kind, number: int, takes: Sequence[Taken], makes: Sequence[Made]) -> None:
        """Take pieces out and put them in, with the edges between them."""
        if kind.keeps and len(takes) == len(makes) == 1 and _can_copy(takes[0], makes[0]):
            made = self._copies(event, number, takes[0], makes[0])
        else:
            made = [self._block(event, number, one.thing, one.places, one.quantity) for one in makes]
            self._link(event, number, takes, made)
        for take in takes:
            self._take(event, take)
        for block in made:
            self._put(block, takes)

    def _copies(self, event: Event, number: int, take: Taken, made: Made) -> list[Block]:
        """Each range anew in another thing, every piece at the place it had."""
        blocks, left = [], take.quantity
        for piece in take.pieces:
            source = piece.block
            whole = (piece.first, piece.last) == (source.first, source.last)
            cut: list[tuple[Places | None, int, int]] = [(made.places, piece.first, piece.last)]
            if made.places is None and source.places is not None:
                parts = source.places.cut(piece.first - source.first, piece.last - source.first)
                cut = [(places, source.first + a, source.first + b) for places, a, b in parts]
            for places, first, last in cut:
                quantity = min(source.quantity if whole else last - first + 1, left)
                left -= quantity
                block = self._block(event, number, made.thing, places, quantity, last - first + 1)
                blocks.append(block)
                self._edge(Piece(source, first, last), block, block.first, block.last, EXACT)
        return blocks

    def _block(self, event: Event, number: int, thing: Thing, places: Places | None, quantity: int,
               span: int | None = None) -> Block:  # fmt: skip
        if span is None:
            span = quantity if places is None or places.name else places.count
        block = Block(self.key, self.key + span - 1, thing, places, quantity, number, event.at)
        self.key += span
        self.entries.blocks.append(block)
        return block

    def _link(self, event: Event, number: int, takes: Sequence[Taken], made: Sequence[Block]) -> None:
        """The edges between what was taken and made: one by one where places tell, else any to any."""
        pieces = [(piece, PLACED if take.placed else 0) for take in takes for piece in take.pieces]
        if len(made) == 1 and len(takes) == 1 and _tells(takes[0], made[0]):
            block, flag = made[0], pieces[0][1]
            by_first = {piece.first: piece for piece, _ in pieces}
            cut = aligned([(piece.first, piece.last) for piece, _ in pieces], [(block.first, block.last)])
            here = pieces[0][0]
            for (first, last), (to_first, to_last) in cut:
                here = by_first.get(first, here)
                self._edge(Piece(here.block, first, last), block, to_first, to_last, EXACT | flag)
            return
        if len(pieces) > 1 and len(made) > 1:
            total = sum(block.quantity for block in made)
            pool = self._block(event, number, Thing(POOL, f"{event.reference} {self.key}"), None, total)
            for piece, flag in pieces:
                self._edge(piece, pool, pool.first, pool.last, flag)
            pieces = [(Piece(pool, pool.first, pool.last), 0)]
        for piece, flag in pieces:
            for block in made:
                self._edge(piece, block, block.first, block.last, flag)

    def _edge(self, piece: Piece, block: Block, first: int, last: int, flags: int) -> None:
        self.entries.edges.append(Edge(piece.block.first, piece.first, piece.last, block.first, first, last, flags))

    def _take(self, event: Event, take: Taken) -> None:
        holder = take.holder
        holder.left -= take.quantity
        holder.taken_at = event.at
        if take.placed:
            for piece in take.pieces:
                holder.take(piece)
        self.changed.add(holder.thing)

    def _put(self, block: Block, takes: Sequence[Taken]) -> None:
        holder = self.holders.get(block.thing)
        if holder is None:
            holder = self.holders[block.thing] = Holder(block.thing)
        if holder.left == 0 and holder.blocks:
            holder.renew(block.first)
        holder.add(block)
        holder.left += block.quantity
        holder.sources.update(take.holder.thing for take in takes)
        self.changed.add(block.thing)


def _check_shape(event: Event, kind: Kind, ins: Sequence[Line], outs: Sequence[Line], sides: Sequence[Line]) -> None:
    for side, lines, many in (("in", ins, kind.takes), ("out", outs, kind.makes)):
        if many == "none" and lines:
            raise Broken(lines[0].row, f"it has a row {side}, and {kind.name} takes none.")
        if many != "none" and not lines:
            raise Broken(event.row, f"it has no row {side}.")
        if many == "one" and len({line.thing for line in lines}) > 1:
            raise Broken(lines[1].row, f"it has several rows {side}, and {kind.name} takes one thing.")
    if kind.needs and not any(line.thing.kind == kind.needs for line in sides):
        raise Broken(event.row, f"it does not say which {kind.needs}.", f'Add a row "with", class "{kind.needs}".')
    seen: set[tuple[str, Thing, Places | None]] = set()
    for line in (*ins, *outs):
        row = (line.role, line.thing, line.places)
        if row in seen and line.thing.kind != SCRAP:
            raise Broken(line.row, f"{line.thing} stands in it twice.")
        seen.add(row)


def _check_balance(event: Event, takes: Sequence[Taken], makes: Sequence[Made]) -> None:
    into, out_of = sum(made.quantity for made in makes), sum(take.quantity for take in takes)
    if into != out_of:
        problem = f"{plural(out_of, 'piece')} go in and {into:,} come out."
        raise Broken(event.row, problem, 'What was lost goes to a row "out" of the class "scrap".')


def _paired(takes: Sequence[Taken], makes: Sequence[Made]) -> list[tuple[list[Taken], list[Made]]]:
    """Rows that go together: those of the same pair, and the rest."""
    if len(takes) == 1 and len(makes) == 1:
        return [(list(takes), list(makes))]
    groups: dict[str, tuple[list[Taken], list[Made]]] = {}
    for take in takes:
        groups.setdefault(take.line.pair, ([], []))[0].append(take)
    for made in makes:
        groups.setdefault(made.line.pair, ([], []))[1].append(made)
    for pair, (ins, outs) in groups.items():
        row = (ins[0].line if ins else outs[0].line).row
        if takes and not (ins and outs):
            raise Broken(row, f'pair "{pair}" has rows on one side only.')
        if takes and sum(one.quantity for one in ins) != sum(one.quantity for one in outs):
            raise Broken(row, f'the quantities of pair "{pair}" differ.')
    return list(groups.values())


def _can_copy(take: Taken, made: Made) -> bool:
    """Whether every piece may keep its place: all are taken, and where they go fits."""
    if not take.whole:
        return False
    places, pieces = made.places, take.pieces
    if places is None or places.name:
        return True
    return len(pieces) == 1 and places.count == pieces[0].last - pieces[0].first + 1


def _fills(quantity: int, count: int, holder: Holder) -> bool:
    """Whether a take by place empties its places: all their pieces go, or all that is left."""
    return quantity == count or quantity == holder.left


def _tells(take: Taken, made: Block) -> bool:
    """Whether it is known which piece became which: as many places on both sides, or a single piece."""
    span = sum(piece.last - piece.first + 1 for piece in take.pieces)
    if span != made.last - made.first + 1:
        return False
    return span == 1 or (take.placed and made.places is not None and not made.places.name)


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
