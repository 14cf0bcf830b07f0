"""Take tester files in: found, read by as many workers as there are, and made true as they come.

Whatever stops it, the same command goes on: what was committed is known by its content, the rest is taken again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.calls import IDLE, Call
from corecar.bridge.ingest.admission import Admission, Admitted, admit, refuse
from corecar.bridge.ingest.discovery import Candidate, find, in_pieces, not_taken_yet
from corecar.bridge.ingest.intake import Task, take_in
from corecar.bridge.ingest.mapping import mapping_in_force
from corecar.bridge.ingest.taken import Refused, Taken
from corecar.bridge.keep.compaction import compact_what_is_due
from corecar.bridge.lot.resolved_lots import resolve_lots
from corecar.bridge.travel import Sent
from corecar.errors import ArgumentError, CatalogueError, CorecarError, NotFound, SessionLost
from corecar.lot import OnError
from corecar.plurals import plural
from corecar.store.catalogue.models import Quarantined
from corecar.store.catalogue.sessions import writing_session
from corecar.store.executors import open_executor, work_together

STABLE_S = 2.0
"""A watched file must not have changed between two looks this far apart, at least [s]."""
TOLD = 20
"""Bad files that the answer names."""
TOLD_LOOK = {
    "new": "new", "known content": "read and known already", "quarantined": "put in quarantine", "unfiled": "in no lot",
    "other files": "no tester files", "left for later": "left for later",
}  # fmt: skip
"""Counts of which a watched look tells what came to them, and how."""
AT_ONCE = 64
"""Files that one transaction admits, at most."""
TELLING_MB = 50
"""Megabytes of which the speed says something."""
RACES = 20
"""How often a commit is tried again when another process added the same lot or content first."""


@dataclass
class Tally:
    """What became of the files so far."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    done_bytes: int = 0
    total_bytes: int = 0
    total_files: int = 0

    def what(self) -> str:
        parts = [f"{self.counts['new']:,} new", *(f"{n:,} bad" for n in [self.counts["quarantined"]] if n)]
        return f"{self.counts['files']:,} of {self.total_files:,} files ({', '.join(parts)})"


def ingest(
    call: Call,
    paths: Annotated[list[str | Path], "Tester files, and folders of them.", Sent()],
    *,
    recursive: Annotated[bool, "Also what lies in folders below."] = False,
    watch: Annotated[bool, "Go on looking for new files until stopped."] = False,
    every: Annotated[float, "Seconds between two looks when watching."] = 5.0,
    salvage: Annotated[bool, "Keep every whole record of a damaged file instead of putting it in quarantine."] = False,
    encoding: Annotated[
        str | None, "Encoding of the texts, such as gbk; UTF-8 and then Latin-1 when not given."
    ] = None,
    workers: Annotated[
        str | None, "`inline`, `processes:N`, or a cluster's address; without it what the workspace says."
    ] = None,
) -> dict[str, Any]:
    """Take tester files in, each content once, whatever it is called and however it is packed.

    A file that cannot be read goes to quarantine with its error; the rest go on. The same command after Ctrl-C, a
    crash or a power cut goes on where it was. With --watch a file is taken when it has stopped growing.
    Raises  SourceMissing for a path at which nothing is; Cancelled; CatalogueError, OutputError
    """
    if not paths:
        raise ArgumentError("no file was named. Name files, or a folder.")
    if watch and every < STABLE_S / 4:
        raise ArgumentError(f"--every {every}: look at most twice a second.")
    on_error: OnError = "salvage" if salvage else "raise"
    tally, begun = Tally(), time.monotonic()
    with open_executor(workers or call.store.cluster) as crew:
        intake = Intake(call, crew, on_error, encoding, tally)
        if watch:
            _watch(intake, paths, recursive, every)
        else:
            intake.take(find(paths, recursive=recursive))
    return _answer(tally, time.monotonic() - begun)


def retry(
    call: Call,
    files: Annotated[list[str] | None, "Numbers of quarantined files, as `todo` shows them; without any, all."] = None,
    *,
    salvage: Annotated[bool, "Keep every whole record instead of refusing a damaged file."] = False,
    encoding: Annotated[str | None, "Encoding of the texts, such as gbk."] = None,
    workers: Annotated[str | None, "`inline`, `processes:N`, or a cluster's address."] = None,
) -> dict[str, Any]:
    """Try quarantined files again: from where they lay, or from the copy that quarantine kept.

    Raises  NotFound for a number that is none
    """
    with call.store.catalogue.reading() as session:
        cases = _cases(session, call, files)
    tally, begun = Tally(), time.monotonic()
    with open_executor(workers or call.store.cluster) as crew:
        intake = Intake(call, crew, "salvage" if salvage else "raise", encoding, tally)
        intake.take([_candidate(case) for case in cases], again={case.path: case.key for case in cases})
    return _answer(tally, time.monotonic() - begun)


