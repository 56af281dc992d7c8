"""The digest as data: its JSON form, erasure, excerpts, coverage, and text of strangers made plain."""

from __future__ import annotations

import html
import json
import shlex
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.allowances import Spent
from listener.core.analysis import Label
from listener.core.cases import CaseKind, EventKind
from listener.core.connector import Allowance
from listener.core.mention import Gap
from listener.core.plain import one_line, visible, web_link
from listener.core.recipients import Recipient
from listener.core.spikes import Measure
from listener.core.telling import Coverage, DigestFacts, Health
from listener.digest import Digest, build_digest
from listener.digest.words import coverage_words, excerpt, notice_words
from listener.render.digest import render_digest
from listener.render.lines import (
    coverage_rest,
    headline,
    heard_line,
    period,
    proposal_line,
    quiet_line,
    subject,
    unheard_line,
)
from listener.render.text import render_text
from tests.support.digest_facts import (
    BRANDS,
    DAY,
    SINCE,
    THEMES,
    TOPICS,
    UNTIL,
    ZONE,
    case_of,
    hours_ago,
    person,
    proposals,
    quiet_facts,
    realistic_facts,
    spike,
    waiting,
)

DATA = Path(__file__).parents[2] / "data" / "digest"


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
    assert headline(left) == "1 not to be contacted, 1 new candidate, 4 customers heard, 2 changes"
    assert "Oldhavn" not in left.to_json()


def test_a_digest_that_the_version_before_stored_can_still_be_shown() -> None:
    """``version-1.json`` is what that version wrote of the same busy day."""
    older = Digest.from_json((DATA / "version-1.json").read_text(encoding="utf-8"))
    rendered = render_digest(older)
    for part in (rendered.text, rendered.html):
        for entry in older.people:
            assert html.escape(entry.name, quote=False) in part
            assert entry.command in part
        assert "Today" not in part
        assert "overdue since 2026-11-20" in part
    assert (older.today, older.proposals, older.spikes, older.waiting) == ((), (), (), ())
    assert Digest.from_json(older.to_json()) == older


def test_a_digest_of_an_older_version_has_neither_topics_nor_what_was_hidden() -> None:
    raw = json.loads((DATA / "version-1.json").read_text(encoding="utf-8"))
    for key in ("topics", "themes", "hidden"):
        del raw[key]
    older = Digest.from_json(json.dumps(raw))
    assert (older.topics, older.themes, older.hidden) == ((), (), None)
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
    one = build_digest(
        realistic_facts(), DAY, ZONE, BRANDS, only=Recipient("mail", "kim", brands=frozenset({"quillon"})), topics=TOPICS
    )
    assert [line.name for line in both.topics] == ["Support (Quillon)", "Billing (Quillon)", "Trays and feeders (Quillon Press)"]
    assert [(line.name, line.mentions, line.positive, line.negative) for line in one.topics] == [
        ("Support", 11, 5, 4),
        ("Billing", 6, 0, 4),
    ]
    assert [line.name for line in both.themes] == ["overnight export", "tray sensor"]


def test_only_people_proposals_and_hidden_posts_hold_personal_data() -> None:
    facts = replace(realistic_facts(), proposals=proposals(), spikes=(spike(),), waiting=waiting())
    raw = json.loads(build_digest(facts, DAY, ZONE, BRANDS).to_json())
    assert len(raw["proposals"]) >= 1
    del raw["people"], raw["proposals"]
    names = ("Maren", "Brackwater", "Oldhavn", "Tomas", "Idris", "Nell", "Harrow", "enterprise", "Kroll")
    assert not any(part in json.dumps(raw) for part in names)


# ------------------------------------------------------------------------------------ what is told beside people


def test_the_most_probable_matches_are_proposed_with_both_commands() -> None:
    digest = build_digest(replace(realistic_facts(), proposals=proposals()), DAY, ZONE, BRANDS)
    assert [line.author_id for line in digest.proposals] == [71], "a busy day: what is read in a minute"
    assert digest.proposals_more == 3
    quiet = build_digest(replace(quiet_facts(), proposals=proposals()), DAY, ZONE, BRANDS)
    assert ([line.author_id for line in quiet.proposals], quiet.proposals_more) == ([71, 72, 73], 1)
    first = digest.proposals[0]
    assert proposal_line(first) == "Nell H. (blog): Nell Harrow, Tallow Street Press? 94%, by name, company"
    assert (first.link, first.refuse) == ("listener identities link 71 C-0071", "listener identities unlink 71 C-0071")
    text = render_text(digest)
    assert "  yes $ listener identities link 71 C-0071" in text
    assert "And 3 more: listener identities review" in text
    assert Digest.from_json(digest.to_json()) == digest


