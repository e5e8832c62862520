"""The reference pages that are made from the code are what the code says."""

from types import ModuleType

import pytest

from nearhand.kit.errors import NearhandError
from tools import errors_reference, rest_reference, settings_reference


@pytest.mark.parametrize("tool", [errors_reference, rest_reference, settings_reference])
def test_the_committed_page_is_current(tool: ModuleType) -> None:
    written = tool.TARGET.read_text(encoding="utf-8")
    assert written == tool.reference(), f"run `python -m {tool.__name__}` (or `make reference`) and commit it"


def test_every_code_has_a_sentence_of_its_own() -> None:
    """Without one of its own a code would be explained by that of its parent."""
    for error in errors_reference.errors():
        if error is not NearhandError:
            assert {"code", "title"} <= vars(error).keys(), error


def test_every_code_has_its_line() -> None:
    page = errors_reference.TARGET.read_text(encoding="utf-8")
    for error in errors_reference.errors():
        assert f"| `{error.code}` | {error.status} |" in page
