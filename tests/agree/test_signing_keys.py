"""Keys: PEM and PKCS#12 files with their passphrases, and tokens that PKCS#11 reaches."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.agree.signers import CHIPS, LONG_AGO, NOW, OSAT, issued, judged, office, text

from corecar.agree.authority import _certificate, _name
from corecar.agree.certificates import as_pem
from corecar.agree.keys import SigningKey, as_locked_pem, as_pkcs12, key_from_files, key_on_token
from corecar.agree.signatures import sign
from corecar.errors import AccessDenied, Conflict, DependencyMissing, NotFound, OutputError, UnknownFormat

SOFTHSM = next((path for path in (Path("/usr/lib/softhsm/libsofthsm2.so"),) if path.exists()), None)
needs_token = pytest.mark.skipif(
    SOFTHSM is None or shutil.which("softhsm2-util") is None,
    reason="softhsm2 is not installed (Debian: apt install softhsm2), so no token can be tried",
)
PIN = "1234"


def chips_pem(*, locked: str | None = None) -> bytes:
    """The key of the chips, with its certificate, in one PEM file."""
    found = issued(CHIPS)
    if locked:
        return as_locked_pem(found.key, (found.certificate,), locked)
    plain = found.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return plain + as_pem([found.certificate])


def signs(found: SigningKey) -> bool:
    """Whether a signature by a key holds."""
    return judged(sign(text(), found, CHIPS, now=NOW)).signed_by == (CHIPS,)


def test_a_key_signs_from_pem_and_from_pkcs12() -> None:
    assert signs(key_from_files(chips_pem()))
    assert signs(key_from_files(chips_pem(locked="sesame"), passphrase="sesame"))
    packed = as_pkcs12("li", issued(CHIPS).key, (issued(CHIPS).certificate, office().certificate), "sesame")
    assert signs(key_from_files(packed, passphrase="sesame"))


def test_a_certificate_may_stand_in_a_file_of_its_own() -> None:
    alone = issued(CHIPS).key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert signs(key_from_files(alone, (office().certificate, issued(CHIPS).certificate)))
    with pytest.raises(Conflict, match="there is no certificate with the key"):
        key_from_files(alone)
    with pytest.raises(Conflict, match="none of the certificates given is of this key"):
        key_from_files(alone, (issued(OSAT).certificate,))


@pytest.mark.parametrize("passphrase", [None, "wrong", "", "é" * 40])
def test_a_wrong_passphrase_is_told_and_not_repeated(passphrase: str | None) -> None:
    packed = as_pkcs12("li", issued(CHIPS).key, (issued(CHIPS).certificate,), "sesame")
    for content in (packed, chips_pem(locked="sesame")):
        with pytest.raises(AccessDenied) as told:
            key_from_files(content, passphrase=passphrase, place="li.p12")
        assert "passphrase" in str(told.value)
        assert not passphrase or passphrase not in str(told.value)


def test_a_passphrase_for_a_key_that_is_not_locked_is_told() -> None:
    with pytest.raises(AccessDenied, match="or needs to be left out"):
        key_from_files(chips_pem(), passphrase="sesame")


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"%PDF-1.7", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"x" * 300_000],
)
def test_what_is_no_key_is_told(content: bytes) -> None:
    with pytest.raises(UnknownFormat):
        key_from_files(content, place="li.p12")


def test_a_file_of_certificates_alone_holds_no_key() -> None:
    with pytest.raises(UnknownFormat, match="holds no private key"):
        key_from_files(as_pem([issued(CHIPS).certificate]), place="li.pem")


def rsa_signer() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """An RSA key, as most tokens hold, and its certificate from the office."""
    from cryptography.hazmat.primitives import hashes

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    authority = office()
    keys = (key.public_key(), authority.key.public_key())
    until = authority.certificate.not_valid_after_utc
    builder = _certificate(_name("Li Wei", CHIPS), authority.certificate.subject, keys, LONG_AGO, until)  # type: ignore[arg-type]
    return key, builder.sign(authority.key, hashes.SHA256())


def test_an_rsa_key_signs_too() -> None:
    key, certificate = rsa_signer()
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert signs(key_from_files(plain, (certificate,)))


def curve_objects() -> list[dict[Any, Any]]:
    """A key on an elliptic curve, as the office for trials issues, and its certificate, as a token holds them."""
    from pkcs11.util.ec import decode_ec_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    held = issued(CHIPS)
    private = held.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return [decode_ec_private_key(private), decode_x509_certificate(held.certificate.public_bytes(Encoding.DER))]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A token of softhsm2 that holds the key `li`; the path of its library."""
    import pkcs11
    from pkcs11.util.rsa import decode_rsa_private_key
    from pkcs11.util.x509 import decode_x509_certificate

    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "office", "--pin", PIN, "--so-pin", "4321"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    key, certificate = rsa_signer()
    private = decode_rsa_private_key(key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    public = decode_x509_certificate(certificate.public_bytes(Encoding.DER))
    with pkcs11.lib(str(SOFTHSM)).get_token(token_label="office").open(rw=True, user_pin=PIN) as session:
        for label, held in (("li", private), ("li", public), *(("curve", each) for each in curve_objects())):
            session.create_object({**held, pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: label})
    yield str(SOFTHSM)
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@needs_token
def test_a_key_on_a_token_signs(token: str) -> None:
    with key_on_token(token, "li", PIN, token="office") as found:
        assert found.holder.person == "Li Wei"
        assert signs(found)


@needs_token
def test_a_key_on_a_curve_signs_on_a_token_that_does_not_hash_for_it(token: str) -> None:
    with key_on_token(token, "curve", PIN) as found:
        assert signs(found)


@needs_token
def test_a_token_that_does_not_sign_is_told(token: str) -> None:
    import pkcs11

    with pytest.raises(OutputError, match=r"the token did not sign \(DeviceRemoved\)"), key_on_token(token, "li", PIN):
        raise pkcs11.exceptions.DeviceRemoved


@needs_token
def test_a_wrong_pin_label_or_token_is_told(token: str) -> None:
    with (
        pytest.raises(AccessDenied, match="the PIN does not open the token"),
        key_on_token(token, "li", "9999", token="office"),
    ):
        pass
    with (
        pytest.raises(NotFound, match='holds no key and certificate "ana"'),
        key_on_token(token, "ana", PIN, token="office"),
    ):
        pass
    told = 'there is no token "another". Name one of office: --token LABEL'
    with pytest.raises(NotFound, match=told), key_on_token(token, "li", PIN, token="another"):
        pass


@needs_token
def test_the_only_token_that_was_set_up_need_not_be_named(token: str) -> None:
    """softhsm2 shows an empty slot beside it, as readers do."""
    with key_on_token(token, "li", PIN) as found:
        assert found.holder.person == "Li Wei"


def test_a_library_that_is_none_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pkcs11")
    with pytest.raises(NotFound, match="no token could be opened"), key_on_token(str(tmp_path / "no.so"), "li", PIN):
        pass


def test_without_the_package_for_tokens_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(DependencyMissing, match=r"corecar\[pkcs11\]"), key_on_token("lib.so", "li", PIN):
        pass
