"""Text and HTML of the digest: golden files, and that nothing of strangers gets out unescaped.

After a deliberate change of the rendering, ``GOLDEN=write`` in the environment writes the golden files anew.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from listener.core.analysis import Label
from listener.core.brand import Evidence
from listener.core.cases import CaseKind, EventKind
from listener.core.people import Match, Outcome, Reason
from listener.core.standing import Stance
from listener.core.telling import Coverage, DigestFacts, Health, PersonFacts
from listener.digest import Digest, build_digest
from listener.digest.sections import Tone
from listener.render.digest import render_digest
from listener.render.html import render_html
from listener.render.lines import facts_line, heard_line, why_line
from listener.render.look import DARK, LIGHT
from listener.render.text import WIDTH, render_text, wrap
from tests.support.digest_facts import (
    BRANDS,
    DAY,
    RESUMES,
    SINCE,
    SPENT,
    THEMES,
    TOPICS,
    UNTIL,
    ZONE,
    case_of,
    hours_ago,
    person,
    proposals,
    quiet_facts,
    quote,
    realistic_facts,
    spike,
    standing,
    waiting,
)

GOLDEN = Path(__file__).parents[2] / "data" / "digest"
DAYS = {
    "busy": build_digest(
        replace(realistic_facts(), proposals=proposals(), spikes=(spike(),), waiting=waiting()),
        DAY,
        ZONE,
        BRANDS,
        spent=SPENT,
        resumes=RESUMES,
        topics=TOPICS,
        themes=THEMES,
    ),
    "quiet": build_digest(quiet_facts(), DAY, ZONE, BRANDS),
}


@pytest.mark.parametrize("day", sorted(DAYS))
@pytest.mark.parametrize("form", ["txt", "html", "json"])
def test_the_rendering_is_the_golden_one(day: str, form: str) -> None:
    rendered = render_digest(DAYS[day])
    got = {"txt": rendered.text, "html": rendered.html, "json": DAYS[day].to_json() + "\n"}[form]
    golden = GOLDEN / f"{day}.{form}"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(got, encoding="utf-8")
    assert got == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("day", sorted(DAYS))
def test_a_stored_digest_gives_the_same_bytes(day: str) -> None:
    assert render_digest(Digest.from_json(DAYS[day].to_json())) == render_digest(DAYS[day])


def test_no_line_of_the_text_is_wider_than_a_terminal() -> None:
    for digest in DAYS.values():
        assert all(cell_len(line) <= WIDTH for line in render_text(digest).splitlines())


@given(st.text(max_size=300), st.integers(20, 80))
def test_wrapping_keeps_every_character_and_the_width(text: str, width: int) -> None:
    lines = list(wrap(text, "  ", "    ", width))
    assert all(cell_len(line) <= width for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_more_people_and_further_matters_are_told() -> None:
    people = [person(n, cases=(case_of(n, CaseKind.FOLLOW_UP, n, EventKind.OPENED),)) for n in range(1, 14)]
    digest = build_digest(DigestFacts(SINCE, UNTIL, tuple(people), (), mentions=1), DAY, ZONE, BRANDS)
    rendered = render_digest(digest)
    assert len(digest.people) == 10
    for part in (rendered.text, rendered.html):
        assert f"And {13 - len(digest.people)} more: listener cases" in part
        assert "No source is configured." in part
        assert "1 mention of us." in part


class Page(HTMLParser):
    """What a mail client would see: tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


_nasty = st.text(
    alphabet=st.one_of(st.sampled_from("<>\"'&{}%;:\u202e\u2066\u200b\x00\x1b\r\n/*"), st.characters(codec=None)), max_size=60
) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)',
        "'><svg onload=alert(1)>",
        "{{ 7 * 7 }}",
        "]]><![endif]--><b>",
        "</style></title><h1>",
        "javascript:alert(1)",
    ]
)


