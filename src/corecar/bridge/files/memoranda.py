"""Memoranda as files: the text of terms, a signature into it, what verification says. No workspace is needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corecar.agree.contained import LARGEST_BYTES
from corecar.atomic import keep_apart, whole_file
from corecar.errors import ArgumentError, OutputError, SourceMissing, UnknownFormat

if TYPE_CHECKING:
    from corecar.agree.keys import SigningKey
    from corecar.agree.verdict import SignatureVerdict, Verdict

KIT = ("example_terms.json", "memorandum.schema.json", "memorandum.typ", "clauses.csv")
"""What a party begins with: terms to change, the schema that they keep to, a template and the clauses of the text."""
MOST_READ = 10_000_000
"""Bytes of a file of terms, clauses, a template, certificates; a larger one is refused unread."""


def write_kit(folder: str | Path) -> list[Path]:
    """Write example terms, their JSON schema, the template and the clauses into a folder. Raises OutputError."""
    target = Path(folder)
    written = [target / name for name in KIT]
    taken = [path.name for path in written if path.exists()]
    if taken:
        raise OutputError(f"{target}: {', '.join(taken)} stands there already. Choose another folder.")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target}: could not be made ({error.strerror}). Choose another place.") from error
    for path in written:
        with whole_file(path) as sibling:
            sibling.write_bytes(files("corecar.agree").joinpath(path.name).read_bytes())
    return written


def write_text(
    terms: str | Path, out: str | Path, *, template: str | Path | None = None, clauses: str | Path | None = None
) -> dict[str, Any]:
    """Write the PDF of terms, to be signed by their parties.

    terms     JSON file of the terms
    template  an own template of Typst
    clauses   a CSV file of own clauses, which go before those of the package
    Raises    SourceMissing, MappingError for terms and clauses that do not fit, OutputError
    """
    from corecar.agree.clauses import library, library_in
    from corecar.agree.terms import terms_hash, terms_in
    from corecar.agree.text import memorandum_pdf

    for given in (terms, template, clauses):
        if given is not None:
            keep_apart(given, out)
    found = terms_in(content_of(terms), str(terms))
    own = None if clauses is None else library().with_own(library_in(content_of(clauses), str(clauses)))
    content = memorandum_pdf(found, template=None if template is None else content_of(template), of=own)
    with whole_file(out) as sibling:
        sibling.write_bytes(content)
    names = ", ".join(each.party for each in found.parties)
    return {
        "said": f"Wrote memorandum {found.number} to {out}: to be signed by {names}, in any order.",
        "facts": {"terms_sha256": terms_hash(found), "language": found.language},
    }


@dataclass(frozen=True)
class KeySource:
    """Where a key is: in a file, or on a token.

    key           PEM or PKCS#12 file; `certificates` files of certificates beside it
    module        library of the token (PKCS#11), with the `label` of the key and that of the `token`
    secret        passphrase or PIN; it is kept nowhere
    """

    key: Path | None = None
    certificates: tuple[Path, ...] = ()
    module: Path | None = None
    label: str = ""
    token: str | None = None
    secret: str | None = None

    @contextmanager
    def opened(self) -> Iterator[SigningKey]:
        """The key, as long as the block lasts. Raises what `corecar.agree.keys` does, and ArgumentError without any."""
        from corecar.agree.keys import key_from_files, key_on_token

        if (self.key is None) == (self.module is None):
            raise ArgumentError("A key is in a file (--key) or on a token (--module). Give one of them.")
        if self.module is not None:
            if not self.label:
                raise ArgumentError("A token holds keys by their labels. Give --label.")
            with key_on_token(str(self.module), self.label, self.secret, token=self.token) as key:
                yield key
        else:
            assert self.key is not None
            beside = read_certificates(self.certificates)
            yield key_from_files(content_of(self.key), beside, self.secret, place=str(self.key))


def sign_file(
    path: str | Path, party: str, key: KeySource, *, out: str | Path | None = None, timestamp_url: str | None = None
) -> dict[str, Any]:
    """Write a copy of a memorandum with a party's signature behind all that it holds.

    out      the file to write; beside the other, with the party in its name, unless given
    Raises   what `corecar.agree.signatures.sign` does; OutputError
    """
    from corecar.agree.signatures import sign

    source = Path(path)
    target = Path(out) if out is not None else source.with_name(f"{source.stem}.{_file_name(party)}.pdf")
    keep_apart(source, target)
    document = content_of(source, LARGEST_BYTES)
    with key.opened() as opened:
        signed = sign(document, opened, party, timestamp_url=timestamp_url, place=str(source))
        holder = opened.holder
    with whole_file(target) as sibling:
        sibling.write_bytes(signed)
    notes = []
    if holder.trial:
        notes.append("The certificate comes from an authority for trials: the signature proves nothing about anybody.")
    if timestamp_url is None:
        notes.append("Without --timestamp the time of the signature is what this computer's clock says.")
    return {"said": f"{holder.person} signed for {party}: {target}", "notes": notes}


def _file_name(party: str) -> str:
    """A party as a part of a file's name.

    >>> _file_name("Yue/Ling 1")
    'Yue-Ling-1'
    """
    return "".join(each if each.isalnum() or each in "-_" else "-" for each in party)


def verify_file(
    path: str | Path, *, trust: Iterable[Path] = (), lists: Iterable[Path] = (), at: datetime | None = None
) -> Verdict:
    """What is to be said of a signed memorandum.

    trust   files of certificates of authorities
    lists   files of lists of revoked certificates
    at      the moment for which certificates are judged; now by default
    Raises  SourceMissing, UnknownFormat, DamagedSource
    """
    from corecar.agree.certificates import revoked_lists_in
    from corecar.agree.verify import verify

    found = [each for file in lists for each in revoked_lists_in(content_of(file), str(file))]
    moment = at.astimezone() if at is not None and at.tzinfo is None else at
    document = content_of(path, LARGEST_BYTES)
    return verify(document, roots=read_certificates(trust), lists=found, at=moment, place=str(path))


def told_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as an answer: a sentence, a row for each signature, a row for each thing that is wrong, notes."""
    moment = f"{verdict.at:%Y-%m-%d %H:%M} UTC" if verdict.at.utcoffset() else f"{verdict.at:%Y-%m-%d %H:%M}"
    return {
        "said": verdict.said,
        "facts": {
            "well": verdict.well,
            "judged_for": moment,
            "file_sha256": verdict.sha256,
            "terms_sha256": verdict.terms_sha256 or None,
            "text_sha256": verdict.text_sha256 or None,
        },
        "signatures": [_signature(each) for each in verdict.signatures],
        "wrong": [
            {"party": each.party or None, "code": each.code, "found": each.said}
            for each in verdict.every_finding
            if each.wrong
        ],
        "notes": _notes(verdict),
        "details": {"number": verdict.number, "parties": verdict.parties, "signed_by": verdict.signed_by,
                    "missing": verdict.missing},
    }  # fmt: skip


def _signature(of: SignatureVerdict) -> dict[str, Any]:
    holder = of.holder
    return {
        "party": of.party or None,
        "holds": of.holds,
        "person": holder.person if holder else None,
        "organisation": holder.organisation if holder else None,
        "signed": of.claimed_at,
        "timestamp": of.stamped_at,
        "authority": holder.issuer if holder else None,
        "serial": holder.serial if holder else None,
        "revision": of.revision or None,
        "field": of.field,
    }


def _notes(verdict: Verdict) -> list[str]:
    """What is worth knowing: each kind once, with the parties that it is about."""
    from corecar.agree.verdict import NOTES

    notes = []
    for code in sorted(NOTES):
        found = [each for each in verdict.every_finding if each.code == code]
        if found:
            parties = dict.fromkeys(each.party for each in found)
            notes.append(f"{', '.join(parties)}: {found[0].said}")
    return notes


def read_certificates(paths: Iterable[str | Path]) -> tuple[Any, ...]:
    """The certificates of files. Raises SourceMissing, UnknownFormat."""
    from corecar.agree.certificates import certificates_in

    return tuple(each for path in paths for each in certificates_in(content_of(path), str(path)))


def content_of(path: str | Path, most: int = MOST_READ) -> bytes:
    """A file's bytes. Raises SourceMissing; UnknownFormat above a size."""
    place = Path(path)
    if not place.is_file():
        what = "is a directory" if place.is_dir() else "no such file"
        raise SourceMissing(path, f"{what}.", advice="Check the path.")
    if place.stat().st_size > most:
        raise UnknownFormat(path, f"has {place.stat().st_size:,} bytes; {most:,} at most were expected.")
    return place.read_bytes()


def first_line(path: str | Path) -> str:
    """A passphrase out of a file: its first line. Raises SourceMissing, UnknownFormat for an empty one."""
    try:
        line = content_of(path).decode("utf-8").split("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise UnknownFormat(path, "is not text in UTF-8.", advice="Write the passphrase in its first line.") from None
    if not line:
        raise UnknownFormat(path, "has an empty first line.", advice="Write the passphrase there.")
    return line


def as_json(value: Any) -> bytes:
    """A value as JSON that people read too."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
