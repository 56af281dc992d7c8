"""Noise is recognised with its reason, and an opinion that mentions a job, a prize or a link is none."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.core.analysis import AnalysisJob, Level, Noise
from listener.core.brand import ListeningRule, Target, TargetKind
from nlp.analyzer import build_analyzer
from nlp.noise import find_noise
from nlp.noise_signs import SIGNS, VOICE
from tests.support.spending import within

LABELLED = Path(__file__).parents[3] / "benchmarks" / "data" / "noise.jsonl"
ANALYZER = build_analyzer(
    [ListeningRule("quillon", (Target("quillon", TargetKind.BRAND, "quillon", "Quillon"),))], engine="vader", languages=("en",)
)


def kind_of(text: str, **values: object) -> Noise | None:
    job = AnalysisJob(1, 1, None, text, "en", **values)  # type: ignore[arg-type]
    found = find_noise(text, job, [])
    return found.noise if found else None


@pytest.mark.parametrize(
    ("text", "noise", "reason"),
    [
        ("Quillon is hiring! Apply now at https://quillon.example/careers", Noise.JOB_AD, "somebody is hiring"),
        ("Win a Quillon licence! Retweet and follow, winner announced Friday.", Noise.GIVEAWAY, "how to take part"),
        ("Quillon serial key free download full version torrent", Noise.SPAM, "cracked software"),
        ("Build #12 of quillon passed in 3m. 12 tests, 0 failures.", Noise.BOT, "a build report"),
        ("OSLO, May 4, 2026 /PRNewswire/ -- Quillon today announced its results.", Noise.PRESS_RELEASE, "a news wire"),
    ],
)
def test_each_kind_is_recognised_with_what_was_seen(text: str, noise: Noise, reason: str) -> None:
    (analysis,) = ANALYZER.analyze([AnalysisJob(1, 1, None, text, "en")])
    assert (analysis.noise, analysis.level, analysis.counts) == (noise, Level.LOW, False)
    assert reason in (analysis.note or "")
    assert analysis.targets, "it is about us all the same, and kept"


@pytest.mark.parametrize(
    "text",
    [
        "We had to hire a consultant to apply Quillon's templates. Send help, and your CV if you like.",
        "I won a Quillon licence in a giveaway, and the login is broken. Please fix it.",
        "Nobody at Quillon support answers: six mails, four calls. Apply now button broken, offers lost.",
        "Quillon announced today that prices go up by 18%. We will leave.",
        "About Quillon: it is the best tool we ever had.",
        "The chat bot of Quillon sends an automated message to every customer. Let me talk to a human!",
        "Use code review in Quillon, win time. Follow and share what you learn.",
    ],
)
def test_an_opinion_that_only_sounds_like_noise_is_kept(text: str) -> None:
    assert kind_of(text) is None


def test_who_gives_stars_has_an_opinion() -> None:
    text = "Hiring and full-time contracts"
    assert kind_of(f"{text}, apply now") is Noise.JOB_AD
    assert kind_of("Now hiring, apply now", rating=2.0) is None


def test_the_name_of_an_author_is_weak_evidence() -> None:
    text = "Quillon Bay: temperature 14.2"
    assert kind_of(text) is None
    assert kind_of(text, author="halden_weather_bot") is Noise.BOT
    assert kind_of(text, author="Ida Talbot") is None
    assert kind_of("Quillon is fine", author="somebot") is None


def test_a_text_for_search_engines_is_spam() -> None:
    (analysis,) = ANALYZER.analyze([AnalysisJob(1, 1, None, "Quillon login Quillon pricing Quillon app Quillon free", "en")])
    assert analysis.noise is Noise.SPAM
    assert kind_of("Quillon " + " ".join(f"https://l{n}.example/a" for n in range(6))) is Noise.SPAM
    assert kind_of("Quillon " + " ".join(f"#tag{n}" for n in range(12))) is Noise.SPAM


def test_every_labelled_opinion_of_the_development_part_is_kept() -> None:
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    opinions = [row for row in rows if row["part"] == "dev" and row["noise"] is None]
    assert len(opinions) > 100
    assert [row["text"] for row in opinions if kind_of(row["text"], author=row["author"])] == []


def test_the_labelled_set_is_sound() -> None:
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 300
    assert len({row["text"] for row in rows}) == len(rows)
    assert {row["noise"] for row in rows} == {None, *(noise.value for noise in Noise)}
    assert {row["part"] for row in rows} == {"dev", "held-out"}
    assert sum(row["noise"] is None for row in rows) * 2 >= len(rows)


@settings(deadline=None)
@given(st.text(st.characters(), max_size=300), st.none() | st.text(st.characters(), max_size=40))
def test_any_text_gives_a_verdict(text: str, author: str | None) -> None:
    found = find_noise(text, AnalysisJob(1, 1, None, text, None, author=author), [])
    assert found is None or found.reason


PIECES = (
    "a",
    " ",
    "é",
    "1.2.3 ",
    "$",
    "€1-",
    "about ",
    "apply ",
    "join ",
    "http://",
    "#x",
    "\n",
    "like, ",
    "bump ",
    "- ",
    "(",
    "\ud800",
    "\u200b",
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    job = AnalysisJob(1, 1, None, text, None, author=text[:100_000], author_name=text)
    within(3, lambda: find_noise(text, job, []))


@pytest.mark.parametrize("pattern", [*(sign.pattern for sign in SIGNS), VOICE], ids=lambda pattern: pattern.pattern[:20])
def test_no_pattern_runs_wild(pattern: re.Pattern[str]) -> None:
    rng = random.Random(4)
    words = ["quillon", "apply", "join", "like", "about", "the", "win", "$1", "1.2.3", "said", "at", "-", ",", "www.", "@", "now"]
    text = " ".join(rng.choice(words) for _ in range(1_500))
    within(0.5, lambda: list(pattern.finditer(text)))
