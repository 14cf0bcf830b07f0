"""Keys to sign with: from PEM and PKCS#12 files, or on a token (PKCS#11). Passphrases are used, never kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from corecar.agree.certificates import Holder, as_pem, holder_of
from corecar.errors import AccessDenied, Conflict, DependencyMissing, NotFound, OutputError, UnknownFormat

if TYPE_CHECKING:
    from pyhanko.sign.signers.pdf_cms import Signer

LARGEST_KEY = 200_000
"""Bytes of a file with a key; a larger one is refused unread."""


@dataclass(frozen=True)
class SigningKey:
    """A key with its certificate, ready to sign.

    certificate  whose key it is
    signer       what signs with it
    """

    certificate: x509.Certificate
    signer: Signer

    @property
    def holder(self) -> Holder:
        """Whom the certificate names."""
        return holder_of(self.certificate)


def key_from_files(
    key: bytes, certificates: tuple[x509.Certificate, ...] = (), passphrase: str | None = None, *, place: str = "key"
) -> SigningKey:
    """A key out of a PKCS#12 file, or out of a PEM file with its certificate in it or given beside it.

    key           content of the file
    certificates  the signer's certificate, and those of authorities between it and its root
    passphrase    of the file, where it has one
    place         what the file is called in errors
    Raises        AccessDenied for a wrong passphrase or none; UnknownFormat for another kind of file; Conflict
                  when no certificate is of this key
    """
    private, found = _read(key, passphrase, place)
    every = (*found, *certificates)
    mine = next((each for each in every if each.public_key() == private.public_key()), None)
    if mine is None:
        told = "none of the certificates given is of this key" if every else "there is no certificate with the key"
        raise Conflict(f"{place}: {told}. Give the signer's certificate too (--certificate FILE.pem).")
    return SigningKey(mine, _signer(private, mine, [each for each in every if each is not mine]))


def _read(content: bytes, passphrase: str | None, place: str) -> tuple[Any, tuple[x509.Certificate, ...]]:
    secret = passphrase.encode() if passphrase else None
    if len(content) > LARGEST_KEY:
        raise UnknownFormat(place, "is too large for a key.", advice="Give a PEM or PKCS#12 file.")
    try:
        if b"-----BEGIN" in content:
            return load_pem_private_key(content, secret), _certificates_beside(content)
        private, own, others = pkcs12.load_key_and_certificates(content, secret)
    except TypeError as error:
        raise AccessDenied(f"{place}: {_about_passphrase(secret)}") from error
    except ValueError as error:
        raise _refused(content, secret, place) from error
    if private is None:
        raise UnknownFormat(place, "holds no private key.", advice="Export it together with its key.")
    return private, (*([own] if own else []), *others)


def _certificates_beside(content: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(content)) if b"BEGIN CERTIFICATE" in content else ()


def _refused(content: bytes, secret: bytes | None, place: str) -> AccessDenied | UnknownFormat:
    """A wrong passphrase and another kind of file look much alike to a decoder; their first bytes tell them apart."""
    if b"-----BEGIN" in content and b"ENCRYPTED" not in content:
        return UnknownFormat(place, "holds no private key that can be read (PEM).", advice="Is it the key's file?")
    if b"-----BEGIN" in content or content[:1] == b"\x30":
        return AccessDenied(f"{place}: {_about_passphrase(secret)}")
    return UnknownFormat(place, "is neither PEM nor PKCS#12.", advice="Export key and certificate as PKCS#12 (.p12).")


def _about_passphrase(secret: bytes | None) -> str:
    if secret is None:
        return "needs its passphrase. Give --passphrase-file, or type it when asked."
    return "the passphrase does not open it, or needs to be left out."


def _signer(private: Any, mine: x509.Certificate, others: list[x509.Certificate]) -> Signer:
    from asn1crypto import keys
    from asn1crypto import x509 as asn1
    from pyhanko.sign.signers.pdf_cms import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register_multiple([asn1.Certificate.load(each.public_bytes(Encoding.DER)) for each in others])
    return SimpleSigner(
        signing_cert=asn1.Certificate.load(mine.public_bytes(Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(plain),
        cert_registry=store,
    )


def as_pkcs12(person: str, private: Any, chain: tuple[x509.Certificate, ...], passphrase: str) -> bytes:
    """A key with its certificate and those above it as one PKCS#12 file, locked with a passphrase."""
    lock = BestAvailableEncryption(passphrase.encode())
    return pkcs12.serialize_key_and_certificates(person.encode(), private, chain[0], list(chain[1:]) or None, lock)


def as_locked_pem(private: Any, chain: tuple[x509.Certificate, ...], passphrase: str) -> bytes:
    """A key with its certificates as one PEM file, the key locked with a passphrase."""
    lock = BestAvailableEncryption(passphrase.encode())
    return bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)) + as_pem(chain)


def _token(module: str, wanted: str | None) -> str:
    """The label of the token that is meant: the one asked for, else the only one that was set up.

    Raises  NotFound, with those that are there
    """
    import pkcs11

    tokens = [slot.get_token() for slot in pkcs11.lib(module).get_slots(token_present=True)]
    found = [str(each.label).strip() for each in tokens if each.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED]
    if wanted in found or (wanted is None and len(found) == 1):
        return wanted or found[0]
    if not found:
        raise NotFound(f"{module}: there is no token that was set up. Plug it in.")
    told = "there are several tokens" if wanted is None else f'there is no token "{wanted}"'
    raise NotFound(f"{module}: {told}. Name one of {', '.join(found)}: --token LABEL")


@contextmanager
def key_on_token(module: str, label: str, pin: str | None, *, token: str | None = None) -> Iterator[SigningKey]:
    """A key on a token: a smart card, a USB stick, a hardware module.

    module  library of the token's maker (PKCS#11), such as /usr/lib/softhsm/libsofthsm2.so
    label   of key and certificate on it
    pin     opens it
    token   its label, where several are plugged in; slots without a token that was set up do not count
    Raises  DependencyMissing without python-pkcs11; NotFound when there is no such token or key; AccessDenied for a
            wrong PIN; OutputError where the token does not sign
    """
    try:
        import pkcs11
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError as error:
        raise DependencyMissing(
            "Keys on tokens need the package python-pkcs11. Install it: pip install 'corecar[pkcs11]'."
        ) from error
    try:
        wanted = TokenCriteria(label=_token(module, token))
        session = open_pkcs11_session(module, token_criteria=wanted, user_pin=pin)
    except (pkcs11.exceptions.PinIncorrect, pkcs11.exceptions.PinLocked, pkcs11.exceptions.PinLenRange) as error:
        raise AccessDenied(f"{module}: the PIN does not open the token. After a few tries it locks itself.") from error
    except (pkcs11.exceptions.PKCS11Error, RuntimeError) as error:
        raise NotFound(f"{module}: no token could be opened ({error or type(error).__name__}). Plug it in.") from error
    with session:
        try:
            signer = PKCS11Signer(session, cert_label=label, key_label=label, other_certs_to_pull=None)
            held = signer.signing_cert
            signer.use_raw_mechanism = held.public_key.algorithm == "ec"  # few tokens hash for ECDSA themselves
        except pkcs11.exceptions.PKCS11Error as error:
            raise NotFound(f'{module}: the token holds no key and certificate "{label}" ({error}).') from error
        try:
            yield SigningKey(x509.load_der_x509_certificate(held.dump()), signer)
        except pkcs11.exceptions.PKCS11Error as error:
            why = f"{type(error).__name__} {error}".strip()
            raise OutputError(f"{module}: the token did not sign ({why}). Ask its maker what it signs with.") from error