def test_of_a_namesake_only_the_company_is_told() -> None:
    asked = replace(proposals()[0], author="nell harrow")
    (line,) = build_digest(replace(quiet_facts(), proposals=(asked,)), DAY, ZONE, BRANDS).proposals
    assert (line.author, line.customer) == ("nell harrow (blog)", "Tallow Street Press")
    (alone,) = build_digest(replace(quiet_facts(), proposals=(replace(asked, company=None),)), DAY, ZONE, BRANDS).proposals
    assert alone.customer == "Nell Harrow"


def test_an_id_of_the_crm_is_one_word_of_the_command() -> None:
    odd = replace(proposals()[0], match=replace(proposals()[0].match, contact_id="C 1; rm -rf ~'\n"))
    (line,) = build_digest(replace(quiet_facts(), proposals=(odd,)), DAY, ZONE, BRANDS).proposals
    assert shlex.split(line.link) == ["listener", "identities", "link", "71", "C 1; rm -rf ~'"]


def test_proposals_bursts_and_waiting_cases_are_of_the_reader_s_customers() -> None:
    facts = replace(quiet_facts(), proposals=proposals(), spikes=(spike(),), waiting=waiting())
    mine = build_digest(facts, DAY, ZONE, BRANDS, only=Recipient("mail", "kim", owners=frozenset({"ines kroll"})))
    assert [line.author_id for line in mine.proposals] == [72]
    assert (mine.spikes, [line.number for line in mine.waiting]) == ((), [3])
    other = build_digest(facts, DAY, ZONE, BRANDS, only=Recipient("mail", "kim", brands=frozenset({"quillon-press"})))
    assert (other.proposals, other.spikes, other.waiting, other.title) == ((), (), (), "Quillon Press")
    assert heard_line(other) == "Nobody mentioned any of our brands."


def test_a_burst_is_a_line_with_how_much_since_when_and_whether_it_is_over() -> None:
    going = spike()
    negative = replace(going, measure=Measure.NEGATIVE, count=30, expected=0.4)
    share = replace(going, measure=Measure.SHARE, count=0.71, expected=0.1, total=42)
    over = replace(
        going, start=hours_ago(20), last_excess_at=hours_ago(16), closed_at=hours_ago(4), hours=3, count=1200, expected=5.6
    )
    told_spikes = build_digest(replace(quiet_facts(), spikes=(share, negative, going, over)), DAY, ZONE, BRANDS).spikes
    assert told_spikes == (
        "Quillon: 1,200 mentions in 3 hours, usually 6; from 21 Nov 11:00 to 15:00, over now",
        "Quillon: 42 mentions in 1 hour, usually 6; 30 negative mentions in 1 hour, usually fewer than 1; since 22 Nov 04:00",
    )
    alone = build_digest(replace(quiet_facts(), spikes=(share,)), DAY, ZONE, BRANDS)
    assert alone.spikes == ("Quillon: 71% of 42 mentions negative in 1 hour, usually 10%; since 22 Nov 04:00",)
    assert "▲ Quillon: 71% of 42" in render_text(alone)


def test_a_window_over_a_change_of_the_clocks_is_told_by_the_reader_s_clock() -> None:
    """On 2026-10-25 Berlin's clocks go back: the day has 25 hours."""
    facts = replace(quiet_facts(), since=datetime(2026, 10, 24, 5, tzinfo=UTC), until=datetime(2026, 10, 25, 6, tzinfo=UTC))
    call = case_of(1, CaseKind.FOLLOW_UP, 1, EventKind.OPENED)
    due = replace(call, case=replace(call.case, due_at=datetime(2026, 10, 25, 22, 30, tzinfo=UTC)))
    digest = build_digest(replace(facts, people=(person(1, cases=(due,)),)), date(2026, 10, 25), ZONE, BRANDS)
    assert period(digest) == "2026-10-24 07:00 to 2026-10-25 07:00 (Europe/Berlin)"
    assert digest.people[0].urgency == "due"


@pytest.mark.parametrize(
    "data",
    [
        "[]",
        '{"version":3}',
        "{}",
        '{"version":1}',
        '{"version":2}',
        '{"version":1,"day":"2026-11-22"}',
        busy().to_json()[:-1] + ',"x":1}',
    ],
)
def test_what_is_no_digest_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="stored digest"):
        Digest.from_json(data)


