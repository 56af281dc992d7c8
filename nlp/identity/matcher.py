"""Who an author is among the customers: the deterministic tier.

A link needs one of: the same e-mail address, the account that the CRM knows on that platform, a profile link to such an
account, or the customer's own site. A display name never links; it confirms, or it speaks against. A company's domain gives the
company and never the person. What the source's policy forbids is not even looked at.

Each piece of evidence carries a weight in bits, log2 of how much likelier it is if author and customer are the same person. They
are derived from the share of right pairs measured for that evidence alone (``docs/quality.md``), against one stated prior.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp2, log2

from listener.core.brand import Evidence, OwnSide
from listener.core.mention import digest
from listener.core.people import Customer, Match, MatchJob, Outcome, Reason, RunnerUp
from listener.core.ports import CustomerIndex
from nlp.identity.keys import Clue, Sign, author_clues, customer_domains, customer_keys, handle_keys
from nlp.identity.names import Agreement, agreement, is_name_in_one_word, same_person
from nlp.identity.own_side import why_own

ENGINE = "deterministic"
VERSION = "1"

PRIOR_BITS = -10.0
"""Before any evidence: one in a thousand that an author is a given customer."""
LINK_AT = 0.95
REVIEW_AT = 0.05
CAP = 25
"""A key that more customers share says nothing about a person."""
CLOSE_BITS = 3.0
"""Somebody else within so many bits of the best: a person decides."""
_MOST = 0.999
"""No probability is higher: a CRM can be wrong too."""


def _bits(share_right: float) -> float:
    """The weight that lifts the prior to the measured share of right pairs."""
    return log2(share_right / (1 - share_right)) - PRIOR_BITS


WEIGHTS: Mapping[Sign, float] = {
    Sign.EMAIL: _bits(0.99),  # measured 1.00 on both sets, some 50 pairs
    Sign.LINK: _bits(0.98),  # measured 1.00 on both sets, some 50 pairs
    Sign.SITE: _bits(0.97),
    Sign.ACCOUNT: _bits(0.85),  # measured 0.90 and 0.81: accounts are abandoned, and their names taken by others
}
NAME_WEIGHTS: Mapping[Agreement, tuple[float, str]] = {
    Agreement.SAME: (4.0, "the display name is the customer's name"),
    Agreement.PARTLY: (2.5, "the display name agrees with a part of the customer's name"),
    Agreement.SILENT: (2.0, "the display name does not contradict"),
    Agreement.RELATIVE: (-4.0, "the display name has the surname with another first name"),
    Agreement.OTHER: (-6.0, "the display name is another person's"),
}
YOUNGER_BITS = -3.5
SECOND_ACCOUNT_BITS = -3.0


@dataclass(frozen=True, slots=True)
class _Candidate:
    customer: Customer
    reasons: tuple[Reason, ...]
    keys: frozenset[str]

    @property
    def bits(self) -> float:
        return PRIOR_BITS + sum(reason.weight_bits for reason in self.reasons)


def build_matcher(own: OwnSide) -> DeterministicMatcher:
    """The matcher for this own side."""
    return DeterministicMatcher(own)


class DeterministicMatcher:
    """The core's ``Matcher``: one question to the index for the candidates of all jobs, one for their companies."""

    def __init__(self, own: OwnSide) -> None:
        self._own = own
        sides = (sorted(own.emails), sorted(own.domains), sorted(own.accounts), sorted(own.names))
        self._fingerprint = digest("identity", ENGINE, VERSION, repr(sides))

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def match(self, jobs: Sequence[MatchJob], index: CustomerIndex) -> list[Match]:
        """One answer for each job, in order."""
        own = [why_own(job, self._own) for job in jobs]
        clues = [() if reason else _allowed_clues(job) for job, reason in zip(jobs, own, strict=True)]
        found = index.candidates({clue.key for each in clues for clue in each}, CAP)
        ranked = [_ranked(job, each, found) for job, each in zip(jobs, clues, strict=True)]
        companies = index.accounts(_domains_to_name(clues, ranked))
        return [
            _own_match(job, reason) if reason else _decide(job, each, candidates, companies)
            for job, reason, each, candidates in zip(jobs, own, clues, ranked, strict=True)
        ]


def _own_match(job: MatchJob, reason: Reason) -> Match:
    return Match(Outcome.NONE, 0.0, job.policy.name, ENGINE, VERSION, evidence=(reason,), own_side=True)


def _allowed_clues(job: MatchJob) -> tuple[Clue, ...]:
    """What the policy lets us use. A site may show a person or a company: it needs either kind."""
    allowed = job.policy.evidence
    clues = author_clues(job.author, job.platform, job.origin)
    return tuple(
        clue
        for clue in clues
        if clue.kind in allowed or (clue.sign is Sign.SITE and clue.key.startswith("d:") and Evidence.COMPANY in allowed)
    )


