"""Blocking keys: under what a customer is stored, and under what an author is looked for. Pure.

| key | of | finds |
| --- | --- | --- |
| ``e:address`` | a normalised e-mail address | the same mailbox |
| ``h:platform:handle`` | an account | the account that the CRM knows |
| ``a:handle`` | a handle on whatever platform | the same nickname elsewhere |
| ``d:domain`` | a registrable domain, no mail provider's and no shared host's | a company's, or a person's own, site |
| ``n:first last`` | the folded full name, nicknames undone | the same name |
| ``i:initial last`` | first initial and last name | names written short |
| ``c:company`` | the folded company name | colleagues |

The deterministic tier asks for ``e:``, ``h:`` and ``d:`` only. The others are stored already, so that a matcher that weighs
names needs no new import. Customer and author share a key exactly where a pair is worth comparing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from listener.core.brand import Evidence
from listener.core.mention import Author, normal_handle
from listener.core.people import Customer, KnownHandle
from nlp.identity.domains import host_of, mail_domain, site_domain
from nlp.identity.lists import LEGAL_FORMS
from nlp.identity.names import canonical, words
from nlp.identity.profiles import Profile, is_common_instance, mastodon_names, platform_name, profile_of

KEYS_VERSION = "1"
"""Raise it with every change of what keys a customer gets: an unchanged export is imported anew then."""


class Sign(StrEnum):
    """How an author came by a key."""

    EMAIL = "email"
    ACCOUNT = "account"
    """The author's own account on the platform of the post."""
    LINK = "link"
    """An account that the author's profile names."""
    SITE = "site"
    """The author's own site, or one the profile links to."""
    MAIL_DOMAIN = "mail-domain"
    ORIGIN = "origin"
    """The site on which the author writes."""


class Clue(NamedTuple):
    """A key of an author, and how they came by it; ``platform`` is that of an account."""

    key: str
    sign: Sign
    platform: str = ""

    @property
    def kind(self) -> Evidence:
        """The kind of evidence that a policy must allow for this key to be used at all."""
        return _KINDS[self.sign]


_KINDS = {
    Sign.EMAIL: Evidence.EMAIL,
    Sign.ACCOUNT: Evidence.HANDLE,
    Sign.LINK: Evidence.LINK,
    Sign.SITE: Evidence.LINK,
    Sign.MAIL_DOMAIN: Evidence.COMPANY,
    Sign.ORIGIN: Evidence.COMPANY,
}
_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_ROBOTS = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "nobody"})
_DOTS_IGNORED = frozenset({"gmail.com", "googlemail.com"})
_NO_WORD = re.compile(r"[^a-z0-9]+")


# ------------------------------------------------------------------------------------------------ customers


def customer_keys(customer: Customer) -> frozenset[str]:
    """Every key under which the customer can be found."""
    keys = {f"d:{domain}" for domain in customer_domains(customer)}
    if (email := normal_email(customer.email)) is not None:
        keys.add(f"e:{email}")
    for known in customer.handles:
        keys |= handle_keys(known)
        keys.add(f"a:{_bare(known.handle)}")
    if customer.website and (own := profile_of(customer.website)) is not None:
        keys.add(_account_key(own.platform, own.handle))
    keys |= _name_keys(words(customer.first_name), words(customer.last_name))
    if company := company_key(customer.company):
        keys.add(company)
    return frozenset(key for key in keys if not key.endswith(":"))


def customer_domains(customer: Customer) -> tuple[str, ...]:
    """The registrable domains of a customer's site and mail, the site's first."""
    found = [site_domain(customer.website) if customer.website else None, mail_domain(customer.email)]
    return tuple(dict.fromkeys(domain for domain in found if domain))


def handle_keys(known: KnownHandle) -> frozenset[str]:
    """The keys of one account of the CRM. One on Mastodon without its instance is found on any."""
    platform = platform_name(known.platform)
    if platform != "blog":
        return frozenset({_account_key(platform, known.handle)})
    keys = {_account_key("blog", known.handle.rstrip("/"))}
    if (profile := profile_of(known.handle)) is not None:
        keys.add(_account_key(profile.platform, profile.handle))
    elif (domain := site_domain(known.handle)) is not None:
        keys.add(_account_key("blog", domain))
    return frozenset(keys)


