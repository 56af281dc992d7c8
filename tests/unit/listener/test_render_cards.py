"""Digests and alerts as cards: the words of the mail, in fewer of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from listener.alerts.model import Alert, AlertItem
from listener.core.alerting import AlertRule
from listener.core.analysis import Label
from listener.core.messages import Card
from listener.core.telling import Health
from listener.digest import build_digest
from listener.digest.model import Digest
from listener.digest.parts import CoverageLine, QuoteLine
from listener.render.cards import PEOPLE, alert_card, digest_card
from listener.render.digest import render_digest
from listener.render.lines import INTERNAL, headline, heard_line, waiting_line
from tests.support.digest_facts import BRANDS, DAY, ZONE, quiet_facts, realistic_facts

AT = datetime(2026, 11, 22, 9, 30, tzinfo=ZONE)
QUOTE = QuoteLine(101, "Quillon swallowed our export.", "Quillon", Label.NEGATIVE, "negative", AT, "forum", "https://f.example/1")
ITEM = AlertItem(
    news="Maren Oldhavn of Brackwater complains",
    title="Maren Oldhavn",
    facts=(("Why", "a key account complains"), ("Reach", "12,000 followers")),
    step="Ask Tomas Feld to call today.",
    command="listener cases decide 12 contacted",
    about="Head of Print, Brackwater (enterprise)",
    quotes=(QUOTE, QUOTE, QUOTE),
)
ALERT = Alert("detractor:1", AlertRule.DETRACTOR, ITEM.news, AT, "Europe/Berlin", good=False, items=(ITEM,))


@pytest.fixture(scope="module")
def busy() -> Digest:
    return build_digest(realistic_facts(), DAY, ZONE, BRANDS)


# -------------------------------------------------------------------------------------------------------------- digest


def test_the_card_says_what_the_mail_says_first(busy: Digest) -> None:
    card = digest_card(busy)
    assert card.title == headline(busy)
    assert heard_line(busy) in card.lead
    assert str(busy.day) in card.lead
    assert card.tone == "urgent"
    mail = " ".join(render_digest(busy).text.split())
    for entry, item in zip(busy.people, card.items, strict=False):
        assert item.title == f"{entry.name} · {entry.status}"
        assert (item.step, item.command) == (entry.step, entry.command)
        assert item.title.split(" · ")[0] in mail
        assert item.command in mail


def test_where_a_decision_is_due_it_says_what_that_rests_on_and_else_is_short(busy: Digest) -> None:
    told = {entry.name: (entry, item) for entry, item in zip(busy.people, digest_card(busy).items, strict=False)}
    decide = [(entry, item) for entry, item in told.values() if not entry.brief]
    brief = [(entry, item) for entry, item in told.values() if entry.brief]
    assert decide
    assert brief
    for entry, item in decide:
        assert ("Evidence", entry.evidence) in item.facts
        assert len(item.quotes) <= 2
    for _, item in brief:
        assert {label for label, _ in item.facts} <= {"", "DO NOT CONTACT"}
        assert len(item.quotes) <= 1


def test_nobody_is_called_whom_the_crm_forbids_to_call(busy: Digest) -> None:
    forbidden = [entry.name for entry in busy.people if entry.do_not_contact]
    assert forbidden
    for item in digest_card(busy).items:
        warned = any(label == "DO NOT CONTACT" for label, _ in item.facts)
        assert warned == any(item.title.startswith(name) for name in forbidden)


def test_words_that_may_not_be_quoted_are_not(busy: Digest) -> None:
    first, *rest = busy.people
    assert first.quotes[0].text
    silent = replace(first, quotes=(replace(first.quotes[0], text=""),))
    item = digest_card(replace(busy, people=(silent, *rest))).items[0]
    assert item.quotes[0].startswith("The terms of this source do not let us quote it — ")


def test_the_foot_counts_what_is_left_out_and_what_was_not_heard(busy: Digest) -> None:
    gaps = [line for line in busy.coverage if not line.is_whole]
    assert gaps
    foot = digest_card(busy).foot
    assert f"{len(gaps) + busy.coverage_more_gaps} sources not heard in full ({gaps[0].source}" in foot
    assert foot.endswith(INTERNAL)
    crowd = replace(busy, people=busy.people[:1] * 14, more={"heard": 20}, spikes=("Three times as many mentions as usual.",))
    card = digest_card(crowd)
    assert len(card.items) == PEOPLE
    assert card.foot.startswith("And 24 more: listener cases. Three times as many mentions as usual.")


def test_all_sources_heard_is_said_as_well(busy: Digest) -> None:
    whole = CoverageLine("forum", "rss", Health.OK, None, "")
    assert "All sources were heard without gaps." in digest_card(replace(busy, coverage=(whole,))).foot
    lost = replace(whole, lost="3–5 Nov, too late")
    assert "1 source not heard in full (forum): listener sources." in digest_card(replace(busy, coverage=(lost,))).foot


def test_a_quiet_day_is_one_line() -> None:
    quiet = build_digest(quiet_facts(), DAY, ZONE, BRANDS)
    card = digest_card(quiet)
    assert (card.items, card.tone, card.title) == ((), "changed", headline(quiet))
    assert INTERNAL not in card.foot
    assert card.foot.startswith(waiting_line(quiet))


# --------------------------------------------------------------------------------------------------------------- alert


def test_an_alert_of_one_matter() -> None:
    card = alert_card(ALERT)
    assert (card.title, card.tone) == (ITEM.news, "urgent")
    assert card.lead == "22 Nov 2026 09:30 (Europe/Berlin)"
    (item,) = card.items
    assert item.title == "Maren Oldhavn"
    assert item.facts == (("", ITEM.about), *ITEM.facts)
    assert item.quotes == ("“Quillon swallowed our export.” — negative, 22 Nov, forum",) * 2
    assert (item.step, item.command, item.url) == (ITEM.step, ITEM.command, "https://f.example/1")
    assert card.foot == INTERNAL


def test_many_matters_are_told_each_by_its_news_and_further_ones_counted() -> None:
    card = alert_card(replace(ALERT, news="12 customers complain", items=(ITEM,) * 12))
    assert card.title == "12 customers complain"
    assert {item.title for item in card.items} == {ITEM.news}
    assert len(card.items) == PEOPLE
    assert card.foot.startswith("And 2 more: ")


def test_good_news_have_their_tone_and_no_quote_no_foot() -> None:
    card = alert_card(replace(ALERT, good=True, items=(replace(ITEM, quotes=(), do_not_contact=True),)))
    assert (card.tone, card.foot) == ("chance", "")
    assert card.items[0].facts[1][0] == "DO NOT CONTACT"
    assert card.items[0].url is None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://user:pass@f.example/", "https://f.example/\u202e", None])
def test_only_plain_web_links_are_offered(url: str | None) -> None:
    assert alert_card(replace(ALERT, items=(replace(ITEM, quotes=(replace(QUOTE, url=url),)),))).items[0].url is None


def test_cards_survive_the_store(busy: Digest) -> None:
    for card in (digest_card(busy), alert_card(ALERT)):
        assert Card.from_json(card.to_json()) == card
