"""The weekly edition in text, HTML and as a card: the same content, within every limit, whatever strangers are called."""

from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len

from listener.core.messages import Card
from listener.digest.weekly_model import TopicTrend, Voice, Weekly, WeeklyPerson
from listener.render.look import LIMIT
from listener.render.text import WIDTH
from listener.render.weekly import blocks, render_weekly, subject, weekly_html, weekly_text
from listener.render.weekly_card import weekly_card
from tests.support.weeks import a_week

ATTACK = '"><script>window.hit = 1</script><img src=http://127.0.0.1:9/x>' + "x" * 120


def hostile() -> Weekly:
    """A week in which everything that strangers or a configuration can name tries to get out of its place."""
    week = a_week()
    return replace(
        week,
        title=ATTACK,
        changed=(ATTACK,) * 3,
        voices=(week.voices[0], Voice(ATTACK[:40], 50, 2)),
        topics=(TopicTrend(ATTACK[:60], 9, 2.0, 1, 2, 3, "up"),),
        people=tuple(WeeklyPerson(n, ATTACK[:80], ATTACK[:80], 3, 1, 1, "promoter", do_not_contact=True) for n in range(5)),
        spikes=(ATTACK,),
        gaps=(ATTACK,) * 8,
        notes=(ATTACK,),
    )


def test_text_and_html_say_the_same() -> None:
    week = a_week()
    text, html = weekly_text(week), weekly_html(week, None)
    flat = " ".join(text.split())
    for words in (*week.changed, week.mentions, week.coverage, week.follow_ups, *(topic.name for topic in week.topics)):
        assert words in flat
        assert words.replace(" %", "&nbsp;%") in html or words in html
    for person in week.people:
        assert person.name in flat
        assert person.name in html
    for bar in week.weeks:
        assert f" {bar.mentions} " in flat


def test_the_subject_says_the_news() -> None:
    assert subject(a_week()) == "49 mentions, share of voice 51 % - Quillon, week 47"


def test_no_line_of_the_text_is_too_wide() -> None:
    for week in (a_week(), hostile()):
        assert max(map(cell_len, weekly_text(week).splitlines())) <= WIDTH


def test_the_html_is_never_cut_off_and_has_no_mark_up_of_strangers() -> None:
    for pages in (True, False):
        html = render_weekly(hostile(), pages=pages)[0].html
        assert len(html.encode()) <= LIMIT
        assert "<script" not in html
        assert "<img src=http" not in html


def test_a_week_without_competitors_topics_and_customers_is_short() -> None:
    week = replace(a_week(), voices=(), topics=(), people=(), turns=(), follow_ups="", people_more=0)
    text = weekly_text(week)
    for title in ("SHARE OF VOICE", "WHAT IT WAS ABOUT", "Spoke most", "Turned"):
        assert title not in text
    assert "Share of voice</h2>" not in weekly_html(week, {})


def test_too_few_for_shares_are_told_as_numbers() -> None:
    week = replace(a_week(), voices=(Voice("Quillon", 3, 0, ours=True), Voice("Brixa", 1, 0)))
    assert "Quillon 3; Brixa 1 (too few for shares)." in weekly_text(week)
    assert "Quillon 3; Brixa 1 (too few for shares)." in weekly_html(week, {})
    none = replace(week, voices=(Voice("Quillon", 0, 0, ours=True), Voice("Brixa", 0, 0)))
    assert "Nobody named us, or a competitor." in weekly_text(none)


def test_a_single_week_has_a_sentence_in_the_place_of_its_picture() -> None:
    week = replace(a_week(), weeks=a_week().weeks[-1:])
    assert "A picture of the weeks follows" in render_weekly(week, pages=True)[0].html


def test_bars_are_drawn_in_eighths() -> None:
    assert (blocks(0, 10), blocks(10, 10), blocks(0, 0)) == ("", "█" * 24, "")
    assert blocks(1, 192) == "▏"
    assert blocks(5, 10) == "█" * 12


def test_a_card_has_the_same_news() -> None:
    week = a_week()
    card = weekly_card(week)
    assert card.title == subject(week)
    assert [value for _, value in card.items[0].facts] == list(week.changed)
    assert [item.title for item in card.items] == ["What changed", "Share of voice", "What it was about", "Customers"]
    assert Card.from_json(card.to_json()) == card
    assert card.tone == "urgent"
    assert "(do not contact)" not in str(card)
    stopped = tuple(replace(one, do_not_contact=True) for one in week.people)
    assert str(weekly_card(replace(week, people=stopped))).count("(do not contact)") == len(stopped) > 0
    calm = weekly_card(replace(week, overdue=0, turns=(), voices=(), topics=()))
    assert (calm.tone, len(calm.items)) == ("heard", 2)


def test_weeks_that_are_only_parts_are_marked() -> None:
    week = replace(a_week(), weeks=(replace(a_week().weeks[0], whole=False), *a_week().weeks[1:]))
    assert "~28 Sep     19" in weekly_text(week)
    assert "~ began before listening did" in weekly_text(week)
    assert "Pale: began before listening did" in render_weekly(week, pages=True)[0].html
    assert "~" not in weekly_text(a_week())
