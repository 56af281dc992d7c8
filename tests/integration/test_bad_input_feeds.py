"""One run over a good feed and every kind of bad one: the good one is heard, and each bad one is named with what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Ended, call, spawn
from tests.support.hostile_site import hostile_site
from tests.unit.net.net_server import Reply, Site

REFUSED = {
    "html": 'it is a web page, not a feed; give the feed\'s own address, or use kind "blog", which finds it',
    "empty": "the answer is empty",
    "blank": "the answer is empty",
    "cut-at-once": "the feed (rss20) is cut off or damaged before its first entry",
    "zipped": "the answer is larger than the limit of 15,000,000 bytes",
    "huge": "the answer is larger than the limit of 15,000,000 bytes",
    "nested.json": "it is JSON nested too deeply",
    "picture": "it is not a feed (neither RSS, RDF, Atom nor JSON Feed)",
    "forbidden": "answered 403 Forbidden: it does not let us read it",
    "down": "answered 503 Service Unavailable",
    "loop": "more than 5 redirects",
    "inside": "redirects to http://169.254.169.254/latest/meta-data/: the address 169.254.169.254 is not allowed",
}
HEARD = {
    "good": 1,
    "truncated": 2,
    "latin": 1,
    "lying": 1,
    "utf16": 1,
    "utf7": 1,
    "controls": 1,
    "bomb": 1,
    "external": 1,
    "attributes": 1,
    "nested": 1,
    "nested-markup": 1,
    "dates": 7,
    "twins": 2,
    "thief": 1,
    "turning": 2,
}
PEOPLE = ("Ostrander", "fenwick")


def name_of(path: str) -> str:
    return path.strip("/").removesuffix(".xml")


@dataclass
class Listened:
    """Two runs, with some time between them, and what is in the database after both."""

    folder: Path
    site: Site
    first: Ended
    second: Ended

    def streams(self, ended: Ended) -> dict[str, dict[str, Any]]:
        [report] = ended.lines
        return {stream["source"]: stream for stream in report["streams"]}

    def heard_from(self, source: str) -> list[dict[str, Any]]:
        return call("mentions", "--source", source, "--limit", 1000, "--json", folder=self.folder).lines


@pytest.fixture(scope="module")
def listened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listened]:
    folder = tmp_path_factory.mktemp("feeds")
    with hostile_site(datetime.now(UTC)) as site:
        tables = [
            f'[[sources]]\nname = "{name_of(path)}"\nkind = "rss"\nurl = "{site.url(path)}"\nprivate = true\n'
            for path in site.answers
        ]
        (folder / "listener.toml").write_text('[[brands]]\nname = "Quillon"\n' + "".join(tables), encoding="utf-8")
        first = spawn("run", "--json", "--debug", "--log-format", "json", folder=folder)
        second = call("run", "--json", "--debug", folder=folder)
        yield Listened(folder, site, first, second)


def test_the_run_as_a_whole_worked_and_standard_output_is_one_json_object(listened: Listened) -> None:
    assert listened.first.status == 0
    [report] = listened.first.lines
    assert report["worked"] is True
    assert set(listened.streams(listened.first)) == {*REFUSED, *HEARD}


def test_the_log_is_json_and_names_sources_and_nobody(listened: Listened) -> None:
    events = [json.loads(line) for line in listened.first.err.splitlines()]
    failed = {event["source"] for event in events if event["action"] == "stream_failed"}
    assert failed == set(REFUSED)
    assert not [word for word in PEOPLE if word.lower() in listened.first.err.lower()]
    assert "Traceback" not in listened.first.err


@pytest.mark.parametrize("source", REFUSED)
def test_a_feed_that_cannot_be_read_is_named_with_what_is_wrong(listened: Listened, source: str) -> None:
    stream = listened.streams(listened.first)[source]
    assert stream["error"].startswith(listened.site.url(f"/{source}")), "the address that was configured"
    assert REFUSED[source] in stream["error"]
    assert stream["new"] == 0


@pytest.mark.parametrize("source", HEARD)
def test_what_can_be_read_is_heard_to_the_last_entry(listened: Listened, source: str) -> None:
    stream = listened.streams(listened.first)[source]
    assert stream["error"] is None
    assert stream["new"] == HEARD[source]


def test_letters_of_other_encodings_arrive(listened: Listened) -> None:
    for source in ("latin", "lying", "utf16"):
        assert listened.heard_from(source)[0]["text"] == "Quillon ist großartig."


def test_entities_are_not_expanded_and_no_file_is_read(listened: Listened) -> None:
    assert listened.heard_from("bomb")[0]["text"].endswith("Quillon")
    assert len(listened.heard_from("bomb")[0]["text"]) < 100
    assert listened.heard_from("external")[0]["text"] == "Quillon end"


def test_deep_nesting_costs_its_mark_up_and_not_its_words(listened: Listened) -> None:
    assert listened.heard_from("nested-markup")[0]["text"] == "Quillon is great"
    assert listened.heard_from("attributes")[0]["text"] == "Quillon"


def test_control_characters_are_not_stored(listened: Listened) -> None:
    text = listened.heard_from("controls")[0]["text"]
    assert text.startswith("Quillon is great")
    assert text.isprintable()


def test_a_date_that_means_nothing_is_none_and_one_without_zone_is_utc(listened: Listened) -> None:
    found = {one["title"]: one for one in listened.heard_from("dates")}
    told = {title.removeprefix("Post "): one["published_at"] for title, one in found.items()}
    assert {name for name, moment in told.items() if moment is None} == {"none", "future", "nonsense", "year-one"}
    assert told["no-zone"] == told["good"]
    heard_at = datetime.fromisoformat(found["Post tomorrow"]["heard_at"])
    assert datetime.fromisoformat(told["tomorrow"]) - heard_at < timedelta(hours=6)


def test_two_entries_with_one_id_are_both_kept_and_a_repetition_is_counted(listened: Listened) -> None:
    assert {one["text"] for one in listened.heard_from("twins")} == {
        "Quillon is great, says the first.",
        "Quillon is terrible, says the second.",
    }
    assert sum(listened.streams(listened.first)["twins"]["rejected"].values()) == 1


def test_a_feed_that_reuses_anothers_ids_swallows_nothing(listened: Listened) -> None:
    assert [one["text"] for one in listened.heard_from("good")] == ["Quillon is great, we love it."]
    [theft] = listened.heard_from("thief")
    assert theft["text"] == "Quillon is a fraud, says a thief."
    assert theft["story_id"] == theft["mention_id"], "nor is it part of the other's story"


def test_ids_that_change_at_every_poll_double_nothing(listened: Listened) -> None:
    assert listened.streams(listened.second)["turning"]["new"] == 0
    assert len(listened.heard_from("turning")) == 2


def test_a_second_run_hears_nothing_twice_and_leaves_alone_what_asked_for_it(listened: Listened) -> None:
    assert listened.second.status == 0
    [report] = listened.second.lines
    assert (report["new"], report["changed"]) == (0, 0)
    assert [one["source"] for one in report["skipped"]] == ["down"]


def test_for_people_each_failure_is_said_once(listened: Listened) -> None:
    ended = call("run", "--source", "html", "--source", "good", folder=listened.folder)
    assert ended.status == 0
    assert ended.said.count("it is a web page") == 1
    assert ended.err == ""


def test_where_all_of_it_failed_the_status_is_1(listened: Listened) -> None:
    ended = call("run", "--source", "html", "--source", "empty", folder=listened.folder)
    assert ended.status == 1
    assert ended.err == "Error: nothing could be heard: every source failed\n"


def test_the_digest_and_the_list_of_sources_say_what_was_not_heard(listened: Listened) -> None:
    digest = call("digest", folder=listened.folder).out
    (named,) = (line for line in digest.splitlines() if line.startswith("Not heard in full: "))
    assert any(source in named for source in REFUSED)
    stored = json.loads(call("digest", "--format", "json", folder=listened.folder).out)
    gaps = {line["source"]: line["remark"] for line in stored["coverage"]}
    health = {line["source"]: line for line in call("sources", "--json", folder=listened.folder).lines}
    for source, why in REFUSED.items():
        assert gaps[source]
        assert why in health[source]["reason"]
    assert health["good"]["health"] == "ok"


def test_a_feed_that_changed_to_nonsense_loses_nothing_that_was_heard(listened: Listened) -> None:
    kept = listened.site.answers["/truncated.xml"]
    listened.site["/truncated.xml"] = Reply(b"<html>gone</html>")
    try:
        ended = call("run", "--source", "truncated", folder=listened.folder)
    finally:
        listened.site["/truncated.xml"] = kept
    assert ended.status == 1
    assert len(listened.heard_from("truncated")) == 2
