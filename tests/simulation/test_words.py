from string import Template

import pytest

from nearhand.manuals.model import LANGUAGES
from nearhand.sessions.model import Shape
from nearhand.simulation.words import SHAPES, WORDS, language_of


@pytest.mark.parametrize("key", WORDS)
def test_every_sentence_is_said_in_every_language_with_the_same_blanks(key: str) -> None:
    blanks = {tuple(sorted(Template(text).get_identifiers())) for text in WORDS[key].values()}
    assert set(WORDS[key]) == set(LANGUAGES)
    assert len(blanks) == 1


def test_every_shape_has_a_name_in_every_language() -> None:
    assert set(SHAPES) == set(Shape)
    assert all(set(names) == set(LANGUAGES) for names in SHAPES.values())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("請拔出光模組", "zh-Hant"),
        ("请拔出光模块", "zh-Hans"),
        ("Pull the optic", "en"),
        ("37?", "zh-Hant"),  # nothing to tell by: as before
    ],
)
def test_robots_answer_in_the_language_they_hear(text: str, language: str) -> None:
    assert language_of(text, "zh-Hant") == language
