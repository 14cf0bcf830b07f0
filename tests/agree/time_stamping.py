"""A time-stamping authority on this machine (RFC 3161), of an authority for trials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from corecar.agree.authority import Authority, make_authority

MADE = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def clock_office() -> Authority:
    """The authority above the time-stamping authority: another one than that of the signers."""
    return make_authority("Demo Clock", now=MADE)


@cache
def _clock() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key, above = rsa.generate_private_key(public_exponent=65537, key_size=2048), clock_office()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Demo time stamps")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(above.certificate.subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(MADE).not_valid_after(MADE + timedelta(days=3000))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return builder.add_extension(usage, critical=True).sign(above.key, hashes.SHA256()), key


def _stamper(moment: datetime) -> DummyTimeStamper:
    certificate, key = _clock()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(
        tsa_cert=asn1.Certificate.load(certificate.public_bytes(Encoding.DER)),
        tsa_key=keys.PrivateKeyInfo.load(plain),
        fixed_dt=moment,
    )


@contextmanager
def time_stamping(moment: datetime, *, broken: bool = False) -> Iterator[str]:
    """The address of an authority whose clock stands at a moment; a broken one answers with nonsense."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = b"not now" if broken else _stamper(moment).request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stamp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
