"""Who stands behind a signature: the dates of certificates, a path to a trusted root, revocation, usage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509

from corecar.agree.certificates import holder_of
from corecar.agree.trust import CLOCKS_DIFFER, Trust, revocation_of
from corecar.agree.verdict import Finding


def signer_findings(
    certificate: x509.Certificate,
    chain: tuple[x509.Certificate, ...],
    trust: Trust,
    claimed: datetime | None,
    stamp: datetime | None,
) -> Iterator[Finding]:
    """What is wrong with a signer's certificate, or worth knowing.

    chain    certificates from a trusted root to the signer's; empty where there is no path
    claimed  when the signature was made, as the signer's clock said
    stamp    when a trusted timestamp says that it was there
    """
    moment = stamp or trust.at
    if holder_of(certificate).trial:
        yield Finding("trial", "its certificate comes from an authority for trials, which proves nothing.")
    yield from _usage(certificate)
    yield from _dates(certificate, moment, stamped=stamp is not None)
    yield from _claim(certificate, claimed, trust.at)
    if chain:
        yield from _above(chain, moment)
        yield from _revocations(chain, trust, moment)
    else:
        yield from _no_path(certificate, trust)
        yield from _revocations((certificate,), trust, moment)


def _usage(certificate: x509.Certificate) -> Iterator[Finding]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        yield Finding("not-for-signing", "its certificate was not issued for signing (key usage).")


def _dates(certificate: x509.Certificate, moment: datetime, *, stamped: bool) -> Iterator[Finding]:
    holder = holder_of(certificate)
    if moment < holder.valid_from:
        told = f"its certificate is valid from {_told(holder.valid_from)}, and this is {_told(moment)}"
        yield Finding("not-yet-valid", f"{told}.")
    elif moment > holder.valid_until:
        told = f"its certificate expired on {_told(holder.valid_until)}"
        why = "." if stamped else ", and without a timestamp nobody can prove that it was signed before."
        yield Finding("expired", told + why)


def _claim(certificate: x509.Certificate, claimed: datetime | None, now: datetime) -> Iterator[Finding]:
    """Whether the signer's clock tells a time that can be."""
    if claimed is None:
        return
    holder, told = holder_of(certificate), f"it says that it was made on {_told(claimed)}"
    if claimed < holder.valid_from.replace(microsecond=0):
        yield Finding("not-yet-valid", f"{told}, before its certificate was valid ({_told(holder.valid_from)}).")
    elif claimed > holder.valid_until:
        yield Finding("expired", f"{told}, after its certificate had expired ({_told(holder.valid_until)}).")
    elif claimed > now + CLOCKS_DIFFER:
        yield Finding("from-the-future", f"{told}, which is later than {_told(now)}.")


def _above(chain: tuple[x509.Certificate, ...], moment: datetime) -> Iterator[Finding]:
    """Whether the authorities' own certificates were valid."""
    for each in chain[:-1]:
        holder = holder_of(each)
        if not holder.holds_at(moment):
            code = "not-yet-valid" if moment < holder.valid_from else "expired"
            span = f"{_told(holder.valid_from)} to {_told(holder.valid_until)}"
            yield Finding(code, f'the certificate of the authority "{holder.person}" is valid from {span} only.')


MINUTE = "%Y-%m-%d %H:%M"
GIVE_ROOT = "Give the authority's root (--trust)."
"""What to do where no root was given; a workspace asks for it in its own words."""


def _no_path(certificate: x509.Certificate, trust: Trust) -> Iterator[Finding]:
    issuer = holder_of(certificate).issuer
    if trust.roots:
        yield Finding("untrusted", f'its certificate is from "{issuer}", behind which none of the given roots stands.')
    else:
        told = "no root was given, so that nobody vouches for the signer's name"
        yield Finding("untrusted", f'its certificate is from "{issuer}"; {told}. {GIVE_ROOT}')


def _revocations(chain: tuple[x509.Certificate, ...], trust: Trust, moment: datetime) -> Iterator[Finding]:
    """The signer's certificate and every authority's below the root, against the lists."""
    issuers = (*chain, *trust.roots)
    for place, each in enumerate(chain):
        signer = place == len(chain) - 1
        if not signer and place == 0:
            continue
        found = revocation_of(each, issuers, trust, moment)
        whose = "its certificate" if signer else f'the certificate of the authority "{holder_of(each).person}"'
        if found.since is not None:
            why = f" ({found.reason})" if found.reason and found.reason != "unspecified" else ""
            yield Finding("revoked", f"{whose} was revoked on {_told(found.since)}{why}.")
        elif found.looked_up is None:
            yield Finding("revocation-unknown", f"whether {whose} was revoked is not known: no list of its authority.")
        elif found.stale:
            written = found.looked_up.astimezone(UTC).strftime(MINUTE)
            told = f"the list of its authority is of {written} UTC and should have been replaced"
            yield Finding("revocation-unknown", f"whether {whose} was revoked since is not known: {told}.")


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).strftime(MINUTE)} UTC"
