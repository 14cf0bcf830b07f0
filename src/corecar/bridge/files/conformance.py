"""Certificates of conformance as files: a signature into one, and what verification says. No workspace is needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corecar.agree.canonical import sha256_of
from corecar.agree.certificates import same_name
from corecar.agree.contained import LARGEST_BYTES, Contained, contained_in, field_of, lines_not_said, opened
from corecar.agree.detached import detached_signature, detached_verdict
from corecar.agree.verdict import NOTES, Finding, SignatureVerdict
from corecar.atomic import keep_apart, whole_file
from corecar.bridge.files.conformance_papers import CONTENT_FILE, NAMES, Supplier, content_bytes
from corecar.bridge.files.memoranda import KeySource, content_of, read_certificates
from corecar.errors import ArgumentError, Conflict, UnknownFormat
from corecar.plurals import plural
from corecar.trace.conformance import lines_of

if TYPE_CHECKING:
    from corecar.agree.keys import SigningKey

SHOWN_LINES = 3
DETACHED = ".p7s"
"""Ending of the signature of a JSON, behind its own name."""
OF_TRUST = frozenset({"untrusted", "time-unproven", "expired", "revoked", "from-the-future"})
_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What content that is no certificate makes of its readers."""
_SAID = {
    "replayed": "it is genuine but was made for another certificate: it was cut from another document.",
    "other-terms": "it approves another content than the one attached.",
    "older-revision": "it is over an older revision of the file, with another content.",
}
"""What findings about memoranda say of a certificate."""


@dataclass(frozen=True)
class Verified:
    """What became of a certificate of conformance.

    content     as it is attached; None where it cannot be read
    signatures  in the order in which they were made
    findings    about the document as a whole
    sha256      of the file; `content_sha256` of what is attached, empty without it
    """

    content: dict[str, Any] | None
    signatures: tuple[SignatureVerdict, ...]
    findings: tuple[Finding, ...]
    sha256: str
    content_sha256: str
    at: datetime

    @property
    def every_finding(self) -> tuple[Finding, ...]:
        """Those of the document, then those of each signature."""
        return (*self.findings, *(finding for each in self.signatures for finding in each.findings))

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What speaks against it."""
        return tuple(each for each in self.every_finding if each.wrong)

    @property
    def well(self) -> bool:
        """Whether the supplier signed it, and nothing speaks against it."""
        return not self.wrong

    @property
    def said(self) -> str:
        """The verdict in a sentence."""
        name = f"Certificate of {self.content['shipment']}" if self.content else "This file"
        if self.well:
            holder = self.signatures[0].holder
            return f"{name}: signed by {holder.person if holder else 'its supplier'}, and nothing speaks against it."
        count = len(self.wrong)
        return f"{name}: {count} " + ("thing speaks against it." if count == 1 else "things speak against it.")


def sign_certificate(
    path: str | Path, key: KeySource, *, out: str | Path | None = None, timestamp_url: str | None = None
) -> dict[str, Any]:
    """Write a copy of a certificate with its supplier's signature, and beside it its JSON with a signature of its own.

    What is broken already is not signed.
    out     the file to write; beside the other, with `signed` in its name, unless given
    Raises  UnknownFormat for another PDF; Conflict where it is signed already, something is wrong with it, or the key
            is another party's or out of date; ArgumentError, OutputError
    """
    source = Path(path)
    target = Path(out) if out is not None else source.with_name(f"{source.stem}.signed.pdf")
    keep_apart(source, target)
    document = content_of(source, LARGEST_BYTES)
    with key.opened() as using:
        now = datetime.now(UTC)
        made = signed_certificate(document, using, timestamp_url=timestamp_url, now=now, place=str(source))
        content = contained_in(opened(document, str(source)), str(source)).only(CONTENT_FILE) or b""
        beside = detached_signature(content, using, moment=now, timestamp_url=timestamp_url)
        holder = using.holder
    written = {target: made, target.with_suffix(".json"): content, target.with_suffix(f".json{DETACHED}"): beside}
    for place, data in written.items():
        with whole_file(place) as sibling:
            sibling.write_bytes(data)
    notes = [f"wrote: {place}" for place in written if place != target]
    if holder.trial:
        notes.append("The certificate comes from an authority for trials: the signature proves nothing about anybody.")
    if timestamp_url is None:
        notes.append("Without --timestamp the time of the signature is what this computer's clock says.")
    return {"said": f"{holder.person} signed: {target}", "notes": notes}


def signed_certificate(
    document: bytes, key: SigningKey, *, timestamp_url: str | None = None, now: datetime | None = None,
    place: str = "certificate",
) -> bytes:  # fmt: skip
    """The certificate with its supplier's signature behind it. Raises as `sign_certificate`."""
    from corecar.agree.pades import signed
    from corecar.agree.signatures import refuse_stranger

    moment = now or datetime.now(UTC)
    found = verified(document, at=moment, place=place)
    if found.content is None:
        raise UnknownFormat(
            place, f"carries no {CONTENT_FILE}.", advice="Sign the PDF that `corecar trace certify` makes."
        )
    if found.signatures:
        raise Conflict(f"{place}: it is signed already.")
    wrong = [each for each in found.wrong if each.code not in (*OF_TRUST, "missing")]
    if wrong:
        raise Conflict(f"{place}: something is wrong with it, so it is not signed: {wrong[0].said}")
    supplier = Supplier(str(found.content["supplier"]))
    refuse_stranger(key.holder, supplier, moment)
    return signed(document, key, supplier, found.content_sha256, moment=moment, timestamp_url=timestamp_url)


