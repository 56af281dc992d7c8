"""From scored candidates to an answer: link, review or none; and the customer company where the person stays unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp2
from typing import NamedTuple, TypeAlias

from listener.core.brand import Evidence
from listener.core.people import Customer, Match, MatchJob, Outcome, Reason, RunnerUp
from nlp.identity.bios import Strength, slug
from nlp.identity.compare import AuthorRecord, CustomerRecord
from nlp.identity.domains import mail_domain
from nlp.identity.keys import Clue, Sign, customer_domains
from nlp.identity.names import same_person
from nlp.identity.sign_patterns import HANDLE_ENDS, HANDLE_STARTS
from nlp.identity.signs import Sort, organisation_slug
from nlp.identity.weights import Scored, Weights

Companies: TypeAlias = Mapping[str, str]
"""The customer company under each ``c:`` and ``d:`` key."""

_MOST = 0.999
"""No probability is higher: a CRM can be wrong too."""
_SIGN_BITS = 7.0
"""By so much more the best must lead somebody whose account or site the profile shows too."""
_UNLIKELY = -12.0
"""Candidates below are nobody's rivals."""
_VETO_BITS = -20.0
_OWN_SIGNS = frozenset({"email.same", "account.known", "link.known", "link.second", "link.site"})
"""Signs that one person alone should have: where two customers share one, it is nobody's own."""
_NAMED = frozenset(
    f"name.{level}"
    for level in ("full", "handle_completes", "variant", "nickname", "short", "handle", "initial", "first", "last")
)
_OF_A_PERSON = _OWN_SIGNS | _NAMED | {"nickname.unusual"}
_OF_A_PERSON |= {f"name.{level}" for level in ("changed_kept", "handle_initial", "shared", "changed", "relative")}
"""Without one of these the evidence is a company's or a town's, and nobody's in particular."""
_WELL_NAMED = _NAMED - {"name.first", "name.last"}


class Candidate(NamedTuple):
    """A customer who may be the author, and why."""

    record: CustomerRecord
    scored: Scored
    entries: int = 1
    """How many entries of the CRM were taken for this person."""

    @property
    def bits(self) -> float:
        return self.scored.bits

    @property
    def customer(self) -> Customer:
        return self.record.customer

    def levels(self) -> set[str]:
        return {finding.level for finding in self.scored.findings}


@dataclass(frozen=True, slots=True)
class Decided:
    """An answer before the company of the linked customer is spelt as the CRM mostly does."""

    outcome: Outcome
    probability: float
    prior_bits: float
    best: Candidate | None = None
    account: str | None = None
    evidence: tuple[Reason, ...] = ()
    runner_up: RunnerUp | None = None

    def to_match(self, companies: Companies) -> Match:
        account = self.account
        if self.outcome is Outcome.LINK and self.best is not None:
            account = _company_of(self.best.customer, companies) or account
        shown = self.best is not None and self.outcome is not Outcome.NONE
        return Match(
            self.outcome,
            self.probability,
            policy="",
            engine="",
            version="",
            contact_id=self.best.customer.contact_id if shown and self.best else None,
            account=account,
            evidence=self.evidence,
            runner_up=self.runner_up,
            prior_bits=round(self.prior_bits, 2),
        )


def decide(
    job: MatchJob,
    record: AuthorRecord,
    clues: Sequence[Clue],
    candidates: Sequence[Candidate],
    companies: Companies,
    weights: Weights,
    total: int,
) -> Decided:
    """The answer for one author."""
    prior = weights.scale * weights.prior_bits(total) + weights.offset
    ranked = _persons(sorted(candidates, key=lambda each: (-each.bits, each.customer.contact_id)))
    sort = _sort(job, record, ranked, companies)
    account, why = _account(job, record, clues, companies, sort)
    if sort is not None and sort is not Sort.OUTSIDER:
        veto = Reason(f"{sort.value}: linked to nobody", _VETO_BITS, Evidence.HANDLE)
        return Decided(Outcome.NONE, 0.0, prior, account=account, evidence=(veto, *why))
    best = ranked[0] if ranked else None
    if best is None:
        return Decided(Outcome.NONE, 0.0, prior, account=account, evidence=why)
    odds = [exp2(min(200.0, each.bits)) for each in ranked]
    chances = [min(_MOST, each / (1 + sum(odds))) for each in odds]
    runner_up = RunnerUp(ranked[1].customer.contact_id, chances[1]) if len(ranked) > 1 else None
    evidence = best.scored.reasons()
    if best.entries > 1:
        noted = f"the CRM has {best.entries} entries of this person; the most complete is taken"
        evidence = (*evidence, Reason(noted, 0.0, Evidence.NAME))
    alone = not any(_rivals(best, other, weights.margin) for other in ranked[1:])
    # With several namesakes it may well be one of them: that is for a person to see.
    together = sum(odds) / (1 + sum(odds))
    if chances[0] >= weights.link_at and alone and _may_link(best):
        outcome = Outcome.LINK
    elif not best.levels() & _OF_A_PERSON:
        return Decided(Outcome.NONE, chances[0], prior, best, account, evidence, runner_up)
    elif chances[0] >= weights.review_at or (together >= 2 * weights.review_at and chances[0] >= weights.review_at / 2):
        outcome = Outcome.REVIEW
    else:
        return Decided(Outcome.NONE, chances[0], prior, best, account, evidence or why, runner_up)
    return Decided(outcome, chances[0], prior, best, account, evidence, runner_up)


