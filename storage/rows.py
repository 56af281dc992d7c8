"""Core values from rows and rows from core values: one pair of functions a type, so that nothing is lost between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from listener.core.analysis import AspectSentiment, Label, Sentiment, TargetSentiment
from listener.core.brand import Evidence, Provenance, TargetKind
from listener.core.cases import Action, Case, CaseKind, CaseState, Event, EventKind
from listener.core.people import Customer, KnownHandle, Match, Outcome, Reason, RunnerUp
from listener.core.standing import Stance, Standing

_HEAVIEST = 1e6
"""Bits; an infinite weight has no place in JSON."""


def to_sentiment(row: Any) -> Sentiment:
    """From the columns of ``analysis_targets``, or of ``analysis_aspects``, which keeps no evidence."""
    known = row.negative is not None
    return Sentiment(
        label=Label(row.label),
        score=row.score,
        engine=row.engine,
        version=row.version,
        probability=(row.negative, row.neutral, row.positive) if known else None,
        unsure=row.unsure,
        reason=row.reason,
        evidence=tuple(getattr(row, "evidence", ())),
    )


def to_target(row: Any) -> TargetSentiment:
    return TargetSentiment(row.target, TargetKind(row.kind), row.brand, to_sentiment(row), row.alias)


def to_aspect(row: Any) -> AspectSentiment:
    return AspectSentiment(row.aspect, row.target, row.surface, to_sentiment(row))


def of_brand(targets: Sequence[Any]) -> Any:
    """Which of a mention's targets speaks for their brand: the brand itself, else the first scored product, else the first."""
    brand = [row for row in targets if row.kind == TargetKind.BRAND.value]
    scored = [row for row in targets if row.label != Label.UNSCORED.value]
    return (brand or scored or targets)[0]


def target_row(mention_id: int, position: int, target: TargetSentiment) -> dict[str, Any]:
    return {
        "mention_id": mention_id,
        "position": position,
        "target": target.target,
        "kind": target.kind.value,
        "brand": target.brand,
        "alias": target.alias,
        "evidence": list(target.sentiment.evidence),
        **_felt(target.sentiment),
    }


def aspect_row(mention_id: int, position: int, aspect: AspectSentiment) -> dict[str, Any]:
    return {
        "mention_id": mention_id,
        "position": position,
        "aspect": aspect.aspect,
        "target": aspect.target,
        "surface": aspect.surface,
        **_felt(aspect.sentiment),
    }


def _felt(sentiment: Sentiment) -> dict[str, Any]:
    negative, neutral, positive = sentiment.probability or (None, None, None)
    return {
        "label": sentiment.label.value,
        "score": sentiment.score,
        "negative": negative,
        "neutral": neutral,
        "positive": positive,
        "unsure": sentiment.unsure,
        "reason": sentiment.reason,
        "engine": sentiment.engine,
        "version": sentiment.version,
    }