def test_the_subject_says_the_news_within_what_is_seen_of_it() -> None:
    digest = busy()
    assert headline(digest) == "1 to call (1 overdue), 1 not to be contacted, 1 new candidate, 4 customers heard, 2 changes"
    assert subject(digest) == "1 to call (1 overdue), 1 not to call - Quillon, Quillon Press, 2026-11-22"
    assert subject(replace(digest, title="Quillon")) == "1 to call (1 overdue), 1 not to call, 1 candidate - Quillon, 2026-11-22"
    assert subject(replace(digest, title="Q" * 90)).startswith("1 to call (1 overdue) - QQ")
    assert subject(build_digest(quiet_facts(), DAY, ZONE, BRANDS)).startswith("Nobody needs you today - ")


def test_bursts_stand_between_what_is_wrong_and_what_is_good_and_matches_only_where_nothing_else_is() -> None:
    assert headline(replace(busy(), spikes=("a",))) == (
        "1 to call (1 overdue), 1 not to be contacted, 1 burst of mentions, 1 new candidate, 4 customers heard, 2 changes"
    )
    quiet = build_digest(quiet_facts(), DAY, ZONE, BRANDS)
    assert headline(replace(quiet, spikes=("a", "b"))) == "2 bursts of mentions"
    asked = build_digest(replace(quiet_facts(), proposals=proposals()), DAY, ZONE, BRANDS)
    assert headline(asked) == "4 matches to confirm"
    assert not asked.is_quiet


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
    """A day on which somebody is to be told about: on any other the sources take one line."""
    somebody = person(1, cases=(case_of(1, CaseKind.CANDIDATE, 1, EventKind.OPENED),))
    return build_digest(DigestFacts(SINCE, UNTIL, (somebody,), lines), DAY, ZONE, BRANDS, **options)


def quiet(*lines: Coverage, **counts: object) -> Digest:
    return build_digest(DigestFacts(SINCE, UNTIL, (), lines, **counts), DAY, ZONE, BRANDS)


def test_a_quiet_day_is_one_line() -> None:
    text = render_text(quiet(Coverage("a", "rss", Health.OK, UNTIL)))
    assert text.splitlines()[2:] == ["Nobody needs you today. Nobody mentioned us."]
    spoke = quiet(mentions=3, labels={Label.POSITIVE: 3}, hidden={"ambiguous": 2})
    assert quiet_line(spoke) == (
        "Nobody needs you today. 3 mentions of us: 3 positive; none by a customer. Hidden as not relevant: 2."
    )
    waits = build_digest(replace(quiet_facts(), waiting=waiting()), DAY, ZONE, BRANDS)
    assert quiet_line(waits).endswith(
        "Still waiting: 1 follow-up not due yet (since 14 Nov), 4 undecided candidates (since 3 Nov)."
    )


def test_a_quiet_day_says_in_one_line_what_was_not_heard() -> None:
    lines = [Coverage(f"s{n}", "rss", Health.PARTIAL, UNTIL, 6, 4, refused_runs=4) for n in range(5)]
    lines[0] = Coverage("lost", "rss", Health.OK, UNTIL, gaps=(Gap(hours_ago(90), hours_ago(20), "it goes back a day"),))
    assert unheard_line(quiet(*lines)) == (
        "Not heard in full: s1 (refused 4 of 6 runs), s2 (refused 4 of 6 runs), s3 (refused 4 of 6 runs), 2 more."
        " How well: listener sources"
    )
    assert unheard_line(quiet(lines[0])).startswith("Not heard in full: lost (lost for good: 18–21 Nov, it goes back a day)")
    assert unheard_line(quiet(Coverage("a", "rss", Health.OK, UNTIL))) == ""
    dead = quiet(Coverage("a", "rss", Health.FAILED, None))
    assert render_text(dead).splitlines()[2].startswith("Nothing could be heard.")


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
    text = render_text(digest).partition("HOW WELL WE HEARD")[2].partition("\n\n")[0]
    assert " ".join(text.split()).endswith(
        "✓ 30 sources heard without gaps, until 04:06 or later: " + ", ".join(f"s{n:02}" for n in range(12)) + " and 18 more"
    )


def test_one_healthy_source_and_those_with_something_to_say_have_lines_of_their_own() -> None:
    assert told(*(Coverage(f"s{n}", "rss", Health.OK, UNTIL) for n in range(1))).coverage_heard is None
    assert told(*(Coverage(f"s{n}", "rss", Health.OK, UNTIL) for n in range(2))).coverage == ()
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
    assert headline(quiet(line)) == "Nothing could be heard"


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