def _hostile(text: str) -> Digest:
    """The text of a stranger in every place that one can reach."""
    match = Match(Outcome.LINK, 0.9, text, text, text, text, text, (Reason(text, 3.0, Evidence.NAME),))
    facts = person(
        1,
        text,
        text,
        job_title=text,
        segment=text,
        owner=text,
        contact_id=text,
        match=match,
        platforms=(text,),
        standing=standing(Stance.PROMOTER, 0.8, text),
        quotes=(
            quote(1, text, Label.UNSCORED, alias=text, platform=text, source=text, url=text, title=text, reason=text),
            quote(2, f"{text} Quillon {text}", Label.POSITIVE, url=f"https://a.example/{text}"),
        ),
        cases=(
            case_of(1, CaseKind.FOLLOW_UP, 1, EventKind.OPENED, mentions=(1, 2)),
            case_of(2, CaseKind.CANDIDATE, 1, EventKind.OPENED, reason=text, actor=text),
        ),
    )
    lapsed = replace(
        facts, person_id=2, cases=(case_of(3, CaseKind.CANDIDATE, 2, EventKind.LAPSED, reason=text),), stance_before=None
    )
    sources = (Coverage(text, text, Health.FAILED, None, 3, 2, reason=text, rejected={text: 1}),)
    asked = replace(proposals()[0], author=text, platform=text, name=text, company=text, match=replace(match, contact_id=text))
    window = DigestFacts(SINCE, UNTIL, (facts, lapsed), sources, mentions=2, proposals=(asked,), spikes=(spike(),))
    return build_digest(window, DAY, ZONE, {"quillon": text, "other": text})


_HARMLESS = [(tag, sorted(attrs)) for tag, attrs in Page(render_html(_hostile("x"))).tags if tag not in {"mark", "a"}]


@settings(max_examples=60, deadline=None)
@given(_nasty)
def test_text_of_strangers_never_becomes_markup(text: str) -> None:
    page = Page(render_html(_hostile(f"x{text}x")))
    assert [(tag, sorted(attrs)) for tag, attrs in page.tags if tag not in {"mark", "a"}] == _HARMLESS
    for tag, attrs in page.tags:
        if tag == "a":
            assert (attrs["href"] or "").startswith("https://a.example/")
            assert attrs["rel"] == "noopener nofollow ugc"
            assert sorted(attrs) == ["class", "href", "rel", "style"]
        elif tag == "mark":
            assert sorted(attrs) == ["class", "style"]
    assert not set(page.text) & set("\u202e\u2066\u200b\x00\x1b")


@settings(max_examples=60, deadline=None)
@given(_nasty)
def test_the_text_part_carries_no_control_character_of_a_stranger(text: str) -> None:
    rendered = render_digest(_hostile(f"x{text}x"))
    assert all(char == "\n" or (char.isprintable() or ord(char) > 0xFF) for char in rendered.text)
    assert not set(rendered.text) & set("\u202e\u2066\u200b\x00\x1b\r\x85\u2028")
    assert "\n" not in rendered.subject
    rendered.text.encode("utf-8")
    rendered.html.encode("utf-8")


def test_a_stored_digest_is_made_plain_once_more() -> None:
    """One that an older version stored, or somebody edited."""
    first = DAYS["busy"].people[0]
    spoilt = replace(
        first, name="\u202e<b>", quotes=(replace(first.quotes[0], url="javascript:alert(1)", text="\u202e<i>Quillon</i>"),)
    )
    page = Page(render_html(replace(DAYS["busy"], people=(spoilt,), hidden=None)))
    assert "<b>" in page.text
    assert "\u202e" not in page.text
    assert [tag for tag, _ in page.tags if tag in {"a", "i"}] == []


def test_the_fullest_mail_is_below_what_mail_clients_cut_off() -> None:
    wide = '🖨️&"<漢' * 400
    people = [
        replace(
            _hostile_person(number, wide),
            cases=(case_of(number, CaseKind.FOLLOW_UP, number, EventKind.OPENED, due_in_days=1, mentions=(1, 2)),),
        )
        for number in range(1, 30)
    ]
    sources = [Coverage(wide, wide, Health.FAILED, hours_ago(5), 6, 6, reason=wide) for _ in range(50)]
    digest = build_digest(DigestFacts(SINCE, UNTIL, tuple(people), tuple(sources), mentions=9), DAY, ZONE, BRANDS)
    html = render_html(digest)
    assert len(html.encode("utf-8")) <= 100_000
    assert html.count("<h3") == len(digest.people)
    assert "do not let us quote" not in html


