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
from nlp.identity.keys import Clue, Sign, customer_domains, normal_email
from nlp.identity.levels import LEVELS, Rarity
from nlp.identity.names import same_person
from nlp.identity.sign_patterns import HANDLE_ENDS, HANDLE_STARTS
from nlp.identity.signs import Sort, organisation_slug
from nlp.identity.weights import Scored, Weights

Companies: TypeAlias = Mapping[str, str]
"""The customer company under each ``c:`` and ``d:`` key."""

COMPANY_LEVELS = frozenset(key for key, level in LEVELS.items() if level.rarity is Rarity.COMPANY) - {"company.former"}
_MOST = 0.999
"""No probability is higher: a CRM can be wrong too."""
_SIGN_BITS = 7.0
"""By so much more the best must lead somebody whose account or site the profile shows too."""
_UNLIKELY = -12.0
"""Candidates below are nobody's rivals."""
_VETO_BITS = -20.0
_MOST_DOUBTED = 0.5
"""No probability is higher where something forbids a link: what speaks for it may be copied, or another person's."""
_MOST_ALONE = 0.85
"""Known accounts alone were right in 81 to 90 of a hundred cases."""
_MOST_LINKED = 0.95
"""And where there is only a link to the account or site, and no name beside it."""
_MOST_OF_A_COPY = 0.04
"""And where the account imitates the one that the CRM knows."""
_RARE_FIRST = 4.5
"""Bits that a first name must have to point, with company and town, at one person there."""
_SAME_PLACE = frozenset({"place.same", "place.colleague"})
_BESIDE_NAME = COMPANY_LEVELS | _SAME_PLACE | {"company.former", "company.part", "nickname.unusual"}
"""What must speak for a customer beside the name."""
_OWN_SIGNS = frozenset({"email.same", "account.known", "link.known", "link.second", "link.site"})
"""Signs that one person alone should have: where two customers share one, it is nobody's own."""
_LINKS = frozenset({"link.known", "link.second", "link.site"})
_NAMED = frozenset(
    f"name.{level}"
    for level in ("full", "handle_completes", "variant", "nickname", "short", "handle", "initial", "first", "last")
)
_OF_A_PERSON = _OWN_SIGNS | _NAMED | {"nickname.unusual"}
_OF_A_PERSON |= {f"name.{level}" for level in ("changed_kept", "handle_initial", "shared", "changed", "relative", "kin")}
"""Without one of these the evidence is a company's or a town's, and nobody's in particular."""
_SAME_NAME = frozenset({"name.full", "name.variant", "name.nickname"})
_WELL_NAMED = _NAMED - {"name.first", "name.last"}


_BESIDE_LINK = _WELL_NAMED | {
    *("name.changed_kept", "name.handle_initial", "name.shared"),
    *("nickname.unusual", "nickname.plain"),
}
"""One of these must stand beside a link to a known account or own site: anybody can link there."""


class Candidate(NamedTuple):
    """A customer who may be the author, and why."""

    record: CustomerRecord
    scored: Scored
    entries: int = 1
    """How many entries of the CRM were taken for this person."""
    other_account: bool = False
    """Whether any of these entries has another account on the platform, and none the author's own."""

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
    company_clear: bool = False
    """Whether the company of the best candidate is the author's, though the person waits for a review."""

    def to_match(self, companies: Companies) -> Match:
        account = self.account
        if self.best is not None and (self.outcome is Outcome.LINK or (self.company_clear and account is None)):
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
    contradicted = _contradicted(best)
    chances[0] = min(chances[0], _most(best, contradicted=contradicted))
    runner_up = RunnerUp(ranked[1].customer.contact_id, chances[1]) if len(ranked) > 1 else None
    evidence = (*best.scored.reasons(), *_notes(best))
    clear = False
    alone = not any(_rivals(best, other, weights) for other in ranked[1:])
    # With several namesakes it may well be one of them: that is for a person to see.
    together = sum(odds) / (1 + sum(odds))
    if chances[0] >= weights.link_at and alone and _named_enough(best) and not contradicted:
        outcome = Outcome.LINK
    elif not best.levels() & _OF_A_PERSON:
        return Decided(Outcome.NONE, chances[0], prior, best, account, evidence, runner_up)
    elif chances[0] >= weights.review_at or (together >= 2 * weights.review_at and chances[0] >= weights.review_at / 2):
        outcome = Outcome.REVIEW
    else:
        return Decided(Outcome.NONE, chances[0], prior, best, account, evidence or why, runner_up)
    if best.other_account and not best.levels() & _OWN_SIGNS:
        account = None  # whoever copies a person copies the company too
    else:
        same = sum(chance for each, chance in zip(ranked, chances, strict=True) if _same_company(best.customer, each.customer))
        clear = same >= weights.company_at
    return Decided(outcome, chances[0], prior, best, account, evidence, runner_up, clear)


