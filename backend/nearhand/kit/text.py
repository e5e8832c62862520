"""Cut text into search terms that work for Chinese as well as for spaced scripts."""

import re
from functools import lru_cache

from opencc import OpenCC

_WORDS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_]+", re.UNICODE)


@lru_cache(maxsize=1)
def _to_simplified() -> OpenCC:
    return OpenCC("tw2sp")


def search_terms(text: str) -> list[str]:
    """Lower-case words; runs of Han characters folded to simplified and cut into overlapping pairs.

    Pairs, because most Chinese words have two characters: 電源 finds 電源供應器 and, folded, 电源.
    A single Han character stays itself.
    """
    terms: list[str] = []
    for word in _WORDS.findall(text.lower()):
        if "\u3400" <= word[0] <= "\ufaff":
            folded = _to_simplified().convert(word)
            terms += [folded[i : i + 2] for i in range(len(folded) - 1)] or [folded]
        else:
            terms.append(word)
    return terms
