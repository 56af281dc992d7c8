"""Who an author is among the customers: a Fellegi-Sunter model over labelled comparison levels, with three outcomes.

    jobs -> own side? -> keys -> companies that the CRM knows -> candidates -> compare -> weigh by rarity -> decide

A batch asks the index once each for companies, candidates and frequencies, and once more for how the companies of the linked are
spelt. What the source's policy forbids is not even taken into a key, let alone compared.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from listener.core.brand import Evidence, OwnSide, Provenance
from listener.core.mention import digest
from listener.core.people import Customer, Match, MatchJob, Outcome, Reason
from listener.core.ports import CustomerIndex
from nlp.identity.author_keys import author_keys, person_keys
from nlp.identity.candidates import Candidate, is_duplicate
from nlp.identity.clues import Clue, author_clues, may_use
from nlp.identity.companies import Companies
from nlp.identity.compare import Finding, compare, rarity_keys
from nlp.identity.deciding import decide, linked_domains
from nlp.identity.fitting import Pair
from nlp.identity.merging import VERSION as MERGING
from nlp.identity.own_side import why_own
from nlp.identity.permitted import permitted_job
from nlp.identity.records import AuthorRecord, CustomerRecord, author_record, customer_record
from nlp.identity.signs import Sort
from nlp.identity.weights import DEFAULT, Weights

ENGINE = "scored"
VERSION = "4"

CAP = 25
"""A key that more customers share says nothing about a person."""
MOST_CANDIDATES = 200
"""Customers that one author is compared with: those found by the most keys."""
_SAID_BITS = 20.0


def build_matcher(own: OwnSide, weights: Weights | None = None) -> ScoringMatcher:
    """The matcher for this own side, with the store's own weights where it has some."""
    return ScoringMatcher(own, weights or DEFAULT)


@dataclass(frozen=True, slots=True)
class Asked:
    """One author of a batch, read."""

    job: MatchJob
    record: AuthorRecord
    clues: tuple[Clue, ...]
    keys: frozenset[str]


class ScoringMatcher:
    """The core's ``Matcher``."""

    def __init__(self, own: OwnSide, weights: Weights) -> None:
        self._own = own
        self._weights = weights
        sides = (sorted(own.emails), sorted(own.domains), sorted(own.accounts), sorted(own.names))
        self._fingerprint = digest(
            "identity", ENGINE, VERSION, MERGING, repr(sides), json.dumps(weights.to_json(), sort_keys=True)
        )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def match(self, jobs: Sequence[MatchJob], index: CustomerIndex) -> list[Match]:
        """One answer for each job, in order."""
        answered = [self._settled(job) for job in jobs]
        asked = [_read(job) for job, done in zip(jobs, answered, strict=True) if done is None]
        if asked:
            answers = iter(self._answers(asked, index))
            answered = [done or next(answers) for done in answered]
        return [match for match in answered if match is not None]

    def _settled(self, job: MatchJob) -> Match | None:
        """What needs no evidence: our own side, and what a person said."""
        if (reason := why_own(job, self._own)) is not None:
            return Match(Outcome.NONE, 0.0, job.policy.name, ENGINE, VERSION, evidence=(reason,), own_side=True, keys=_keys(job))
        if job.linked is not None:
            said = Reason("a person said so", _SAID_BITS, Evidence.HANDLE)
            return Match(
                Outcome.LINK, 1.0, job.policy.name, ENGINE, VERSION, contact_id=job.linked, evidence=(said,), keys=_keys(job)
            )
        return None

    def pairs(self, jobs: Sequence[MatchJob], index: CustomerIndex, decided: Mapping[int, Collection[str]]) -> list[Pair]:
        """The comparisons of each job's author with the candidates, to estimate weights from.

        ``decided`` says for some ``author_id`` which contacts are the author: none, one, or several entries of one person.
        Our own side, and accounts that are nobody's, are left out.
        """
        asked = [_read(job) for job in jobs if why_own(job, self._own) is None]
        asked = [each for each in asked if each.record.sort in {None, Sort.OUTSIDER}]
        if not asked:
            return []
        _, compared, bearers, total = self._compare(asked, index)
        prior = self._weights.prior_bits(total)
        found = []
        for one, candidates in zip(asked, compared, strict=True):
            right = decided.get(one.job.author_id)
            for record, findings in candidates:
                shares = tuple(self._weights.share(finding, bearers, total) for finding in findings)
                truth = None if right is None else record.customer.contact_id in right
                found.append(Pair(one.job.author_id, findings, shares, prior, truth))
        return found

    def weigh(self, job: MatchJob, customer: Customer, index: CustomerIndex) -> Match:
        """All that the evidence says of the author and this one customer, also where it speaks against them, or says nothing.

        The match names the customer whatever its outcome; only our own side is answered as ever.
        """
        if (reason := why_own(job, self._own)) is not None:
            return Match(Outcome.NONE, 0.0, job.policy.name, ENGINE, VERSION, evidence=(reason,), own_side=True, keys=_keys(job))
        each = _read(job)
        companies = index.accounts({key for key in each.keys if key[:2] in {"c:", "d:"}})
        each = _with_known(each, companies)
        record = _customer(customer, job.policy.provenance)
        findings = compare(each.record, record) if job.policy.evidence else ()
        total = index.total()
        scored = self._weights.score(findings, index.bearers(set(rarity_keys(findings))), total)
        found = decide(each.job, each.record, each.clues, [Candidate(record, scored)], companies, self._weights, total)
        vetoes = () if found.best is not None else tuple(piece for piece in found.evidence if piece.weight_bits)
        shown = replace(
            found.to_match(companies), contact_id=customer.contact_id, evidence=(*scored.reasons(), *vetoes), runner_up=None
        )
        return replace(shown, policy=job.policy.name, engine=ENGINE, version=VERSION, keys=tuple(sorted(each.keys)))

    def _compare(
        self, asked: Sequence[Asked], index: CustomerIndex
    ) -> tuple[Companies, list[list[tuple[CustomerRecord, tuple[Finding, ...]]]], Mapping[str, int], int]:
        """The companies that the CRM knows, what comparing each author with the candidates found, and the frequencies."""
        companies = index.accounts({key for each in asked for key in each.keys if key[:2] in {"c:", "d:"}})
        asked = [_with_known(each, companies) for each in asked]
        wanted = [_wanted(each.keys, companies) for each in asked]
        found = index.candidates(set().union(*wanted), CAP)
        compared = [_compared(each, keys, found) for each, keys in zip(asked, wanted, strict=True)]
        bearers = index.bearers({key for pairs in compared for _, findings in pairs for key in rarity_keys(findings)})
        return companies, compared, bearers, index.total()

    def _answers(self, asked: Sequence[Asked], index: CustomerIndex) -> list[Match]:
        companies, compared, bearers, total = self._compare(asked, index)
        ranked = [
            [Candidate(customer, self._weights.score(findings, bearers, total)) for customer, findings in pairs]
            for pairs in compared
        ]
        decided = [
            decide(each.job, each.record, each.clues, candidates, companies, self._weights, total)
            for each, candidates in zip(asked, ranked, strict=True)
        ]
        domains = {f"d:{domain}" for each in decided for domain in linked_domains(each)}
        spelt = {**companies, **(index.accounts(domains - companies.keys()) if domains - companies.keys() else {})}
        return [
            replace(
                each.to_match(spelt), policy=one.job.policy.name, engine=ENGINE, version=VERSION, keys=tuple(sorted(one.keys))
            )
            for one, each in zip(asked, decided, strict=True)
        ]