def linked_domains(decided: Decided) -> tuple[str, ...]:
    """The domains whose company's usual spelling is wanted."""
    named = decided.outcome is Outcome.LINK or decided.company_clear
    return customer_domains(decided.best.customer) if named and decided.best is not None else ()


# ------------------------------------------------------------------------------------------------ vetoes


def _most(best: Candidate, *, contradicted: bool) -> float:
    """The highest probability that the evidence for the best can have, whatever the sum of its bits."""
    if contradicted:
        return _MOST_OF_A_COPY if _copied(best) else _MOST_DOUBTED
    if _account_alone(best.levels()):
        return _MOST_ALONE
    return _MOST_LINKED if _only_linked(best) else _MOST


def _notes(best: Candidate) -> list[Reason]:
    """What a person should know of the best beside the evidence."""
    notes = []
    if best.entries > 1:
        noted = f"the CRM has {best.entries} entries of this person; the most complete is taken"
        notes.append(Reason(noted, 0.0, Evidence.NAME))
    if _only_linked(best):
        noted = "others link there too: a link without a name is for a person to judge"
        notes.append(Reason(noted, 0.0, Evidence.LINK))
    return notes


def _sort(job: MatchJob, record: AuthorRecord, ranked: Sequence[Candidate], companies: Companies) -> Sort | None:
    """What the account is; a company's account also where display name or handle are a company's of the CRM."""
    excused = record.weak and bool(ranked) and _excused(ranked[0], record)
    if record.sort is not None and record.sort is not Sort.OUTSIDER and not excused:
        return record.sort
    if ranked and "email.same" in ranked[0].levels():
        return None  # a contact's own mailbox, whatever name it writes under
    name = job.author.display_name or ""
    person = any(each.levels() & _WELL_NAMED for each in ranked[:5])
    named_so = Evidence.COMPANY in record.allowed and name != "" and f"c:{slug(name)}" in companies
    if named_so and (not any(each.levels() & _SAME_NAME for each in ranked[:5]) or _is_brand_handle(record, companies)):
        return Sort.BRAND
    if Evidence.COMPANY in record.allowed and name and not person:
        for brand in dict.fromkeys((slug(name), organisation_slug(name))):
            if len(brand) > 2 and f"c:{brand}" in companies:
                return Sort.BRAND
        if _is_brand_handle(record, companies) and not record.name.spaced:
            return Sort.BRAND
    return Sort.OUTSIDER if record.sort is Sort.OUTSIDER else None


_EXCUSES = frozenset({"email.same", "account.known"})


def _excused(best: Candidate, record: AuthorRecord) -> bool:
    """Whether what one weak sign says of the account is only a doubt: an own sign that nobody copies outweighs it, and a name
    that looks like a joke is none where it is the customer's."""
    levels = best.levels()
    if levels & _EXCUSES:
        return True
    return "name.full" in levels and record.name.words[:1] == best.record.name.given[:1] and record.sort is Sort.PARODY


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


def _contradicted(best: Candidate) -> bool:
    """What a sum of bits must not outweigh: another account on the platform, another name, another employer."""
    levels = best.levels()
    own = levels & _OWN_SIGNS
    if best.other_account and "email.same" not in levels:
        return True
    if "link.second" in levels and not levels & _WELL_NAMED:
        return True
    if levels & {"name.other", "name.relative", "name.kin"}:
        return True
    if levels & {"company.other", "company.other_customer"} and not own:
        return True
    if "account.known" in levels and "age.younger" in levels and not (levels & _NAMED or len(own) > 1):
        return True
    return "signs.doubtful" in levels and not own


def _named_enough(best: Candidate) -> bool:
    """Whether the evidence points at one person. A name alone never does, however rare, for strangers bear it too; a first name
    alone does only where it is rare, at their company in their town."""
    levels = best.levels()
    if not levels & (_OWN_SIGNS | _BESIDE_NAME) or _account_alone(levels) or _only_linked(best):
        return False
    if levels & _OWN_SIGNS or levels & (_WELL_NAMED - {"name.first"}) or "name.changed_kept" in levels:
        return True
    if "name.first" in levels and levels & COMPANY_LEVELS and levels & _SAME_PLACE:
        return best.record.name.family != () and _weight(best, "name.first") >= _RARE_FIRST
    return False


def _account_alone(levels: set[str]) -> bool:
    """Whether a known account is all there is, and not even a name was looked at: somebody else may have it now."""
    return "account.known" in levels and not any(
        level.startswith(("name.", "company.", "place.", "link.", "email.")) for level in levels
    )


