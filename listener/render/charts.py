"""The pictures of the weekly edition: one Vega-Lite specification each, drawn as PNG for mail and as SVG for pages.

A picture is drawn only where it says more than a number: not of a single week, not without competitors. It loads nothing: data
and font are in the program. Mail cannot switch pictures with the colours of its reader, so they have a ground of their own, on
which they are readable on light and dark pages; in a page the colours of the SVG are changed by the page's own style.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog
from markupsafe import Markup, escape
from rich.cells import cell_len, chop_cells

from listener.core.messages import Picture
from listener.digest.matter import Tone
from listener.digest.trends import SMALL, per_cent
from listener.digest.weekly_model import Bar, Weekly
from listener.render.look import DARK, LIGHT, Colours
from listener.render.png import smaller
from listener.timewords import day_words

log = structlog.get_logger()

WIDTH, WIDEST = 400, 480
"""Of a picture, in pixels of the page: on a narrow screen its text can still be read; on a wide one it is a little larger."""
SCALE = 2.0
"""Dots a pixel in a PNG."""
NAME = 20
"""Columns of a competitor's name beside its bar."""
FONT = "Liberation Sans"
"""Ships with the renderer, so that pictures look the same on every machine."""
_FONTS = f"{FONT}, Arial, Helvetica, sans-serif"
"""For a page, whose reader may not have it; Arial's letters are as wide."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # a name, never loaded

VOLUME, VOICES = "volume", "voices"
PIECES = (
    ("positive", "Positive"),
    ("neutral", "Neutral"),
    ("mixed", "Mixed"),
    ("negative", "Negative"),
    ("unjudged", "Not judged"),
)
"""Of a bar, from the bottom up."""


def _pieces(colours: Colours) -> Mapping[str, str]:
    """The colour of each piece: greens, reds and greys that also differ in lightness."""
    light = colours is LIGHT
    return {
        "positive": colours.accents[Tone.CHANCE][0],
        "neutral": "#b9b2a4" if light else "#6f685d",
        "mixed": "#d2a63c" if light else colours.accents[Tone.CHANGED][0],
        "negative": colours.accents[Tone.URGENT][0],
        "unjudged": "#e6e0d3" if light else "#46413a",
    }


def specs(weekly: Weekly) -> Mapping[str, Mapping[str, Any]]:
    """The Vega-Lite specification of each picture that is worth drawing, by its name."""
    found = {}
    if sum(bar.mentions > 0 for bar in weekly.weeks) > 1:
        found[VOLUME] = _volume(weekly)
    if len(weekly.voices) > 1 and sum(voice.mentions for voice in weekly.voices) >= SMALL:
        found[VOICES] = _voices(weekly)
    return found


def alternative(weekly: Weekly, name: str) -> str:
    """What a picture shows, in words."""
    if name == VOLUME:
        bars = "; ".join(_bar_words(bar, weekly) for bar in weekly.weeks)
        return f"Mentions a week, with the positive and the negative ones: {bars}."
    total = sum(voice.mentions for voice in weekly.voices)
    shares = "; ".join(f"{voice.name} {per_cent(voice.mentions, total)} ({voice.mentions:,})" for voice in weekly.voices)
    return f"Share of voice, {total:,} posts that name one of them: {shares}."


def _bar_words(bar: Bar, weekly: Weekly) -> str:
    part = "" if bar.whole else ", not listened to for the whole of it"
    return (
        f"from {day_words(bar.first, weekly.day)} {bar.mentions:,} ({bar.positive:,} positive, {bar.negative:,} negative{part})"
    )


# ---------------------------------------------------------------------------------------------------- what they are of


def _volume(weekly: Weekly) -> dict[str, Any]:
    """Mentions a week as bars, stacked by sentiment, with the sum on top; weeks that were not heard in whole are pale."""
    colours = _pieces(LIGHT)
    there = [key for key, _ in PIECES if any(getattr(bar, key) for bar in weekly.weeks)]
    titles = dict(PIECES)
    weeks = [day_words(bar.first, weekly.day) for bar in weekly.weeks]
    rows = [
        {"week": week, "piece": titles[key], "place": place, "posts": getattr(bar, key), "whole": bar.whole}
        for week, bar in zip(weeks, weekly.weeks, strict=True)
        for place, key in enumerate(there)
    ]
    sums = [
        {"week": week, "posts": bar.mentions, "words": f"{bar.mentions:,}"} for week, bar in zip(weeks, weekly.weeks, strict=True)
    ]
    x = {"field": "week", "type": "nominal", "sort": weeks, "title": None, "axis": _AXIS, "scale": {"paddingInner": 0.28}}
    y = {
        "type": "quantitative",
        "axis": None,
        "scale": {"domainMin": 0, "domainMax": max(bar.mentions for bar in weekly.weeks) * 1.1},
    }
    scale = {"domain": [titles[key] for key in there], "range": [colours[key] for key in there]}
    bars = {
        "data": {"values": rows},
        "mark": {"type": "bar"},
        "encoding": {
            "x": x,
            "y": {**y, "field": "posts", "stack": "zero"},
            "order": {"field": "place"},
            "color": {"field": "piece", "type": "nominal", "scale": scale, "legend": {"title": None}},
            "opacity": {"condition": {"test": "datum.whole", "value": 1}, "value": 0.45},
        },
    }
    numbers = {
        "data": {"values": sums},
        "mark": {"type": "text", "dy": -8, "fontSize": 14.5, "fontWeight": "bold", "color": LIGHT.ink},
        "encoding": {"x": x, "y": {**y, "field": "posts"}, "text": {"field": "words"}},
    }
    return _framed({"layer": [bars, numbers], "height": 190})


def _voices(weekly: Weekly) -> dict[str, Any]:
    """Share of voice as one bar each, with the share and the number beside it."""
    total = sum(voice.mentions for voice in weekly.voices)
    rows = [
        {
            "name": name,
            "posts": voice.mentions,
            "ours": voice.ours,
            "words": f"{per_cent(voice.mentions, total)} ({voice.mentions:,})",
        }
        for name, voice in zip(_labels([voice.name for voice in weekly.voices]), weekly.voices, strict=True)
    ]
    y = {"field": "name", "type": "nominal", "sort": [row["name"] for row in rows], "title": None, "axis": _NAMES}
    longest = max(voice.mentions for voice in weekly.voices)
    x = {"field": "posts", "type": "quantitative", "axis": None, "scale": {"domainMin": 0, "domainMax": longest * 1.35}}
    fill = {"condition": {"test": "datum.ours", "value": LIGHT.accents[Tone.HEARD][0]}, "value": _pieces(LIGHT)["neutral"]}
    bars = {"mark": {"type": "bar", "height": 20}, "encoding": {"x": x, "y": y, "color": fill}}
    numbers = {
        "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 14.5, "color": LIGHT.ink},
        "encoding": {"x": x, "y": y, "text": {"field": "words"}},
    }
    return _framed({"data": {"values": rows}, "layer": [bars, numbers], "height": {"step": 30}})


def _labels(names: Sequence[str]) -> list[str]:
    """The names as short as an axis has room for, all different; the renderer would cut within a character."""
    short = [name if cell_len(name) <= NAME else f"{chop_cells(name, NAME - 1)[0].rstrip()}…" for name in names]
    return [f"{name} {short[:place].count(name) + 1}" if name in short[:place] else name for place, name in enumerate(short)]


_AXIS = {
    "labelAngle": 0,
    "ticks": False,
    "domainColor": LIGHT.rule,
    "labelPadding": 7,
    "labelFontSize": 14.5,
    "labelColor": LIGHT.muted,
}
_NAMES = {"ticks": False, "domain": False, "labelPadding": 8, "labelFontSize": 14.5, "labelColor": LIGHT.ink, "labelLimit": 0}


def _framed(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$schema": _SCHEMA,
        "width": WIDTH,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "right": 2, "top": 4, "bottom": 4},
        "background": LIGHT.card,
        **spec,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "legend": {
                "orient": "top",
                "labelFontSize": 14.5,
                "columns": 3,
                "labelColor": LIGHT.ink,
                "symbolType": "square",
                "columnPadding": 12,
            },
        },
    }


# -------------------------------------------------------------------------------------------------------------- drawing

GROUND = "#d8d3c9"
"""Of a picture in a mail: between a light and a dark page, so that it is a card on the one and no glaring box on the other."""
_ON_GROUND = {
    LIGHT.card: GROUND,
    LIGHT.muted: LIGHT.ink,
    LIGHT.rule: "#a39c8e",
    _pieces(LIGHT)["neutral"]: "#8d8678",
    _pieces(LIGHT)["unjudged"]: "#f3efe6",
    _pieces(LIGHT)["mixed"]: "#b57f12",
}


def _on_ground(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The picture in colours that can be told from the ground."""
    text = json.dumps(spec)
    for before, after in _ON_GROUND.items():
        text = text.replace(f'"{before}"', f'"{after}"')
    made: dict[str, Any] = json.loads(text)
    return made


