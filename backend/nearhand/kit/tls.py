"""Make certificates of an own authority, for a demo on a local network: without TLS a phone gives no camera."""

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

import trustme
from cryptography import x509

from nearhand.kit.address import lan_address

LEAF_DAYS = 398  # the most that browsers accept
RENEW_DAYS = 30  # renewed when fewer are left


@dataclass(frozen=True)
class Certificates:
    """Files to serve with, and the authority's certificate for phones to trust."""

    authority: Path
    certificate: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, as phones and browsers show it."""
        digest = sha256(PEM_cert_to_DER_cert(self.authority.read_text(encoding="ascii"))).hexdigest().upper()
        return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def own_names() -> list[str]:
    """All names under which a browser may ask for this machine."""
    host = socket.gethostname().lower()
    names = ["localhost", "127.0.0.1", "::1", lan_address(), host, f"{host.split('.')[0]}.local"]
    return list(dict.fromkeys(name for name in names if name))


def certificates(folder: Path, names: list[str]) -> Certificates:
    """The kept certificates; made or renewed when they are absent, soon over, or lack one of the names."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = Certificates(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    authority = _authority(kept.authority, folder / "ca.key")
    if not _is_good(kept, names):
        now = datetime.now(UTC)
        leaf = authority.issue_cert(
            *names, not_before=now - timedelta(days=1), not_after=now + timedelta(days=LEAF_DAYS - 2)
        )
        _write_secret(kept.key, leaf.private_key_pem.bytes())
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        kept.certificate.write_bytes(chain)
    return kept


def _authority(certificate: Path, key: Path) -> trustme.CA:
    if certificate.is_file() and key.is_file():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    authority = trustme.CA(
        organization_name="Nearhand", organization_unit_name=f"demo on {socket.gethostname()}"
    )
    _write_secret(key, authority.private_key_pem.bytes())
    certificate.write_bytes(authority.cert_pem.bytes())
    return authority


def _is_good(kept: Certificates, names: list[str]) -> bool:
    if not (kept.certificate.is_file() and kept.key.is_file()):
        return False
    leaf = x509.load_pem_x509_certificate(kept.certificate.read_bytes())
    issuer = x509.load_pem_x509_certificate(kept.authority.read_bytes())
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    has = {*named.get_values_for_type(x509.DNSName), *map(str, named.get_values_for_type(x509.IPAddress))}
    is_fresh = leaf.not_valid_after_utc > datetime.now(UTC) + timedelta(days=RENEW_DAYS)
    return is_fresh and set(names) <= has and leaf.issuer == issuer.subject


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
