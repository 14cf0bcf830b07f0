"""An authority for trials in a folder: its certificate, its key, what it issued, what it revoked."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corecar.atomic import whole_file
from corecar.bridge.files.memoranda import as_json, content_of
from corecar.errors import ArgumentError, Conflict, NotFound, OutputError, SourceMissing

CERTIFICATE, KEY, LIST, ISSUED = "authority.pem", "authority.key", "revoked.crl.pem", "issued.json"
"""Files of the folder: give away the first (it is what others trust) and the third; keep the second."""
NOT_REAL = (
    "This is an authority for trials: whoever has its folder can issue any name, so its signatures prove nothing. "
    "For real agreements each party uses certificates of an authority that the others trust."
)


@dataclass(frozen=True)
class IssuedCertificate:
    """One certificate that the authority issued. `revoked` is when it was revoked; empty while it counts."""

    serial: str
    person: str
    party: str
    valid_from: str
    valid_until: str
    revoked: str = ""


def make(folder: str | Path, name: str, *, days: int, now: datetime | None = None) -> dict[str, Any]:
    """Make an authority in a new folder.

    name    whose it is
    Raises  OutputError when something stands there; ArgumentError
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from corecar.agree.authority import make_authority, revoked_list
    from corecar.agree.certificates import as_pem

    target, moment = Path(folder), now or datetime.now(UTC)
    if (target / CERTIFICATE).exists():
        raise OutputError(f"{target}: an authority stands there already. Choose another folder.")
    authority = make_authority(name, now=moment, days=days)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target}: could not be made ({error.strerror}). Choose another place.") from error
    _write_secret(target / KEY, authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(target / ISSUED, as_json([]))
    _write(target / LIST, revoked_list(authority, (), now=moment))
    _write(target / CERTIFICATE, as_pem([authority.certificate]))
    return {
        "said": f"Made an authority for trials in {target}. Others trust it by {target / CERTIFICATE}.",
        "notes": [NOT_REAL],
    }


def issue(
    folder: str | Path, person: str, party: str, passphrase: str, *, out: str | Path | None, days: int,
    now: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Issue a certificate with a key for a person of a party, as a PKCS#12 file locked with a passphrase.

    out     the file to write; in the authority's folder, named for person and party, unless given
    Raises  SourceMissing without an authority there; ArgumentError; OutputError when the file is there already
    """
    from corecar.agree.authority import issue as issued
    from corecar.agree.certificates import holder_of
    from corecar.agree.keys import as_pkcs12

    place, moment = Path(folder), now or datetime.now(UTC)
    if not passphrase:
        raise ArgumentError("A key is locked with a passphrase. Give one.")
    authority = _authority(place)
    target = Path(out) if out is not None else place / f"{_file_name(party)}-{_file_name(person)}.p12"
    if target.exists():
        raise OutputError(f"{target}: stands there already; a key is never overwritten. Choose another name (--out).")
    found = issued(authority, person, party, now=moment, days=days)
    holder = holder_of(found.certificate)
    chain = (found.certificate, authority.certificate)
    _write_secret(target, as_pkcs12(holder.person, found.key, chain, passphrase))
    row = IssuedCertificate(
        holder.serial, holder.person, holder.organisation, holder.valid_from.isoformat(), holder.valid_until.isoformat()
    )
    _write(place / ISSUED, as_json([asdict(each) for each in (*_issued(place), row)]))
    return {
        "said": f"Issued {target} to {holder.person} of {holder.organisation}, "
        f"valid until {holder.valid_until:%Y-%m-%d}.",
        "facts": {"serial": holder.serial},
        "notes": [NOT_REAL],
    }


def revoke(folder: str | Path, serial: str, *, now: datetime | None = None) -> dict[str, Any]:
    """Revoke a certificate and write the list of revoked ones anew.

    serial  its serial number, or so many of its first digits that there is one only
    Raises  SourceMissing; NotFound, Conflict for a number that is of none, of several, or revoked already
    """
    place, moment = Path(folder), now or datetime.now(UTC)
    authority, rows = _authority(place), _issued(place)
    row = _one(rows, serial, place)
    after = [replace(each, revoked=moment.isoformat()) if each == row else each for each in rows]
    _write(place / LIST, _list(authority, after, moment))
    _write(place / ISSUED, as_json([asdict(each) for each in after]))
    return {"said": f"Revoked {row.serial} of {row.person} ({row.party}). Give everybody the new list: {place / LIST}"}


def _one(rows: Sequence[IssuedCertificate], serial: str, place: Path) -> IssuedCertificate:
    found = [each for each in rows if serial and each.serial.startswith(serial.lower())]
    if len(found) != 1:
        told = "is that of several" if found else "is that of none"
        raise NotFound(f'{place}: the serial number "{serial}" {told} of its {len(rows)} certificates. '
                       f"See `corecar agree ca list {place}`.")  # fmt: skip
    if found[0].revoked:
        raise Conflict(f"{place}: {found[0].serial} was revoked on {found[0].revoked[:10]} already.")
    return found[0]


def _list(authority: Any, rows: Sequence[IssuedCertificate], now: datetime) -> bytes:
    from corecar.agree.authority import Revoked, revoked_list

    revoked = [Revoked(int(each.serial, 16), datetime.fromisoformat(each.revoked)) for each in rows if each.revoked]
    return revoked_list(authority, tuple(revoked), now=now)


def listed(folder: str | Path) -> dict[str, Any]:
    """Every certificate that an authority issued. Raises SourceMissing."""
    _authority(Path(folder))
    rows = [asdict(each) for each in _issued(Path(folder))]
    return {"rows": [{**row, "revoked": row["revoked"] or None} for row in rows], "notes": [NOT_REAL]}


def _authority(folder: Path) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from corecar.agree.authority import Authority
    from corecar.agree.certificates import certificates_in

    if not (folder / CERTIFICATE).is_file():
        raise SourceMissing(folder, "holds no authority.", advice=f"Make one: corecar agree ca make {folder}")
    certificate = certificates_in(content_of(folder / CERTIFICATE), str(folder / CERTIFICATE))[0]
    key: Any = load_pem_private_key(content_of(folder / KEY), None)
    return Authority(certificate, key)


def _issued(folder: Path) -> list[IssuedCertificate]:
    return [IssuedCertificate(**row) for row in json.loads(content_of(folder / ISSUED))]


def _file_name(text: str) -> str:
    return "-".join("".join(each if each.isalnum() or each in "-_" else " " for each in text).split()).lower()


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as sibling:
        sibling.write_bytes(content)


def _write_secret(path: Path, content: bytes) -> None:
    """Write what only its owner may read, as far as the system knows owners."""
    with whole_file(path) as sibling:
        descriptor = os.open(sibling, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
