"""Certificates of a moment: a server's own, for the names of this machine."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

VALID_FOR = timedelta(days=1)


def issue(certificate: Path, private_key: Path) -> str:
    """Writes a fresh self-signed certificate and its key as PEM; gives the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "claviger")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_FOR)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private_key.chmod(0o600)
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    return certificate.read_text()


def issue_by(authority: Path, certificate: Path, private_key: Path) -> None:
    """Writes a fresh CA's certificate, and a certificate that it vouches for with its key, as PEM."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name, name = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("test CA", "localhost"))
    now = datetime.now(UTC)

    def builder(subject: x509.Name, of: ec.EllipticCurvePrivateKey, is_ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - VALID_FOR)
            .not_valid_after(now + VALID_FOR)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )

    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    ca = builder(ca_name, ca_key, True).sign(ca_key, hashes.SHA256())
    made = builder(name, key, False).add_extension(names, critical=False).sign(ca_key, hashes.SHA256())
    authority.write_bytes(ca.public_bytes(Encoding.PEM))
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def trusting(*certificates: str) -> ssl.SSLContext:
    """What a client needs to trust these and no others."""
    return ssl.create_default_context(cadata="".join(certificates))