def _only_linked(best: Candidate) -> bool:
    """Whether a link is all there is, and no name beside it: a reader, or who likes somebody's tool, links the same way."""
    levels = best.levels()
    if not levels & _LINKS or levels & (_OWN_SIGNS - _LINKS) or levels & _BESIDE_LINK:
        return False
    if any(finding.own for finding in best.scored.findings):
        return False  # who gives a page as their own says more than who links to it
    return not ("name.first" in levels and levels & COMPANY_LEVELS)


def _copied(best: Candidate) -> bool:
    levels = best.levels()
    return "account.copied" in levels and not levels & _OWN_SIGNS


def _weight(candidate: Candidate, level: str) -> float:
    """The bits of one of a candidate's findings."""
    scored = candidate.scored
    return next((bits for each, bits in zip(scored.findings, scored.weights, strict=True) if each.level == level), 0.0)


def _rivals(best: Candidate, other: Candidate, weights: Weights) -> bool:
    """Whether another person stands in the way of a link: about as likely, or with a sign that only one person should have."""
    lead = (best.bits - other.bits) / max(1.0, weights.scale)
    if not best.levels() & _OWN_SIGNS:
        if _namesakes_at_one_company(best, other):
            return True
        if "name.changed_kept" in other.levels() and lead < weights.margin + _SIGN_BITS:
            return True  # the handle bears the other's name
    signs = other.levels() & _OWN_SIGNS
    return lead < (weights.margin + _SIGN_BITS if signs else weights.margin) or bool(best.levels() & signs)


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
            said = any(_said_same(each.customer, candidate.customer) for each in person)
            if said or is_duplicate(person[0].customer, candidate.customer):
                person.append(candidate)
                break
        else:
            persons.append([candidate])
    return [_merged(person) for person in persons]


def is_duplicate(one: Customer, other: Customer) -> bool:
    """Whether two entries are one person: people said so, or the same name and mailbox or account, or the same name, company,
    title and town.

    Two people of one name at one company each have a mailbox there.
    """
    if _said_same(one, other):
        return True
    return _alike(one, other) and _shares_much(one, other) and same_person(one, other)


def _said_same(one: Customer, other: Customer) -> bool:
    return one.same_as is not None and one.same_as == other.same_as


def _shares_much(one: Customer, other: Customer) -> bool:
    """Whether two entries of one name have what makes them one person; cheaper than to compare the names."""
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
    if _two_of_everything(one, other):
        return False
    two_boxes = len(boxes) == 1 and None not in boxes  # a company gives each of its people one
    return same_place and same_title and not two_boxes and bool(one.city or one.title)


def _alike(one: Customer, other: Customer) -> bool:
    """What two entries of one person must have in common, cheaply."""
    if one.company and other.company and slug(one.company) == slug(other.company):
        return True
    return bool(one.email and other.email) or bool(one.handles and other.handles)


def _two_of_everything(one: Customer, other: Customer) -> bool:
    """Whether two entries have each a mailbox and accounts of their own: then they are two people of one name."""
    mailboxes = bool(one.email and other.email) and normal_email(one.email) != normal_email(other.email)
    return mailboxes and bool(one.handles and other.handles)


def _merged(person: Sequence[Candidate]) -> Candidate:
    """Several entries of one person: the evidence of the best, and the entry that has it; where none has a sign of the person's
    own, the entry with most data, else the lowest id. What one entry says against the author counts for all."""
    best = person[0]
    every = set().union(*(each.levels() for each in person))
    other = bool(every & {"account.other", "account.copied"}) and "account.known" not in every
    if len(person) == 1:
        return best._replace(other_account=other)
    entry = min(person, key=lambda each: (-_completeness(each.customer), each.customer.contact_id))
    if own := best.levels() & _OWN_SIGNS:
        bearers = [each for each in person if each.levels() >= own]
        entry = min(bearers, key=lambda each: (-_completeness(each.customer), each.customer.contact_id))
    return Candidate(entry.record, best.scored, len(person), other)


def _completeness(customer: Customer) -> int:
    fields = (customer.email, customer.company, customer.website, customer.title, customer.city, customer.customer_since)
    return sum(bool(value) for value in fields) + len(customer.handles) + len(customer.products)


# ------------------------------------------------------------------------------------------------ companies


def _same_company(one: Customer, other: Customer) -> bool:
    if one is other:
        return bool(one.company.strip() or customer_domains(one))
    if one.company.strip() and slug(one.company) == slug(other.company):
        return True
    return bool(set(customer_domains(one)) & set(customer_domains(other)))


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
