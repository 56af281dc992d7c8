"""From scored candidates to an answer: link, review or none; and the customer company where the person stays unknown.

What forbids a link stands in ``vetoes``, what sort of account it is and whose company in ``companies``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp2

from listener.core.brand import Evidence
from listener.core.people import Match, MatchJob, Outcome, Reason, RunnerUp
from nlp.identity.candidates import OWN_SIGNS, Candidate, persons_of
from nlp.identity.clues import Clue
from nlp.identity.companies import Companies, account_of_author, company_of, same_company, sort_of_account
from nlp.identity.customer_keys import customer_domains
from nlp.identity.records import AuthorRecord
from nlp.identity.signs import Sort
from nlp.identity.vetoes import MOST_PROBABLE, OF_A_PERSON, highest_probability, is_contradicted, named_enough, notes_on, rivals
from nlp.identity.weights import Weights

_VETO_BITS = -20.0


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
            account = company_of(self.best.customer, companies) or account
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
    ranked = persons_of(sorted(candidates, key=lambda each: (-each.bits, each.customer.contact_id)))
    sort = sort_of_account(job, record, ranked, companies)
    account, why = account_of_author(job, record, clues, companies, sort)
    if sort is not None and sort is not Sort.OUTSIDER:
        veto = Reason(f"{sort.value}: linked to nobody", _VETO_BITS, Evidence.HANDLE)
        return Decided(Outcome.NONE, 0.0, prior, account=account, evidence=(veto, *why))
    best = ranked[0] if ranked else None
    if best is None:
        return Decided(Outcome.NONE, 0.0, prior, account=account, evidence=why)
    odds = [exp2(min(200.0, each.bits)) for each in ranked]
    chances = [min(MOST_PROBABLE, each / (1 + sum(odds))) for each in odds]
    contradicted = is_contradicted(best)
    chances[0] = min(chances[0], highest_probability(best, contradicted=contradicted))
    runner_up = RunnerUp(ranked[1].customer.contact_id, chances[1]) if len(ranked) > 1 else None
    evidence = (*best.scored.reasons(), *notes_on(best))
    clear = False
    alone = not any(rivals(best, other, weights) for other in ranked[1:])
    # With several namesakes it may well be one of them: that is for a person to see.
    together = sum(odds) / (1 + sum(odds))
    if chances[0] >= weights.link_at and alone and named_enough(best) and not contradicted:
        outcome = Outcome.LINK
    elif not best.levels() & OF_A_PERSON:
        return Decided(Outcome.NONE, chances[0], prior, best, account, evidence, runner_up)
    elif chances[0] >= weights.review_at or (together >= 2 * weights.review_at and chances[0] >= weights.review_at / 2):
        outcome = Outcome.REVIEW
    else:
        return Decided(Outcome.NONE, chances[0], prior, best, account, evidence or why, runner_up)
    if best.other_account and not best.levels() & OWN_SIGNS:
        account = None  # whoever copies a person copies the company too
    else:
        same = sum(chance for each, chance in zip(ranked, chances, strict=True) if same_company(best.customer, each.customer))
        clear = same >= weights.company_at
    return Decided(outcome, chances[0], prior, best, account, evidence, runner_up, clear)


def linked_domains(decided: Decided) -> tuple[str, ...]:
    """The domains whose company's usual spelling is wanted."""
    named = decided.outcome is Outcome.LINK or decided.company_clear
    return customer_domains(decided.best.customer) if named and decided.best is not None else ()
