"""Names of companies as they are compared: folded, without legal form, written together."""

from __future__ import annotations

import re
from functools import lru_cache

from nlp.identity.lists import LEGAL_FORMS, LEGAL_LINKS
from nlp.identity.names import words


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """A company's name as it is compared: folded, without its legal form, written together. Empty where nothing is left."""
    return slug_of_words(words(name.replace(".", "")))


def slug_of_words(parts: tuple[str, ...]) -> str:
    """The same of a name's folded words."""
    first, end = 0, len(parts)
    while end > first:
        last = parts[end - 1]
        if last in LEGAL_FORMS or (last in LEGAL_LINKS and end < len(parts) and end > 1):
            end -= 1
        elif end > 2 and parts[end - 2 : end] in {("a", "s"), ("s", "a"), ("k", "k"), ("e", "k")}:
            end -= 2
        else:
            break
    while first < end - 1 and parts[first] in LEGAL_FORMS:
        first += 1
    return _FORMS_OF_ASIA.sub("", "".join(parts[first:end]))


_FORMS_OF_ASIA = re.compile("株式会社|有限会社|合同会社|有限公司|股份有限公司|주식회사")