def _keys(job: MatchJob) -> tuple[str, ...]:
    """The author's keys as an answer carries them, also where no customer was looked for: accounts are merged by them."""
    return tuple(sorted(_read(job).keys))


def _read(job: MatchJob) -> Asked:
    allowed = job.policy.evidence
    job = permitted_job(job)
    clues = tuple(clue for clue in author_clues(job.author, job.platform, job.origin) if may_use(clue, allowed))
    record = author_record(job.author, job.platform, job.origin, allowed=allowed, clues=clues)
    keys = author_keys(job.author, job.platform, job.origin, allowed=allowed, clues=clues) if allowed else frozenset()
    return Asked(job, record, clues, keys)


def _with_known(each: Asked, companies: Companies) -> Asked:
    """The author with the companies that the CRM knows among those that the profile may name."""
    known = frozenset(key[2:] for key in each.keys if key[:2] == "c:" and key in companies)
    return replace(each, record=replace(each.record, known_companies=known)) if known else each


def _wanted(keys: frozenset[str], companies: Companies) -> set[str]:
    """The keys worth asking for: a name with a company only where the CRM has the company."""
    known = {key[2:] for key in keys if key in companies}
    return {key for key in person_keys(keys) if key[:2] != "k:" or key.rpartition(" ")[2] in known}


def _compared(
    each: Asked, keys: set[str], found: Mapping[str, Sequence[Customer]]
) -> list[tuple[CustomerRecord, tuple[Finding, ...]]]:
    """The candidates of one author, each with what the comparison found."""
    customers: dict[str, list[Customer]] = {}
    for key in keys & found.keys():
        for customer in found[key]:
            customers.setdefault(customer.contact_id, []).append(customer)
    if gone := [customers.pop(refused)[0] for refused in each.job.refused if refused in customers]:
        # Who is not a contact is not another entry of that contact either.
        customers = {contact: same for contact, same in customers.items() if not any(is_duplicate(same[0], one) for one in gone)}
    if len(customers) > MOST_CANDIDATES:
        most = sorted(customers, key=lambda contact: (-len(customers[contact]), contact))[:MOST_CANDIDATES]
        customers = {contact: customers[contact] for contact in most}
    provenance = each.job.policy.provenance
    records = [_customer(same[0], provenance) for same in customers.values()]
    return [(record, compare(each.record, record)) for record in records]


def _customer(customer: Customer, provenance: frozenset[Provenance]) -> CustomerRecord:
    return customer_record(customer, provenance=provenance)
