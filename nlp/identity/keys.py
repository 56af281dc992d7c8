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
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from listener.core.brand import Evidence
from listener.core.mention import Author, normal_handle
from listener.core.people import Customer, KnownHandle
from nlp.identity.bios import phrases, slug
from nlp.identity.domains import host_of, mail_domain, site_domain
from nlp.identity.lists import PARTICLES
from nlp.identity.names import canonical, forms, is_name_in_one_word, shown_words, words
from nlp.identity.permitted import MOST_LINKS, permitted
from nlp.identity.profiles import Profile, is_common_instance, mastodon_names, platform_name, profile_of
from nlp.identity.signs import organisation_slug

KEYS_VERSION = "4"
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
ALL_EVIDENCE = frozenset(Evidence)
MOST_KEYS = 40
"""Keys of one author: the strongest first, so that what a long profile adds is left out."""
MOST_COMPANIES = 10
MOST_PAIRED = 4
MOST_NAMES = 6
MOST_LETTERS = 200
MOST_DOMAINS = 10
_EMAIL = re.compile(r"[^@\s<>\"]{1,100}@[^@\s<>\"]{1,255}")
_ROBOTS = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "nobody"})
_DOTS_IGNORED = frozenset({"gmail.com", "googlemail.com"})
_NO_WORD = re.compile(r"[^a-z0-9]+")


# ------------------------------------------------------------------------------------------------ customers


def customer_keys(customer: Customer) -> frozenset[str]:
    """Every key under which the customer can be found, and those that are only counted."""
    domains = customer_domains(customer)
    keys = {f"d:{domain}" for domain in domains} | own_site_keys(customer, domains)
    if (email := normal_email(customer.email)) is not None:
        keys.add(f"e:{email}")
    for known in known_handles(customer):
        keys |= handle_keys(known)
        keys.add(f"a:{bare_handle(known.handle)}")
    company = slug(customer.company)
    if company:
        keys.add(f"c:{company}")
    given, last = words(customer.first_name)[:MOST_NAMES], words(customer.last_name)[:MOST_NAMES]
    family = tuple(word for word in last if word not in PARTICLES) or last
    keys |= _name_keys(given, family, "".join(last))
    for name in {*given[:1], *(canonical(name) for name in given[:1]), *family[:1], *family[-1:]}:
        keys |= {f"k:{name} {place}" for place in (company, *domains[:2]) if place}
    city = place_key(customer.city)
    if city:
        keys.add(f"#p:{city}")
        if given and family:
            keys.add(f"p:{canonical(given[0])} {family[-1]} {city}")
    return frozenset(key for key in keys if not key.endswith((":", " ")))


def own_site_keys(customer: Customer, domains: Sequence[str] | None = None) -> frozenset[str]:
    """The keys of domains that are the person's own and no company's."""
    theirs = customer_domains(customer) if domains is None else domains
    return frozenset(f"h:blog:{domain}" for domain in theirs if is_personal(domain, customer))


def is_personal(domain: str, customer: Customer) -> bool:
    """Whether a customer's domain is their own and no company's: it is their name.

    That the CRM names no company for them says nothing: many a contact at a large company has none.
    """
    return is_name_in_one_word(domain.partition(".")[0], customer)


def known_handles(customer: Customer) -> tuple[KnownHandle, ...]:
    """The accounts of the CRM, and those that stand in its fields for sites, of unknown provenance.

    The field for the site is mostly the company's: a page there is the person's only where it bears their name.
    """
    found = {key: known for known in customer.handles for key in handle_keys(known)}
    more = []
    for address in (customer.website, *customer.domains[:MOST_DOMAINS]):
        page = profile_of(address) if address else None
        if page is not None and _bears_name(page.handle, customer):
            known = KnownHandle(page.platform, page.handle)
            if not handle_keys(known) & found.keys():
                found |= dict.fromkeys(handle_keys(known), known)
                more.append(known)
    return (*customer.handles, *more)