@dataclass
class Intake:
    """Files on their way through workers into the catalogue."""

    call: Call
    crew: Any
    on_error: OnError
    encoding: str | None
    tally: Tally

    def take(self, candidates: Sequence[Candidate], again: dict[str, str | None] | None = None) -> None:
        """Take some files in; those that are known by path, size and time of change are passed over.

        again   files of quarantine by their path, with the key of the copy that was kept: taken in any case
        """
        rest = list(candidates) if again is not None else self._new_ones(candidates)
        self.tally.total_files += len(rest)
        self.tally.total_bytes += sum(candidate.bytes for candidate in rest)
        while rest:
            rest = self._session(rest, again or {})
            self.call.check_stopped()

    def _new_ones(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        party = self.call.actor.party_id
        found = self.call.store.catalogue.read(lambda session: not_taken_yet(session, candidates, party))
        self.tally.counts["known"] += found.known
        self.tally.counts["foreign runs"] += found.foreign
        self.tally.counts["still quarantined"] += found.quarantined
        return found.rest

    def _session(self, candidates: list[Candidate], again: dict[str, str | None]) -> list[Candidate]:
        """Take files in under one writing session; those that are left because vacuum took it for dead."""
        store, left = self.call.store, {candidate.path: candidate for candidate in candidates}
        with writing_session(store.catalogue, "ingest") as token:
            tasks = (
                Task(candidate, store.objects, token, self.on_error, self.encoding, again.get(candidate.path))
                for candidate in candidates
            )
            admission = self._admission(token)
            try:
                for outcomes in work_together(self.crew, take_in, tasks, stop=self.call.stopped):
                    for some in in_pieces(outcomes, AT_ONCE):
                        self._settle([(task.candidate, outcome) for task, outcome in some], admission, left)
            except SessionLost:
                return list(left.values())
            resolve_lots(store, self.call.stopped)
            for damage in compact_what_is_due(store, token, self.call.stopped, self.crew):
                self.tally.problems.append({"file": damage.place, "became": "not merged", "why": str(damage)})
        return []

    def _admission(self, token: str) -> Admission:
        actor = self.call.actor
        mapping = self.call.store.catalogue.read(mapping_in_force)
        return Admission(actor.person_id, actor.name, actor.party_id, datetime.now(UTC), mapping, token)

    def _settle(
        self,
        ended: Sequence[tuple[Candidate, Taken | Refused | Exception]],
        admission: Admission,
        left: dict[str, Candidate],
    ) -> None:
        """Make true what workers brought back, and take it from what is left: first what could be read, in one
        transaction.
        """
        admission = replace(admission, now=datetime.now(UTC))
        files = [outcome for _, outcome in ended if isinstance(outcome, Taken)]
        for taken, admitted in self._admit(files, admission):
            self._admitted(admitted)
            self._done(taken.candidate, left)
        for candidate, outcome in ended:
            if not isinstance(outcome, Taken):
                self._refused(_as_refusal(candidate, outcome), admission)
                self._done(candidate, left)

    def _done(self, candidate: Candidate, left: dict[str, Candidate]) -> None:
        tally = self.tally
        tally.counts["files"] += 1
        tally.done_bytes += candidate.bytes
        del left[candidate.path]
        self.call.report(tally.done_bytes, tally.total_bytes, tally.what())

    def _admit(self, files: Sequence[Taken], admission: Admission) -> Iterator[tuple[Taken, Admitted]]:
        """Admit files together; each by itself when the catalogue refuses them together, so that the fault of one is
        not that of its neighbours. What it refuses of a single file is raised when the others are in.
        """
        if not files:
            return
        try:
            yield from zip(files, self._commit(lambda session: admit(session, files, admission)), strict=True)
        except CatalogueError as error:
            if error.passing or len(files) == 1:
                raise
            refusal = None
            for taken in files:
                try:
                    yield from self._admit([taken], admission)
                except CatalogueError as own:
                    refusal = own
            if refusal is not None:
                raise refusal from error

    def _commit(self, change: Any) -> Any:
        """One transaction, again when somebody else added the same lot or content at the same moment."""
        for _ in range(RACES):
            try:
                return self.call.store.catalogue.write(change)
            except CatalogueError as error:
                if not error.conflict:
                    raise
        return self.call.store.catalogue.write(change)

    def _admitted(self, admitted: Admitted) -> None:
        counts = self.tally.counts
        counts["new" if admitted.new else "known content"] += 1
        counts["runs"] += admitted.new
        counts["known runs"] += admitted.known
        counts["foreign runs"] += admitted.foreign
        counts["unfiled"] += admitted.unfiled
        counts["results"] += admitted.results
        for key in admitted.left:
            self.call.store.objects.delete(key)

    def _refused(self, refused: Refused, admission: Admission) -> None:
        counts, problems = self.tally.counts, self.tally.problems
        kind = "other files" if refused.other else "left for later" if refused.later else "quarantined"
        counts[kind] += 1
        if kind == "quarantined":
            self._commit(lambda session: refuse(session, refused, admission))
        if kind != "other files" and len(problems) < TOLD:
            path = refused.candidate.path
            problems.append({"file": path, "became": kind, "why": refused.message.removeprefix(f"{path}: ")})


def _as_refusal(candidate: Candidate, outcome: Refused | Exception) -> Refused:
    """An outcome that is not a taken file. What is nobody's bad file, such as a full disk, stops the whole."""
    if isinstance(outcome, Refused):
        return outcome
    if isinstance(outcome, CorecarError) and type(outcome).__name__ == "WorkerLost":
        return Refused(candidate, "WorkerLost", str(outcome))
    raise outcome


def _watch(intake: Intake, paths: Sequence[str | Path], recursive: bool, every: float) -> None:
    """Take files when two looks found them the same; until stopped."""
    before: dict[str, Candidate] = {}
    settled: dict[str, Candidate] = {}
    looked = -STABLE_S
    while not intake.call.stopped():
        if time.monotonic() - looked >= max(every, STABLE_S):
            looked = time.monotonic()
            now = {candidate.path: candidate for candidate in find(paths, recursive=recursive)}
            ready = {path: there for path, there in now.items() if before.get(path) == there != settled.get(path)}
            counted = intake.tally.counts.copy()
            intake.take(list(ready.values()))
            if intake.tally.counts["left for later"] == counted["left for later"]:
                settled |= ready
            _tell_look(intake, counted)
            before = now
            intake.call.report(intake.tally.done_bytes, intake.tally.total_bytes, f"watching; {intake.tally.what()}")
        time.sleep(0.2)


def _tell_look(intake: Intake, before: Counter[str]) -> None:
    """Say what a look took, where it took something: whoever keeps a log reads it there."""
    counts = intake.tally.counts
    gained = {told: counts[name] - before[name] for name, told in TOLD_LOOK.items()}
    told = [f"{number:,} {what}" for what, number in gained.items() if number]
    if told:
        intake.call.report(0, IDLE, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: {', '.join(told)}")


def _cases(session: Session, call: Call, files: Iterable[str] | None) -> list[Quarantined]:
    waiting = select(Quarantined).where(Quarantined.resolved_at.is_(None), Quarantined.owner_id == call.actor.party_id)
    found = {str(case.id): case for case in session.scalars(waiting.order_by(Quarantined.id))}
    for number in files or ():
        if number not in found:
            raise NotFound(f"no file {number} lies in quarantine. `corecar todo` lists them.")
    return [found[number] for number in files] if files else list(found.values())


def _candidate(case: Quarantined) -> Candidate:
    """The file as it lies there now; as it was when it is gone."""
    try:
        status = Path(case.path).stat()
    except OSError:
        return Candidate(case.path, case.bytes or 0, case.modified_ns or 0, True)
    return Candidate(case.path, status.st_size, status.st_mtime_ns, True)


def _speed(done: int, seconds: float) -> str:
    """How much was read and how fast; of little no speed, since most of the time went into beginning."""
    megabytes = done / 1e6
    told = f"{megabytes:,.1f} MB in {seconds:,.1f} s"
    return f"{told}." if megabytes < TELLING_MB else f"{told} ({megabytes / max(seconds, 1e-9):,.0f} MB/s as they lie)."


def _answer(tally: Tally, seconds: float) -> dict[str, Any]:
    counts = tally.counts
    known = counts["known"] + counts["known content"]
    told = [
        f"{plural(counts['new'], 'new file')}, {plural(counts['runs'], 'run')}, {plural(counts['results'], 'result')}",
        *([f"{plural(known, 'file')} known already"] if known else []),
        *([f"{plural(counts['known runs'], 'run')} read and known already"] if counts["known runs"] else []),
        *([f"{counts['quarantined']:,} put in quarantine"] if counts["quarantined"] else []),
        *([f"{counts['still quarantined']:,} still in quarantine"] if counts["still quarantined"] else []),
        *([f"{counts['left for later']:,} left for later"] if counts["left for later"] else []),
        *([f"{counts['other files']:,} passed over: no tester files"] if counts["other files"] else []),
    ]
    notes = []
    if counts["unfiled"]:
        notes.append(f"{plural(counts['unfiled'], 'run')} in no lot yet: `corecar todo` says why.")
    if counts["foreign runs"]:
        notes.append(
            f"{plural(counts['foreign runs'], 'run')} known already came from another party: you see of them what it "
            "shares with yours. Ask it for: corecar share LOT PARTY."
        )
    if counts["quarantined"] or counts["still quarantined"]:
        notes.append("`corecar todo` lists what lies in quarantine, `corecar retry` tries it again.")
    said = f"{'; '.join(told)}. {_speed(tally.done_bytes, seconds)}"
    return {
        "said": said, "new": counts["new"], "known": known, "quarantined": counts["quarantined"],
        "still_quarantined": counts["still quarantined"], "later": counts["left for later"],
        "other": counts["other files"],
        "runs": counts["runs"], "known_runs": counts["known runs"],
        "results": counts["results"], "unfiled": counts["unfiled"], "bytes": tally.done_bytes,
        "seconds": round(seconds, 3), "rows": tally.problems, "notes": notes,
    }  # fmt: skip
