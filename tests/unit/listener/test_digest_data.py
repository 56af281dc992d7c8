"""The digest as data: its JSON form, erasure, excerpts, coverage, and text of strangers made plain."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.allowances import Spent
from listener.core.connector import Allowance
from listener.core.mention import Gap
from listener.core.plain import one_line, visible, web_link
from listener.core.telling import Coverage, DigestFacts, Health
from listener.digest import Digest, build_digest
from listener.digest.words import coverage_words, excerpt, notice_words
from listener.render.lines import coverage_rest, headline, subject
from listener.render.text import render_text
from tests.support.digest_facts import BRANDS, DAY, SINCE, THEMES, TOPICS, UNTIL, ZONE, hours_ago, quiet_facts, realistic_facts


def busy() -> Digest:
    return build_digest(realistic_facts(), DAY, ZONE, BRANDS)


def test_json_gives_the_same_digest_back() -> None:
    for digest in (busy(), build_digest(quiet_facts(), DAY, ZONE, BRANDS)):
        assert Digest.from_json(digest.to_json()) == digest
        assert Digest.from_json(digest.to_json()).to_json() == digest.to_json()


def test_a_person_erased_from_the_stored_digest_is_gone_from_its_counts_too() -> None:
    raw = json.loads(busy().to_json())
    raw["people"] = [item for item in raw["people"] if item["person_id"] != 11]
    left = Digest.from_json(json.dumps(raw))
    assert headline(left) == "1 needs a call, 1 new candidate, 4 customers heard, 2 changes"
    assert "Oldhavn" not in left.to_json()


def test_a_digest_of_an_older_version_has_neither_topics_nor_what_was_hidden() -> None:
    raw = json.loads(busy().to_json())
    for key in ("topics", "themes", "hidden"):
        del raw[key]
    older = Digest.from_json(json.dumps(raw))
    assert (older.topics, older.themes, older.hidden) == ((), (), None)
    assert "WHAT IT WAS ABOUT" not in render_text(older)
    assert "HIDDEN" not in render_text(older)


def test_a_hidden_post_erased_from_the_stored_digest_is_gone_and_still_counted() -> None:
    raw = json.loads(busy().to_json())
    raw["hidden"]["posts"] = []
    left = render_text(Digest.from_json(json.dumps(raw)))
    assert "HIDDEN AS NOT RELEVANT: 6" in left
    assert "listener correct" not in left


def test_hidden_posts_are_one_line_and_quoted_only_where_that_is_allowed() -> None:
    hidden = busy().hidden
    assert hidden is not None
    assert hidden.reasons == ("2 job ads", "1 giveaway", "3 where the name means something else")
    assert all(len(post.text) <= 100 for post in hidden.posts)
    assert [post.text for post in hidden.posts][2] == ""


def test_topics_of_one_brand_are_told_without_its_name() -> None:
    both = build_digest(realistic_facts(), DAY, ZONE, BRANDS, topics=TOPICS, themes=THEMES)
    one = build_digest(realistic_facts(), DAY, ZONE, BRANDS, only="quillon", topics=TOPICS)
    assert [line.name for line in both.topics] == ["Support (Quillon)", "Billing (Quillon)", "Trays and feeders (Quillon Press)"]
    assert [(line.name, line.mentions, line.positive, line.negative) for line in one.topics] == [
        ("Support", 11, 5, 4),
        ("Billing", 6, 0, 4),
    ]
    assert [line.name for line in both.themes] == ["overnight export", "tray sensor"]


def test_only_people_hold_personal_data() -> None:
    raw = json.loads(busy().to_json())
    del raw["people"]
    assert not any(part in json.dumps(raw) for part in ("Maren", "Brackwater", "Oldhavn", "Tomas", "Idris"))


@pytest.mark.parametrize(
    "data", ["[]", '{"version":2}', "{}", '{"version":1}', '{"version":1,"day":"2026-11-22"}', busy().to_json()[:-1] + ',"x":1}']
)
def test_what_is_no_digest_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="stored digest"):
        Digest.from_json(data)


def test_the_subject_says_the_news() -> None:
    assert subject(busy()) == (
        "2 need a call, 1 new candidate, 4 customers heard, 2 changes — Quillon, Quillon Press, 2026-11-22"
    )
    assert subject(build_digest(quiet_facts(), DAY, ZONE, BRANDS)).startswith("Nobody needs you today — ")


def test_a_day_on_which_no_source_was_heard_does_not_look_like_a_quiet_one() -> None:
    dead = DigestFacts(SINCE, UNTIL, (), (Coverage("a", "rss", Health.FAILED, None), Coverage("b", "x", Health.DISABLED, None)))
    assert headline(build_digest(dead, DAY, ZONE, BRANDS)) == "Nothing could be heard"


def test_many_brands_are_counted() -> None:
    assert build_digest(quiet_facts(), DAY, ZONE, {str(n): str(n) for n in range(4)}).title == "4 brands"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Coverage("a", "rss", Health.OK, UNTIL, runs=6), ""),
        (Coverage("a", "rss", Health.OK, UNTIL, runs=6, rejected={"no date": 2, "no id": 1}), "3 entries could not be read"),
        (Coverage("a", "rss", Health.PARTIAL, UNTIL, 6, 4, reason="403"), "failed in 4 of 6 runs; 403"),
        (Coverage("a", "rss", Health.PARTIAL, UNTIL, 6, 4, refused_runs=4, reason="403"), "refused 4 of 6 runs; 403"),
        (Coverage("a", "rss", Health.OK, UNTIL, 6, refused_runs=1), "refused 1 of 6 runs"),
        (Coverage("a", "rss", Health.FAILED, UNTIL, 6, 5, refused_runs=2), "failed in 5 of 6 runs, refused in 2 of them"),
        (Coverage("a", "rss", Health.PARTIAL, UNTIL, 6, streams=9, streams_failed=2), "2 of 9 parts failed"),
        (Coverage("a", "x", Health.PAUSED, None), "paused"),
        (Coverage("a", "x", Health.PAUSED, None, 3, reason="the cap is reached"), "paused, the cap is reached"),
        (Coverage("a", "x", Health.WAITING, None, 2, 2, reason="429"), "waiting: 429; failed in 2 of 2 runs"),
        (Coverage("a", "rss", Health.FAILED, None), "failed"),
        (Coverage("a", "x", Health.DISABLED, None, reason="no token"), "disabled, because no token"),
        (Coverage("a", "x", Health.DISABLED, None), "disabled"),
        (Coverage("a", "x", Health.WAITING, None), "not run so far"),
        (Coverage("a", "x", Health.WAITING, None, reason="asked to wait"), "waiting: asked to wait"),
    ],
)
def test_coverage_is_honest(line: Coverage, words: str) -> None:
    assert coverage_words(line) == words


def told(*lines: Coverage, **options: object) -> Digest:
    return build_digest(DigestFacts(SINCE, UNTIL, (), lines), DAY, ZONE, BRANDS, **options)


def test_of_many_sources_those_with_gaps_are_named() -> None:
    lines = [Coverage(f"s{n:03}", "rss", Health.OK if n % 100 else Health.FAILED, hours_ago(1)) for n in range(2000)]
    digest = told(*lines)
    assert (len(digest.coverage), digest.coverage_more, digest.coverage_more_gaps) == (14, 6, 6)
    assert {line.health for line in digest.coverage} == {Health.FAILED}
    assert coverage_rest(digest) == "And 6 more sources, 6 of them with gaps: listener sources"
    assert digest.coverage_heard
    assert (digest.coverage_heard.number, len(digest.coverage_heard.sources)) == (1980, 12)
    assert Digest.from_json(digest.to_json()) == digest


def test_thirty_healthy_sources_share_one_line_until_which_all_were_heard() -> None:
    digest = told(*(Coverage(f"s{n:02}", "rss", Health.OK, hours_ago(n / 10)) for n in range(30)))
    assert digest.coverage == ()
    assert digest.coverage_heard
    assert (digest.coverage_heard.number, digest.coverage_heard.heard_until) == (30, hours_ago(2.9))
    text = render_text(digest).partition("WAS NOT")[2]
    assert " ".join(text.split()).endswith(
        "✓ 30 sources heard without gaps, until 04:06 or later: " + ", ".join(f"s{n:02}" for n in range(12)) + " and 18 more"
    )
    assert subject(digest).startswith("Nobody needs you today")


def test_a_few_healthy_sources_and_those_with_something_to_say_have_lines_of_their_own() -> None:
    assert told(*(Coverage(f"s{n}", "rss", Health.OK, UNTIL) for n in range(6))).coverage_heard is None
    plain = [Coverage(f"s{n}", "rss", Health.OK, UNTIL) for n in range(7)]
    special = (
        replace(plain[0], source="moved", notices=("it has moved",)),
        replace(plain[0], source="short", gaps=(Gap(hours_ago(90), hours_ago(20), "it goes back a day"),)),
        replace(plain[0], source="dear"),
    )
    digest = told(*plain, *special, spent={"dear": (Spent(Allowance("c", "USD", "month", 2000, 100), 320),)})
    assert [line.source for line in digest.coverage] == ["short", "dear", "moved"]
    assert [line.is_whole for line in digest.coverage] == [False, True, True]
    text = render_text(digest)
    assert "~ short (rss): heard until 07:00; lost for good: 18–21 Nov, it goes back a day" in text
    assert "✓ dear (rss): heard until 07:00; USD 3.20 of 20.00 this month" in text
    assert "✓ moved (rss): heard until 07:00; it has moved" in text


def test_a_paused_source_says_why_and_when_it_goes_on() -> None:
    line = Coverage("x", "twitter", Health.PAUSED, hours_ago(30), 4, reason="the monthly cap of USD 20.00 is reached")
    digest = told(line, resumes={"x": datetime(2026, 11, 30, 23, tzinfo=UTC)})
    text = " ".join(render_text(digest).split())
    assert "= x (twitter): paused, the monthly cap of USD 20.00 is reached; goes on 1 Dec; heard until 21 Nov 01:00" in text
    assert headline(digest) == "Nothing could be heard"


def test_a_digest_that_an_older_version_stored_can_be_shown() -> None:
    raw = json.loads(told(Coverage("a", "rss", Health.OK, UNTIL)).to_json())
    del raw["coverage_heard"]
    for line in raw["coverage"]:
        for name in ("lost", "notice", "spent"):
            del line[name]
    assert "✓ a (rss): heard until 07:00" in render_text(Digest.from_json(json.dumps(raw)))


def test_of_many_notices_the_first_are_told() -> None:
    line = Coverage("a b", "rss", Health.OK, UNTIL, notices=("one\n", "two", "three"))
    assert notice_words(line) == "one; two; 1 more notice: listener sources 'a b'"


def test_moments_are_told_in_the_readers_zone() -> None:
    digest = busy()
    assert (digest.until.isoformat(), digest.zone) == ("2026-11-22T07:00:00+01:00", "Europe/Berlin")
    assert digest.coverage[0].heard_until is not None
    assert digest.coverage[0].heard_until.utcoffset() == timedelta(hours=1)


# ------------------------------------------------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\r\nBcc: b\t c", "a Bcc: b c"),
        ("\u202egnp.exe\u2066x", "gnp.exex"),
        ("zero\u200bwidth\ufeff\u00ad\u2060", "zerowidth"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\ud800", "\ufffd"),
        ("👩\u200d🚒 می\u200cخواهم", "👩\u200d🚒 می\u200cخواهم"),
        ("z" + "\u0301" * 40, "z" + "\u0301" * 3),
        ("\u3164\u115f", ""),
        ("a\u2028b\u2029c\u0085d", "a b c d"),
    ],
)
def test_hidden_and_direction_changing_characters_go(text: str, plain: str) -> None:
    assert one_line(text) == plain


@given(st.text(), st.integers(1, 50))
def test_one_line_is_bounded_printable_and_stable(text: str, limit: int) -> None:
    plain = one_line(text, limit)
    assert len(plain) <= limit
    assert one_line(plain) == plain
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in plain)
    assert not set(plain) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    plain.encode("utf-8")


def test_visible_keeps_the_spaces_at_the_edges() -> None:
    assert visible(" a\n") == " a "


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "//evil.example/x",
        "/relative",
        "https://",
        "https://bank.example@evil.example/",
        "https://evil.example/\nx",
        "https://evil.example/ x",
        "https:\\\\evil.example",
        "https://evil.example/\u202egpj",
        "http://[::1",
        "https://e.example/" + "x" * 600,
        "",
        None,
    ],
)
def test_only_plain_web_addresses_become_links(url: str | None) -> None:
    assert web_link(url) is None


def test_web_addresses_stay_as_they_are() -> None:
    for url in ("https://a.example/?q=%22&x=<b>", "http://bücher.example/ä#t", "HTTPS://A.example/"):
        assert web_link(url) == url


# ---------------------------------------------------------------------------------------------------------- excerpts


@given(st.text(max_size=400), st.text(max_size=20), st.integers(40, 260))
def test_an_excerpt_is_bounded(text: str, alias: str, limit: int) -> None:
    assert len(excerpt(text, alias, limit)) <= limit


@given(st.integers(0, 200), st.integers(0, 200))
def test_an_excerpt_keeps_the_target_in_sight(before: int, after: int) -> None:
    text = "word " * before + "Quillon " + "tail " * after
    cut = excerpt(text, "Quillon", 120)
    assert "Quillon" in cut
    assert len(cut) <= 120
    assert cut.startswith("…") == (not text.startswith(cut[:20]))


def test_a_short_text_is_not_cut() -> None:
    assert excerpt("  Quillon\n works ", "Quillon") == "Quillon works"


def test_a_word_that_is_longer_than_the_room_is_cut_anyway() -> None:
    assert len(excerpt("x" * 1000, "Quillon", 50)) == 50
