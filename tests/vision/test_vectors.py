import json

import pytest

from tests.vision.vectors import FOLDER, vectors


@pytest.mark.parametrize("name", sorted(vectors()))
def test_the_shared_vectors_are_what_this_code_computes(name: str) -> None:
    """The same files are checked against the TypeScript code by its own tests."""
    kept = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    assert_alike(kept, json.loads(vectors()[name]))


def assert_alike(kept: object, made: object) -> None:
    if isinstance(kept, dict) and isinstance(made, dict):
        assert kept.keys() == made.keys()
        for name in kept:
            assert_alike(kept[name], made[name])
    elif isinstance(kept, list) and isinstance(made, list):
        assert len(kept) == len(made)
        for left, right in zip(kept, made, strict=True):
            assert_alike(left, right)
    elif isinstance(kept, float):
        assert made == pytest.approx(kept, rel=1e-8, abs=1e-9)
    else:
        assert kept == made
