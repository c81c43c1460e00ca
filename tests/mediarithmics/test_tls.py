"""TLS: an untrusted server is never spoken to, and the deadline holds in every phase."""

import ipaddress
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consentadmin.mediarithmics.client import Client, Timeouts
from consentadmin.mediarithmics.errors import Silent, Unreachable
from tests.fixtures import lies
from tests.fixtures.liar import Liar, running_liar
from tests.mediarithmics.conftest import ONCE, PATIENT, TOKEN, put

BOUNDED = Timeouts(connect=5.0, read=5.0, total=0.4)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "liar")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("tls") / "liar.pem"
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(pem) + private)
    return path


@pytest.fixture
def tls_liar(certificate: Path) -> Iterator[Liar]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running_liar(context) as running:
        yield running


def test_an_unknown_certificate_is_unreachable(tls_liar: Liar) -> None:
    client = Client(base_url=tls_liar.base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE)
    with pytest.raises(Unreachable):
        put(client)
    assert tls_liar.requests == []


def test_a_trusted_one_is_kept_alive(
    tls_liar: Liar, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    tls_liar.always(lies.ok({}))
    client = Client(base_url=tls_liar.base_url, token=TOKEN)
    put(client)
    put(client)
    assert tls_liar.connections == 1
    client.close()


def test_a_slow_body_over_tls_ends_at_the_total(
    tls_liar: Liar, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    tls_liar.always(lies.drip(b" " * 99, after=b"HTTP/1.1 200 OK\r\n\r\n"))
    client = Client(base_url=tls_liar.base_url, token=TOKEN, timeouts=BOUNDED, reads=ONCE)
    began = time.monotonic()
    with pytest.raises(Silent):
        put(client)
    assert time.monotonic() - began < 3


def test_a_handshake_that_drips_ends_at_the_total() -> None:
    def serve(talk: lies.Conversation) -> bool:
        raise AssertionError("no request gets through")

    with running_liar() as plain:
        plain.always(serve)
        plain.greet(lies.drip(b"\x16\x03\x03\x40\x00" + b"\x00" * 99))
        base_url = plain.base_url.replace("http:", "https:")
        client = Client(base_url=base_url, token=TOKEN, timeouts=BOUNDED, reads=ONCE)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            put(client)
        assert time.monotonic() - began < 3


def test_a_server_without_tls_is_unreachable(liar: Liar) -> None:
    base_url = liar.base_url.replace("http:", "https:")
    client = Client(base_url=base_url, token=TOKEN, timeouts=PATIENT, reads=ONCE)
    with pytest.raises(Unreachable):
        put(client)
