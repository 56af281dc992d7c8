"""The two sides of a comparison: an author and a customer, each read once for all comparisons.

Two authors are compared by turning one of them into a customer (``as_customer``), two customers by turning one into an author
(``as_author``). What a policy forbids is not even taken into a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from listener.core.brand import Evidence, Provenance
from listener.core.mention import Author, normal_handle
from listener.core.people import Customer, KnownHandle
from nlp.identity.bios import Phrase, Strength, phrases, runs
from nlp.identity.clues import Clue, Sign, author_clues, may_use
from nlp.identity.company_names import slug
from nlp.identity.customer_keys import customer_domains, handle_keys, known_handles, own_site_keys
from nlp.identity.domains import mail_domain
from nlp.identity.keys import letters_of, normal_email, place_key
from nlp.identity.lists import PARTICLES
from nlp.identity.name_levels import Named, Shown, given_key
from nlp.identity.names import shown_words, words
from nlp.identity.permitted import permitted
from nlp.identity.profiles import platform_name
from nlp.identity.signs import Sort, doubts, judged

ALL_EVIDENCE = frozenset(Evidence)
ALL_PROVENANCE = frozenset(Provenance)


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