def reasons_from(items: Sequence[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """From ``reasons_row``."""
    return tuple(Reason(item["what"], item["weight_bits"], Evidence(item["kind"])) for item in items)


def reasons_row(evidence: Sequence[Reason]) -> list[dict[str, Any]]:
    """Evidence as JSON, with finite weights."""
    return [
        {"what": why.what, "weight_bits": max(-_HEAVIEST, min(why.weight_bits, _HEAVIEST)), "kind": why.kind.value}
        for why in evidence
    ]


def to_match(row: Any) -> Match:
    """From the columns of ``matches``."""
    return Match(
        outcome=Outcome(row.outcome),
        probability=row.probability,
        policy=row.policy,
        engine=row.engine,
        version=row.version,
        contact_id=row.contact_id,
        account=row.account,
        evidence=reasons_from(row.evidence),
        runner_up=RunnerUp(row.runner_up_id, row.runner_up_probability) if row.runner_up_id is not None else None,
        own_side=row.own_side,
        prior_bits=row.prior_bits,
    )


def match_row(author_id: int, match: Match, now: datetime) -> dict[str, Any]:
    return {
        "author_id": author_id,
        "outcome": match.outcome.value,
        "probability": match.probability,
        "contact_id": match.contact_id,
        "account": match.account,
        "evidence": reasons_row(match.evidence),
        "runner_up_id": match.runner_up.contact_id if match.runner_up else None,
        "runner_up_probability": match.runner_up.probability if match.runner_up else None,
        "own_side": match.own_side,
        "prior_bits": match.prior_bits,
        "policy": match.policy,
        "engine": match.engine,
        "version": match.version,
        "matched_at": now,
    }


_CUSTOMER = (
    "contact_id",
    "first_name",
    "last_name",
    "email",
    "company",
    "website",
    "title",
    "city",
    "region",
    "language",
    "segment",
)
_CUSTOMER_REST = ("customer_since", "customer_until", "owner", "do_not_contact")
_CUSTOMER_JSON = ("domains", "products", "handles", "extra")


def to_customer(row: Any) -> Customer:
    """From the columns of ``customers``."""
    return customer_from({name: getattr(row, name) for name in (*_CUSTOMER, *_CUSTOMER_REST, *_CUSTOMER_JSON)})


def customer_from(values: Mapping[str, Any]) -> Customer:
    """From ``customer_values``, also after a way through JSON."""
    handles = tuple(KnownHandle(platform, handle, Provenance(given)) for platform, handle, given in values["handles"])
    lists = {name: tuple(values[name]) for name in ("domains", "products")}
    return Customer(**{**values, **lists, "handles": handles})


def customer_values(customer: Customer) -> dict[str, Any]:
    """The customer as columns, JSON ones as plain lists and objects."""
    return {
        **{name: getattr(customer, name) for name in (*_CUSTOMER, *_CUSTOMER_REST)},
        "domains": list(customer.domains),
        "products": list(customer.products),
        "handles": [[known.platform, known.handle, known.provenance.value] for known in customer.handles],
        "extra": dict(customer.extra),
    }


def to_standing(row: Any, next_change_at: datetime | None = None) -> Standing:
    """From the columns of ``standings``; when it could next change is kept with the judgement."""
    return Standing(
        stance=Stance(row.stance),
        probability=(row.promoter, row.passive, row.detractor),
        interval=(row.low, row.high),
        effective_n=row.effective_n,
        as_of=row.as_of,
        last_said_at=row.last_said_at,
        mentions=row.mentions,
        days=row.days,
        deciding=tuple(row.deciding),
        why=row.why,
        next_change_at=next_change_at,
    )


def standing_row(person_id: int, brand: str, standing: Standing, now: datetime) -> dict[str, Any]:
    promoter, passive, detractor = standing.probability
    low, high = standing.interval
    return {
        "person_id": person_id,
        "brand": brand,
        "stance": standing.stance.value,
        "promoter": promoter,
        "passive": passive,
        "detractor": detractor,
        "low": low,
        "high": high,
        "effective_n": standing.effective_n,
        "as_of": standing.as_of,
        "last_said_at": standing.last_said_at,
        "mentions": standing.mentions,
        "days": standing.days,
        "deciding": list(standing.deciding),
        "why": standing.why,
        "recorded_at": now,
    }


def to_case(row: Any) -> Case:
    """From the columns of ``cases``."""
    return Case(
        case_id=row.id,
        kind=CaseKind(row.kind),
        person_id=row.person_id,
        brand=row.brand,
        state=CaseState(row.state),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        due_at=row.due_at,
        assignee=row.assignee,
        snoozed_until=row.snoozed_until,
        mention_ids=tuple(row.mention_ids),
    )


def case_row(case: Case) -> dict[str, Any]:
    return {
        "id": case.case_id,
        "kind": case.kind.value,
        "person_id": case.person_id,
        "brand": case.brand,
        "state": case.state.value,
        "opened_at": case.opened_at,
        "changed_at": case.changed_at,
        "due_at": case.due_at,
        "assignee": case.assignee,
        "snoozed_until": case.snoozed_until,
        "mention_ids": list(case.mention_ids),
    }


def to_event(row: Any) -> Event:
    """From the columns of ``case_events``."""
    return Event(
        event_id=row.id,
        case_id=row.case_id,
        kind=EventKind(row.kind),
        state=CaseState(row.state),
        at=row.at,
        actor=row.actor,
        reason=row.reason,
        action=Action(row.action) if row.action else None,
        detail=row.detail,
    )