def _bears_name(handle: str, customer: Customer) -> bool:
    """Whether a handle is the person's name, or the last name with the first one's initial, and not their company's."""
    host, _, path = handle.partition("/")
    word = path or (host.partition(".")[0] if "." in host else host)
    letters = letters_of(word).rstrip("0123456789")
    if is_name_in_one_word(letters, customer):
        return True
    given, last = "".join(words(customer.first_name)), "".join(words(customer.last_name))
    if not given or len(last) < 3 or letters == slug(customer.company):
        return False
    return letters in {given[0] + last, last + given[0]}


def customer_domains(customer: Customer) -> tuple[str, ...]:
    """The registrable domains of a customer's site and mail, the site's first."""
    sites = [site_domain(address) for address in (customer.website, *customer.domains[:MOST_DOMAINS]) if address]
    found = [*sites[:1], mail_domain(customer.email), *sites[1:]]
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


def author_keys(
    author: Author,
    platform: str,
    origin: str,
    *,
    allowed: frozenset[Evidence] = ALL_EVIDENCE,
    clues: Sequence[Clue] | None = None,
) -> frozenset[str]:
    """Every key that could find the author, or the author's company, among the customers; at most ``MOST_KEYS``."""
    author = permitted(author, allowed)
    known = author_clues(author, platform, origin) if clues is None else clues
    keys = [clue.key for clue in known if may_use(clue, allowed)]
    blog = platform_name(platform) == "blog"
    handle = normal_handle(author.handle or "")[:MOST_LETTERS]
    local = handle.partition("@")[0]
    if handle and Evidence.HANDLE in allowed and not (blog and "." in handle):
        keys.append(f"a:{bare_handle(handle)}")
    companies = company_slugs(author, platform) if Evidence.COMPANY in allowed else ()
    keys += [f"c:{company}" for company in companies[:MOST_COMPANIES]]
    if Evidence.NAME in allowed:
        shown = shown_words(author.display_name or "")
        names = tuple(word for word in shown if len(word) == 1 or word not in PARTICLES)[:MOST_NAMES]
        keys += _shown_keys(names, shown)
        letters = "".join(word for word in words(local.replace("_", " ")) if not word.isdigit()).strip("0123456789")
        if letters and not (blog and "." in handle) and len(letters) > 2:
            keys.append(f"w:{letters}")
        pieces = () if blog and "." in handle else words(local.replace("_", " "))[:MOST_NAMES]
        if len(pieces) > 1:
            keys += [f"w:{''.join(part)}" for part in (pieces[:-1], pieces[1:]) if len("".join(part)) > 3]
        if Evidence.PLACE in allowed and len(names) > 1 and (city := place_key((author.location or "").split(",")[0])):
            keys += [f"p:{canonical(names[0])} {names[-1]} {city}", f"p:{canonical(names[-1])} {names[0]} {city}"]
        if Evidence.COMPANY in allowed:
            domains = [key[2:] for key in keys if key.startswith("d:")]
            places = [*domains[:2], *companies[:MOST_PAIRED]]
            ends = dict.fromkeys(word for word in (*names[:1], *names[-1:]) if len(word) > 1)
            if len(names) < 2:
                ends |= dict.fromkeys(word for word in (pieces[:1] + pieces[-2:] if len(pieces) > 1 else ()) if len(word) > 2)
            keys += [f"k:{form} {place}" for name in ends for form in dict.fromkeys((name, canonical(name))) for place in places]
    return frozenset(list(dict.fromkeys(key for key in keys if not key.endswith((":", " "))))[:MOST_KEYS])


def may_use(clue: Clue, allowed: Collection[Evidence]) -> bool:
    """Whether a policy lets a clue be used. A site may show a person or a company: it needs either kind."""
    if clue.sign is Sign.MAIL_DOMAIN and Evidence.EMAIL not in allowed:
        return False
    return clue.kind in allowed or (clue.sign is Sign.SITE and clue.key.startswith("d:") and Evidence.COMPANY in allowed)


