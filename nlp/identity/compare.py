"""Comparing two records: an author with a customer, as one labelled level a field.

Pure, and the same for every pair: two authors are compared by turning one of them into a customer (``as_customer``), two
customers by turning one into an author (``as_author``). What a policy forbids is not even taken into a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from listener.core.brand import Evidence, Provenance
from listener.core.mention import Author, normal_handle
from listener.core.people import Customer, KnownHandle
from nlp.identity.bios import Phrase, Strength, phrases, runs, slug
from nlp.identity.domains import mail_domain
from nlp.identity.keys import (
    Clue,
    Sign,
    author_clues,
    customer_domains,
    handle_keys,
    known_handles,
    letters_of,
    may_use,
    normal_email,
    own_site_keys,
    place_key,
)
from nlp.identity.lists import PARTICLES, SHARED_MAILBOXES
from nlp.identity.name_levels import Named, Shown, given_key, name_level
from nlp.identity.names import shown_words, words
from nlp.identity.permitted import permitted
from nlp.identity.profiles import platform_name
from nlp.identity.signs import Sort, doubts, judged

ALL_EVIDENCE = frozenset(Evidence)
ALL_PROVENANCE = frozenset(Provenance)


class Finding(NamedTuple):
    """What one field says: a level of ``levels.LEVELS``, and what its words and its rarity need."""

    level: str
    about: str = ""
    """The platform, the years, the signs: what the level's words leave open."""
    rarity: tuple[str, ...] = ()
    """The counting keys (``keys``) that say how frequent the agreement is."""
    own: bool = False
    """Of a link: the author gave the page as their own."""


@dataclass(frozen=True, slots=True)
class AuthorRecord:
    """An author, read once for all comparisons; empty where the policy forbids the evidence."""

    platform: str
    clues: Mapping[str, Clue]
    email: str | None
    email_domain: str | None
    sites: frozenset[str]
    """Registrable domains of the author's own page and of links."""
    handle: str
    name: Shown
    phrases: tuple[Phrase, ...]
    rest: str
    """The letters of the handle without the display name: where a company may stand."""
    places: frozenset[str]
    created: int | None
    sort: Sort | None
    doubts: tuple[str, ...]
    weak: bool = False
    """Whether what the account is rests on one sign that honest people show too."""
    allowed: frozenset[Evidence] = ALL_EVIDENCE
    runs: frozenset[str] = frozenset()
    """The runs of words of the bio, written together."""
    known_companies: frozenset[str] = field(default=frozenset())
    """Which of the companies that the profile names the CRM knows, as ``c:`` slugs."""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer, read once for all comparisons."""

    customer: Customer
    name: Named
    email: str | None
    accounts: Mapping[str, str]
    """Account keys -> platform."""
    platforms: frozenset[str]
    own_sites: frozenset[str]
    """Keys of domains that bear the customer's name."""
    nicknames: frozenset[str]
    company: str
    domains: frozenset[str]
    labels: frozenset[str]
    """First labels of the company's domains: how handles and bios often write it."""
    city: str
    regions: frozenset[str]
    since: int | None
    counts: tuple[str, str, str, str, str] = ("", "", "", "", "")
    """The counting keys of first name, last name, company (its domain where it has no name), place and full name."""


# ------------------------------------------------------------------------------------------------ records


def author_record(
    author: Author,
    platform: str,
    origin: str = "",
    *,
    allowed: frozenset[Evidence] = ALL_EVIDENCE,
    clues: Sequence[Clue] | None = None,
) -> AuthorRecord:
    """What an author's profile says, as far as the policy allows."""
    author = permitted(author, allowed)
    found = author_clues(author, platform, origin) if clues is None else clues
    usable = {clue.key: clue for clue in found if may_use(clue, allowed)}
    email = normal_email(author.email)
    company = Evidence.COMPANY in allowed
    handle = normal_handle(author.handle or "")
    shown = _shown(author.display_name, handle if Evidence.NAME in allowed else "", platform)
    sort, weak = judged(author)
    return AuthorRecord(
        platform=platform_name(platform),
        clues=usable,
        email=email,
        email_domain=mail_domain(author.email) if company and author.email else None,
        sites=frozenset(key[2:] for key, clue in usable.items() if key.startswith("d:") and clue.sign is Sign.SITE)
        if company
        else frozenset(),
        handle=letters_of(handle) if Evidence.HANDLE in allowed else "",
        name=shown,
        phrases=phrases(author.bio) if company and author.bio else (),
        rest=_rest_of_handle(handle, shown, platform) if company else "",
        places=_places(author) if Evidence.PLACE in allowed else frozenset(),
        created=author.created_year if Evidence.HANDLE in allowed else None,
        sort=sort,
        weak=weak,
        doubts=doubts(author) if Evidence.HANDLE in allowed else (),
        allowed=allowed,
        runs=runs(author.bio) if company and author.bio else frozenset(),
    )


