"""Codes of an authenticator app (RFC 6238), and the recovery codes for when it is lost."""

import hmac
import secrets
from datetime import datetime
from io import BytesIO

import pyotp
import qrcode
from qrcode.image.svg import SvgPathImage

from nearhand.kit.ids import ALPHABET

STEP_S = 30
DRIFT_STEPS = 1  # a phone's clock may be off by so many
RECOVERY_CODES = 10
RECOVERY_LENGTH = 12  # 60 bits, kept under a keyed hash
ISSUER = "Nearhand"


def new_secret() -> str:
    return str(pyotp.random_base32())


def address(secret: str, name: str) -> str:
    return str(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def step_of(code: str, secret: str, now: datetime) -> int | None:
    """The step whose code this is, near now; None when it is of none. All near steps are compared, whichever fits."""
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.at(step * STEP_S).encode(), code.encode()):
            found = step
    return found


def new_recovery_codes() -> tuple[str, ...]:
    def one() -> str:
        text = "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))
        return "-".join(text[i : i + 4] for i in range(0, RECOVERY_LENGTH, 4))

    return tuple(one() for _ in range(RECOVERY_CODES))


def plain_code(code: str) -> str:
    """As it is compared: people type spaces, small letters, and O for 0."""
    return code.upper().translate(str.maketrans("OIL", "011", " -"))


def qr_svg(text: str) -> str:
    """A QR code for a screen, scalable."""
    file = BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=2).save(file)
    return file.getvalue().decode()