def linked_domains(decided: Decided) -> tuple[str, ...]:
    """The domains whose company's usual spelling is wanted."""
    linked = decided.outcome is Outcome.LINK and decided.best is not None
    return customer_domains(decided.best.customer) if linked and decided.best else ()


# ------------------------------------------------------------------------------------------------ vetoes


def _sort(job: MatchJob, record: AuthorRecord, ranked: Sequence[Candidate], companies: Companies) -> Sort | None:
    """What the account is; a company's account also where display name or handle are a company's of the CRM."""
    if record.sort is not None and record.sort is not Sort.OUTSIDER:
        return record.sort
    name = job.author.display_name or ""
    person = any(each.levels() & _WELL_NAMED for each in ranked[:5])
    if Evidence.COMPANY in record.allowed and name and not person:
        for brand in dict.fromkeys((slug(name), organisation_slug(name))):
            if len(brand) > 2 and f"c:{brand}" in companies:
                return Sort.BRAND
        if _is_brand_handle(record, companies) and not record.name.spaced:
            return Sort.BRAND
    return record.sort


def _is_brand_handle(record: AuthorRecord, companies: Companies) -> bool:
    handle = record.name.handle
    for end in ("", *HANDLE_ENDS):
        if end and not handle.endswith(end):
            continue
        bare = handle.removesuffix(end) if end else handle
        for start in ("", *HANDLE_STARTS):
            rest = bare.removeprefix(start)
            if (start or end) and rest != handle and len(rest) > 3 and f"c:{rest}" in companies:
                return True
    return False


def _may_link(best: Candidate) -> bool:  # noqa: PLR0911 - one line a veto
    """What a sum of bits must not outweigh: another account on the platform, another name at a known account, no name at all
    beside a company."""
    levels = best.levels()
    own = levels & _OWN_SIGNS
    if "account.other" in levels and "email.same" not in levels:
        return False
    if "link.second" in levels and not levels & _WELL_NAMED:
        return False
    if levels & {"name.other", "name.relative"}:
        return False
    if levels & {"company.other", "company.other_customer"} and not own:
        return False
    if "account.known" in levels and "age.younger" in levels and not (levels & _NAMED or len(own) > 1):
        return False
    if "signs.doubtful" in levels and not own:
        return False
    return bool(own or levels & _WELL_NAMED or "name.changed_kept" in levels)


def _rivals(best: Candidate, other: Candidate, margin: float) -> bool:
    """Whether another person stands in the way of a link: about as likely, or with a sign that only one person should have."""
    if not best.levels() & _OWN_SIGNS and _namesakes_at_one_company(best, other):
        return True
    signs = other.levels() & _OWN_SIGNS
    return best.bits - other.bits < (margin + _SIGN_BITS if signs else margin) or bool(best.levels() & signs)


def _namesakes_at_one_company(best: Candidate, other: Candidate) -> bool:
    """Two people of one name at one company, though the CRM may write its name in two ways."""
    same = (
        best.record.name.family[-1:] == other.record.name.family[-1:]
        and best.record.name.given[:1] == other.record.name.given[:1]
    )
    return same and bool(best.record.domains & other.record.domains)


# ------------------------------------------------------------------------------------------------ one person, several entries


