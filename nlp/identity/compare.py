"""Comparing two records: an author with a customer, as one labelled level a field.

Pure, and the same for every pair: what a record (``records``) leaves out, because a policy forbids it, says nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from listener.core.brand import Evidence
from nlp.identity.bios import Phrase, Strength
from nlp.identity.clues import Sign
from nlp.identity.domains import mail_domain
from nlp.identity.keys import letters_of
from nlp.identity.lists import SHARED_MAILBOXES
from nlp.identity.name_levels import Named, name_level
from nlp.identity.records import AuthorRecord, CustomerRecord
from nlp.identity.signs import Sort


class Finding(NamedTuple):
    """What one field says: a level of ``levels.LEVELS``, and what its words and its rarity need."""

    level: str
    about: str = ""
    """The platform, the years, the signs: what the level's words leave open."""
    rarity: tuple[str, ...] = ()
    """The counting keys (``keys``) that say how frequent the agreement is."""
    own: bool = False
    """Of a link: the author gave the page as their own."""


def compare(author: AuthorRecord, customer: CustomerRecord) -> tuple[Finding, ...]:
    """What each field says of the pair; fields that say nothing are left out."""
    found: list[Finding] = []
    accounts = _accounts(author, customer, found)
    level = None
    if Evidence.NAME in author.allowed and (level := name_level(author.name, customer.name)) is not None:
        if level in _BY_HANDLE and "account.known" in accounts:
            level = _BY_HANDLE[level]  # that the account bears the name is no news: the CRM has it
        elif level in _SINGLE and "account.known" in accounts and "".join(author.name.words) in author.name.handle:
            level = "silent"  # nor that the display name says what the handle does
        found.append(Finding(f"name.{level}", rarity=customer.counts))
    same = Evidence.HANDLE in author.allowed and author.handle and author.handle in customer.nicknames
    if same and not accounts & {"account.known", "link.second"}:
        plain = level in _PLAIN or _made_of_name(author.handle, customer.name) or len(author.handle) < 6
        found.append(Finding("nickname.plain" if plain else "nickname.unusual", rarity=(f"a:{author.handle.rstrip(_DIGITS)}",)))
    if (company := _company(author, customer, seen=accounts)) is not None:
        found.append(Finding(f"company.{company}", rarity=customer.counts))
    if (place := _place(author, customer)) is not None:
        if place == "same" and company in _TOGETHER:
            place = "colleague"
        found.append(Finding(f"place.{place}", rarity=customer.counts))
    doubted = (*author.doubts, *([f"perhaps {author.sort.value}"] if author.weak and author.sort is not None else []))
    if len(doubted) > 1 or author.weak:
        found.append(Finding("signs.doubtful", about="; ".join(doubted), rarity=(str(max(2, len(doubted))),)))
    return tuple(found)


_DIGITS = "0123456789"
_TOGETHER = frozenset({"domain", "mail", "stated", "handle", "former"})
"""Company and place go together: a colleague lives there too."""
_PLAIN = frozenset({"handle", "handle_initial", "handle_completes"})
_SINGLE = frozenset({"first", "last", "initial"})
_BY_HANDLE = {"handle": "silent", "handle_initial": "silent", "handle_completes": "first", "changed_kept": "changed"}


def _accounts(author: AuthorRecord, customer: CustomerRecord, found: list[Finding]) -> frozenset[str]:  # noqa: C901, PLR0912 - one branch a kind of sign
    """E-mail, known accounts and own sites; which were found."""
    if author.email is not None and customer.email is not None and not _of_several(author.email, customer):
        if author.email == customer.email:
            found.append(Finding("email.same"))
        elif _of_several(customer.email, customer):
            pass
        elif author.email.rpartition("@")[2] != customer.email.rpartition("@")[2]:
            found.append(Finding("email.other"))
    known = link = site = ""
    own = False
    shared: tuple[str, ...] = ()
    for key, clue in author.clues.items():
        if not key.startswith("h:"):
            continue
        if key in customer.accounts or key in customer.own_sites:
            own = own or clue.own
            if clue.sign is Sign.ACCOUNT:
                known = known or customer.accounts.get(key, clue.platform)
            elif clue.sign is Sign.SITE:
                site = site or "blog"
                shared += (f"d:{key.removeprefix('h:blog:')}",) if key in customer.own_sites else ()
            else:
                link = link or customer.accounts.get(key, clue.platform)
    if site:
        found.append(Finding("link.site", rarity=shared, own=own))
    elif link:
        second = link == author.platform and not known
        found.append(Finding("link.second" if second else "link.known", about=link, own=own))
    if known:
        found.append(Finding("account.known", about=known))
        if author.created is not None and customer.since is not None:
            younger = author.created > customer.since
            found.append(Finding("age.younger" if younger else "age.older", about=f"{author.created}/{customer.since}"))
    elif (
        author.platform in customer.platforms
        and author.name.handle
        and author.platform != "blog"
        and Evidence.HANDLE in author.allowed
        and link != author.platform
    ):
        near = any(
            platform == author.platform and is_copy(author.handle, letters_of(key.split(":", 2)[2]))
            for key, platform in customer.accounts.items()
        )
        found.append(Finding("account.copied" if near else "account.other", about=author.platform))
    return frozenset(each.level for each in found) if known or link or site else frozenset()


def _of_several(email: str, customer: CustomerRecord) -> bool:
    """Whether a mailbox is a team's: it shows the company, and nobody in particular. On a domain of one's name it is own."""
    return email.partition("@")[0] in SHARED_MAILBOXES and f"h:blog:{mail_domain(email)}" not in customer.own_sites