def customer_record(customer: Customer, *, provenance: frozenset[Provenance] = ALL_PROVENANCE) -> CustomerRecord:
    """What the CRM says of a customer; handles only of the given provenance."""
    known = [handle for handle in known_handles(customer) if handle.provenance in provenance]
    given = words(customer.first_name)
    last = words(customer.last_name)
    family = tuple(word for word in last if word not in PARTICLES) or last
    company = slug(customer.company)
    domains = customer_domains(customer)
    city = place_key(customer.city)
    first = given_key(given)
    final = family[-1] if family else ""
    return CustomerRecord(
        customer=customer,
        name=Named(given, family, "".join(last)),
        email=normal_email(customer.email),
        accounts={key: platform_name(handle.platform) for handle in known for key in handle_keys(handle)},
        platforms=frozenset(platform_name(handle.platform) for handle in known),
        own_sites=own_site_keys(customer, domains),
        nicknames=frozenset(bare for handle in known if (bare := letters_of(handle.handle))),
        company=company,
        domains=frozenset(domains),
        labels=frozenset(label for domain in domains if len(label := domain.partition(".")[0].replace("-", "")) > 2),
        city=city,
        regions=frozenset(filter(None, (place_key(customer.region), place_key(customer.extra.get("country"))))),
        since=int(customer.customer_since[:4]) if customer.customer_since and customer.customer_since[:4].isdecimal() else None,
        counts=(
            f"#f:{first}",
            f"#l:{final}",
            f"c:{company}" if company or not domains else f"d:{domains[0]}",
            f"#p:{city}",
            f"#n:{first} {final}",
        ),
    )


def as_customer(author: Author, platform: str, origin: str = "") -> Customer:
    """An author in a customer's shape, to compare another author with: the accounts of the profile are what "the CRM knows"."""
    shown = words(author.display_name or "")
    handles = [KnownHandle(platform_name(platform), normal_handle(author.handle), Provenance.PUBLIC)] if author.handle else []
    sites = []
    for clue in author_clues(author, platform, origin):
        if clue.key.startswith("h:") and clue.sign in {Sign.ACCOUNT, Sign.LINK} and clue.platform != "blog":
            handles.append(KnownHandle(clue.platform, clue.key.split(":", 2)[2], Provenance.PUBLIC))
        elif clue.key.startswith("d:") and clue.sign is Sign.SITE:
            sites.append(clue.key[2:])
    stated = [phrase for phrase in phrases(author.bio or "") if phrase.strength > Strength.MENTIONED and not phrase.former]
    return Customer(
        contact_id="",
        first_name=shown[0] if shown else "",
        last_name=" ".join(shown[1:]),
        email=author.email,
        company=stated[0].slug if stated else "",
        website=sites[0] if sites else None,
        domains=tuple(sites[1:]),
        city=(author.location or "").split(",")[0].strip() or None,
        customer_since=f"{author.created_year:04d}" if author.created_year and 1900 < author.created_year < 3000 else None,
        handles=tuple(dict.fromkeys(handles)),
    )


def as_author(customer: Customer) -> Author:
    """A customer in an author's shape, to compare another customer with."""
    return Author(
        display_name=customer.name or None,
        email=customer.email,
        bio=f"at {customer.company}" if customer.company else None,
        location=customer.city,
        links=tuple(filter(None, (customer.website, *customer.domains))),
    )


def _shown(display_name: str | None, handle: str, platform: str) -> Shown:
    name = (display_name or "")[:200]
    local = handle.partition("@")[0]
    if platform_name(platform) == "blog":
        local = local.rpartition("/")[2].partition(".")[0]
    shown = shown_words(name)[:8]
    pieces = tuple(words(local.replace("_", " ")))
    letters = "".join(char for char in "".join(pieces) if not char.isdigit())
    spaced = len(shown) > 1 and len(name.split()) > 1 and all(word.isalpha() for word in shown)
    return Shown(shown, spaced, letters, pieces)


def _rest_of_handle(handle: str, shown: Shown, platform: str) -> str:
    """The handle without the words of the display name: ``glen_beltorkatech`` of Glen Reed leaves ``beltorkatech``."""
    if platform_name(platform) == "blog" and "." in handle:
        return ""
    rest = "".join(words(handle.partition("@")[0].replace("_", " ")))
    before = rest
    for word in sorted(shown.words, key=len, reverse=True):
        if len(word) > 2 and word in rest:
            rest = rest.replace(word, "", 1)
    if rest == before and len(shown.pieces) > 1:
        rest = max(shown.pieces, key=len)  # jdoe_acme
    elif rest[:1] and shown.words and len(rest) < len(before) and len(shown.pieces) > 1 and shown.pieces[-1] in rest:
        rest = shown.pieces[-1]
    return rest if len(rest) > 3 else ""


def _places(author: Author) -> frozenset[str]:
    if not author.location:
        return frozenset()
    parts = author.location[:200].replace("/", ",").replace("|", ",").replace("·", ",").split(",")
    return frozenset(place for part in parts[:5] if (place := place_key(part)))


# ------------------------------------------------------------------------------------------------ comparing


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
