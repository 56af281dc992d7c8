"""The sample's feeds, pages and demo folder are what real ones are."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from config.loader import load as load_settings
from listener.core.errors import ListenerError
from listener.sample.build import EXCERPT_WORDS, SampleSite, as_html, build, mentions_jsonl, write_demo
from listener.sample.content import content_file, load

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8123"


@pytest.fixture(scope="module")
def site() -> SampleSite:
    return build(NOW, BASE)


def entries(site: SampleSite, path: str) -> list[feedparser.FeedParserDict]:
    parsed = feedparser.parse(io.BytesIO(site.resources[path].body))
    assert not parsed.bozo
    return list(parsed.entries)


def test_the_same_day_gives_the_same_bytes(site: SampleSite) -> None:
    assert build(NOW + timedelta(hours=9), BASE) == site
    assert build(NOW + timedelta(days=1), BASE) != site


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/clause-and-effect/feed.xml", "clause"),
        ("/forum/latest.atom", "forum"),
        ("/ink-and-process/feed.xml", "blog"),
        ("/ink-and-process/comments.atom", "comments"),
    ],
)
def test_a_feed_carries_its_posts_with_their_dates(site: SampleSite, path: str, source: str) -> None:
    dates = [datetime(*entry.published_parsed[:6], tzinfo=UTC) for entry in entries(site, path)]
    assert dates == [post.published for post in load(NOW).posts[source]]


def test_an_author_with_an_address_shows_it_only_where_they_gave_it(site: SampleSite) -> None:
    theirs = {entry.author for entry in entries(site, "/clause-and-effect/feed.xml") if "Chidera" in entry.author}
    copied = {entry.author for entry in entries(site, "/planet/rss.xml") if "Chidera" in entry.author}
    assert theirs == {"chidera@kaduwasolar.example (Chidera Obialo)"}
    assert copied == {"Chidera Obialo"}


def test_the_aggregator_repeats_posts_word_for_word_under_ids_of_its_own(site: SampleSite) -> None:
    first = {entry.link: entry for entry in entries(site, "/clause-and-effect/feed.xml") + entries(site, "/forum/latest.atom")}
    copies = entries(site, "/planet/rss.xml")
    assert len(copies) == 6
    both = [copy for copy in copies if copy.link in first]
    assert len(both) == 4
    for copy in both:
        assert copy.content[0].value == first[copy.link].content[0].value
        assert copy.id != first[copy.link].id


def test_the_json_feed_names_authors_and_languages(site: SampleSite) -> None:
    feed = json.loads(site.resources["/deskside/feed.json"].body)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len(feed["items"]) == len(load(NOW).posts["notes"])
    assert {item.get("language") for item in feed["items"]} == {None, "de", "es"}
    addresses = [item["authors"][0]["url"] for item in feed["items"]]
    assert all(url.startswith("https://") for url in addresses if url)
    assert sum(url is None for url in addresses) == 3  # whoever posts noise has no profile


def test_the_blogs_feed_has_excerpts_and_its_pages_the_whole_text(site: SampleSite) -> None:
    for entry, post in zip(entries(site, "/ink-and-process/feed.xml"), load(NOW).posts["blog"], strict=True):
        assert len(entry.summary.split()) == EXCERPT_WORDS + 1
        assert entry.summary.endswith("[…]")
        page = site.resources[entry.link.removeprefix(BASE)].body.decode()
        assert as_html(post.text) in page


def test_the_blog_names_its_feeds(site: SampleSite) -> None:
    home = site.resources["/ink-and-process/"].body.decode()
    found = re.findall(r'<link rel="alternate" type="([^"]+)" title="[^"]+" href="([^"]+)">', home)
    assert [kind for kind, _ in found] == ["application/rss+xml", "application/atom+xml"]
    assert all(href.removeprefix(BASE) in site.resources for _, href in found)


def test_quoted_lines_become_a_quotation() -> None:
    assert as_html("> It is bad,\n> they say.\n\nI <like> it.") == (
        "<blockquote><p>It is bad, they say.</p></blockquote>\n<p>I &lt;like&gt; it.</p>"
    )


def test_the_export_has_one_mention_a_line() -> None:
    mentions = {mention["external_id"]: mention for mention in map(json.loads, mentions_jsonl(NOW).splitlines())}
    assert set(mentions) == {post.id for post in load(NOW).posts["export"]}
    assert mentions["m01"]["author"]["handle"] == "ingrid_s@toot.example"
    assert mentions["m01"]["author"]["profile_url"] == "https://toot.example/@ingrid_s"
    assert mentions["m03"]["platform"] == "x"
    assert mentions["m03"]["published_at"] == "2026-02-18T04:35:00+00:00"
    assert mentions["m16"]["repost_of"] == "m02"


# ---------------------------------------------------------------------------------------------------- the demo folder


def test_the_demo_folder_is_a_configuration_that_works(tmp_path: Path) -> None:
    path = write_demo(tmp_path / "demo", BASE, NOW)
    settings = load_settings(path, {})
    assert [brand.name for brand in settings.brands()] == ["Quillon"]
    assert [source.name for source in settings.sources] == [
        "export",
        "clause-and-effect",
        "paperless-ops",
        "deskside",
        "planet-paperwork",
        "ink-and-process",
    ]
    addresses = [source.options["url"] for source in settings.sources if source.kind != "file"]
    assert all(address.removeprefix(BASE) in build(NOW, BASE).resources for address in addresses)
    assert settings.customers.file is not None
    assert settings.resolve(settings.customers.file).read_bytes() == content_file("customers.csv").read_bytes()
    assert (path.parent / "mentions.jsonl").read_text(encoding="utf-8") == mentions_jsonl(NOW)


def test_another_demo_replaces_the_first(tmp_path: Path) -> None:
    write_demo(tmp_path, BASE, NOW)
    path = write_demo(tmp_path, "http://127.0.0.1:9", NOW)
    assert "http://127.0.0.1:9/forum/" in path.read_text(encoding="utf-8")


def test_somebodys_own_configuration_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "listener.toml"
    own.write_text('[[brands]]\nname = "Ours"\n', encoding="utf-8")
    with pytest.raises(ListenerError, match="not the demo's"):
        write_demo(tmp_path, BASE, NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["listener.toml"]
    assert own.read_text(encoding="utf-8") == '[[brands]]\nname = "Ours"\n'
