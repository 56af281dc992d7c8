"""Accounts that are no customer's own: of companies, robots, jokers, copies, and people who only write about a company.

Recognised by signs in display name, handle, bio and links, in several languages. A brand or a robot is nobody; a parody or a
copy is never linked; whoever writes about a company as an outsider does not work for it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from listener.core.marks import stream_safe
from listener.core.mention import Author
from nlp.identity.domains import host_of
from nlp.identity.names import words
from nlp.identity.sign_patterns import (
    BACKUP,
    BRAND_BIO,
    CLAIMING,
    CONTACT,
    MESSENGER,
    MONEY,
    NUMBERED,
    ORGANISATION_WORDS,
    OUTSIDER,
    PARODY,
    PARODY_HANDLE,
    PARODY_NAME,
    ROBOT,
    ROBOT_HANDLE,
    ROBOT_NAME,
    ROBOT_SURELY,
    SHORTENERS,
)


class Sort(StrEnum):
    """What an account is, where it is no person speaking as themselves."""

    BRAND = "a company's account"
    ROBOT = "an automated account"
    PARODY = "a parody or a fan's account"
    COPY = "an account with signs of fraud"
    OUTSIDER = "somebody who writes about a company as an outsider"


LONGEST = 1000


def sort_of(author: Author) -> Sort | None:
    """What an account is by its words, brands that only the CRM's companies reveal excepted."""
    return judged(author)[0]


def judged(author: Author) -> tuple[Sort | None, bool]:  # noqa: C901, PLR0911 - sorts in order, the first that holds
    """What an account is, and whether that rests on one weak sign, which honest people show too."""
    bio = _read(author.bio)
    name = _read(author.display_name)
    handle = (author.handle or "")[:200]
    if PARODY.search(name) or PARODY.search(bio):
        return Sort.PARODY, False
    if PARODY_NAME.search(name):
        return Sort.PARODY, not PARODY_HANDLE.search(handle)
    dubious = _shortened(author) or is_numbered(handle)
    if MONEY.search(bio) and (CONTACT.search(bio) or _shortened(author)):
        kinds = {found[0].casefold() for found in MONEY.finditer(bio)}
        return Sort.COPY, len(kinds) == 1 and not dubious and not MESSENGER.search(bio)
    if BACKUP.search(bio) or BACKUP.search(name):
        return Sort.COPY, not dubious and not CONTACT.search(bio)
    if CONTACT.search(bio) and _shortened(author) and is_numbered(handle):
        return Sort.COPY, False
    if PARODY_HANDLE.search(handle) and _handle_denies(handle, name):
        return Sort.PARODY, False
    if ROBOT_NAME.search(name):
        return Sort.ROBOT, False
    said, called = ROBOT.search(bio), ROBOT_HANDLE.search(handle)
    if called and _own_name(handle, name):
        called = None
    if said or called:
        surely = any(found and ROBOT_SURELY.search(found[0]) for found in (said, called))
        return Sort.ROBOT, not surely and not (said and called)
    if BRAND_BIO.search(bio):
        return Sort.BRAND, False
    return (Sort.OUTSIDER if OUTSIDER.search(bio) or OUTSIDER.search(name) else None), False


def doubts(author: Author) -> tuple[str, ...]:
    """Signs of a copy that honest accounts show too: none of them decides, together they speak against."""
    found = []
    if is_numbered(author.handle or ""):
        found.append("a long number in the handle")
    if _shortened(author):
        found.append("a shortened link")
    if CLAIMING.match((author.handle or "").lstrip("@")):
        found.append("the handle claims to be the real one")
    if re.search(r"\bofficial\b|\breal\b|✓|✔|☑", f"{author.display_name} {author.bio}", re.IGNORECASE):
        found.append("it calls itself official")
    return tuple(found)


def is_numbered(handle: str) -> bool:
    """Whether a handle ends in a number of four digits or more that is no year."""
    found = NUMBERED.fullmatch(handle[:200].lstrip("@"))
    return found is not None and not (len(found[1]) == 4 and "1940" <= found[1] <= "2029")


def organisation_slug(name: str) -> str:
    """A display name without the words that companies add to theirs, written together; empty where only such words remain."""
    return "".join(word for word in words(name) if word not in ORGANISATION_WORDS)


@lru_cache(maxsize=4096)
def _read(text: str | None) -> str:
    return stream_safe(text[:LONGEST]) if text else ""


def _shortened(author: Author) -> bool:
    return any(host_of(link) in SHORTENERS for link in author.links[:20])


def _handle_denies(handle: str, name: str) -> bool:
    """``notjanedoe`` of "Jane Doe": the handle is the name behind a word that denies it."""
    letters = "".join(char for char in handle.casefold() if char.isalpha())
    if "parody" in letters or "satire" in letters:
        return True
    own = [word for word in words(name) if len(word) > 2 and word in letters]
    rest = letters
    for word in own:
        rest = rest.replace(word, "", 1)
    return bool(own) and rest in {"not", "fake", "notreal", "definitelynot", "notthe", "faux", "nicht"}


def _own_name(handle: str, name: str) -> bool:
    """Whether the end of the handle is the author's own name: ``talbot`` of "Jo Talbot"."""
    return any(
        word.endswith("bot") and handle.casefold().rstrip("0123456789").endswith(word) for word in words(name) if len(word) > 3
    )
