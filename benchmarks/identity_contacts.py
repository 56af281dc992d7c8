"""A company, a person and a customer of an invented world, and the forms that their names have."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from identity_names import NICKNAMES, Culture, Spellings

_LATIN = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "ð": "d",
        "Ð": "D",
        "æ": "ae",
        "Æ": "Ae",
        "þ": "th",
        "Þ": "Th",
        "ı": "i",
    }
)


def plain(text: str) -> str:
    """Without accents, in ASCII as far as the script is Latin."""
    text = unicodedata.normalize("NFKD", text.translate(_LATIN))
    return "".join(char for char in text if not unicodedata.combining(char))


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", plain(text).lower())


def latin(spellings: Spellings) -> str:
    """The first spelling in Latin letters."""
    return next((one for one in spellings if plain(one).isascii()), spellings[0])


def gendered(culture: Culture, family: Spellings, *, woman: bool) -> Spellings:
    """The form of a family name that a woman or a man has, where the language has two."""
    if culture.patronymic:
        end = "dóttir" if woman else "son"
        return tuple(f"{one}s{end}" if not one.endswith("s") else f"{one}{end}" for one in family)
    if not woman:
        return family
    if culture.code == "pl":
        return tuple(re.sub(r"(sk|ck)i$", r"\1a", one) for one in family)
    if culture.code == "cz":
        return tuple(
            re.sub(r"(ek|ec)$", lambda found: found[0][-1], one).removesuffix("ý").removesuffix("a") + "ová" for one in family
        )
    if culture.code == "ru":
        return tuple(re.sub(r"([ое]в|ёв|[oey]v|ev)$", r"\1" + ("а" if not one.isascii() else "a"), one) for one in family)
    return family


@dataclass(frozen=True, slots=True)
class Company:
    """``stem`` is what people call it; ``name`` is what the CRM says."""

    stem: str
    name: str
    domain: str
    culture: Culture
    family: str = ""
    """The family name that it bears, if any."""


@dataclass(slots=True)
class Person:
    """``given`` and ``families`` with all their spellings."""

    culture: Culture
    given: Spellings
    families: tuple[Spellings, ...]
    woman: bool
    city: str
    title: str
    company: Company | None = None
    rare: bool = False

    @property
    def first(self) -> str:
        return latin(self.given)

    @property
    def last(self) -> str:
        return " ".join(latin(one) for one in self.families)

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()

    @property
    def key(self) -> tuple[str, str]:
        """By which two people have one name."""
        return slug(self.first), slug(self.last)

    @property
    def nicknames(self) -> list[str]:
        return NICKNAMES.get(self.given[0], "").split()


def spellings(one: Person) -> set[tuple[str, str]]:
    """Every way to write first name and a family name, nicknames too."""
    first = {slug(given) for given in (*one.given, *one.nicknames)}
    last = {slug(spelling) for family in one.families for spelling in family} or {""}
    return {(given, family) for given in first for family in last}


@dataclass(slots=True)
class Contact:
    """A customer: a person as the CRM has them."""

    contact_id: str
    person: Person
    email: str = ""
    since: int = 2020
    handles: dict[str, str] = field(default_factory=dict)
    website: str = ""
    duplicate_of: str = ""
    """The contact of whom this is a second entry."""