def verify_certificate(
    path: str | Path, *, beside: str | Path | None = None, trust: Iterable[Path] = (), lists: Iterable[Path] = (),
    at: datetime | None = None,
) -> Verified:  # fmt: skip
    """What is to be said of a certificate.

    beside  the JSON that came with it
    trust   files of certificates of authorities; `lists` of revoked ones
    at      the moment for which certificates are judged; now by default
    Raises  SourceMissing, UnknownFormat, DamagedSource
    """
    from corecar.agree.certificates import revoked_lists_in

    found = [each for file in lists for each in revoked_lists_in(content_of(file), str(file))]
    moment = at.astimezone() if at is not None and at.tzinfo is None else at
    data = None if beside is None else content_of(beside)
    document, roots = content_of(path, LARGEST_BYTES), read_certificates(trust)
    return verified(document, beside=data, roots=roots, lists=found, at=moment, place=str(path))


def verify_json(
    path: str | Path, *, signature: str | Path | None = None, trust: Iterable[Path] = (), lists: Iterable[Path] = (),
    at: datetime | None = None,
) -> Verified:  # fmt: skip
    """What is to be said of a certificate's JSON and the signature beside it.

    signature  its file; the JSON's name with `.p7s` behind it by default
    others     as of `verify_certificate`
    Raises     SourceMissing, UnknownFormat
    """
    from corecar.agree.certificates import revoked_lists_in

    found = [each for file in lists for each in revoked_lists_in(content_of(file), str(file))]
    moment = at.astimezone() if at is not None and at.tzinfo is None else at
    beside = Path(signature) if signature is not None else Path(f"{path}{DETACHED}")
    content, data = content_of(path, LARGEST_BYTES), content_of(beside)
    return verified_json(content, data, roots=read_certificates(trust), lists=found, at=moment)


def verified_json(
    content: bytes, signature: bytes, *, roots: Iterable[Any] = (), lists: Iterable[bytes] = (),
    at: datetime | None = None,
) -> Verified:  # fmt: skip
    """The same from bytes alone."""
    from corecar.agree.trust import Trust

    moment = at or datetime.now(UTC)
    told, faults = _read(content)
    made = detached_verdict(content, signature, Trust(tuple(roots), tuple(lists), moment))
    if told is not None and made.holder is not None:
        supplier, holder = str(told["supplier"]), made.holder
        if same_name(holder.organisation, supplier):
            made = replace(made, party=supplier)
        else:
            stranger = f'it is by {holder.person} of "{holder.organisation}", and the supplier is {supplier}.'
            made = made.with_findings(Finding("foreign", stranger))
    made = made.named
    if not made.holds:
        who = str(told["supplier"]) if told else "Its supplier"
        faults = [*faults, Finding("missing", f"{who} has no signature that holds.")]
    return Verified(told, (made,), tuple(faults), sha256_of(content), sha256_of(content), moment)


def verified(
    document: bytes, *, beside: bytes | None = None, roots: Iterable[Any] = (), lists: Iterable[bytes] = (),
    at: datetime | None = None, place: str = "certificate",
) -> Verified:  # fmt: skip
    """The same from bytes alone. Raises UnknownFormat, DamagedSource."""
    from corecar.agree.trust import Trust
    from corecar.agree.verify import added_behind, attachment_faults, pages_or_fault, signatures_in

    moment = at or datetime.now(UTC)
    reader = opened(document, place)
    now = contained_in(reader, place)
    content, faults = _content(now)
    pages, unreadable = pages_or_fault(document, place)
    made = signatures_in(reader, Trust(tuple(roots), tuple(lists), moment), now, pages, place, NAMES)
    signatures = tuple(_of_supplier(each, content).named for each in made)
    told = (
        *faults, *attachment_faults(now), *unreadable, *_pages(now, content, pages), *_beside(now, beside),
        *added_behind(document, reader, signatures, place),
    )  # fmt: skip
    if not any(each.holds for each in signatures):
        who = str(content["supplier"]) if content else "Its supplier"
        has = "has no signature that holds" if signatures else "has not signed"
        told = (*told, Finding("missing", f"{who} {has}."))
    return Verified(content, signatures, told, sha256_of(document), now.hash_of(CONTENT_FILE), moment)


