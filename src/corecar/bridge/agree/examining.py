"""Who signed a PDF, by the authorities that parties told this workspace; and whether it is about a memorandum here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from corecar.agree.verdict import Finding, SignatureVerdict, Verdict
from corecar.bridge.agree.signing import content_of_pdf, own_verdict, verify_by
from corecar.bridge.agree.visible_agreements import Kept, seen
from corecar.bridge.calls import Call
from corecar.bridge.files.memoranda import told_verdict
from corecar.bridge.travel import Sent


def examine(call: Call, file: Annotated[str | Path, "The PDF of a memorandum.", Sent()]) -> dict[str, Any]:
    """Say who signed a PDF when and all that speaks against it, each party by the authorities that it told here.

    Nothing is kept. Told is too whether its terms are those of a memorandum that you may see.
    Raises  SourceMissing; UnknownFormat, DamagedSource for what is no PDF
    """
    content, name = content_of_pdf(Path(file)), Path(file).name
    verdict = verify_by(content, [], name, call.now)
    kept = next(iter(seen(call, verdict.number)), None) if verdict.number else None
    accounts = kept.accounts if kept is not None else {}
    found = _judged(verdict, _by_own(call, content, name, verdict, accounts))
    answer = told_verdict(found)
    answer["facts"] = {"number": found.number or None, "stands_here": _here(kept, found), **answer["facts"]}
    return answer


def _by_own(
    call: Call, content: bytes, name: str, verdict: Verdict, accounts: Mapping[str, int | None]
) -> tuple[SignatureVerdict, ...]:
    """Each signature judged by its own party's authorities alone; that of a stranger by none."""
    signatures = list(verdict.signatures)
    for party in dict.fromkeys(each.party for each in signatures if each.party):
        own = own_verdict(call, party, accounts.get(party), content, name).signatures
        signatures = [new if new.party == party else old for old, new in zip(signatures, own, strict=True)]
    return tuple(signatures)


def _judged(verdict: Verdict, signatures: tuple[SignatureVerdict, ...]) -> Verdict:
    """A verdict with signatures judged anew: of a party whose signature holds now nothing is missing."""
    found = replace(verdict, signatures=signatures)
    return replace(found, findings=tuple(each for each in found.findings if not _has_signed(each, found)))


def _has_signed(finding: Finding, verdict: Verdict) -> bool:
    return finding.code == "missing" and finding.party in verdict.signed_by


def _here(kept: Kept | None, verdict: Verdict) -> str:
    """Where the terms of a file stand in this workspace, in a word."""
    if kept is None:
        return "unknown"
    return kept.standing.state if kept.standing.terms_hash == verdict.terms_sha256 else "other terms"
