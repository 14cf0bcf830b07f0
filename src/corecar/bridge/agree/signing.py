"""A memorandum signed: a PDF that holds a party's signature over the terms on the table, verified before it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from corecar.agree.canonical import sha256_of
from corecar.agree.life import By, next_step
from corecar.agree.signer_checks import GIVE_ROOT
from corecar.agree.verdict import Verdict
from corecar.bridge.agree.acting import ForParty, Number, Revision, acting, keep_step, notes_of
from corecar.bridge.agree.authorities import authorities_of
from corecar.bridge.agree.revocation_lists import lists_of
from corecar.bridge.agree.visible_agreements import Kept, one, seen
from corecar.bridge.calls import Call
from corecar.bridge.travel import Sent
from corecar.errors import Conflict, SourceMissing, UnknownFormat
from corecar.store.catalogue.agreements import AgreementFile

LARGEST_BYTES = 20_000_000


@dataclass(frozen=True)
class Signed:
    """What a file shows.

    by        the parties whose own signature holds, each with its person's name
    findings  what was found of signatures
    broken    parties whose own signature is there and holds no more, each with what speaks against it
    unknown   those of them against whose signature nothing speaks but that its authority is not known
    """

    by: dict[str, str]
    findings: list[str]
    broken: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)


def sign(
    call: Call, number: Number, file: Annotated[str | Path, "The signed PDF.", Sent()], *, party: ForParty = None,
    revision: Revision = None,
) -> dict[str, Any]:  # fmt: skip
    """Sign for your party by a signed PDF: its signature is verified, and has to be over the terms on the table.

    The file has to hold every signature that was taken before. Signatures of parties that are not in this workspace
    are taken from it too. With the last one the memorandum holds, and an amendment takes the place of what it amends.
    Raises  NotFound; SourceMissing, UnknownFormat; Conflict for other terms, or a file that lacks a signature or whose
    signature does not hold; WrongState, AccessDenied
    """
    kept = one(call, number, lock=True)
    by = acting(call, kept.accounts, party, number)
    content, name = content_of_pdf(Path(file)), Path(file).name
    shown = checked(call, kept, content, name)
    _own(kept, shown, by)
    _complete(kept, shown, by, name)
    digest = sha256_of(content)
    _keep_file(call, kept, digest, content, name, shown.findings)
    seen_step = len(kept.steps) if revision is None else revision
    for each in (by, *_outside(kept, shown, by)):
        kept = _signed(call, kept, each, seen_step, digest)
        seen_step = len(kept.steps)
    if kept.standing.state == "signed":
        _supersede(call, kept, by)
    return _answer(call, kept, by, shown)


def checked(call: Call, kept: Kept, content: bytes, name: str) -> Signed:
    """Whose signatures a file holds, each by that party's own authorities.

    Raises  Conflict for other terms than those on the table, or a document that something speaks against
    """
    by, findings, broken, unknown = {}, [], {}, set()
    for party in kept.parties:
        verdict = own_verdict(call, party, kept.accounts[party], content, name)
        _over_these(kept, verdict, name)
        if party in verdict.signed_by:
            by[party] = _person(verdict, party)
        own = [each for signature in verdict.signatures if signature.party == party for each in signature.findings]
        findings += [f"{party}: {each.said}" for each in own]
        wrong = [each for each in own if each.wrong]
        if wrong and party not in by:
            broken[party] = " ".join(each.said for each in wrong)
            unknown |= {party} if {each.code for each in wrong} == {"untrusted"} else set()
    return Signed(by, list(dict.fromkeys(findings)), broken, unknown)


def own_verdict(call: Call, party: str, account: int | None, content: bytes, name: str) -> Verdict:
    """What a file shows by the authorities of one party alone, and by their lists of revoked certificates."""
    authorities = authorities_of(call, party, account)
    roots = [row.certificate for row in authorities]
    return verify_by(content, roots, name, call.now, lists_of(call, authorities))


def verify_by(content: bytes, roots: Iterable[str], name: str, at: datetime, lists: Iterable[bytes] = ()) -> Verdict:
    """The verification of a file with these roots (PEM) and lists of revoked ones (DER) alone, as of a moment."""
    from cryptography import x509

    from corecar.agree.verify import verify

    certificates = [x509.load_pem_x509_certificate(each.encode("ascii")) for each in roots]
    return verify(content, roots=certificates, lists=lists, at=at, place=name)


def _over_these(kept: Kept, verdict: Verdict, name: str) -> None:
    """Raises Conflict where the document itself is not in order, or is about other terms."""
    strangers = (each for signature in verdict.signatures if not signature.party for each in signature.findings)
    wrong = [each.said for each in (*verdict.findings, *strangers) if each.wrong and each.code != "missing"]
    if wrong:
        raise Conflict(f"{name}: {' '.join(wrong)} Nothing was signed; ask for the file again.")
    if verdict.terms_sha256 != kept.standing.terms_hash:
        raise Conflict(
            f"{name} is about terms {verdict.terms_sha256[:12] or 'that it does not hold'}, and those on the table are "
            f"{kept.standing.terms_hash[:12]}. Sign the present text: corecar agree show {kept.number} --pdf FILE"
        )


def _person(verdict: Verdict, party: str) -> str:
    holder = next((each.holder for each in verdict.signatures if each.party == party and each.holder), None)
    return str(holder.person) if holder else party


def _own(kept: Kept, shown: Signed, by: By) -> None:
    """Raises Conflict for a file without the own signature."""
    if by.party not in shown.by:
        why = shown.broken.get(by.party, "").replace(GIVE_ROOT, "").strip()
        advice = _advice(kept, shown, by.party)
        lacks = f"{kept.number}: the file holds no signature of {by.party} that holds."
        raise Conflict(" ".join(filter(None, (lacks, why and f"{why[0].upper()}{why[1:]}", advice))))


def _advice(kept: Kept, shown: Signed, party: str) -> str:
    """What to do where a file holds no signature of a party that holds."""
    if party in shown.unknown:
        return f"Say by which authority {party} signs: corecar agree trust FILE"
    if party in shown.broken:
        return f"Sign the newest file: corecar agree show {kept.number} --pdf FILE"
    return f"Sign it first: corecar agree sign FILE --party {party}"


def _complete(kept: Kept, shown: Signed, by: By, name: str) -> None:
    """Raises Conflict for a file without a signature that was taken before, or where one holds no more."""
    lost = sorted(kept.standing.signed - set(shown.by) - {by.party})
    absent = [party for party in lost if party not in shown.broken]
    if absent:
        raise Conflict(
            f"{kept.number}: {', '.join(absent)} signed before, and this file does not hold that. Sign the newest "
            f"file: corecar agree show {kept.number} --pdf FILE"
        )
    for party in lost:
        raise Conflict(
            f"{kept.number}: {party} signed before, and its signature in {name} holds no more: {shown.broken[party]} "
            f"Nothing was signed. Ask {party}; it can sign by another certificate once other terms are on the table: "
            f"corecar agree counter {kept.number}"
        )


def _outside(kept: Kept, shown: Signed, by: By) -> list[By]:
    """Parties that are not in the workspace and whose own signature the file holds: it is their step."""
    return [
        By(person, party, frozenset({"sign"}))
        for party, person in shown.by.items()
        if party != by.party and kept.accounts[party] is None and party not in kept.standing.signed
    ]


def _signed(call: Call, kept: Kept, by: By, revision: int, digest: str) -> Kept:
    step = next_step(
        kept.steps, "sign", by, named=kept.number, parties=kept.parties, valid_until=kept.terms.valid_until,
        revision=revision, terms_hash=kept.standing.terms_hash, at=call.now,
    )  # fmt: skip
    keep_step(call, kept.row.id, step, digest)
    call.session.flush()
    return one(call, kept.number)


def _supersede(call: Call, kept: Kept, by: By) -> None:
    """End what an amendment amends, by who signed last."""
    earlier = kept.terms.earlier
    if earlier is None or earlier.how != "amends":
        return
    before = next(iter(seen(call, earlier.number, lock=True)), None)
    if before is None or before.standing.state != "signed":
        return
    step = next_step(
        before.steps, "supersede", by, named=before.number, parties=before.parties,
        valid_until=before.terms.valid_until, revision=len(before.steps), terms_hash=before.standing.terms_hash,
        at=call.now, reason=f"{kept.number} took its place",
    )  # fmt: skip
    keep_step(call, before.row.id, step)


def content_of_pdf(file: Path) -> bytes:
    """The bytes of a PDF that somebody gave. Raises SourceMissing; UnknownFormat for one that is too large."""
    if not file.is_file():
        raise SourceMissing(file, "there is no such file.", advice="Name the signed PDF.")
    if file.stat().st_size > LARGEST_BYTES:
        raise UnknownFormat(file, f"has more than {LARGEST_BYTES:,} bytes.", advice="Sign the text as it was written.")
    return file.read_bytes()


def _keep_file(call: Call, kept: Kept, digest: str, content: bytes, name: str, findings: list[str]) -> None:
    if call.session.get(AgreementFile, (kept.row.id, digest)) is None:
        call.session.add(AgreementFile(
            agreement_id=kept.row.id, sha256=digest, name=name, content=content, findings=findings, at=call.now,
            **call.facts,
        ))  # fmt: skip


def _answer(call: Call, kept: Kept, by: By, shown: Signed) -> dict[str, Any]:
    missing = kept.standing.missing(kept.parties)
    left = f"Missing: {', '.join(missing)}." if missing else "Every party has signed: it holds."
    return {
        "said": f"{kept.number} is signed by {by.person} of {by.party}. {left}", "number": kept.number,
        "state": kept.standing.state, "revision": len(kept.steps), "missing": missing,
        "notes": [*shown.findings, *notes_of(call)],
    }  # fmt: skip
