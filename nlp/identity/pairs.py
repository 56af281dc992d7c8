"""Two accounts side by side: what their profiles, as far as the policies of both allow, say of each other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from listener.core.brand import Evidence
from listener.core.identities import account_room
from listener.core.mention import normal_handle
from listener.core.people import KnownHandle, MatchJob
from nlp.identity.clues import Sign, author_clues
from nlp.identity.compare import Finding, compare
from nlp.identity.domains import host_of, site_domain
from nlp.identity.keys import normal_email
from nlp.identity.levels import LEVELS
from nlp.identity.lists import SHARED_MAILBOXES
from nlp.identity.names import is_name_in_one_word
from nlp.identity.permitted import permitted
from nlp.identity.profiles import platform_name, profile_of
from nlp.identity.records import AuthorRecord, CustomerRecord, as_customer, author_record, customer_record
from nlp.identity.signs import Sort, doubts, judged, organisation_slug

NEVER = frozenset({Sort.BRAND, Sort.ROBOT, Sort.PARODY, Sort.COPY})
SHORTEST_HANDLE = 4
"""A shorter handle says nothing."""


class Side:
    """One author of a pair, with what the policies of both allow to read."""

    def __init__(self, job: MatchJob, allowed: frozenset[Evidence]) -> None:
        self.job = job
        self.allowed = allowed
        self.author = permitted(job.author, allowed)
        self.room = account_room(job.platform, job.origin)

    @cached_property
    def never(self) -> bool:
        """Whether the account is surely no person's, or stands for a whole site."""
        sort, weak = judged(self.author)
        return (sort in NEVER and not weak) or (not self.job.named and not self.own)

    @cached_property
    def perhaps_never(self) -> bool:
        """Whether one weak sign says that the account is no person's."""
        sort, weak = judged(self.author)
        return sort in NEVER and weak

    @cached_property
    def as_author(self) -> AuthorRecord:
        return author_record(self.author, self.job.platform, self.job.origin, allowed=self.allowed)

    @cached_property
    def as_customer(self) -> CustomerRecord:
        """Only the account itself counts as known: what the profile links to is looked at apart."""
        known = as_customer(self.author, self.job.platform, self.job.origin)
        handle = normal_handle(self.author.handle or "")
        own = (KnownHandle(platform_name(self.job.platform), handle),) if handle and Evidence.HANDLE in self.allowed else ()
        without_age = replace(known, handles=own, customer_since=None)
        if Evidence.NAME not in self.allowed:
            without_age = replace(without_age, first_name="", last_name="")
        return customer_record(without_age)

    @cached_property
    def own(self) -> frozenset[str]:
        """The keys of the account itself, and of the site that it writes on where that is a blog."""
        job, author = self.job, replace(self.author, links=(), email=None)
        keys = {clue.key for clue in author_clues(author, job.platform, job.origin) if clue.sign is Sign.ACCOUNT}
        if platform_name(job.platform) != "blog":
            return frozenset(keys)
        for page in (author.profile_url, author.handle, host_of(job.origin)):
            keys |= _site(page) if page else set()
        return frozenset(keys)

    @cached_property
    def links(self) -> Mapping[str, str]:
        """The keys of accounts and sites that the profile links to -> the platform of each."""
        if Evidence.LINK not in self.allowed:
            return {}
        clues = author_clues(self.author, self.job.platform, self.job.origin)
        linked = (clue for clue in clues if clue.key.startswith("h:") and clue.sign in {Sign.LINK, Sign.SITE})
        return {clue.key: clue.platform for clue in linked if clue.key not in self.own}


def _site(page: str) -> set[str]:
    profile = profile_of(page)
    if profile is not None and profile.platform == "blog":
        return {f"h:blog:{profile.handle}"}
    domain = site_domain(page)
    return {f"h:blog:{domain}"} if domain else set()


# ------------------------------------------------------------------------------------------------ looking


@dataclass(frozen=True, slots=True)
class Pair:
    """Two authors and what can be said of them, before anything is weighed."""

    one: Side
    other: Side
    findings: tuple[Finding, ...]
    links: tuple[str, ...]
    """The platforms of the accounts that one profile links to and the other is."""
    shared: bool
    """Both link to one account or site."""
    doubts: tuple[str, ...]

    def level(self, field: str) -> str:
        """What a field says, or the empty string."""
        return next((each.level.partition(".")[2] for each in self.findings if each.level.startswith(f"{field}.")), "")

    @property
    def same_room(self) -> bool:
        return self.one.room is not None and self.one.room == self.other.room


def look(one: Side, other: Side) -> Pair | None:
    """What is to be said of the two; ``None`` where they cannot be one person, or nothing ties them."""
    if one.never or other.never or _works_for(one, other) or _works_for(other, one):
        return None
    links = [_linked(one, other), _linked(other, one)]
    if (one.perhaps_never or other.perhaps_never) and not all(links):
        return None  # two accounts that link to each other are stronger than one weak sign
    found = _compared(one, other)
    pair = Pair(
        one,
        other,
        tuple(found.values()),
        tuple(each for each in links if each is not None),
        not links[0] and not links[1] and bool(one.links.keys() & other.links.keys()),
        tuple(dict.fromkeys((*doubts(one.author), *doubts(other.author)))) if Evidence.HANDLE in one.allowed else (),
    )
    return pair if pair.links or pair.shared or found else None


def _works_for(person: Side, company: Side) -> bool:
    """Whether one account bears the name of a company that the other's profile names: it is no person's."""
    named = organisation_slug((company.author.display_name or "")[:200])
    return len(named) > 2 and any(named in phrase.slugs for phrase in person.as_author.phrases)


def _linked(one: Side, other: Side) -> str | None:
    return next((platform for key, platform in one.links.items() if key in other.own), None)


_FIELDS = ("email", "nickname", "name", "company", "place")


def _compared(one: Side, other: Side) -> dict[str, Finding]:
    """The best that each field says, whichever of the two is taken for the author."""
    best: dict[str, Finding] = {}
    for author, customer in ((one, other), (other, one)):
        for finding in compare(author.as_author, customer.as_customer):
            field = LEVELS[finding.level].field
            if field in _FIELDS and (field not in best or _ORDER[finding.level] < _ORDER[best[field].level]):
                best[field] = finding
    if len(one.as_author.handle) < SHORTEST_HANDLE:
        best.pop("nickname", None)
    if best.get("email") == Finding("email.same") and best.get("company", _NOTHING).level == "company.mail":
        del best["company"]  # it is the same address once more
    return best


_NOTHING = Finding("")
_ORDER = {key: number for number, key in enumerate(LEVELS)}
"""Levels stand in the order from "surely the same" to "surely not"."""


def links_to_person(pair: Pair) -> bool:
    """Whether a link is to an account, and not to a site that many may write on: one that does not bear the person's name."""
    if any(platform != "blog" for platform in pair.links):
        return True
    sides = ((pair.one, pair.other), (pair.other, pair.one))
    return bool(pair.links) and any(_bears_name(site, person) for site, person in sides)


def _bears_name(site: Side, person: Side) -> bool:
    labels = (key.removeprefix("h:blog:").partition(".")[0] for key in site.own if key.startswith("h:blog:"))
    return any(is_name_in_one_word(label, person.as_customer.customer) for label in labels)


def same_mailbox(pair: Pair) -> bool:
    """The same address, which is no team's."""
    local = (normal_email(pair.one.author.email) or "").partition("@")[0]
    return pair.level("email") == "same" and local not in SHARED_MAILBOXES