# ------------------------------------------------------------------------------------------------ weighing


def _ranked(job: MatchJob, clues: Sequence[Clue], found: Mapping[str, Sequence[Customer]]) -> list[_Candidate]:
    """The persons that evidence points to, most probable first; several CRM entries of one person are one."""
    customers: dict[str, Customer] = {}
    for clue in clues:
        for customer in found.get(clue.key, ()):
            customers.setdefault(customer.contact_id, customer)
    alone = {key: _one_person(found.get(key, ())) for key in {clue.key for clue in clues if clue.key.startswith("d:")}}
    weighed = [candidate for customer in customers.values() if (candidate := _weigh(job, clues, customer, alone)) is not None]
    weighed.sort(key=lambda candidate: (-candidate.bits, candidate.customer.contact_id))
    return _without_duplicates(weighed)


def _one_person(customers: Sequence[Customer]) -> bool:
    return bool(customers) and all(same_person(customers[0], other) for other in customers[1:])


def _weigh(job: MatchJob, clues: Sequence[Clue], customer: Customer, alone: Mapping[str, bool]) -> _Candidate | None:
    """The evidence that author and customer are one person; ``None`` without any that could link them."""
    usable = _usable_keys(job, customer)
    reasons: dict[tuple[Sign, str], Reason] = {}
    keys = set()
    for clue in clues:
        if clue.key not in usable or not _links(clue, customer, alone):
            continue
        reasons.setdefault((clue.sign, clue.platform), _reason(clue))
        keys.add(clue.key)
    if not reasons:
        return None
    against = [*_younger(job, customer, reasons), *_second_account(job, reasons), *_name(job, customer, reasons)]
    return _Candidate(customer, (*reasons.values(), *against), frozenset(keys))


def _usable_keys(job: MatchJob, customer: Customer) -> set[str]:
    """The customer's keys, without those of accounts whose provenance the policy forbids."""
    allowed = {key for known in customer.handles if known.provenance in job.policy.provenance for key in handle_keys(known)}
    forbidden = {key for known in customer.handles for key in handle_keys(known)} - allowed
    return set(customer_keys(customer)) - forbidden


def _links(clue: Clue, customer: Customer, alone: Mapping[str, bool]) -> bool:
    """Whether the key can point to a person. A domain does only where it is this one customer's own."""
    if not clue.key.startswith("d:"):
        return True
    return clue.sign is Sign.SITE and alone[clue.key] and is_personal(clue.key.removeprefix("d:"), customer)


def is_personal(domain: str, customer: Customer) -> bool:
    """Whether a customer's domain is their own and no company's: they have no company, or the domain is their name."""
    return not customer.company.strip() or is_name_in_one_word(domain.partition(".")[0], customer)


def _reason(clue: Clue) -> Reason:
    what = {
        Sign.EMAIL: "the same e-mail address",
        Sign.ACCOUNT: f"the account that the CRM knows on {clue.platform}",
        Sign.LINK: f"a profile link to the account that the CRM knows on {clue.platform}",
        Sign.SITE: "the customer's own site",
    }[clue.sign]
    return Reason(what, WEIGHTS[clue.sign], clue.kind)


def _younger(job: MatchJob, customer: Customer, reasons: Collection[tuple[Sign, str]]) -> list[Reason]:
    """An account made after the customer relation began may be somebody else's who took the name over."""
    created, since = job.author.created_year, (customer.customer_since or "")[:4]
    if created is None or not since.isdigit() or created <= int(since):
        return []
    if not any(sign is Sign.ACCOUNT for sign, _ in reasons):
        return []
    what = f"the account is younger ({created}) than the customer relation ({since})"
    return [Reason(what, YOUNGER_BITS, Evidence.HANDLE)]


def _second_account(job: MatchJob, reasons: Collection[tuple[Sign, str]]) -> list[Reason]:
    """A profile that links to another account on its own platform may show a friend, a team or a second account."""
    platforms = {platform for sign, platform in reasons if sign is Sign.LINK}
    if job.platform not in platforms or any(sign is Sign.ACCOUNT for sign, _ in reasons):
        return []
    return [Reason("the link is to another account on the same platform", SECOND_ACCOUNT_BITS, Evidence.LINK)]


def _name(job: MatchJob, customer: Customer, reasons: Collection[tuple[Sign, str]]) -> list[Reason]:
    if Evidence.NAME not in job.policy.evidence:
        return []
    found = agreement(job.author.display_name, customer)
    if found is Agreement.SILENT and not any(sign is Sign.ACCOUNT for sign, _ in reasons):
        return []  # only of an account it is known how often the name of a wrong one contradicts
    weight, what = NAME_WEIGHTS[found]
    return [Reason(what, weight, Evidence.NAME)]


