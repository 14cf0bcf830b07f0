"""XML from somebody else, read without harm: no document type, no entities, no endless nesting, nothing fetched."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from corecar.errors import DamagedSource, UnknownFormat

DEEPEST = 40
"""Elements within one another; a map needs about ten."""

REMARK = "corecar"
"""Name of the processing instruction in which Corecar keeps what a format has no place for; others pass it over."""


@dataclass(frozen=True)
class Tree:
    """A document: its root, tags without prefix or namespace, and the remarks that Corecar left in it."""

    path: Path
    root: ET.Element
    remarks: dict[str, str]
    lines: dict[ET.Element, int]

    def at(self, element: ET.Element | Mapping[str, str] | None) -> str:
        """`line 7: ` for an element of the document; nothing for what stands in no line of its own."""
        line = self.lines.get(element) if isinstance(element, ET.Element) else None
        return "" if line is None else f"line {line}: "

    def all(self, tag: str, below: ET.Element | None = None) -> Iterator[ET.Element]:
        """Every element of this tag, whatever its letters' case."""
        inside = self.root if below is None else below
        return (element for element in inside.iter() if element.tag.lower() == tag.lower())

    def first(self, tag: str, below: ET.Element | None = None) -> ET.Element | None:
        """The first element of this tag."""
        return next(self.all(tag, below), None)

    def whole(self, element: ET.Element | Mapping[str, str], name: str, default: int | None = None) -> int:
        """An attribute as a whole number. Raises DamagedSource."""
        text = element.get(name)
        if text is None and default is not None:
            return default
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", text or ""):
            problem = f"{self.at(element)}{name}={text!r}: expected a whole number."
            raise DamagedSource(self.path, problem, advice="Mend the attribute.")
        return int(text or "")

    def turn(self, element: ET.Element) -> int:
        """The attribute Orientation in degrees, 0 where it is missing. Raises DamagedSource for no quarter turn."""
        degrees = self.whole(element, "Orientation", 0)
        if degrees % 90:
            problem = f"{self.at(element)}Orientation={degrees}: expected 0, 90, 180 or 270."
            raise DamagedSource(self.path, problem, advice="Mend the attribute.")
        return degrees % 360

    def steps(self, element: ET.Element | Mapping[str, str]) -> tuple[int, int, int, int]:
        """FirstX, FirstY, StepX and StepY as Corecar leaves them beside a map. Raises DamagedSource."""
        first_x, first_y, step_x, step_y = (self.whole(element, n) for n in ("FirstX", "FirstY", "StepX", "StepY"))
        if step_x not in (1, -1) or step_y not in (1, -1):
            problem = f"{self.at(element)}StepX={step_x}, StepY={step_y}: expected 1 or -1."
            raise DamagedSource(self.path, problem, advice="Mend the attribute.")
        return first_x, first_y, step_x, step_y

    def real(self, element: ET.Element, name: str) -> float | None:
        """An attribute as a number of a size or count; None where there is none. Raises DamagedSource."""
        text = element.get(name, "").strip()
        if not text:
            return None
        if not re.fullmatch(r"[+-]?([0-9]{1,12}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,2})?", text):
            problem = f"{self.at(element)}{name}={text[:40]!r}: expected a number."
            raise DamagedSource(self.path, problem, advice="Mend the attribute.")
        return float(text)


def tree_of(path: Path, content: bytes) -> Tree:
    """Parse a document. Raises UnknownFormat when it is no XML, or one that a map has no reason to be."""
    if not content.strip(b"\xef\xbb\xbf \r\n\t"):
        raise UnknownFormat(path, "this looks like an empty file; expected a wafer map.", advice="Copy it again.")
    remarks: dict[str, str] = {}
    lines: dict[ET.Element, int] = {}
    builder, depth = ET.TreeBuilder(), 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise UnknownFormat(
                path,
                f"line {parser.CurrentLineNumber}: elements stand more than {DEEPEST} deep.",
                advice="Expected a wafer map.",
            )
        lines[builder.start(tag.rpartition(":")[2], attributes)] = parser.CurrentLineNumber

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag.rpartition(":")[2])

    def document_type(*_: object) -> None:
        raise UnknownFormat(
            path, f"line {parser.CurrentLineNumber}: a map declares no document type.", advice="Export the map again."
        )

    def instruction(target: str, text: str) -> None:
        if target == REMARK:
            remarks.update(re.findall(r'(\w+)="([^"]*)"', text))

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler, parser.ProcessingInstructionHandler = document_type, instruction
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise UnknownFormat(path, f"this is no XML ({error}).", advice="Expected a wafer map.") from error
    return Tree(path, builder.close(), remarks, lines)


def tag_text(tag: str, attributes: Mapping[str, object], empty: bool = False) -> str:
    """A start tag, or an empty element, with its attributes escaped."""
    told = "".join(f" {name}={quoteattr(writable(str(value)))}" for name, value in attributes.items())
    return f"<{tag}{told}{'/' if empty else ''}>"


def remark_text(facts: Mapping[str, object]) -> str:
    """What a format has no place for, as a processing instruction."""
    told = " ".join(f'{name}="{value}"' for name, value in facts.items())
    return f"<?{REMARK} {told}?>"


def writable(text: str) -> str:
    """Text without the control characters that XML 1.0 cannot hold."""
    return "".join(letter if letter >= " " and letter not in "\ufffe\uffff" else "?" for letter in text)
