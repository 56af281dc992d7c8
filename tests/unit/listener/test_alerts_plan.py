"""What becomes of what the rules found: limits, recipients, quiet hours, snoozes and escalations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.alerts.messages import code
from listener.alerts.plan import look_again, plan
from listener.alerts.quiet import quiet_until
from listener.core.alerting import ESCALATED_WITHIN, AlertDraft, AlertPlan, AlertPolicy, AlertRecord, AlertRule, AlertState
from listener.core.messages import MessageKind
from listener.core.recipients import QuietHours, Recipient
from tests.support.alerts import alert_about
from tests.support.heard import DAY, HOUR, NOW

EVERY = frozenset(map(str, AlertRule))
MAIL = Recipient("mail", "ines@quillon.example", alerts=EVERY)
CHAT = Recipient("chat", "digest", alerts=EVERY)
BOSS = Recipient("mail", "boss@quillon.example", escalations=True)
POLICY = AlertPolicy()
BERLIN = ZoneInfo("Europe/Berlin")


def planned(
    *drafts: AlertDraft, recent: tuple[AlertRecord, ...] = (), to: tuple[Recipient, ...] = (MAIL,), **policy: object
) -> AlertPlan:
    return plan(drafts, recent, replace(POLICY, **policy), to, NOW)  # type: ignore[arg-type]  # the fields are the policy's


def record(draft: AlertDraft, state: AlertState = AlertState.OPEN, **values: object) -> AlertRecord:
    known = {"opened_at": draft.at, "changed_at": draft.at, "brand": draft.brand, "segment": draft.segment, "owner": draft.owner}
    return AlertRecord(1, draft.key, draft.rule, draft.subject, state, draft.words, **{**known, **values})  # type: ignore[arg-type]  # as above


def states(made: AlertPlan) -> list[AlertState]:
    return [state for _, state in made.alerts]


# ------------------------------------------------------------------------------------------------ who is told, and what


def test_each_recipient_gets_each_alert_once_with_its_key_and_how_to_say_that_it_was_seen() -> None:
    draft = alert_about(1, 7, key="abcdef0123456789")
    made = planned(draft, to=(MAIL, CHAT, replace(MAIL, name="again")))
    assert [message.dedup_key for message in made.messages] == [
        "alert:abcdef0123456789:mail:ines@quillon.example",
        "alert:abcdef0123456789:chat:digest",
    ]
    (first, _) = made.messages
    assert (first.kind, first.alert_keys, first.not_before) == (MessageKind.ALERT, (draft.key,), None)
    assert first.subject == "Person 1 complains about Quillon"
    assert f"listener alerts ack {code(draft.key)}" in first.text
    assert f"listener alerts ack {code(draft.key)}" in (first.html or "")
    assert first.card is not None
    assert first.card.items[0].quotes
    assert f"listener alerts ack {code(draft.key)}." in first.card.foot


@pytest.mark.parametrize(
    ("recipient", "told"),
    [
        (replace(MAIL, alerts=frozenset({"promoter"})), False),
        (replace(MAIL, alerts=frozenset({"detractor"})), True),
        (replace(MAIL, brands=frozenset({"other"})), False),
        (replace(MAIL, segments=frozenset({"gold"})), True),
        (replace(MAIL, segments=frozenset({"silver"})), False),
        (replace(MAIL, owners=frozenset({"kim"})), True),
        (replace(MAIL, owners=frozenset({"lee"})), False),
    ],
)
def test_recipients_are_chosen_by_rule_brand_segment_and_owner(recipient: Recipient, told: bool) -> None:
    made = planned(alert_about(1, segment="Gold", owner="Kim"), to=(recipient,))
    assert (bool(made.messages), states(made)) == (told, [AlertState.OPEN])


def test_a_rule_that_is_switched_off_keeps_its_alerts_and_tells_nobody() -> None:
    made = planned(alert_about(1), rules=EVERY - {"detractor"})
    assert (states(made), made.messages) == ([AlertState.HELD], ())


def test_more_than_three_of_a_rule_are_one_message_and_stay_alerts_of_their_own() -> None:
    drafts = [alert_about(number, number, key=f"key {number}", name=f"Name {number}") for number in range(4)]
    made = planned(*drafts)
    (message,) = made.messages
    assert states(made) == [AlertState.OPEN] * 4
    assert message.subject == "4 customers complain: Name 0, Name 1, Name 2 and 1 more"
    assert message.alert_keys == tuple(draft.key for draft in drafts)
    assert "listener alerts open" in message.text
    assert planned(*drafts[::-1]).messages[0].dedup_key == message.dedup_key
    assert len(planned(*drafts[:3]).messages) == 3


def test_many_are_counted_for_each_recipient_apart() -> None:
    drafts = [alert_about(number, key=f"key {number}", segment="Gold" if number < 2 else "Silver") for number in range(4)]
    made = planned(*drafts, to=(MAIL, replace(CHAT, segments=frozenset({"gold"}))))
    assert [message.channel for message in made.messages] == ["mail", "chat", "chat"]


def test_a_notice_is_closed_at_once_and_asks_for_nothing() -> None:
    made = planned(replace(alert_about(None, rule=AlertRule.SOURCE, good=True), notice=True))
    assert states(made) == [AlertState.CLOSED]
    assert made.messages[0].dedup_key == "recovery:key:mail:ines@quillon.example"
    assert "alerts ack" not in made.messages[0].text


# --------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (record(alert_about(1, key="before", at=NOW - 7 * DAY + HOUR)), AlertState.HELD),
        (record(alert_about(1, key="before", at=NOW - 7 * DAY)), AlertState.OPEN),
        (record(alert_about(1, key="before", at=NOW - DAY), AlertState.ACKNOWLEDGED), AlertState.HELD),
        (record(alert_about(1, key="before", at=NOW - DAY), AlertState.HELD), AlertState.OPEN),
        (record(alert_about(1, key="before", at=NOW - DAY, rule=AlertRule.TURNED)), AlertState.OPEN),
        (record(alert_about(2, key="before", at=NOW - DAY)), AlertState.OPEN),
        (record(alert_about(1, key="before", at=NOW + 30 * DAY)), AlertState.OPEN),
    ],
)
def test_one_alert_of_a_rule_about_a_subject_in_a_week(before: AlertRecord, state: AlertState) -> None:
    made = planned(alert_about(1), recent=(before,))
    assert states(made) == [state]
    assert bool(made.messages) is (state is AlertState.OPEN)


def test_the_limit_counts_within_one_plan_and_the_policy_sets_it() -> None:
    drafts = (alert_about(1, key="a", at=NOW - HOUR), alert_about(1, key="b"))
    assert states(planned(*drafts)) == [AlertState.OPEN, AlertState.HELD]
    short = {AlertRule.DETRACTOR: HOUR}
    assert states(planned(*drafts, per_subject=short)) == [AlertState.OPEN, AlertState.OPEN]


def test_incidents_of_sources_have_no_limit() -> None:
    drafts = [alert_about(None, key=key, rule=AlertRule.SOURCE, subject="source:forum") for key in "ab"]
    assert states(planned(*drafts)) == [AlertState.OPEN, AlertState.OPEN]


def test_the_same_fact_again_is_not_held_by_itself() -> None:
    draft = alert_about(1)
    assert states(planned(draft, recent=(record(draft),))) == [AlertState.OPEN]


# ---------------------------------------------------------------------------------------------------------- quiet hours


def until(hours: str, now: datetime, zone: ZoneInfo = BERLIN) -> datetime | None:
    return quiet_until(replace(MAIL, zone=zone, quiet=QuietHours.parse(hours)), now)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("19:00-07:30", datetime(2026, 11, 12, 18, 59, tzinfo=BERLIN), None),
        ("19:00-07:30", datetime(2026, 11, 12, 19, 0, tzinfo=BERLIN), datetime(2026, 11, 13, 7, 30, tzinfo=BERLIN)),
        ("19:00-07:30", datetime(2026, 11, 13, 0, 10, tzinfo=BERLIN), datetime(2026, 11, 13, 7, 30, tzinfo=BERLIN)),
        ("19:00-07:30", datetime(2026, 11, 13, 7, 30, tzinfo=BERLIN), None),
        ("12:00-13:00", datetime(2026, 11, 13, 12, 30, tzinfo=BERLIN), datetime(2026, 11, 13, 13, 0, tzinfo=BERLIN)),
        # Clocks go forward on 29 March at 2:00 and back on 25 October at 3:00: the night is an hour shorter, or longer.
        ("22:00-07:00", datetime(2026, 3, 28, 23, 0, tzinfo=BERLIN), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        ("22:00-07:00", datetime(2026, 10, 24, 23, 0, tzinfo=BERLIN), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
        ("22:00-02:30", datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("22:00-02:30", datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_by_the_recipients_clock(hours: str, now: datetime, end: datetime | None) -> None:
    assert until(hours, now) == end


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"]


@given(
    st.integers(-1_000_000, 1_000_000).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.sampled_from(ZONES),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
)
def test_quiet_hours_always_end_and_never_in_themselves(now: datetime, name: str, start: time, end: time) -> None:
    if start == end:
        return
    zone = ZoneInfo(name)
    recipient = replace(MAIL, zone=zone, quiet=QuietHours(start, end))
    found = quiet_until(recipient, now)
    if found is not None:
        assert now < found <= now + timedelta(hours=26)
        assert quiet_until(recipient, found) is None or found.astimezone(zone).fold != now.astimezone(zone).fold


def test_a_message_in_quiet_hours_waits_for_each_recipient_by_their_own_clock() -> None:
    night = QuietHours.parse("19:00-08:00")
    tokyo = replace(CHAT, zone=ZoneInfo("Asia/Tokyo"), quiet=night)
    berlin = replace(MAIL, zone=BERLIN, quiet=night)  # NOW is 9:00 UTC: 10:00 in Berlin, 18:00 in Tokyo
    assert [message.not_before for message in planned(alert_about(1), to=(tokyo, berlin)).messages] == [None, None]
    late = plan([alert_about(1)], (), POLICY, (tokyo, berlin), NOW + 2 * HOUR)
    assert [message.not_before for message in late.messages] == [NOW.replace(hour=23), None]


# ------------------------------------------------------------------------------------------- settled, again, escalated


def test_what_was_decided_meanwhile_is_closed_and_nobody_is_told() -> None:
    made = look_again([record(alert_about(1), settled=True)], POLICY, (MAIL, BOSS), NOW + 3 * DAY)
    assert [(change.state, change.actor) for change in made.changes] == [(AlertState.CLOSED, "listener")]
    assert made.messages == ()


@pytest.mark.parametrize(
    ("age", "escalated"), [(23 * HOUR, False), (24 * HOUR, True), (24 * HOUR + ESCALATED_WITHIN - HOUR, True), (9 * DAY, False)]
)
def test_an_alert_that_nobody_acknowledged_is_escalated_after_a_day(age: timedelta, escalated: bool) -> None:
    made = look_again([record(alert_about(1))], POLICY, (MAIL, BOSS), NOW + age)
    assert [message.recipient for message in made.messages] == (["boss@quillon.example"] if escalated else [])
    if escalated:
        assert made.messages[0].subject == "Not acknowledged for 24 hours: Person 1 complains about Quillon"
        assert [(change.state, change.escalated_at) for change in made.changes] == [(AlertState.OPEN, NOW + age)]


def test_who_was_told_after_their_quiet_hours_has_a_day_from_then() -> None:
    told = record(alert_about(1), told_at=NOW + 12 * HOUR)
    assert not look_again([told], POLICY, (BOSS,), NOW + 35 * HOUR)
    made = [look_again([told], POLICY, (BOSS,), NOW + 36 * HOUR), look_again([told], POLICY, (BOSS,), NOW + 37 * HOUR)]
    keys = {message.dedup_key for each in made for message in each.messages}
    assert len(keys) == 2, "one that was withdrawn may be followed by another"


def test_an_escalation_comes_once_only_to_whom_it_concerns_and_respects_quiet_hours() -> None:
    draft = alert_about(1, segment="Gold")
    assert not look_again([record(draft, escalated_at=NOW)], POLICY, (BOSS,), NOW + 2 * DAY)
    assert not look_again([record(draft)], replace(POLICY, escalate_after=None), (BOSS,), NOW + 2 * DAY)
    assert not look_again([record(draft)], POLICY, (MAIL,), NOW + 2 * DAY)
    others = replace(BOSS, segments=frozenset({"silver"}))
    assert look_again([record(draft)], POLICY, (others,), NOW + DAY).messages == ()
    quiet = replace(BOSS, quiet=QuietHours.parse("08:00-10:00"))
    (message,) = look_again([record(draft)], POLICY, (quiet,), NOW + DAY).messages
    assert message.not_before == NOW + DAY + HOUR


def test_many_that_nobody_acknowledged_are_escalated_in_one_message() -> None:
    waiting = [replace(record(alert_about(number, key=f"key {number}")), id=number) for number in range(5)]
    made = look_again(waiting, POLICY, (BOSS,), NOW + DAY)
    assert len(made.changes) == 5
    assert [message.subject for message in made.messages] == [
        "Not acknowledged for 24 hours: 5 customers complain: Person 0, Person 1, Person 2 and 2 more"
    ]


def test_a_snooze_that_is_over_is_told_to_those_who_were_told_and_those_who_were_not() -> None:
    told = frozenset({("mail", "ines@quillon.example")})
    snoozed = record(alert_about(1), AlertState.SNOOZED, snoozed_until=NOW + HOUR, actor="kim", told=told)
    assert not look_again([snoozed], POLICY, (MAIL, CHAT), NOW)
    made = look_again([snoozed], POLICY, (MAIL, CHAT), NOW + HOUR)
    assert [change.state for change in made.changes] == [AlertState.OPEN]
    assert [(message.channel, message.subject) for message in made.messages] == [
        ("mail", "Snooze is over: Person 1 complains about Quillon"),
        ("chat", "Snooze is over: Person 1 complains about Quillon"),
    ]
    assert made.messages[0].dedup_key not in {message.dedup_key for message in planned(alert_about(1)).messages}


def test_what_was_withdrawn_is_told_anew_to_those_who_were_not_told() -> None:
    told = frozenset({("chat", "digest")})
    withdrawn = record(alert_about(1), AlertState.SNOOZED, snoozed_until=NOW, actor="listener", told=told)
    made = look_again([withdrawn], POLICY, (MAIL, CHAT), NOW)
    assert [(message.channel, message.subject) for message in made.messages] == [("mail", "Person 1 complains about Quillon")]


def test_an_alert_of_a_rule_that_was_switched_off_is_not_told_again() -> None:
    snoozed = record(alert_about(1), AlertState.SNOOZED, snoozed_until=NOW, actor="kim")
    made = look_again([snoozed], replace(POLICY, rules=frozenset()), (MAIL,), NOW)
    assert (len(made.changes), made.messages) == (1, ())
