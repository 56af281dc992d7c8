"""How good matches are, against known truth: pure functions over cases.

A *claim* is a contact that a match names: a link, or the proposal of a review. A contact is right where it is one of the
acceptable ones: a CRM may hold a person twice. Companies come folded, so that equal ones compare equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from listener.core.people import Outcome
from listener.quality import Z95, Calibration, Interval, reliability, wilson

BINS = 10
_EXACT = 500
"""Of so many claims at most the distribution is worked out; of more it is as good as normal."""


@dataclass(frozen=True, slots=True)
class Case:
    """An author with what is true of them and what the matcher said."""

    author_id: str
    outcome: Outcome
    contact_id: str | None
    probability: float
    acceptable: frozenset[str] = frozenset()
    """The contacts that the author is; none where the author is no customer."""
    company: str = ""
    """The customer company that the author belongs to, folded; empty for none."""
    named_company: str = ""
    """The one that the matcher named, folded."""
    kind: str = ""

    @property
    def claimed(self) -> bool:
        return self.outcome is not Outcome.NONE and self.contact_id is not None

    @property
    def right(self) -> bool:
        return self.claimed and self.contact_id in self.acceptable


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, with the 95 % interval of what it would be on more of the same."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> Interval:
        return wilson(self.part, self.whole)


@dataclass(frozen=True, slots=True)
class KindRow:
    """What became of the cases of one kind."""

    kind: str
    cases: int
    customers: int
    """How many of the authors are a contact."""
    linked: int
    wrong_links: int
    reviewed: int
    right_reviews: int
    missed: int
    """Authors who are a contact and were neither linked to it nor proposed as it."""


@dataclass(frozen=True, slots=True)
class BinRow:
    """The claims of a range of probability: how many right were predicted and seen, and between which shares a perfectly
    calibrated matcher that says the same probabilities is in 95 % of all cases."""

    low: float
    high: float
    claims: int
    predicted: float
    observed: float
    band: Interval

    @property
    def within(self) -> bool:
        return self.band[0] <= self.observed <= self.band[1]


@dataclass(frozen=True, slots=True)
class MatchingQuality:
    """All figures of one set of cases."""

    cases: int
    customers: int
    precision: Share
    """Of the links, those to the right contact."""
    recall: Share
    """Of the authors who are a contact, those linked to it."""
    found: Share
    """Of the authors who are a contact, those linked to it or proposed as it."""
    reviewed: Share
    """Of the reviews, those with the right contact first."""
    reviewed_customers: Share
    """The same, of the reviews of authors who are a contact."""
    company_precision: Share
    """Of the companies named, those that are the author's."""
    company_recall: Share
    """Of the authors who belong to a customer company, those for whom it was named."""
    company_only: Share
    """The same, of those who are no contact: the person must stay unknown, the company need not."""
    kinds: tuple[KindRow, ...]
    calibration: Calibration | None
    bins: tuple[BinRow, ...]
    wrong_links: tuple[str, ...]
    """Authors linked to the wrong contact."""

    @property
    def f1(self) -> float | None:
        """The harmonic mean of the links' precision and recall."""
        return harmonic(self.precision.value, self.recall.value)


def harmonic(precision: float | None, recall: float | None) -> float | None:
    """F1; ``None`` where there is nobody to be found."""
    if recall is None:
        return None
    both = (precision or 0.0) + recall
    return 2 * (precision or 0.0) * recall / both if both else 0.0


def matching_quality(cases: Sequence[Case], bins: int = BINS) -> MatchingQuality:
    """Everything that can be said of the cases."""
    links = [case for case in cases if case.outcome is Outcome.LINK]
    reviews = [case for case in cases if case.outcome is Outcome.REVIEW]
    customers = [case for case in cases if case.acceptable]
    at_companies = [case for case in cases if case.company]
    claims = [(case.probability, case.right) for case in cases if case.claimed]
    return MatchingQuality(
        cases=len(cases),
        customers=len(customers),
        precision=_right(links),
        recall=Share(sum(case.right for case in links), len(customers)),
        found=Share(sum(case.right for case in customers), len(customers)),
        reviewed=_right(reviews),
        reviewed_customers=_right([case for case in reviews if case.acceptable]),
        company_precision=_same_company([case for case in cases if case.named_company]),
        company_recall=_same_company(at_companies),
        company_only=_same_company([case for case in at_companies if not case.acceptable]),
        kinds=kind_rows(cases),
        calibration=reliability(claims, bins),
        bins=bin_rows(claims, bins),
        wrong_links=tuple(case.author_id for case in links if not case.right),
    )


def _right(cases: Sequence[Case]) -> Share:
    return Share(sum(case.right for case in cases), len(cases))


def _same_company(cases: Sequence[Case]) -> Share:
    return Share(sum(case.company == case.named_company for case in cases), len(cases))


def kind_rows(cases: Iterable[Case]) -> tuple[KindRow, ...]:
    """One row for each kind of case, by name."""
    kinds: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        kinds[case.kind].append(case)
    return tuple(_kind_row(kind, its) for kind, its in sorted(kinds.items()))


def _kind_row(kind: str, cases: Sequence[Case]) -> KindRow:
    linked = [case for case in cases if case.outcome is Outcome.LINK]
    reviewed = [case for case in cases if case.outcome is Outcome.REVIEW]
    return KindRow(
        kind=kind,
        cases=len(cases),
        customers=sum(bool(case.acceptable) for case in cases),
        linked=len(linked),
        wrong_links=sum(not case.right for case in linked),
        reviewed=len(reviewed),
        right_reviews=sum(case.right for case in reviewed),
        missed=sum(bool(case.acceptable) and not case.right for case in cases),
    )


def bin_rows(claims: Sequence[tuple[float, bool]], bins: int = BINS) -> tuple[BinRow, ...]:
    """The reliability table: claims (how probable, whether right) by probability, empty bins left out."""
    binned: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for probability, right in claims:
        binned[min(bins - 1, max(0, int(probability * bins)))].append((probability, right))
    return tuple(
        BinRow(
            low=at / bins,
            high=(at + 1) / bins,
            claims=len(its),
            predicted=sum(probability for probability, _ in its) / len(its),
            observed=sum(right for _, right in its) / len(its),
            band=perfect_band([probability for probability, _ in its]),
        )
        for at, its in enumerate(binned)
        if its
    )


def perfect_band(probabilities: Sequence[float]) -> Interval:
    """Between which shares of right claims 95 % of all draws lie where each is right with exactly its probability."""
    total = len(probabilities)
    if not total:
        return 0.0, 1.0
    if total > _EXACT:
        mean = sum(probabilities)
        half = Z95 * sqrt(sum(one * (1 - one) for one in probabilities)) + 0.5  # half a claim: counts are whole
        return max(0.0, (mean - half) / total), min(1.0, (mean + half) / total)
    low = high = None
    below = 0.0
    for count, chance in enumerate(_count_distribution(probabilities)):
        below += chance
        if low is None and below > 0.025:
            low = count
        if high is None and below >= 0.975 - 1e-12:
            high = count
    return (low or 0) / total, (total if high is None else high) / total


def _count_distribution(probabilities: Sequence[float]) -> list[float]:
    """How likely each number of right claims is (Poisson binomial)."""
    chances = [1.0]
    for one in probabilities:
        grown = [0.0] * (len(chances) + 1)
        for count, chance in enumerate(chances):
            grown[count] += chance * (1 - one)
            grown[count + 1] += chance * one
        chances = grown
    return chances
