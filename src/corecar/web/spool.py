"""Files on their way: what a caller sent, and what goes back. Each call has a folder of its own, for its person alone.

A file is named by a caller, so its name is looked at with suspicion: it never leads out of the folder. A folder lives
until its call has ended and a while longer, so that results can be fetched.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from corecar.errors import ArgumentError, NotFound

PLACE = "CORECAR_SPOOL"
"""The environment variable that names the folder of the spool."""
KEPT_S = 24 * 3600.0
"""How long what a call left stays [s]."""
OWNER, SENT, BACK = "owner.json", "sent", "back"
_NUMBER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Folder:
    """The folder of one call. number: its name, which the caller learns; names: server paths as the caller has them."""

    number: str
    path: Path
    names: dict[str, str]

    def place_sent(self, parameter: str, name: str) -> Path:
        """Where a file that was sent goes. Raises ArgumentError for a name that is none."""
        place = self.path / SENT / parameter / _inside(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def place_back(self, parameter: str, name: str) -> Path:
        """Where a result goes that the caller wants under this name; nothing is there yet."""
        last = PurePosixPath(name.replace("\\", "/")).name
        place = self.path / BACK / parameter / _inside(last or parameter)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def call_it(self, place: Path, name: str) -> None:
        """Remember how the caller calls a path of the server."""
        self.names[str(place)] = name

    def keep(self, person: str) -> None:
        """Write down whose folder this is, and what the caller calls things."""
        text = json.dumps({"person": person, "names": self.names})
        (self.path / OWNER).write_text(text, encoding="utf-8")

    def returned(self) -> list[Path]:
        """The files that go back, in order."""
        back = self.path / BACK
        return sorted(path for path in back.rglob("*") if path.is_file() and not path.is_symlink())

    def zipped(self) -> Path:
        """Everything that goes back as one zip, with names below each parameter's own."""
        target = self.path / "back.zip"
        if not target.exists():
            part = self.path / f"back.{secrets.token_hex(4)}.part"
            with ZipFile(part, "w", ZIP_DEFLATED, compresslevel=1) as archive:
                for path in self.returned():
                    archive.write(path, path.relative_to(self.path / BACK).as_posix())
            part.replace(target)
        return target

    def forget_sent(self, wanted: Collection[str] = ()) -> None:
        """Delete what was sent, for the call has ended; but not files that are still wanted, by their paths."""
        for path in sorted((self.path / SENT).rglob("*"), reverse=True):
            if path.is_dir():
                with suppress(OSError):
                    path.rmdir()
            elif str(path) not in wanted:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True)
class Spool:
    """The folder in which calls have theirs."""

    path: Path

    def new(self) -> Folder:
        """A folder for a call."""
        number = secrets.token_hex(16)
        path = self.path / number
        path.mkdir(parents=True, mode=0o700)
        return Folder(number, path, {})

    def of(self, number: str, person: str) -> Folder:
        """The folder of a call of this person. Raises NotFound."""
        path = self.path / number
        if _NUMBER.fullmatch(number) is None or not (path / OWNER).is_file():
            raise NotFound("there is nothing to fetch under this number; results are kept for a day.")
        kept = json.loads((path / OWNER).read_text(encoding="utf-8"))
        if kept["person"] != person:
            raise NotFound("there is nothing to fetch under this number; results are kept for a day.")
        return Folder(number, path, kept["names"])

    def renamed(self, value: Any) -> Any:
        """A plain value with paths of the spool as the callers who sent or wanted the files have them."""
        if isinstance(value, str):
            return self._renamed(value) if str(self.path) in value else value
        if isinstance(value, list):
            return [self.renamed(item) for item in value]
        if isinstance(value, dict):
            return {key: self.renamed(item) for key, item in value.items()}
        return value

    def _renamed(self, text: str) -> str:
        """Each path by the longest beginning that has a name; what has none any more loses what is the spool's."""
        top = re.escape(str(self.path))
        for number in dict.fromkeys(re.findall(rf"{top}/([0-9a-f]{{32}})/", text)):
            for place, name in sorted(self._names(number).items(), key=lambda pair: -len(pair[0])):
                text = text.replace(place, name)
        return re.sub(rf"{top}/[0-9a-f]{{32}}/(?:{SENT}|{BACK})/[^/]+/(?:\d+/)?", "", text)

    def _names(self, number: str) -> dict[str, str]:
        try:
            kept: dict[str, str] = json.loads((self.path / number / OWNER).read_text(encoding="utf-8"))["names"]
        except (OSError, ValueError):
            return {}
        return kept

    def sweep(self, wanted: Collection[str] = (), now: float | None = None) -> int:
        """Delete what calls left longer ago than it is kept, but not files that are still wanted; how many went.

        How callers called their files stays, where something in the workspace may still bear the path.
        """
        before = (now or time.time()) - KEPT_S
        old = list(self._old(before))
        for path in old:
            folder = Folder(path.name, path, {})
            folder.forget_sent(wanted)
            shutil.rmtree(path / BACK, ignore_errors=True)
            (path / "back.zip").unlink(missing_ok=True)
            if not self._names(path.name):
                folder.forget()
        return len(old)

    def _old(self, before: float) -> Iterator[Path]:
        for path in self.path.iterdir() if self.path.is_dir() else ():
            if _NUMBER.fullmatch(path.name) and path.stat().st_mtime < before:
                yield path


def open_spool(place: str | None, identity: str, beside: Path | None = None) -> Spool:
    """The spool of a workspace: in the folder named, else beside its lake, else in one for temporary files.

    beside  the folder of a workspace that has one
    """
    own = Path(tempfile.gettempdir()) / f"corecar-spool-{identity}" if beside is None else beside.resolve() / "spool"
    folder = Path(place) if place else own
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Spool(folder)


def _inside(name: str) -> Path:
    """A name or path that a caller gave, as one that stays inside. Raises ArgumentError for one that would lead out."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    bad = not parts or any(part in ("..", "/") or part.startswith("/") or ":" in part for part in parts)
    if bad or any(ord(letter) < 32 for letter in name) or any(len(part.encode()) > 200 for part in parts):
        raise ArgumentError(f"a file that was sent is called {name!r}: give it a plain name of at most 200 bytes.")
    return Path(*parts)