# ------------------------------------------------------------------------------------------------ authors


def author_keys(author: Author, platform: str, origin: str) -> frozenset[str]:
    """Every key that could find the author among the customers."""
    keys = {clue.key for clue in author_clues(author, platform, origin)}
    if author.handle:
        keys.add(f"a:{_bare(normal_handle(author.handle))}")
    name = words(author.display_name or "")
    if len(name) > 1:
        keys |= _name_keys(name[:1], name[1:]) | _name_keys(name[-1:], name[:-1])
    return frozenset(key for key in keys if not key.endswith(":"))


def author_clues(author: Author, platform: str, origin: str) -> tuple[Clue, ...]:
    """The deterministic keys of an author, strongest signs first, each key once."""
    found: dict[str, Clue] = {}
    for clue in _clues(author, platform_name(platform), origin):
        found.setdefault(clue.key, clue)
    return tuple(found.values())


def _clues(author: Author, platform: str, origin: str) -> Iterator[Clue]:
    if (email := normal_email(author.email)) is not None:
        yield Clue(f"e:{email}", Sign.EMAIL)
    own_pages = [page for page in (author.profile_url, author.handle if platform == "blog" else None) if page]
    if author.handle and (handle := normal_handle(author.handle)):
        yield from _account(platform, handle, Sign.ACCOUNT, _instance(author, origin) if platform == "mastodon" else None)
    for page in own_pages:
        yield from _page(page, platform, own=True)
    for link in author.links:
        yield from _page(link, platform, own=False)
    if (domain := mail_domain(email)) is not None:
        yield Clue(f"d:{domain}", Sign.MAIL_DOMAIN)
    if (domain := site_domain(origin)) is not None:
        yield Clue(f"d:{domain}", Sign.ORIGIN)


def _page(address: str, platform: str, *, own: bool) -> Iterator[Clue]:
    """What a page of the author's, or one that the profile links to, says: an account, or a site."""
    profile = profile_of(address)
    if profile is not None:
        sign = Sign.ACCOUNT if own and profile.platform == platform else Sign.LINK
        yield from _account_of(profile, sign, bare=sign is Sign.ACCOUNT)
    domain = site_domain(address)
    if domain is not None and (profile is None or profile.platform == "blog"):
        yield Clue(_account_key("blog", domain), Sign.SITE, "blog")
        yield Clue(f"d:{domain}", Sign.SITE)


def _account_of(profile: Profile, sign: Sign, *, bare: bool) -> Iterator[Clue]:
    if profile.platform == "mastodon":
        name, _, instance = profile.handle.partition("@")
        bare = bare or is_common_instance(profile.handle)
        yield from _account("mastodon", name, sign, instance, bare=bare)
    else:
        yield Clue(_account_key(profile.platform, profile.handle), sign, profile.platform)


def _account(platform: str, handle: str, sign: Sign, instance: str | None, *, bare: bool = True) -> Iterator[Clue]:
    names = mastodon_names(handle, instance) if platform == "mastodon" else (handle,)
    for name in names if bare else names[:1]:
        yield Clue(_account_key(platform, name), sign, platform)


def _instance(author: Author, origin: str) -> str | None:
    """The Mastodon instance on which the author has the account."""
    return host_of(author.profile_url or "") or host_of(origin)


# ------------------------------------------------------------------------------------------------ parts


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
    parts = [word for word in words(company.replace(".", "")) if word not in LEGAL_FORMS]
    return f"c:{''.join(parts)}" if parts else None


def _name_keys(given: tuple[str, ...], family: tuple[str, ...]) -> set[str]:
    if not given or not family:
        return set()
    name = canonical(given[0])
    return {f"n:{name} {family[-1]}", *(f"i:{initial} {family[-1]}" for initial in (given[0][0], name[0]))}


def _account_key(platform: str, handle: str) -> str:
    return f"h:{platform}:{handle}"


def _bare(handle: str) -> str:
    """A handle without instance, digits at its end and punctuation."""
    return _NO_WORD.sub("", handle.partition("@")[0]).rstrip("0123456789")
