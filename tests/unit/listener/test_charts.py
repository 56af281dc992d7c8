"""The pictures: drawn from one specification, without the network, small, and left out where a number says as much."""

from __future__ import annotations

import socket
import zlib
from dataclasses import replace
from datetime import date, timedelta
from struct import unpack
from typing import Any

import pytest
import structlog
import vl_convert
from rich.cells import cell_len

from listener.digest.weekly_model import Bar, Voice, Weekly
from listener.render import charts
from listener.render.png import smaller
from listener.render.weekly import NOT_DRAWN, render_weekly
from tests.support.weeks import a_week

LIMIT = 40_000
"""Bytes of a picture in a mail."""


def bars(*mentions: int) -> tuple[Bar, ...]:
    first = date(2026, 11, 23) - timedelta(weeks=len(mentions))
    return tuple(Bar(first + timedelta(weeks=n), number, number, 0, 0, 0, 0) for n, number in enumerate(mentions))


def size(png: bytes) -> tuple[int, int]:
    width, height = unpack(">II", png[16:24])
    return width, height


def test_a_week_has_two_pictures_that_are_small_and_say_in_words_what_they_show() -> None:
    made = charts.pictures(a_week())
    assert made is not None
    volume, voices = made
    assert (volume.name, voices.name) == ("volume", "voices")
    for picture in made:
        assert size(picture.png)[0] == charts.WIDTH * charts.SCALE
        assert len(picture.png) <= LIMIT
    assert "from 16 Nov 49 (13 positive, 14 negative)" in volume.alt
    assert voices.alt == "Share of voice, 97 posts that name one of them: Quillon 51 % (49); Brixa 34 % (33); Tintwell 15 % (15)."


def test_the_same_week_gives_the_same_bytes() -> None:
    assert charts.pictures(a_week()) == charts.pictures(a_week())


def test_a_busy_year_stays_small() -> None:
    busy = replace(
        a_week(),
        weeks=tuple(
            Bar(bar.first, 999_999, 300_000, 200_000, 100_000, 300_000, 99_999, whole=n > 3)
            for n, bar in enumerate(a_week().weeks)
        ),
        voices=tuple(Voice(f"Competitor with a long name {n}", 10_000 * n, None) for n in range(7)),
    )
    made = charts.pictures(busy)
    assert made is not None
    assert [len(picture.png) <= LIMIT for picture in made] == [True, True]


@pytest.mark.parametrize(
    ("weeks", "voices", "names"),
    [
        ((0, 49), (Voice("Us", 9, 0, ours=True), Voice("Brixa", 8, 0)), {"voices"}),
        ((1, 49), (Voice("Us", 4, 0, ours=True), Voice("Brixa", 5, 0)), {"volume"}),
        ((0, 0), (Voice("Us", 0, 0, ours=True), Voice("Brixa", 0, 0)), set()),
        ((49,), (), set()),
        ((3, 0, 4), (Voice("Us", 40, 0, ours=True),), {"volume"}),
    ],
)
def test_there_is_no_picture_where_a_number_does(weeks: tuple[int, ...], voices: tuple[Voice, ...], names: set[str]) -> None:
    assert set(charts.specs(replace(a_week(), weeks=bars(*weeks), voices=voices))) == names


def test_weeks_that_were_not_heard_in_whole_are_pale() -> None:
    part = replace(a_week().weeks[0], whole=False)
    weekly = replace(a_week(), weeks=(part, *a_week().weeks[1:]))
    rows = charts.specs(weekly)["volume"]["layer"][0]["data"]["values"]
    assert {row["whole"] for row in rows if row["week"] == "28 Sep"} == {False}
    assert "not listened to for the whole of it" in charts.alternative(weekly, "volume")


def test_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: asked.append(address))
    assert charts.pictures(a_week())
    assert asked == []
    with pytest.raises(ValueError, match="not allowed"):
        charts._png({**charts.specs(a_week())["voices"], "data": {"url": "http://127.0.0.1:9/data.json"}})


def test_names_of_strangers_are_text() -> None:
    hostile = Voice('<img src=x onerror="1">&"', 40, None)
    drawn = charts.drawings(replace(a_week(), voices=(Voice("Us", 40, None, ours=True), hostile)))
    assert drawn is not None
    assert "<img" not in drawn["voices"]
    assert "&lt;img" in drawn["voices"]
    assert drawn["volume"].startswith(
        '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="Mentions a week'
    )


def test_the_colours_of_a_page_can_turn_dark() -> None:
    drawn = charts.drawings(a_week())
    assert drawn is not None
    rules = list(charts.dark_rules())
    used = {colour for svg in drawn.values() for colour in _colours(svg)}
    changed = {rule.partition('"')[2].partition('"')[0] for rule in rules}
    assert used <= changed


def _colours(svg: str) -> set[str]:
    return {part.partition('"')[0] for part in svg.split('fill="')[1:] if part.startswith("#")}


def test_a_renderer_that_fails_leaves_the_edition_without_pictures_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> bytes:
        raise ValueError("Vega-Lite to PNG conversion failed")

    for name in ("vegalite_to_png", "vegalite_to_svg"):
        monkeypatch.setattr(vl_convert, name, broken)
    render_weekly.cache_clear()
    for pages in (True, False):
        with structlog.testing.capture_logs() as logs:
            rendered, made = render_weekly(a_week(), pages=pages)
        assert made == ()
        assert NOT_DRAWN in rendered.html
        assert "16 Nov" in rendered.html
        assert "cid:" not in rendered.html
        assert [line["action"] for line in logs] == ["charts_failed"]
    render_weekly.cache_clear()


def test_a_picture_is_packed_without_loss() -> None:
    raw = vl_convert.vegalite_to_png(dict(charts.specs(a_week())["volume"]), scale=2.0)
    packed = smaller(raw)
    assert len(packed) < len(raw) / 3
    assert size(packed) == size(raw)
    assert _pixels(packed, 3) == [pixel[:3] for pixel in _pixels(raw, 4)]


def _pixels(png: bytes, channels: int) -> list[bytes]:
    """Decoded slowly and apart from the code under test: filters none and sub only."""
    width, height = size(png)
    at, data = 8, b""
    while at < len(png):
        (length,) = unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    rows, stride = zlib.decompress(data), 1 + channels * width
    found = []
    for y in range(0, height, 7):
        row = bytearray(rows[y * stride : (y + 1) * stride])
        for x in range(1 + channels, stride) if row[0] == 1 else ():
            row[x] = (row[x] + row[x - channels]) % 256
        found += [bytes(row[x : x + channels]) for x in range(1, stride, channels)]
    return found


@pytest.mark.parametrize("odd", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x04IHDRabcd1234"])
def test_what_is_no_such_picture_comes_back_as_it_was(odd: bytes) -> None:
    assert smaller(odd) == odd


def test_the_week_of_these_tests_is_a_weekly_edition() -> None:
    assert isinstance(a_week(), Weekly)


@pytest.mark.parametrize("name", ["\U0001d4ac" * 40, "x" * 39 + "\U0001f600", "東" * 40])
def test_a_competitors_name_is_cut_between_characters(name: str) -> None:
    week = replace(a_week(), voices=(Voice("Us", 20, 9, ours=True), Voice(f"{name}a", 9, 9), Voice(f"{name}b", 8, 9)))
    made = charts.pictures(week)
    assert made is not None
    assert len(made) == 2
    rows = charts.specs(week)["voices"]["data"]["values"]
    assert len({row["name"] for row in rows}) == 3, "each has a bar of its own"
    assert all(cell_len(row["name"]) <= charts.NAME + 2 for row in rows)