def person_keys(keys: Iterable[str]) -> set[str]:
    """Those of an author's keys that can find a person."""
    return {key for key in keys if key[:2] not in {"c:", "d:"} and key[:1] != "#"}


def company_slugs(author: Author, platform: str) -> tuple[str, ...]:
    """What may be a company's name in the bio, the handle and the display name, likeliest first."""
    found: list[str] = []
    for phrase in phrases(author.bio or ""):
        found += phrase.slugs[:4] if phrase.strength else phrase.slugs[:2]
    handle = normal_handle(author.handle or "")[:MOST_LETTERS]
    if handle and not (platform_name(platform) == "blog" and "." in handle):
        shown = shown_words(author.display_name or "")
        pieces = words(handle.partition("@")[0].replace("_", " "))
        rest = "".join(pieces)
        for word in sorted(shown, key=len, reverse=True):
            rest = rest.replace(word, "", 1) if len(word) > 2 else rest
        found += [piece for piece in (*pieces[-1:], *pieces[:1]) if len(pieces) > 1 and piece not in shown] + [rest]
    brand = organisation_slug(author.display_name or "")
    found += [brand, slug((author.display_name or "")[:MOST_LETTERS])]
    return tuple(dict.fromkeys(each for each in found if len(each) > 2 and not each.isdigit()))


def _shown_keys(names: Sequence[str], shown: Sequence[str]) -> list[str]:
    """The keys of a display name, read in every order that is usual."""
    if not names:
        return []
    if len(names) == 1:
        return [f"w:{names[0]}"]
    pairs = dict.fromkeys(((names[0], names[-1]), (names[-1], names[0])))
    if len(names) > 2:
        pairs |= dict.fromkeys(((names[0], names[1]), (names[1], names[0]), (names[0], names[-2]), (names[-1], names[1])))
        pairs |= dict.fromkeys(((names[0] + names[1], names[-1]), (names[1] + names[2], names[0])))
    keys = [f"n:{form} {last}" for first, last in pairs if len(first) > 1 and len(last) > 1 for form in forms(first)]
    if any(len(name) == 1 for name in names):
        keys += [f"w:{first}{last}" for first, last in pairs]
    if len(shown) <= 3:
        keys.append(f"w:{''.join(shown)}")
    return keys


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
        yield Clue(_account_key("blog", domain), Sign.SITE, "blog", own)
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
    found = slug(company)
    return f"c:{found}" if found else None


def place_key(place: str | None) -> str:
    """A town, region or country as it is compared: folded words."""
    return " ".join(words(place[:MOST_LETTERS])[:6]) if place else ""


def _name_keys(given: tuple[str, ...], family: tuple[str, ...], together: str) -> set[str]:
    keys = {f"#f:{canonical(given[0])}"} if given else set()
    if family:
        keys.add(f"#l:{family[-1]}")
    if not given or not family:
        single = given or family
        return keys | {f"w:{''.join(single)}"} if single else keys
    name, first, last = canonical(given[0]), given[0], together
    if len(given) > 1:
        joined = "".join(given)
        keys |= {f"n:{joined} {family[-1]}", f"w:{joined}{last}", f"w:{last}{joined}"}
    keys.add(f"#n:{name} {family[-1]}")
    keys |= {f"n:{form} {last}" for form in forms(given[0]) for last in (family[0], family[-1])}
    return keys | {
        f"w:{each}" for each in (first + last, last + first, first[0] + last, last + first[0], first + last[0], name[0] + last)
    }


def _account_key(platform: str, handle: str) -> str:
    return f"h:{platform}:{handle}"


def bare_handle(handle: str) -> str:
    """A handle without instance, digits at its end and punctuation."""
    return letters_of(handle).rstrip("0123456789")


def letters_of(handle: str) -> str:
    """A handle without instance and punctuation."""
    return _NO_WORD.sub("", normal_handle(handle).partition("@")[0])
