"""Which case events are told at once: a truth table of the rules about people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from listener.alerts.model import Alert
from listener.alerts.people import drafts, find
from listener.core.alert_ports import AlertFacts
from listener.core.alerting import AlertDraft, AlertPolicy, AlertRule
from listener.core.analysis import Label
from listener.core.brand import OPEN_WEB, Evidence
from listener.core.cases import Case, CaseKind, CaseState, Event, EventKind
from listener.core.people import Match, Outcome, Reason
from listener.core.standing import Stance, Standing
from listener.core.telling import CaseFacts, PersonFacts, Quote

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = AlertPolicy()
KEY_ONLY = AlertPolicy(segments=frozenset({"key account"}))
MATCH = Match(
    Outcome.LINK,
    0.997,
    OPEN_WEB.name,
    "rules",
    "1",
    contact_id="QC-1",
    evidence=(Reason("the account that the CRM knows", 12.0, Evidence.HANDLE),),
)
NEWS = frozenset({7})


def quote(number: int = 7, label: Label = Label.NEGATIVE, **values: object) -> Quote:
    quoted = Quote(number, "Quillon Sign fails again.", "Quillon Sign", label, False, NOW - DAY / 4, "x", "x-search")
    return replace(quoted, **values)  # type: ignore[arg-type]  # the fields are the quote's


def case(
    kind: CaseKind,
    *events: EventKind,
    state: CaseState = CaseState.NEW,
    new: tuple[int, ...] = (7,),
    reason: str = "a customer's complaint",
    step: str = "call",
) -> CaseFacts:
    number = list(CaseKind).index(kind) + 1
    happened = tuple(
        Event(number * 10 + at, number, event, state, NOW, "listener", reason, detail={"new": list(new), "step": step})
        for at, event in enumerate(events)
    )
    return CaseFacts(Case(number, kind, 1, "quillon", state, NOW, NOW, due_at=NOW + 2 * DAY, mention_ids=new), happened)


OPENED, REOPENED, UPDATED, LAPSED = EventKind.OPENED, EventKind.REOPENED, EventKind.UPDATED, EventKind.LAPSED
COMPLAINT = case(CaseKind.FOLLOW_UP, OPENED)
CANDIDATE = case(CaseKind.CANDIDATE, OPENED, reason="3 positive posts", step="ask")


def person(*cases: CaseFacts, **values: object) -> PersonFacts:
    found = PersonFacts(
        person_id=1,
        brand="quillon",
        name="Ada Lind",
        company="Firm",
        contact_id="QC-1",
        job_title="Engineer",
        owner="Kim",
        segment="SMB",
        match=MATCH,
        reach=900,
        quotes=(quote(),),
        cases=cases,
    )
    return replace(found, **values)  # type: ignore[arg-type]  # the fields are the facts'


def rule_of(one: PersonFacts, policy: AlertPolicy = POLICY, news: frozenset[int] = NEWS) -> AlertRule | None:
    found = find(one, policy, news)
    return found.rule if found else None


@pytest.mark.parametrize(
    ("one", "policy", "rule"),
    [
        (person(CANDIDATE), POLICY, AlertRule.PROMOTER),
        (person(case(CaseKind.CANDIDATE, REOPENED)), POLICY, AlertRule.PROMOTER),
        (person(case(CaseKind.CANDIDATE, UPDATED)), POLICY, None),
        (person(case(CaseKind.CANDIDATE, OPENED, state=CaseState.SNOOZED)), POLICY, None),
        (person(CANDIDATE, contact_id=None), POLICY, None),
        (person(COMPLAINT), POLICY, AlertRule.DETRACTOR),
        (person(case(CaseKind.FOLLOW_UP, REOPENED)), POLICY, AlertRule.DETRACTOR),
        (person(case(CaseKind.FOLLOW_UP, UPDATED)), POLICY, None),
        (person(case(CaseKind.FOLLOW_UP, OPENED, state=CaseState.RESOLVED)), POLICY, None),
        (person(COMPLAINT, contact_id=None), POLICY, None),
        (person(COMPLAINT), KEY_ONLY, None),
        (person(COMPLAINT, segment="Key Account"), KEY_ONLY, AlertRule.DETRACTOR),
        (person(COMPLAINT, reach=5_000), KEY_ONLY, AlertRule.DETRACTOR),
        (person(COMPLAINT, reach=4_999), KEY_ONLY, None),
        (person(COMPLAINT, reach=None), KEY_ONLY, None),
        (person(COMPLAINT, stance_before=Stance.PROMOTER), KEY_ONLY, AlertRule.TURNED),
        (person(case(CaseKind.FOLLOW_UP, UPDATED), stance_before=Stance.PROMOTER), POLICY, AlertRule.TURNED),
        (person(COMPLAINT, stance_before=Stance.PASSIVE), POLICY, AlertRule.DETRACTOR),
        (person(COMPLAINT, case(CaseKind.CANDIDATE, LAPSED, state=CaseState.LAPSED)), POLICY, AlertRule.TURNED),
        (person(COMPLAINT, case(CaseKind.CANDIDATE, state=CaseState.CONFIRMED)), POLICY, AlertRule.TURNED),
        (person(COMPLAINT, case(CaseKind.CANDIDATE, state=CaseState.NEW)), POLICY, AlertRule.DETRACTOR),
        (person(COMPLAINT, case(CaseKind.CANDIDATE, state=CaseState.LAPSED)), POLICY, AlertRule.DETRACTOR),
        (person(case(CaseKind.HEARD, OPENED), stance_before=Stance.PROMOTER), POLICY, None),
        (person(), POLICY, None),
    ],
)
def test_which_rule_holds(one: PersonFacts, policy: AlertPolicy, rule: AlertRule | None) -> None:
    assert rule_of(one, policy) is rule


@pytest.mark.parametrize("one", [person(CANDIDATE), person(COMPLAINT), person(COMPLAINT, stance_before=Stance.PROMOTER)])
def test_history_and_backfill_never_alert(one: PersonFacts) -> None:
    assert rule_of(one, news=frozenset()) is None
    assert rule_of(one, news=frozenset({8})) is None


# ------------------------------------------------------------------------------------------------------------ in words


def draft(one: PersonFacts) -> AlertDraft:
    (found,) = drafts(AlertFacts(9, (one,), NEWS), POLICY, {"quillon": "Quillon"}, NOW, UTC)
    return found


def said(one: PersonFacts) -> Alert:
    return Alert.from_json(draft(one).words)


def test_a_draft_says_whom_it_is_about_and_has_a_key_of_its_event() -> None:
    found = draft(person(COMPLAINT))
    assert (found.subject, found.person_id, found.case_id, found.brand) == ("person:1:quillon", 1, 3, "quillon")
    assert (found.segment, found.owner, found.mention_ids, found.at) == ("SMB", "Kim", (7,), NOW)
    assert draft(person(COMPLAINT)).key == found.key
    later = case(CaseKind.FOLLOW_UP, OPENED, REOPENED)
    assert draft(person(later)).key != found.key


def test_an_alert_says_why_with_the_numbers_and_what_to_do() -> None:
    standing = Standing(Stance.DETRACTOR, (0.1, 0.2, 0.7), (0.0, 0.2), 2.0, NOW, NOW, 2, 2, (7,), "2 negative posts", None)
    alert = said(person(COMPLAINT, standing=standing, stance_before=Stance.PASSIVE))
    (item,) = alert.items
    assert alert.news == item.news == "Ada Lind (Firm) complains about Quillon"
    assert (item.title, item.about, alert.good) == ("Ada Lind", "Engineer, Firm (SMB)", False)
    assert dict(item.facts) == {
        "Why": "a customer's complaint; a known customer",
        "Standing": "detractor, probability 0.70; before: passive. 2 negative posts",
        "Known by": "the account that the CRM knows; probability over 0.99",
        "Reach": "900 followers",
        "Owner": "Kim",
        "Since": "20 Nov 02:00",
        "Due": "call by 22 Nov",
    }
    assert (item.step, item.command) == ("Ask Kim to call them.", "listener cases decide 3 contacted")
    assert [line.text for line in item.quotes] == ["Quillon Sign fails again."]


def test_a_promoter_and_who_turned_are_told_as_such() -> None:
    good = said(person(CANDIDATE, quotes=(quote(label=Label.POSITIVE),)))
    assert (good.news, good.good) == ("Ada Lind (Firm) became a promoter of Quillon", True)
    assert good.items[0].command == "listener cases decide 2 confirm"
    turned = said(person(COMPLAINT, stance_before=Stance.PROMOTER))
    assert turned.news == "Ada Lind (Firm) promoted Quillon and now complains"
    leaving = said(person(COMPLAINT, case(CaseKind.HEARD, OPENED, step="keep")))
    assert leaving.news == "Ada Lind (Firm) may leave Quillon"
    assert leaving.items[0].step == "Ask Kim to call them: they may leave."


def test_a_verdict_that_is_not_sure_is_told_so() -> None:
    alert = said(person(COMPLAINT, quotes=(quote(unsure=True),)))
    assert alert.news == "Ada Lind (Firm) perhaps complains about Quillon"
    assert alert.items[0].step.startswith("Read it first")


def test_who_must_not_be_contacted_is_told_so_and_nobody_is_asked_to_call() -> None:
    (item,) = said(person(COMPLAINT, do_not_contact=True)).items
    assert item.do_not_contact
    assert "not call or write" in item.step
    assert "Tell Kim" in item.step
    assert item.command == "listener cases show 3"


def test_terms_that_forbid_quoting_are_respected_and_words_of_strangers_cannot_break_out() -> None:
    silent = said(person(COMPLAINT, quotes=(quote(may_quote=False),))).items[0]
    assert [line.text for line in silent.quotes] == [""]
    nasty = "Eve\r\nBcc: x\u202e<b>"
    alert = said(person(COMPLAINT, name=nasty, company=nasty, owner=nasty, quotes=(quote(text=nasty),)))
    assert not {"\r", "\n", "\u202e"} & set(alert.to_json().replace("\\n", "\n").replace("\\r", "\r"))


def test_two_quotes_at_most_those_that_tell_most_first() -> None:
    quotes = tuple(
        quote(number, label, text=f"Quillon {number}.") for number, label in enumerate((Label.POSITIVE, *[Label.NEGATIVE] * 3))
    )
    (item,) = said(person(COMPLAINT, quotes=quotes)).items
    assert [line.label for line in item.quotes] == [Label.NEGATIVE, Label.NEGATIVE]


def test_an_alert_is_the_same_after_it_was_stored() -> None:
    alert = said(person(COMPLAINT))
    assert Alert.from_json(alert.to_json()) == alert
    assert Alert.from_json(replace(alert, seen="listener alerts ack x").to_json()) == alert
    with pytest.raises(ValueError, match="version"):
        Alert.from_json(alert.to_json().replace('"version":1', '"version":99'))
