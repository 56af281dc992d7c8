"""Who wrote a feed's entry, out of the many ways in which feeds say so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parseaddr

from connectors._raw import RawAuthor
from listener.core.mention import ANONYMOUS, Author, normal_text
from listener.net.urls import web_link

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_EMAIL_FIRST = re.compile(rf"^(?:mailto:)?({_EMAIL.pattern})\s*\((.*)\)$")
_EMAIL_AFTER = re.compile(rf"^(.+?)\s*[(<](?:mailto:)?({_EMAIL.pattern})[)>]$")


def author_of(people: Sequence[RawAuthor], base: str) -> Author:
    """The first author. An e-mail address or link of another record of the same person (dc:creator beside author) is added."""
    split = [person for person in map(_split, people) if person != RawAuthor()]
    if not split:
        return ANONYMOUS
    first = next((person for person in split if person.name), split[0])
    same = [first, *(person for person in split if _may_be_same(first, person, alone=len(split) == 2))]
    return Author(
        # An address alone stands in for the name, so that two authors of one feed stay two.
        display_name=first.name or first.email or None,
        email=next((person.email for person in same if person.email), None),
        profile_url=next((link for person in same if (link := web_link(base, person.link))), None),
    )


def _split(person: RawAuthor) -> RawAuthor:
    """``jo@b.example (Jo)``, ``Jo <jo@b.example>``, ``Jo (jo@b.example)`` and plain addresses, taken apart."""
    name, email = person.name.strip(), person.email.strip().removeprefix("mailto:")
    if found := _EMAIL_FIRST.match(name):
        email, name = email or found.group(1), found.group(2)
    elif found := _EMAIL_AFTER.match(name):
        name, email = found.group(1), email or found.group(2)
    elif _EMAIL.fullmatch(name.removeprefix("mailto:")):
        email, name = email or name.removeprefix("mailto:"), ""
    email = email if _EMAIL.fullmatch(email) else parseaddr(email)[1]
    return RawAuthor(name.strip(" \"'"), email.lower() if _EMAIL.fullmatch(email) else "", person.link.strip())


def _may_be_same(one: RawAuthor, other: RawAuthor, *, alone: bool) -> bool:
    """Whether two records of one entry can be one person: one name's words are among the other's, or one has only an address."""
    if not other.name:
        return alone
    names = (set(normal_text(one.name).split()), set(normal_text(other.name).split()))
    return names[0] <= names[1] or names[1] <= names[0]