def _content(now: Contained) -> tuple[dict[str, Any] | None, list[Finding]]:
    """What is attached, read, and what is wrong with it."""
    raw = now.only(CONTENT_FILE)
    if raw is None:
        there = CONTENT_FILE in now.files or CONTENT_FILE in now.broken
        told = f"No {CONTENT_FILE} is attached. Is it a certificate of this platform?"
        return None, [] if there else [Finding("no-terms", told)]
    return _read(raw)


def _read(raw: bytes) -> tuple[dict[str, Any] | None, list[Finding]]:
    """The JSON of a certificate, read, and what is wrong with it."""
    try:
        content = json.loads(raw)
        lines_of(content)
        form = content_bytes(content)
    except (*_ERRORS, ArgumentError, RecursionError) as error:
        told = f"{CONTENT_FILE} as it is attached is no certificate ({' '.join(str(error).split())[:200]})."
        return None, [Finding("terms-unreadable", told)]
    if form != raw:
        told = f"{CONTENT_FILE} is not written in its one form, so that two programs may read two things in it."
        return content, [Finding("terms-unreadable", told)]
    return content, []


def _pages(now: Contained, content: dict[str, Any] | None, pages: str) -> Iterator[Finding]:
    """Whether the pages say what the JSON says, and print its hash."""
    if content is None or not pages:
        return
    digest = now.hash_of(CONTENT_FILE)
    if digest not in pages:
        told = f"{CONTENT_FILE} as it is attached ({digest[:16]}…) is not what the pages print the hash of"
        yield Finding("other-hash", f"{told}: it was swapped.")
    lost = lines_not_said("\n".join(lines_of(content)), pages)
    if lost:
        quoted = "; ".join(f'"{line.strip()[:80]}"' for line in lost[:SHOWN_LINES])
        yield Finding("other-text", f"The pages do not say {plural(len(lost), 'line')} of {CONTENT_FILE}: {quoted}.")


def _beside(now: Contained, beside: bytes | None) -> Iterator[Finding]:
    if beside is None or beside == now.only(CONTENT_FILE):
        return
    told = f"The JSON beside it ({sha256_of(beside)[:16]}…) is not the one attached"
    yield Finding("other-hash", f"{told} ({now.hash_of(CONTENT_FILE)[:16] or 'none'}…){_changed(now, beside)}.")


def _changed(now: Contained, beside: bytes) -> str:
    """Which parts of the content differ, where both can be read."""
    try:
        ours, theirs = json.loads(now.only(CONTENT_FILE) or b"{}"), json.loads(beside)
        names = [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]
    except (*_ERRORS, RecursionError):
        return ": it cannot be read"
    return f": {', '.join(names)} differ" if names else ": the same values, written otherwise"


def _of_supplier(signature: SignatureVerdict, content: dict[str, Any] | None) -> SignatureVerdict:
    """The signature with its party, or with what speaks against that; what is said of memoranda in words of these."""
    found = tuple(replace(each, said=_SAID.get(each.code, each.said)) for each in signature.findings)
    signature = replace(signature, findings=found)
    if content is None or signature.holder is None:
        return signature
    supplier, holder = str(content["supplier"]), signature.holder
    if not same_name(holder.organisation, supplier):
        told = f'it is by {holder.person} of "{holder.organisation}", and the supplier is {supplier}.'
        return signature.with_findings(Finding("foreign", told))
    if signature.field != field_of(supplier):
        return signature.with_findings(Finding("foreign", "it does not stand in the supplier's place."))
    return replace(signature, party=supplier)


def told_certificate(found: Verified) -> dict[str, Any]:
    """What verification found, as an answer: a row for each signature and for each thing that is wrong."""
    content = found.content or {}
    codes = sorted(NOTES & {each.code for each in found.every_finding})
    return {
        "said": found.said,
        "facts": {
            "well": found.well, "shipment": content.get("shipment"), "supplier": content.get("supplier"),
            "customer": content.get("customer"), "pieces": content.get("pieces"),
            "judged_for": f"{found.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC", "file_sha256": found.sha256,
            "content_sha256": found.content_sha256 or None,
        },
        "signatures": [
            {"holds": each.holds, "person": each.holder.person if each.holder else None,
             "organisation": each.holder.organisation if each.holder else None, "signed": each.claimed_at,
             "timestamp": each.stamped_at, "authority": each.holder.issuer if each.holder else None,
             "revision": each.revision or None}
            for each in found.signatures
        ],
        "wrong": [{"code": each.code, "found": each.said} for each in found.wrong],
        "notes": [next(each.said for each in found.every_finding if each.code == code) for code in codes],
    }  # fmt: skip
