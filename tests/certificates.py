"""X.509 certificates for servers of tests, valid for a day."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_LEEWAY = timedelta(minutes=5)
_VALID = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its private key."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> str:
        """The private key, in PKCS 8."""
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()

    @property
    def certificate_pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def make_authority(name: str) -> Certificate:
    """Makes a self-signed certificate that may sign others."""
    return _make(name, x509.BasicConstraints(ca=True, path_length=None), None)


def make_certificate(name: str, address: str, authority: Certificate) -> Certificate:
    """Makes the certificate of a server on an IP address."""
    return _make(name, x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), authority)


def _make(name: str, extension: x509.ExtensionType, authority: Certificate | None) -> Certificate:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if authority is None else authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY)
        .not_valid_after(now + _VALID)
        .add_extension(extension, critical=authority is None)
    )
    signed = builder.sign(key if authority is None else authority.key, hashes.SHA256())
    return Certificate(key, signed)