def _hostile_person(number: int, text: str) -> PersonFacts:
    return person(
        number,
        text,
        text,
        job_title=text,
        segment=text,
        owner=text,
        reach=10**9,
        do_not_contact=True,
        standing=standing(Stance.DETRACTOR, 0.8, text),
        quotes=tuple(quote(n, f"{text} Quillon {n}", Label.NEGATIVE, url="https://a.example/" + "x" * 480) for n in (1, 2, 3)),
    )


@pytest.mark.parametrize("day", sorted(DAYS))
def test_both_parts_say_the_same(day: str) -> None:
    digest, rendered = DAYS[day], render_digest(DAYS[day])
    text = " ".join(rendered.text.replace("│", " ").split())
    body = rendered.html.partition("<body")[2].partition("</div>")[2]  # the preheader before it repeats the first line
    html = " ".join(Page(body.replace("<br>", " ")).text.split())
    people = [text for entry in digest.people for text in (entry.name, entry.step, entry.command, *entry.also)]
    quotes = [quote.text for entry in digest.people for quote in entry.quotes]
    asked = [text for line in digest.proposals for text in (line.author, line.customer, line.link, line.refuse)]
    for part in (text.replace("*", ""), html):
        assert [each for each in (*people, *quotes, *asked, *digest.spikes) if " ".join(each.split()) not in part] == []
    assert _numbers(text) == _numbers(html)
    assert not {word for word in _words(html) - _words(text) if word not in _STATES_AND_HOSTS}


def _numbers(text: str) -> Counter[str]:
    """Every number, as often as it is said; addresses are links in one part, and their hosts are named in the other."""
    return Counter(re.findall(r"(?<![\w.])\d[\d,.:-]*(?<![,.:-])", re.sub(r"https?://\S+", "", text)))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d]+", text)}


_STATES_AND_HOSTS = {"complete", "gaps", "with", "m", "f", "d", "hamburg", "apply", "now", "pommel", "loose", "source"}
"""Only the HTML names the state of a source in words, where the text has a mark, and has room for more of a hidden post."""


def test_html_loads_nothing_and_runs_nothing() -> None:
    page = Page(render_html(DAYS["busy"]))
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base", "svg", "video"}
    assert not any("src" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in page.tags)
    assert "url(" not in render_html(DAYS["busy"])
    assert "@import" not in render_html(DAYS["busy"])


def test_html_can_be_read_by_a_screen_reader() -> None:
    page = Page(render_html(DAYS["busy"]))
    assert dict(page.tags)["html"]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attrs.get("role") == "presentation" for tag, attrs in page.tags if tag == "table")


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_can_be_read_on_its_ground(scheme: object) -> None:
    assert isinstance(scheme, type(LIGHT))
    for ground in (scheme.page, scheme.card):
        for text in (scheme.ink, scheme.muted, *(accent for accent, _ in scheme.accents.values())):
            assert _contrast(text, ground) >= 4.5
    for accent, tint in scheme.accents.values():
        assert _contrast(accent, tint) >= 4.5
        assert _contrast(scheme.ink, tint) >= 4.5
    assert set(scheme.accents) == set(Tone)


def test_what_a_standing_rests_on_is_a_sentence_of_its_own() -> None:
    entry = DAYS["busy"].people[0]
    assert why_line(replace(entry, why="nothing in their own words")) == "Nothing in their own words."
    assert why_line(replace(entry, why="")) == ""


def test_who_looks_after_a_customer_is_named_once() -> None:
    entry = replace(DAYS["busy"].people[0], owner="Tomas Feld")
    assert "Tomas Feld" in entry.step
    assert "Tomas Feld" not in facts_line(entry)
    assert facts_line(replace(entry, step="Thank them.")).endswith(" · Tomas Feld")


def test_stories_are_told_where_copies_were_heard() -> None:
    digest = build_digest(realistic_facts(), DAY, ZONE, BRANDS)
    assert heard_line(digest).startswith("41 mentions of us in 38 stories (of the stories 15 positive")
    assert heard_line(replace(digest, counts=replace(digest.counts, stories=41))).startswith("41 mentions of us: ")
    raw = json.loads(digest.to_json())
    assert raw["counts"].pop("stories") == 38
    assert raw["counts"].pop("unsure") == 1
    for topic in (*raw["topics"], *raw["themes"]):
        del topic["unsure"]
    assert heard_line(Digest.from_json(json.dumps(raw))).startswith("41 mentions of us: ")
