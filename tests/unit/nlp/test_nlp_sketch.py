"""Sketches: alike where the words are nearly the same, whatever the typography; the same on every machine; never an exception."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.core.sketch import BANDS, NEAR, SIZE, bands, similarity
from nlp.sketch import MIN_WORDS, sketches

POST = (
    "We moved our contracts team of fourteen people to Quillon Flow in the spring, after six years with a shared drive and a "
    "spreadsheet that only one person understood. The first two weeks were rough, because nobody had told us that templates "
    "lose their numbering on import. Support sorted that out in a day, and since then I have not chased anybody by phone."
)
RELEASE = (
    "Quillon Flow {} is available for download. This is a maintenance release, and we recommend that everybody who runs it on "
    "machines of their own installs it within the month. Stop all workers, run the installer, and start the workers again. {}"
)
AS_MADE_ELSEWHERE = "3268fb78"
"""The beginning of a digest of the sketches of ``POST`` and a text in other scripts, as made when this was written; who
changes it raises ``VERSION``."""


def alike(a: str, b: str) -> float:
    one, other = sketches([a, b])
    assert one is not None
    assert other is not None
    return similarity(one, other)


@pytest.mark.parametrize(
    "copy",
    [
        POST.upper(),
        POST.replace(" ", "\u00a0").replace(",", " ,").replace("-", "\u2011"),
        f"<p>{POST.replace('. ', '.</p><p>')}</p>&nbsp;<br>",
        POST.replace("Quillon", "Qui\u00adll\u200bon"),
        f"{POST} https://news.example/{'x' * 50}?utm_source=feed",
        "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in POST),
    ],
)
def test_typography_mark_up_and_addresses_do_not_matter(copy: str) -> None:
    assert alike(POST, copy) == 1.0


@pytest.mark.parametrize(
    "copy",
    [
        f"HALDEN (Wire) - {POST}",
        f"What users say\n\n{POST} Read more at the site of the author.",
        POST.rsplit(". ", 1)[0] + ".",
        POST.replace("The first", "Advertisement: chairs for your office.\nThe first"),
        ". ".join([*POST.split(". ")[1:], POST.split(". ", maxsplit=1)[0]]),
        "Fourteen of us moved to it last spring, after six years" + POST.split("after six years")[1],
    ],
)
def test_what_syndication_does_to_a_text_leaves_it_near(copy: str) -> None:
    one, other = sketches([POST, copy])
    assert one is not None
    assert other is not None
    assert similarity(one, other) >= NEAR
    assert set(bands(one)) & set(bands(other))


def test_notes_on_two_versions_are_two_texts() -> None:
    assert alike(RELEASE.format("4.2.2", "It fixes a crash."), RELEASE.format("4.2.3", "It fixes the time zone.")) < NEAR
    assert alike(RELEASE.format("4.2.2", "Thanks!"), RELEASE.format("4.2.2", "Thanks to all!")) >= NEAR


def test_a_number_is_the_same_word_beside_letters_of_other_scripts() -> None:
    assert alike(RELEASE.format("v4.2.2", "At 9:30."), RELEASE.format("v4.2.2", "At 9:30 \u2014")) == 1.0


def test_the_comment_on_a_quotation_is_what_counts() -> None:
    comment = (
        "I have to disagree with nearly all of it, since our own move to the same product took four months and two of us left."
    )
    quoted = f'"{POST.replace(". ", ", ")}" {comment}'
    assert alike(comment, quoted) == 1.0
    assert sketches([f'"{POST}" So true, all of it, really.']) == [None]
    assert sketches([f'"{POST}"']) == sketches([POST])


def test_too_few_words_have_no_sketch() -> None:
    few = " ".join(f"word{number}" for number in range(MIN_WORDS - 1))
    assert sketches([few]) == [None]
    assert sketches([f"{few} more"]) != [None]
    assert sketches([]) == []


def test_texts_without_spaces_between_words_have_words_too() -> None:
    text = "クイロンのサポートはとても親切で、すぐに問題を解決してくれました。来年も使い続けるつもりです。"
    assert alike(text, f"速報：{text}") >= NEAR
    assert alike(text, "先月から新しい表計算を試していますが、読み込みが遅くて仕事になりません。もうやめようと思います。") < 0.1


def test_a_text_does_not_depend_on_those_beside_it() -> None:
    texts = [POST, "", RELEASE, "x", f"{POST} {RELEASE}", "\ud800" * 60, "1.2:3,4 " * 40]
    together = sketches(texts)
    assert together == [sketches([text])[0] for text in texts]
    assert together == list(reversed(sketches(texts[::-1])))


def test_sketches_are_the_same_in_every_process() -> None:
    program = (
        "import sys\nfrom hashlib import sha256\nfrom nlp.sketch import sketches\n"
        "print(sha256(b''.join(one or b'' for one in sketches(sys.argv[1:]))).hexdigest()[:8])"
    )
    other = (
        "Größer als früher: 4.2.1 bringt 30 % mehr, 日本語 inbegriffen, sagt der Hersteller, und noch zwanzig Wörter dazu, damit "
        "es reicht."
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program, POST, other], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == AS_MADE_ELSEWHERE
    assert sha256(b"".join(one or b"" for one in sketches([POST, other]))).hexdigest()[:8] == AS_MADE_ELSEWHERE


def test_long_texts_are_compared_by_samples() -> None:
    words = [f"word{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}{chr(97 + number // 676)}" for number in range(4000)]
    whole, most = sketches([" ".join(words), " ".join(words[:3200])])
    assert whole is not None
    assert most is not None
    assert len(whole) == len(most) == 1 + 8 * BANDS + 4 * SIZE
    assert similarity(whole, most) == pytest.approx(0.8, abs=0.08)


def test_what_is_no_sketch_is_like_nothing() -> None:
    (sketch,) = sketches([POST])
    assert sketch is not None
    for other in (b"", b"\x01", b"\x02" + sketch[1:], sketch[:-1], sketch[: 1 + 8 * BANDS]):
        assert similarity(sketch, other) == similarity(other, sketch) == similarity(other, other) == 0.0
        assert bands(other) == ()
    assert similarity(sketch, sketch) == 1.0


@given(st.lists(st.text(alphabet=st.characters(codec=None), max_size=300), max_size=6))
def test_any_text_has_a_sketch_or_none(texts: list[str]) -> None:
    for text, sketch in zip(texts, sketches(texts), strict=True):
        if sketch is None:
            continue
        assert similarity(sketch, sketch) == 1.0
        assert 1 <= len(bands(sketch)) <= BANDS
        assert all(-(2**63) <= band < 2**63 for band in bands(sketch))
        assert len(text) >= MIN_WORDS


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "a " * 500_000, "<" * 10**6, "&lt;" * 250_000, '"' * 10**6, "1." * 500_000, "http://" * 140_000]
)
def test_a_megabyte_in_one_line_is_read_in_no_time(text: str) -> None:
    assert len(sketches([text])) == 1
