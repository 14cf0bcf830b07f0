"""Whose signature stands in a PDF, and which of their certificates an authority took back, whenever that was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509

from corecar.agree.certificates import Holder, holder_of
from corecar.agree.contained import opened, told_damage
from corecar.agree.trust import Revocation, Trust, revocation_of


@dataclass(frozen=True)
class Signer:
    """Who signed: the own certificate, and those of authorities that came with it."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]

    @property
    def holder(self) -> Holder:
        """Whom the certificate names."""
        return holder_of(self.certificate)

    def path(self) -> Iterator[x509.Certificate]:
        """The own certificate, then that of each authority above it, as far as they came with it."""
        now: x509.Certificate | None = self.certificate
        left = list(self.others)
        while now is not None:
            yield now
            issuer = now.issuer
            left = [each for each in left if each != now]
            now = next((each for each in left if each.subject == issuer), None)


@lru_cache(maxsize=64)
def signers_of(document: bytes, place: str = "memorandum") -> tuple[Signer, ...]:
    """Whose signatures stand in a PDF. Nothing is verified: that was done when it was taken in.

    Raises  UnknownFormat, DamagedSource for what is no PDF or a broken one
    """
    from pyhanko.sign.fields import enumerate_sig_fields
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    reader = opened(document, place)
    with told_damage(place):
        fields = [(name, field.get_object()) for name, _, field in enumerate_sig_fields(reader, filled_status=True)]
        found = [EmbeddedPdfSignature(reader, field, name) for name, field in fields]
        return tuple(
            Signer(_loaded(each.signer_cert), tuple(map(_loaded, each.other_embedded_certs)))
            for each in found
            if each.sig_object.get("/Type") != "/DocTimeStamp"
        )


def _loaded(certificate: object) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())  # type: ignore[attr-defined]


def taken_back(signer: Signer, roots: Iterable[x509.Certificate], trust: Trust) -> Revocation | None:
    """What lists say of a signer's certificate or of an authority's above it; None where none was taken back.

    roots  of the authorities by which the party signs
    trust  their lists, and the moment after which a revocation does not count yet
    """
    issuers = (*signer.others, *roots)
    for each in signer.path():
        found = revocation_of(each, issuers, trust, trust.at)
        if found.since is not None:
            return found
    return None