def is_copy(handle: str, known: str) -> bool:
    """Whether a handle is made to be taken for another: the same with a letter exchanged or with something around it."""
    if min(len(handle), len(known)) < 6 or handle == known:
        return False
    if known in handle and len(handle) - len(known) <= 8:
        return True
    return DamerauLevenshtein.distance(handle, known, score_cutoff=2) <= (1 if len(known) < 10 else 2)


def _company(author: AuthorRecord, customer: CustomerRecord, *, seen: frozenset[str]) -> str | None:  # noqa: C901, PLR0911, PLR0912 - levels in order, the first that holds
    """The best that the profile says for the customer's company; else that it names another."""
    if Evidence.COMPANY not in author.allowed:
        return None
    if author.sort is Sort.OUTSIDER:
        return "outsider"
    own = customer.company
    domains = customer.domains
    if "link.site" in seen:  # the person's own site is not their company's once more
        domains = frozenset(domain for domain in domains if f"h:blog:{domain}" not in customer.own_sites)
    if author.sites and domains and author.sites & domains:
        return "domain"
    if author.email_domain and author.email_domain in customer.domains:
        return "mail"
    if not own:
        stated = any(phrase.strength is Strength.STATED and not phrase.former for phrase in author.phrases)
        named = any(not phrase.former and author.known_companies & set(phrase.slugs) for phrase in author.phrases)
        return "beside" if stated or named else None
    best: str | None = None
    for phrase in author.phrases:
        level = _phrase_level(phrase, customer, author)
        if level is not None and (best is None or _COMPANY_ORDER[level] < _COMPANY_ORDER[best]):
            best = level
            if best == "stated":
                return best
    if best == "former":
        return best
    if len(own) > 3 and own in author.runs and best not in {"part", "other_customer"}:
        return "stated"
    if best == "part":
        return best
    if len(own) > 3 and ((author.rest and _in_handle(author.rest, customer)) or own in author.name.pieces):
        return "handle"
    return best


_COMPANY_ORDER = {"stated": 0, "former": 1, "part": 2, "other_customer": 3, "other": 4, "beside": 5, "named": 6}


def _phrase_level(phrase: Phrase, customer: CustomerRecord, author: AuthorRecord) -> str | None:  # noqa: C901, PLR0911 - levels in order, the first that holds
    own = customer.company
    said = phrase.slug
    same = said == own or said in customer.labels or (phrase.at_sign and len(said) >= 6 and own.startswith(said))
    if not same and phrase.strength == Strength.MENTIONED and own in phrase.slugs and len(own) >= 4:
        return "former" if phrase.former else "part"
    if same:
        return "former" if phrase.former else "stated"
    if phrase.at_sign and len(said) > len(own) >= 4 and said.startswith(own) and said[len(own) :] in _HANDLE_TAILS:
        return "stated"
    known = next((each for each in phrase.slugs if each in author.known_companies), None)
    if known is not None and known != own:
        if phrase.former or (phrase.strength == Strength.MENTIONED and known != said):
            return None
        return "named" if phrase.strength == Strength.MENTIONED else "other_customer"
    if own in phrase.slugs and len(own) >= 4:
        return "former" if phrase.former else "part"
    if phrase.former or phrase.strength == Strength.MENTIONED:
        return None
    if phrase.strength == Strength.NAMED and (said in author.name.words or said == "".join(author.name.words)):
        return None
    if len(said) >= 4 and own.startswith(said):
        return "part"
    if said in author.places or said == customer.city.replace(" ", "") or said.replace(" ", "") in _squeezed(author.places):
        return None
    return _OTHERS[phrase.strength]


_OTHERS = {Strength.STATED: "other", Strength.BESIDE: "beside", Strength.NAMED: "named"}
_HANDLE_TAILS = frozenset(
    {"hq", "app", "inc", "io", "official", "team", "global", "labs", "tech", "dev", "eng", "ltd", "gmbh", "co", "de", "uk"}
)


@lru_cache(maxsize=4096)
def _squeezed(places: frozenset[str]) -> frozenset[str]:
    return frozenset(place.replace(" ", "") for place in places)


def _in_handle(rest: str, customer: CustomerRecord) -> bool:
    """Whether what a handle has beside the name is the company, maybe cut at the platform's longest handle."""
    own = customer.company
    if len(own) < 4:
        return False
    if len(own) > 5 and own in rest:
        return True
    if rest == own or rest in customer.labels or (len(rest) >= 7 and own.startswith(rest)):
        return True
    return len(own) >= 5 and rest.startswith(own) and rest[len(own) :] in _HANDLE_TAILS


def _place(author: AuthorRecord, customer: CustomerRecord) -> str | None:
    if Evidence.PLACE not in author.allowed:
        return None
    if customer.city:
        if customer.city in author.places:
            return "same"
        squeezed = customer.city.replace(" ", "")
        if any(phrase.slug.removesuffix("based") == squeezed for phrase in author.phrases):
            return "same"
    if not author.places:
        return None
    if customer.regions & author.places:
        return "region"
    return "other" if customer.city else None


def _made_of_name(handle: str, name: Named) -> bool:
    """Whether a handle is a form of the name, which namesakes choose too."""
    parts = [word for word in (*name.given, *name.family) if len(word) > 2]
    return any(word in handle for word in parts)


def rarity_keys(findings: Iterable[Finding]) -> set[str]:
    """The counting keys that weighing these findings needs."""
    return {key for finding in findings for key in finding.rarity if key[:1] == "#" or key[:2] in {"c:", "d:", "a:"}}