def _persons(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Entries of the CRM that are one person are one candidate: only those that could matter are looked at."""
    persons: list[list[Candidate]] = []
    for candidate in ranked[:50]:
        if candidate.bits < _UNLIKELY and persons:
            break
        for person in persons:
            if is_duplicate(person[0].customer, candidate.customer):
                person.append(candidate)
                break
        else:
            persons.append([candidate])
    return [person[0] if len(person) == 1 else _merged(person) for person in persons]


def is_duplicate(one: Customer, other: Customer) -> bool:
    """Whether two entries are one person: the same name and mailbox or account, or the same name, company, title and town.

    Two people of one name at one company each have a mailbox there.
    """
    if not _alike(one, other) or not same_person(one, other):
        return False
    if one.email and other.email and one.email.strip().casefold() == other.email.strip().casefold():
        return True
    if {(each.platform, each.handle) for each in one.handles} & {(each.platform, each.handle) for each in other.handles}:
        return True
    if slug(one.company) != slug(other.company) and one.company and other.company:
        return False
    if not (one.company and other.company):
        return False
    same_place = not one.city or not other.city or slug(one.city) == slug(other.city)
    same_title = not one.title or not other.title or slug(one.title) == slug(other.title)
    boxes = {mail_domain(one.email), mail_domain(other.email)}
    two_boxes = len(boxes) == 1 and None not in boxes  # a company gives each of its people one
    return same_place and same_title and not two_boxes and bool(one.city or one.title)


def _alike(one: Customer, other: Customer) -> bool:
    """What two entries of one person must have in common, cheaply."""
    if one.company and other.company and slug(one.company) == slug(other.company):
        return True
    return bool(one.email and other.email) or bool(one.handles and other.handles)


def _merged(person: Sequence[Candidate]) -> Candidate:
    """Several entries of one person: the evidence of the best, the entry with most data, else the lowest id."""
    entry = min(person, key=lambda each: (-_completeness(each.customer), each.customer.contact_id))
    return Candidate(entry.record, person[0].scored, len(person))


def _completeness(customer: Customer) -> int:
    fields = (customer.email, customer.company, customer.website, customer.title, customer.city, customer.customer_since)
    return sum(bool(value) for value in fields) + len(customer.handles) + len(customer.products)


# ------------------------------------------------------------------------------------------------ companies


def _account(  # noqa: C901 - sources in order, the first that names one
    job: MatchJob, record: AuthorRecord, clues: Sequence[Clue], companies: Companies, sort: Sort | None
) -> tuple[str | None, tuple[Reason, ...]]:
    """The customer company that the author clearly belongs to, and why."""
    if Evidence.COMPANY not in record.allowed or sort in {Sort.ROBOT, Sort.PARODY, Sort.COPY, Sort.OUTSIDER}:
        return None, ()
    order = [Sign.SITE, Sign.MAIL_DOMAIN]
    if not job.author.profile_url and not job.author.handle:
        order.append(Sign.ORIGIN)
    domains = sorted(
        (clue for clue in clues if clue.key.startswith("d:") and clue.sign in order), key=lambda clue: order.index(clue.sign)
    )
    for clue in domains:
        if clue.key in companies:
            return companies[clue.key], (_unknown_person("a domain of a customer company"),)
    for phrase in record.phrases:
        if phrase.former or not phrase.slugs:
            continue
        likely = phrase.slugs[:3] if phrase.strength > Strength.MENTIONED else phrase.slugs[:2]
        found = next((each for each in likely if f"c:{each}" in companies and len(each) > 2), None)
        if found and (found == phrase.slug or phrase.strength > Strength.MENTIONED or len(found) > 4):
            return companies[f"c:{found}"], (_unknown_person("the profile names a customer company"),)
    names = [record.rest, *record.name.pieces[-1:]] if record.name.words else []
    if sort is Sort.BRAND:
        name = job.author.display_name or ""
        names = [slug(name), organisation_slug(name), *_bare_handles(record.name.handle), *names]
    for each in names:
        if len(each) > 3 and f"c:{each}" in companies:
            return companies[f"c:{each}"], (_unknown_person("the handle or the display name is a customer company's"),)
    return None, ()


def _bare_handles(handle: str) -> list[str]:
    ends = [handle.removesuffix(end) for end in HANDLE_ENDS if handle.endswith(end)]
    return [handle, *ends, *(handle.removeprefix(start) for start in HANDLE_STARTS if handle.startswith(start))]


def _unknown_person(what: str) -> Reason:
    return Reason(f"{what}; which person is not known", 0.0, Evidence.COMPANY)


def _company_of(customer: Customer, companies: Companies) -> str | None:
    found = (companies[f"d:{domain}"] for domain in customer_domains(customer) if f"d:{domain}" in companies)
    return next(found, None) or customer.company.strip() or None
