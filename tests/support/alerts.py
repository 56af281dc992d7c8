"""Builders for tests of alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from listener.alerts.model import Alert, AlertItem
from listener.core.alerting import AlertDraft, AlertRule
from listener.core.analysis import Label
from listener.digest.parts import QuoteLine
from tests.support.heard import BRAND, NOW


def alert_about(person: int | None, *mention_ids: int, key: str = "key", at: datetime = NOW, **values: Any) -> AlertDraft:
    """A complaint of a customer, with a quote of each mention."""
    rule = values.get("rule", AlertRule.DETRACTOR)
    quotes = tuple(
        QuoteLine(number, f"Quillon lost post {number}.", "Quillon", Label.NEGATIVE, "negative", NOW, "rss")
        for number in mention_ids
    )
    name = values.pop("name", f"Person {person}")
    item = AlertItem(f"{name} complains about Quillon", name, (("Why", "a complaint"),), "Call.", "listener cases", quotes=quotes)
    words = Alert(key, rule, item.news, at, "UTC", values.pop("good", False), (item,)).to_json()
    defaults: dict[str, Any] = {"brand": BRAND, "person_id": person, "mention_ids": mention_ids}
    subject = values.pop("subject", f"person:{person}:{BRAND}")
    return AlertDraft(key, values.pop("rule", rule), subject, words, at, **{**defaults, **values})
