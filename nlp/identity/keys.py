"""Blocking keys: under what a customer is stored, and under what an author is looked for. Pure.

| key | of | finds |
| --- | --- | --- |
| ``e:address`` | a normalised e-mail address | the same mailbox |
| ``h:platform:handle`` | an account, or a person's own site (``h:blog:domain``) | the account that the CRM knows |
| ``a:handle`` | a handle on whatever platform | the same nickname elsewhere |
| ``n:first last`` | the folded full name, nicknames undone | the same name |
| ``w:letters`` | first and last name written together, in either order, or with an initial | names in handles, or short |
| ``k:name company`` | one name with the company's name or domain | common names, nicknames, married names |
| ``p:first last city`` | the full name with the city | common names |
| ``c:company`` | the folded company name | the company, never a person |
| ``d:domain`` | a registrable domain, no mail provider's and no shared host's | the company, never a person |
| ``#f:``, ``#l:``, ``#n:``, ``#p:`` | first name, last name, full name, city | nobody: they are only counted |

Customer and author share a key exactly where a pair is worth comparing. ``person_keys`` are those of an author's keys that can
find a person; the others name companies.

Here stands what both sides' keys are made of; the sides are ``customer_keys`` and ``author_keys``.
"""

from __future__ import annotations

import re

from listener.core.mention import normal_handle
from nlp.identity.company_names import slug
from nlp.identity.domains import host_of
from nlp.identity.names import words

KEYS_VERSION = "4"
"""Raise it with every change of what keys a customer gets: an unchanged export is imported anew then."""
MOST_NAMES = 6
MOST_LETTERS = 200
_EMAIL = re.compile(r"[^@\s<>\"]{1,100}@[^@\s<>\"]{1,255}")
_ROBOTS = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "nobody"})
_DOTS_IGNORED = frozenset({"gmail.com", "googlemail.com"})
_NO_WORD = re.compile(r"[^a-z0-9]+")


def normal_email(email: str | None) -> str | None:
    """An address as it is compared: lower case, without ``+tag``, for Gmail without dots. ``None`` for none, or a robot's."""
    text = (email or "").strip().casefold().removeprefix("mailto:")
    if not _EMAIL.fullmatch(text):
        return None
    local, _, domain = text.partition("@")
    host = host_of(domain)
    local = local.partition("+")[0]
    if host in _DOTS_IGNORED:
        host, local = "gmail.com", local.replace(".", "")
    return f"{local}@{host}" if host and local and local not in _ROBOTS else None


def company_key(company: str) -> str | None:
    """A company without its legal form."""
    found = slug(company)
    return f"c:{found}" if found else None


def place_key(place: str | None) -> str:
    """A town, region or country as it is compared: folded words."""
    return " ".join(words(place[:MOST_LETTERS])[:6]) if place else ""


def account_key(platform: str, handle: str) -> str:
    return f"h:{platform}:{handle}"


def bare_handle(handle: str) -> str:
    """A handle without instance, digits at its end and punctuation."""
    return letters_of(handle).rstrip("0123456789")


def letters_of(handle: str) -> str:
    """A handle without instance and punctuation."""
    return _NO_WORD.sub("", normal_handle(handle).partition("@")[0])
