"""What is told first, and how it is counted: customers before strangers, who leaves before who complains."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from listener.alerts.people import drafts
from listener.alerts.plan import plan
from listener.core.alert_ports import AlertFacts
from listener.core.alerting import AlertPolicy
from listener.core.analysis import Label
from listener.core.cases import LEAVING, CaseKind, CaseState, EventKind
from listener.core.messages import Message
from listener.core.recipients import Recipient
from listener.core.standing import Stance
from listener.core.telling import PersonFacts
from listener.digest import Digest, build_digest
from listener.render.lines import authors_line, headline, heard_line, subject
from listener.render.text import fact, render_text
from tests.support.digest_facts import BRANDS, DAY, UNTIL, ZONE, case_of, person, quiet_facts, quote, spike, standing

CALL, HEARD, CANDIDATE = CaseKind.FOLLOW_UP, CaseKind.HEARD, CaseKind.CANDIDATE
OPENED, UPDATED, LAPSED = EventKind.OPENED, EventKind.UPDATED, EventKind.LAPSED


def told(*people: PersonFacts, **facts: object) -> Digest:
    return build_digest(replace(quiet_facts(), people=people, **facts), DAY, ZONE, BRANDS)  # type: ignore[arg-type]


def customer(number: int, *, due: float = 2.0, reach: int = 100, **values: Any) -> PersonFacts:
    return person(
        number,
        f"Customer {number}",
        reach=reach,
        standing=standing(Stance.DETRACTOR, 0.8),
        cases=(case_of(number, CALL, number, OPENED, due_in_days=due, mentions=(number,)),),
        quotes=(quote(number, f"Quillon lost order {number}.", Label.NEGATIVE),),
        **values,
    )


def stranger(number: int, words: str = "", *, story: int | None = None, **values: Any) -> PersonFacts:
    found = customer(number, due=1.9, contact_id=None, match=None, company=None, platforms=("forum",), **values)
    said = quote(number, words or f"Word{number} of Quillon.", Label.NEGATIVE, story=story)
    return replace(found, name=f"Stranger {number}", quotes=(said,))


# ------------------------------------------------------------------------------------------------------- the digest


def test_of_one_day_the_customer_whom_most_hear_comes_before_who_was_due_an_hour_earlier() -> None:
    digest = told(customer(1, due=1.9, reach=50), customer(2, due=2.0, reach=70_000), *(stranger(n) for n in range(10, 40)))
    assert [entry.person_id for entry in digest.people[:2]] == [2, 1]
    assert [entry.todo for entry in digest.today][:2] == ["Call", "Call"]


def test_strangers_are_answers_and_no_calls() -> None:
    digest = told(customer(1), customer(2, do_not_contact=True), *(stranger(n) for n in range(10, 17)))
    assert headline(digest) == "1 to call, 1 not to be contacted, 7 to answer"
    assert subject(digest).startswith("1 to call, 1 not to call, 7 to answer")
    assert digest.totals["call"] == 1


def test_strangers_who_tell_one_story_are_one_line() -> None:
    digest = told(*(stranger(n, story=5, reach=n) for n in range(10, 50)), stranger(60, story=6, reach=90_000))
    assert headline(digest) == "2 to answer"
    first = digest.people[0]
    assert (first.person_id, first.todo, first.todo_end) == (49, "Answer", " and 39 more by 24 Nov")
    assert first.also == ("39 more people complain of the same",)


def test_strangers_who_speak_within_a_burst_are_one_line() -> None:
    burst = spike()
    said = burst.last_excess_at - timedelta(minutes=5)
    people = [stranger(n, story=n) for n in range(10, 20)]
    people = [replace(one, quotes=(replace(one.quotes[0], said_at=said),)) for one in people]
    assert headline(told(*people, spikes=(burst,))) == "1 burst of mentions, 1 to answer"


def test_a_candidate_who_complains_turned_against_us() -> None:
    """Also where they became one and complained within one window, so that they were no promoter before it."""
    facts = customer(1)
    lapsed = case_of(9, CANDIDATE, 1, OPENED, LAPSED, state=CaseState.LAPSED)
    (entry,) = told(replace(facts, cases=(*facts.cases, lapsed))).people
    assert (entry.section, entry.status) == ("turned", "an advocate candidate, and complains; new, by 24 Nov")


def test_the_list_of_today_has_a_place_for_who_turned_however_many_calls_there_are() -> None:
    facts = customer(1)
    facts = replace(facts, stance_before=Stance.PROMOTER)
    digest = told(facts, *(customer(n) for n in range(10, 20)))
    assert [entry.section for entry in digest.today] == ["call"] * 4 + ["turned"]


def test_a_stranger_of_whom_nothing_is_left_is_not_told() -> None:
    lapsed = case_of(1, CALL, 1, LAPSED, state=CaseState.LAPSED, reason="no complaint of a customer")
    gone = person(1, "person 1", contact_id=None, match=None, company=None, cases=(lapsed,))
    assert told(gone).people == ()
    assert [entry.section for entry in told(replace(gone, platforms=("forum",))).people] == ["changed"]


def test_nobody_is_given_a_day_by_which_to_call_whom_nobody_may_call() -> None:
    (entry,) = told(customer(1, do_not_contact=True)).people
    assert "24 Nov" not in render_text(told(customer(1, do_not_contact=True)))
    assert entry.status == "new"


def test_the_numbers_say_what_they_are_of() -> None:
    counts = {"mentions": 88, "stories": 81, "labels": {Label.NEGATIVE: 81}}
    spoke = [person(n, cases=(case_of(n, HEARD, n, OPENED),)) for n in range(1, 4)]
    caller = customer(9)
    caller = replace(caller, cases=(*caller.cases, case_of(99, HEARD, 9, OPENED)))
    digest = told(*spoke, caller, **counts)
    assert heard_line(digest) == "88 mentions of us in 81 stories (of the stories 81 negative)."
    assert authors_line(digest).startswith("4 customers spoke (1 of them told under another heading)")
    mine = build_digest(
        replace(quiet_facts(), people=(replace(caller, segment="enterprise"),), **counts),  # type: ignore[arg-type]
        DAY,
        ZONE,
        BRANDS,
        only=Recipient("mail", "kim", segments=frozenset({"enterprise"})),
    )
    assert "WHAT WAS SAID, BY EVERYBODY" in render_text(mine)
    assert "88 mentions of us by everybody" in heard_line(mine)


# ------------------------------------------------------------------------------------------------------------- alerts

NEWS = frozenset(range(1, 100))


def alerts(*people: PersonFacts, policy: AlertPolicy | None = None) -> tuple[list[str], tuple[Message, ...]]:
    policy = policy or AlertPolicy(together=1)
    found = drafts(AlertFacts(1, people, NEWS), policy, BRANDS, UNTIL, ZONE)
    made = plan(found, [], policy, (Recipient("mail", "a@b.example", alerts=frozenset({"detractor"})),), UNTIL)
    return [draft.subject for draft in found], made.messages


def leaving(facts: PersonFacts, *events: EventKind, state: CaseState = CaseState.NEW) -> PersonFacts:
    found = case_of(facts.person_id, CALL, facts.person_id, *events, due_in_days=1, mentions=(facts.person_id,), state=state)
    turn = tuple(replace(event, detail={**event.detail, "turn": LEAVING}) for event in found.events)
    return replace(facts, cases=(replace(found, events=turn),))


@pytest.mark.parametrize("state", [CaseState.NEW, CaseState.CONTACTED])
def test_who_complained_before_and_leaves_now_is_told_again(state: CaseState) -> None:
    subjects, (message,) = alerts(leaving(customer(1), UPDATED, state=state), policy=AlertPolicy())
    assert subjects == ["person:1:quillon:leaving"], "the limit of the first alert does not hold it"
    assert "Customer 1 (Brackwater Freight) may leave Quillon" in message.subject
    assert alerts(replace(customer(1), cases=(case_of(1, CALL, 1, UPDATED, mentions=(1,)),)))[0] == []


def test_an_alert_of_many_leads_with_who_leaves_then_key_accounts_then_reach_and_lists_them() -> None:
    people = (customer(1), customer(2, reach=90_000), customer(3, segment="Enterprise"), leaving(customer(4), UPDATED))
    policy = AlertPolicy(together=1, segments=frozenset({"enterprise"}), reach=50)
    _, (message,) = alerts(*people, policy=policy)
    order = [message.text.index(f"{place}. Customer {number} ") for place, number in enumerate((4, 3, 2, 1), 1)]
    assert order == sorted(order)
    assert message.card is not None
    assert [item.title.split()[1] for item in message.card.items] == ["4", "3", "2", "1"]


def test_who_may_not_be_contacted_has_no_day_in_any_form() -> None:
    _, (message,) = alerts(customer(1, do_not_contact=True))
    assert "Due" not in message.text
    assert "Due" not in (message.html or "")
    assert message.card is not None
    assert "Due" not in dict(message.card.items[0].facts)
    _, (allowed,) = alerts(customer(1))
    assert "Due" in allowed.text
    assert allowed.text.count("2026-11") == 0, "days are told in one form"


def test_a_long_label_is_followed_by_a_space() -> None:
    assert next(iter(fact("First said", "09:08"))).endswith("First said  09:08")
    assert next(iter(fact("A label of a length", "09:08"))).endswith("length 09:08")
