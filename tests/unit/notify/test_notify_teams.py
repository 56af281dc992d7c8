"""Teams: what its card looks like, how large it may be, and what a workflow's answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.messages import CONFIGURATION, Card, CardItem
from listener.notify._posting import Place
from listener.notify.teams import LIMIT, TeamsNotifier, teams_body
from tests.support.hooks import Hook, hook, said
from tests.support.notifying import CARD, NOW, QUICK, big_card, hostile_card, message


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as made:
        made.answer(said(202))
        yield made


def notifier(receiver: Hook) -> TeamsNotifier:
    return TeamsNotifier(Place("Teams", receiver.url, QUICK, private=True), lambda: NOW)


def card_of(body: bytes) -> dict[str, Any]:
    (attachment,) = json.loads(body)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = attachment["content"]
    return card


def every(part: object, kind: str) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == kind:
            yield part
        for value in part.values():
            yield from every(value, kind)
    elif isinstance(part, list):
        for value in part:
            yield from every(value, kind)


def words(part: object) -> list[str]:
    return [run["text"] for run in every(part, "TextRun")]


def test_the_workflow_gets_one_wide_adaptive_card(receiver: Hook) -> None:
    (outcome,) = notifier(receiver).send([message(card=CARD)])
    assert outcome.ok, outcome.detail
    (request,) = receiver.seen
    assert json.loads(request.body)["type"] == "message"
    card = card_of(request.body)
    assert (card["type"], card["version"], card["msteams"]) == ("AdaptiveCard", "1.4", {"width": "Full"})
    band, maren, yara, foot = card["body"]
    assert (band["type"], band["style"], words(band)) == ("Container", "attention", [CARD.title, CARD.lead])
    assert words(maren)[0] == "Maren Oldhavn · overdue since 20 Nov"
    (facts,) = every(maren, "FactSet")
    assert facts["facts"][1] == {"title": "Standing", "value": "detractor, probability 0.81"}
    assert "listener cases decide 12 contacted" in words(maren)
    (link,) = every(maren, "TextBlock")
    assert link["text"] == "[Open the post](https://forum.presswork.example/t/101)"
    assert list(every(yara, "TextBlock")) == []
    assert words(foot) == [CARD.foot]


def test_strangers_format_and_link_nothing() -> None:
    card = card_of(teams_body(message(card=hostile_card())))
    assert list(every(card, "TextBlock")) == [], "the only text that is read as Markdown"
    values = [text for facts in every(card, "FactSet") for fact in facts["facts"] for text in fact.values()]
    assert values
    for text in values:
        assert "[click]" not in text
        assert text == "Why" or r"\<" in text
    assert "{{" not in json.dumps(card)


def test_facts_without_a_label_stand_under_the_title() -> None:
    item = CardItem("Ada", (("", "Head of Print, Acme"), ("Why", "it")))
    _, shown = card_of(teams_body(message(card=Card("t", items=(item,)))))["body"]
    assert words(shown) == ["Ada", "Head of Print, Acme"]
    assert [fact["title"] for facts in every(shown, "FactSet") for fact in facts["facts"]] == ["Why"]


def test_a_big_card_keeps_teams_limit() -> None:
    body = teams_body(message(card=big_card()))
    assert len(body) <= LIMIT
    assert "for which there is no room here" in words(card_of(body))[-1]


@pytest.mark.parametrize("text", ["x" * 50_000, "\n\n" * 20_000, "ü🖨\n" * 20_000, "a\n  b"])
def test_a_text_without_a_card_keeps_it_too(text: str) -> None:
    body = teams_body(message(card=None, text=text))
    assert len(body) <= LIMIT
    assert words(card_of(body))


ANY = st.text(max_size=200)


@settings(max_examples=60)
@given(
    st.builds(
        Card,
        title=ANY,
        lead=ANY,
        items=st.lists(
            st.builds(CardItem, title=ANY, facts=st.lists(st.tuples(ANY, ANY), max_size=3).map(tuple)), max_size=5
        ).map(tuple),
        foot=ANY,
        tone=ANY,
    )
)
def test_any_card_is_json_that_fits(card: Card) -> None:
    body = teams_body(message(card=card))
    assert len(body) <= LIMIT
    assert all(text.strip() or text == " " for text in words(card_of(body)))


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (400, "WorkflowTriggerIsNotEnabled", "switch it on"),
        (404, "WorkflowNotFound", "make a new one"),
        (401, "DirectApiAuthorizationRequired", "copy the whole of it"),
        (400, "TriggerInputSchemaMismatch", "When a Teams webhook request is received"),
        (400, "eve@example.com said no", "look at the workflow"),
    ],
)
def test_a_workflow_that_must_be_mended_keeps_the_messages(receiver: Hook, status: int, code: str, advice: str) -> None:
    receiver.answer(said(status, {"error": {"code": code, "message": "…"}}))
    found = list(notifier(receiver).send([message(1), message(2)]))
    assert [(one.ok, one.permanent, one.retry_after) for one in found] == [(False, False, CONFIGURATION)] * 2
    assert advice in found[0].detail
    assert "eve" not in found[0].detail
    assert len(receiver.seen) == 1


def test_what_is_too_large_all_the_same_is_refused_alone(receiver: Hook) -> None:
    receiver.answer(said(413), said(202))
    first, second = notifier(receiver).send([message(1), message(2)])
    assert (first.ok, first.permanent) == (False, True)
    assert second.ok