def pictures(weekly: Weekly) -> tuple[Picture, ...] | None:
    """The edition's pictures for mail; ``None`` where they could not be drawn, which is logged and keeps nobody from the rest."""
    try:
        return tuple(Picture(name, alternative(weekly, name), _png(_on_ground(spec))) for name, spec in specs(weekly).items())
    except Exception as problem:  # a renderer that cannot work must not keep people from the figures, which are in the text, too
        _not_drawn(problem)
        return None


def drawings(weekly: Weekly) -> Mapping[str, Markup] | None:
    """The edition's pictures as SVG, by name, to stand in a page; ``None`` where they could not be drawn."""
    try:
        return {name: _svg(spec, alternative(weekly, name)) for name, spec in specs(weekly).items()}
    except Exception as problem:  # as above
        _not_drawn(problem)
        return None


def _not_drawn(problem: Exception) -> None:
    log.warning("The pictures of the weekly edition could not be drawn.", action="charts_failed", error=type(problem).__name__)


def _png(spec: Mapping[str, Any]) -> bytes:
    import vl_convert  # it is heavy: some 70 MB and half a second of work when it first draws

    return smaller(vl_convert.vegalite_to_png(dict(spec), scale=SCALE, allowed_base_urls=[]))


def _svg(spec: Mapping[str, Any], words: str) -> Markup:
    """The SVG without what a page has no use for, as one image with its words for whoever does not see it."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(dict(spec), allowed_base_urls=[])
    inner = re.sub(r' (?:aria-[a-z]+|role|class)="[^"]*"', "", drawn).replace(f'font-family="{FONT}"', f'font-family="{_FONTS}"')
    size = re.search(r'viewBox="[^"]*"', inner)
    body = inner[inner.index(">") + 1 :]
    view = size.group() if size else ""
    return Markup(f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{escape(words)}" {view}>{body}')  # noqa: S704 - the renderer escapes what it draws


def dark_rules() -> Iterator[str]:
    """Style rules that change the colours of an SVG for a dark page."""
    light, dark = _pieces(LIGHT), _pieces(DARK)
    swaps = {light[key]: dark[key] for key, _ in PIECES}
    swaps |= {getattr(LIGHT, name): getattr(DARK, name) for name in ("card", "ink", "muted", "rule")}
    swaps |= {LIGHT.accents[Tone.HEARD][0]: DARK.accents[Tone.HEARD][0]}
    for before, after in swaps.items():
        yield f'.chart [fill="{before}"] {{ fill: {after} !important; }}'
        yield f'.chart [stroke="{before}"] {{ stroke: {after} !important; }}'
