import ssl
import stat
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from nearhand.kit.tls import certificates, own_names

NAMES = ["localhost", "127.0.0.1", "::1", "hall.local"]


def leaf_of(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_certificates_are_kept_from_start_to_start(tmp_path: Path) -> None:
    first = certificates(tmp_path, NAMES).certificate.read_bytes()
    assert certificates(tmp_path, NAMES).certificate.read_bytes() == first


def test_a_new_address_renews_the_leaf_under_the_same_authority(tmp_path: Path) -> None:
    kept = certificates(tmp_path, NAMES)
    authority, leaf = kept.authority.read_bytes(), kept.certificate.read_bytes()
    renewed = certificates(tmp_path, [*NAMES, "192.0.2.7"])
    assert renewed.authority.read_bytes() == authority
    assert renewed.certificate.read_bytes() != leaf


def test_the_leaf_lives_no_longer_than_browsers_accept(tmp_path: Path) -> None:
    leaf = leaf_of(certificates(tmp_path, NAMES).certificate)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    kept = certificates(tmp_path, NAMES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (kept.key, tmp_path / "ca.key")} == {0o600}


def test_a_server_can_use_them_and_a_client_can_trust_them(tmp_path: Path) -> None:
    kept = certificates(tmp_path, own_names())
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(kept.certificate, kept.key)
    trusting = ssl.create_default_context(cafile=str(kept.authority))
    assert len(trusting.get_ca_certs()) == 1
    assert kept.fingerprint.count(":") == 31
