"""Which text is accepted from outside: no control characters, and ids that are ids."""

import re
from typing import Annotated

from pydantic import StringConstraints

# Control characters are refused: no keyboard means them, and PostgreSQL cannot keep a NUL.
ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
MANY_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

_ID = r"^[0-9A-Za-z]{1,40}$"
Id = Annotated[str, StringConstraints(pattern=_ID)]

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]  # how kept files are named


def is_id(text: str) -> bool:
    """For doors whose addresses no model checks."""
    return re.fullmatch(_ID, text) is not None
