"""The pipeline keeps each stream's newest cursor, whatever order changed and unchanged pages come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from listener.collecting import Stream
from listener.core.brand import OPEN_WEB, MatchingPolicy
from listener.core.errors import RetryLater, SourcePaused
from listener.core.mention import Author, Cursor, Gap, Mention, Page
from listener.core.ports import Saved, StreamResult
from listener.pipeline import Collected, collect
from listener.query import parse

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Kept:
    """What the inbox and the run log were given."""

    cursors: dict[str, Cursor] = field(default_factory=dict)
    mentions: list[Mention] = field(default_factory=list)
    logged: list[StreamResult] = field(default_factory=list)

    def save_page(self, source: str, stream: str, platform: str, policy: str, page: Page, *_: Any) -> Saved:
        self.cursors[stream] = page.cursor
        self.mentions += page.mentions
        return Saved(new=len(page.mentions))

    def save_cursors(self, pages: Sequence[tuple[str, str, str, Cursor]], now: datetime) -> None:
        self.cursors.update({stream: cursor for _, stream, _, cursor in pages})

    def log_streams(self, run_id: int, kind: str, results: Sequence[StreamResult], now: datetime) -> None:
        self.logged += results


@dataclass(frozen=True)
class Scripted:
    steps: tuple[Page | Exception, ...]

    def pages(self, cursor: Cursor) -> Iterator[Page]:
        for step in self.steps:
            if isinstance(step, Exception):
                raise step
            yield step


def collected(
    *steps: Page | Exception, policy: MatchingPolicy = OPEN_WEB, backfill: bool = False, only: str | None = None
) -> tuple[Kept, Collected]:
    kept = Kept()
    asked = parse(only) if only else None
    stream = Stream("s", "one", "rss", "blog", policy, NOW, lambda: Scripted(steps), backfill=backfill, only=asked)
    done = collect([stream], kept, kept, 1, lambda text, _: text, NOW)  # type: ignore[arg-type]  # as much of both as is used
    return kept, done


def mention(number: int) -> Mention:
    author = Author(handle="ada", service_id="7", email="ada@firm.example")
    return Mention("reddit", "r", str(number), "Quillon is fine", author, url="https://r.example/u/ada/1", repost_of="x")


def test_an_older_cursor_is_not_written_over_a_newer_one() -> None:
    kept, _ = collected(Page(cursor={"at": 1}, unchanged=True), Page((mention(1),), cursor={"at": 2}))
    assert kept.cursors == {"one": {"at": 2}}


def test_the_cursor_of_an_unchanged_stream_is_kept() -> None:
    kept, done = collected(Page((mention(1),), cursor={"at": 1}), Page(cursor={"at": 2}, unchanged=True))
    assert kept.cursors == {"one": {"at": 2}}
    assert not done.results[0].unchanged, "something was heard"


def test_what_was_unchanged_before_a_failure_is_kept() -> None:
    kept, done = collected(Page(cursor={"at": 1}, unchanged=True), RetryLater("later"))
    assert kept.cursors == {"one": {"at": 1}}
    assert done.all_failed


def test_a_pause_is_no_failure() -> None:
    _, done = collected(SourcePaused("the cap is reached", until=NOW + timedelta(days=1)))
    assert done.results[0].error is not None
    assert not done.all_failed


def test_gaps_and_the_last_notice_are_reported() -> None:
    gap = Gap(NOW - timedelta(days=9), NOW - timedelta(days=7), "no further back")
    _, done = collected(Page((mention(1),), gaps=(gap,), notice="moved"), Page(unchanged=True))
    assert (done.results[0].gaps, done.results[0].notice) == ((gap,), "moved")


def test_a_backfill_says_nothing_of_the_sources_health() -> None:
    kept, done = collected(RetryLater("later"), backfill=True)
    assert kept.logged == []
    assert len(done.results) == 1


def test_a_row_of_a_platform_that_may_only_be_counted_is_refused_among_others() -> None:
    other = replace(mention(2), platform="file")
    kept, done = collected(Page((replace(mention(1), platform="Reddit"), other)))
    assert kept.mentions == [other]
    (reason,) = done.results[0].rejected
    assert 'platform = "reddit"' in reason


def test_what_a_source_does_not_ask_for_is_counted_and_let_go() -> None:
    said = [replace(mention(number), platform="file") for number in (1, 2, 3)]
    page = Page((said[0], replace(said[1], text="Brimtel is fine"), replace(said[2], language="de")), cursor={"at": 1})
    kept, done = collected(page, only="quillon source:s type:post -lang:de")
    assert [each.external_id for each in kept.mentions] == ["1"]
    assert done.results[0].rejected == {"not what the source's `only` asks for": 2}
    assert kept.cursors == {"one": {"at": 1}}


def test_what_is_not_known_of_a_post_is_not_what_a_source_asks_for() -> None:
    kept, done = collected(Page((replace(mention(1), platform="file"),)), only="followers:>=0")
    assert done.results[0].rejected == {"not what the source's `only` asks for": 1}
    assert kept.mentions == []
