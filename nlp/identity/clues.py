"""The keys of an author that need no guess, and how they came by each: mailbox, accounts, sites, and the domains of companies."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import NamedTuple

from listener.core.brand import Evidence
from listener.core.mention import Author, normal_handle
from nlp.identity.domains import host_of, mail_domain, site_domain
from nlp.identity.keys import account_key, normal_email
from nlp.identity.permitted import MOST_LINKS
from nlp.identity.profiles import Profile, is_common_instance, mastodon_names, platform_name, profile_of


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
    own: bool = False
    """The author gave the page as their own, not among links."""

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


def may_use(clue: Clue, allowed: Collection[Evidence]) -> bool:
    """Whether a policy lets a clue be used. A site may show a person or a company: it needs either kind."""
    if clue.sign is Sign.MAIL_DOMAIN and Evidence.EMAIL not in allowed:
        return False
    return clue.kind in allowed or (clue.sign is Sign.SITE and clue.key.startswith("d:") and Evidence.COMPANY in allowed)


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
    for link in author.links[:MOST_LINKS]:
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
        yield from (clue._replace(own=own) for clue in _account_of(profile, sign, bare=sign is Sign.ACCOUNT))
    domain = site_domain(address)
    if domain is not None and (profile is None or profile.platform == "blog"):
        yield Clue(account_key("blog", domain), Sign.SITE, "blog", own)
        yield Clue(f"d:{domain}", Sign.SITE)


def _account_of(profile: Profile, sign: Sign, *, bare: bool) -> Iterator[Clue]:
    if profile.platform == "mastodon":
        name, _, instance = profile.handle.partition("@")
        bare = bare or is_common_instance(profile.handle)
        yield from _account("mastodon", name, sign, instance, bare=bare)
    else:
        yield Clue(account_key(profile.platform, profile.handle), sign, profile.platform)


def _account(platform: str, handle: str, sign: Sign, instance: str | None, *, bare: bool = True) -> Iterator[Clue]:
    names = mastodon_names(handle, instance) if platform == "mastodon" else (handle,)
    for name in names if bare else names[:1]:
        yield Clue(account_key(platform, name), sign, platform)


def _instance(author: Author, origin: str) -> str | None:
    """The Mastodon instance on which the author has the account."""
    return host_of(author.profile_url or "") or host_of(origin)