def _without_duplicates(ranked: Sequence[_Candidate]) -> list[_Candidate]:
    persons: list[list[_Candidate]] = []
    for candidate in ranked:
        for person in persons:
            if same_person(person[0].customer, candidate.customer):
                person.append(candidate)
                break
        else:
            persons.append([candidate])
    return [person[0] if len(person) == 1 else _merged(person) for person in persons]


def _merged(person: Sequence[_Candidate]) -> _Candidate:
    """Several CRM entries of one person: the evidence of the best, the entry with most data, else the lowest id."""
    best = person[0]
    entry = min(person, key=lambda each: (-_completeness(each.customer), each.customer.contact_id))
    noted = Reason(f"the CRM has {len(person)} entries of this person; the most complete is taken", 0.0, best.reasons[0].kind)
    return _Candidate(entry.customer, (*best.reasons, noted), frozenset().union(*(each.keys for each in person)))


def _completeness(customer: Customer) -> int:
    fields = (customer.email, customer.company, customer.website, customer.title, customer.city, customer.customer_since)
    return sum(bool(field) for field in fields) + len(customer.handles) + len(customer.products)


# ------------------------------------------------------------------------------------------------ deciding


def _decide(job: MatchJob, clues: Sequence[Clue], ranked: Sequence[_Candidate], companies: Mapping[str, str]) -> Match:
    account = next((companies[domain] for domain in _company_domains(job, clues) if domain in companies), None)
    best = ranked[0] if ranked else None
    if best is None or _probability(ranked, best) < REVIEW_AT:
        reasons = best.reasons if best else _account_reason(account)
        return Match(Outcome.NONE, 0.0, job.policy.name, ENGINE, VERSION, account=account, evidence=reasons)
    other = next((each for each in ranked[1:] if _rivals(best, each)), None)
    probability = _probability(ranked, best)
    outcome = Outcome.LINK if probability >= LINK_AT and other is None else Outcome.REVIEW
    if outcome is Outcome.LINK:
        account = _company_of(best.customer, companies) or account
    runner_up = ranked[1] if len(ranked) > 1 else None
    return Match(
        outcome,
        probability,
        job.policy.name,
        ENGINE,
        VERSION,
        contact_id=best.customer.contact_id,
        account=account,
        evidence=best.reasons,
        runner_up=RunnerUp(runner_up.customer.contact_id, _probability(ranked, runner_up)) if runner_up else None,
    )


def _probability(ranked: Sequence[_Candidate], one: _Candidate) -> float:
    """The share of one candidate among all and nobody: they exclude each other."""
    share = exp2(one.bits) / (1 + sum(exp2(each.bits) for each in ranked))
    return min(_MOST, share)


def _rivals(best: _Candidate, other: _Candidate) -> bool:
    """Whether another person stands in the way of a link: about as likely, or found by the same key (so it is nobody's own)."""
    return best.bits - other.bits < CLOSE_BITS or bool(best.keys & other.keys)


def _company_domains(job: MatchJob, clues: Sequence[Clue]) -> list[str]:
    """The domains that could name the author's company. Where the author has a site of their own, that they write on another
    says nothing."""
    if Evidence.COMPANY not in job.policy.evidence:
        return []
    order = [Sign.SITE, Sign.MAIL_DOMAIN]
    if not job.author.profile_url and not job.author.handle:
        order.append(Sign.ORIGIN)
    domains = [clue for clue in clues if clue.key.startswith("d:") and clue.sign in order]
    return [clue.key.removeprefix("d:") for clue in sorted(domains, key=lambda clue: order.index(clue.sign))]


def _company_of(customer: Customer, companies: Mapping[str, str]) -> str | None:
    found = (companies[domain] for domain in customer_domains(customer) if domain in companies)
    return next(found, None) or customer.company.strip() or None


def _account_reason(account: str | None) -> tuple[Reason, ...]:
    """A domain alone is the right person's in some 10 % of pairs: it names the company only."""
    return (Reason("a domain of a customer company; which person is not known", _bits(0.1), Evidence.COMPANY),) if account else ()


def _domains_to_name(clues: Sequence[Sequence[Clue]], ranked: Sequence[Sequence[_Candidate]]) -> set[str]:
    theirs = {clue.key.removeprefix("d:") for each in clues for clue in each if clue.key.startswith("d:")}
    return theirs | {domain for each in ranked for candidate in each[:1] for domain in customer_domains(candidate.customer)}
