"""Cut text into search terms that work for Chinese as well as for spaced scripts."""

import re
from functools import lru_cache

from opencc import OpenCC

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")


@lru_cache(maxsize=3)
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


def search_terms(text: str) -> list[str]:
    """What to look for among `index_terms`: lower-case words; runs of Han characters cut into overlapping pairs.

    Pairs, because most Chinese words have two characters: 電源 finds 電源供應器. Each character is folded to its
    simplified form, so 电源 finds it too. A single Han character stays itself.
    """
    terms: list[str] = []
    for word in _WORDS.findall(text.lower()):
        terms += _pairs(_converter("t2s").convert(word)) if _is_han(word) else [word]
    return terms


def index_terms(text: str) -> list[str]:
    """The terms by which a text is found: as `search_terms`, and in the other vocabulary.

    Taiwan and the mainland have different words for many things: 硬碟 and 硬盘 are found by one another.
    """
    terms = search_terms(text)
    for word in filter(_is_han, _WORDS.findall(text.lower())):
        terms += _pairs(_converter("tw2sp").convert(word))
        terms += _pairs(_converter("t2s").convert(_converter("s2twp").convert(word)))
    return list(dict.fromkeys(terms))


def _is_han(word: str) -> bool:
    return re.match(f"[{_HAN}]", word) is not None


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]
