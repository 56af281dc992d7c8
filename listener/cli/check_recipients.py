"""Who is told what, and when, as ``listener check`` says it; and names of segments and owners that no customer has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from listener.core.errors import ConfigError, SourceError
from listener.core.plain import one_line
from listener.core.recipients import Edition, Recipient

if TYPE_CHECKING:
    from config.recipients import RecipientSettings
    from listener.wiring import App

LARGEST = 50_000_000
"""Bytes of an export that a check reads; a larger one is known once it was imported."""
NAMED = 5


def recipients(app: App) -> Iterator[tuple[str, str, str | None, str]]:
    """Each as (name, notifier and address, why it is told nothing, what it is told when)."""
    from listener.notifiers import missing

    notifiers = {each.name: missing(each) for each in app.settings.notifiers}
    for recipient, given in app.settings.everybody():
        why = notifiers.get(recipient.channel)
        reason = f"its notifier {recipient.channel} is not ready: {why}" if why else None
        if given is not None and not given.enabled:
            reason = "it is switched off in the configuration"
        address = "" if recipient.address == "digest" else f": {one_line(recipient.address, 80)}"
        yield recipient.name or recipient.channel, f"{recipient.channel}{address}", reason, _what(recipient, given)


def _what(recipient: Recipient, given: RecipientSettings | None) -> str:
    return "; ".join(filter(None, (_digests(recipient), _alerts(recipient), _whom(given))))


def _digests(recipient: Recipient) -> str:
    from config.recipients import WEEKDAYS

    at = f"{recipient.hour:02}:00 {recipient.zone_name}"
    if not recipient.editions:
        return "no digest"
    weekly = f"weekly on {WEEKDAYS[recipient.weekday].capitalize()}"
    named = {Edition.DAILY: "daily", Edition.WEEKLY: weekly}
    return f"digest {' and '.join(named[each] for each in Edition if each in recipient.editions)} at {at}"


def _alerts(recipient: Recipient) -> str:
    from listener.core.alerting import AlertRule

    rules = [rule.value for rule in AlertRule if rule.value in recipient.alerts]
    words = "no alerts" if not rules else "all alerts" if len(rules) == len(AlertRule) else f"alerts: {', '.join(rules)}"
    if recipient.quiet and (rules or recipient.escalations):
        words += f" (not {recipient.quiet.start:%H:%M}-{recipient.quiet.end:%H:%M})"
    return f"{words}, and escalations" if recipient.escalations else words


def _whom(given: RecipientSettings | None) -> str:
    if given is None:
        return ""
    kinds = {"brands": given.brands, "segments": given.segments, "teams": given.teams}
    return "; ".join(f"only {kind} {', '.join(one_line(one, 60) for one in names)}" for kind, names in kinds.items() if names)


# --------------------------------------------------------------------------------- names that no imported customer has


def strangers(app: App) -> list[str]:
    """A remark for each setting that names segments or owners which no customer has; none where no customers are at hand."""
    named = dict(_segments(app))
    members = {f"teams.{team}": names for team, names in app.settings.file.teams.items()}
    if not any(named.values()) and not members:
        return []
    known = _known(app)
    if known is None:
        return []
    segments, owners = ({name.casefold().strip() for name in names} for names in known)
    return [*_unknown(named, segments, "no customer is of it"), *_unknown(members, owners, "the owner of no customer")]


def _segments(app: App) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "alerts.key_segments", app.settings.file.alerts.key_segments
    for one in app.settings.file.recipients:
        yield f"segments of the recipient {one.name}", one.segments


def _unknown(named: Mapping[str, tuple[str, ...]], known: set[str], what: str) -> Iterator[str]:
    for where, names in named.items():
        if lost := [name for name in names if name.casefold().strip() not in known]:
            shown = ", ".join(f'"{one_line(name, 60)}"' for name in lost[:NAMED])
            more = f" and {len(lost) - NAMED:,} more" if len(lost) > NAMED else ""
            yield f"{where}: {shown}{more}: {what}"


def _known(app: App) -> tuple[frozenset[str], frozenset[str]] | None:
    """The segments and owners of the customers that were imported (SQLite), or that stand in the export."""
    from storage.groups import customer_groups

    url = app.settings.database_url()
    if url.startswith("sqlite:///"):
        found = customer_groups(Path(url.removeprefix("sqlite:///")))
        if found is not None:
            return found
    path = app.customer_file()
    if path is None or not path.is_file() or path.stat().st_size > LARGEST:
        return None
    try:
        customers = [one for page in app.customer_source(path).pages({}) for one in page.customers]
    except (ConfigError, SourceError, OSError):  # what is wrong with it is told of the part itself, and by the import
        return None
    return frozenset(one.segment or "" for one in customers), frozenset(one.owner or "" for one in customers)
