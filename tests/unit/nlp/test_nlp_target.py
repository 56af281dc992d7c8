"""The engine "target": what it is shown, how passages become one verdict, and what happens where its model is not whole."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from listener.core.analysis import Label, Sentiment
from listener.core.errors import EngineError
from nlp import encoder, engines
from nlp.analyzer import build_analyzer
from nlp.combining import combined, probabilities, unpraised, verdict
from nlp.encoder import MODEL, Encoder, Settings, Triple
from nlp.engines import Said, load_engine
from nlp.passages import Passage
from nlp.target import SHORT_WORDS, TargetEngine

SETTINGS = Settings("1", 96, 1.0, 0.0, (0.0, 0.0, 0.0), (0.7, 0.5, 0.8))
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def engine() -> TargetEngine:
    return TargetEngine()


def score(engine: TargetEngine, text: str, target: str | None = None) -> Sentiment:
    (sentiment,) = engine.score_many([(text, target)])
    return sentiment


# ------------------------------------------------------------------------------------------------ from logits to a verdict


@given(st.tuples(*[st.floats(-50, 50)] * 3), st.floats(0.1, 5))
def test_probabilities_are_some(logits: Triple, temperature: float) -> None:
    found = probabilities(logits, temperature)
    assert sum(found) == pytest.approx(1)
    assert found[max(range(3), key=logits.__getitem__)] == max(found)


TRIPLE = st.tuples(*[st.floats(-12, 12)] * 3).map(lambda logits: probabilities(logits, 1.0))


@given(st.lists(TRIPLE, min_size=1, max_size=6), st.tuples(*[st.floats(-2, 2)] * 3))
def test_a_verdict_never_contradicts_itself(passages: list[Triple], shift: Triple) -> None:
    found = verdict(passages, Settings("1", 96, 1.0, 0.0, shift, (0.7, 0.5, 0.8)))
    assert sum(found.probability) == pytest.approx(1, abs=1e-5)
    assert min(found.probability) >= 0
    assert -1 <= found.score <= 1
    if found.label is Label.POSITIVE:
        assert found.score > 0
    if found.label is Label.NEGATIVE:
        assert found.score < 0
    if found.label is Label.MIXED:
        assert len(passages) > 1


PRAISE, BLAME, PLAIN, DOUBT = (0.02, 0.03, 0.95), (0.95, 0.03, 0.02), (0.02, 0.96, 0.02), (0.25, 0.35, 0.4)


@pytest.mark.parametrize(
    ("passages", "label", "unsure"),
    [
        ([PRAISE], Label.POSITIVE, False),
        ([BLAME], Label.NEGATIVE, False),
        ([PLAIN], Label.NEUTRAL, False),
        ([DOUBT], Label.POSITIVE, True),
        ([PLAIN] * 12 + [BLAME] * 2, Label.NEGATIVE, True),
        ([PLAIN] * 3 + [BLAME] * 2, Label.NEGATIVE, False),
        ([PRAISE, BLAME], Label.MIXED, False),
        ([PRAISE, DOUBT, PLAIN, BLAME, BLAME], Label.MIXED, False),
        ([PRAISE, DOUBT], Label.POSITIVE, True),
    ],
)
def test_passages_are_combined_by_how_decided_they_are(passages: list[Triple], label: Label, unsure: bool) -> None:
    found = verdict(passages, SETTINGS)
    assert (found.label, found.unsure) == (label, unsure)


def test_the_mean_of_equal_passages_is_theirs() -> None:
    assert combined([PRAISE] * 3) == pytest.approx(PRAISE)


def test_the_shift_moves_the_label_and_leaves_the_probabilities() -> None:
    near = (0.1, 0.46, 0.44)
    plain, shifted = (verdict([near], Settings("1", 96, 1.0, 0.0, shift, (0.7, 0.5, 0.8))) for shift in ((0, 0, 0), (0, 0, 0.2)))
    assert (plain.label, shifted.label) == (Label.NEUTRAL, Label.POSITIVE)
    assert plain.probability == shifted.probability == near


def test_good_words_about_another_are_not_praise() -> None:
    assert unpraised(PRAISE) == pytest.approx((0.02, 0.98, 0.0))


# ------------------------------------------------------------------------------------------------ what the texts say


@pytest.mark.parametrize(
    ("text", "target", "label"),
    [
        ("I love Quillon, it is wonderful", "Quillon", Label.POSITIVE),
        ("I hate Quillon, it is horrible and useless", "Quillon", Label.NEGATIVE),
        ("Quillon opens its office at nine on Monday", "Quillon", Label.NEUTRAL),
        ("We are so happy with this, best tool ever", None, Label.POSITIVE),
        ("I love it 😍 so good", None, Label.POSITIVE),
    ],
)
def test_short_texts(engine: TargetEngine, text: str, target: str | None, label: Label) -> None:
    found = score(engine, text, target)
    assert found.label is label
    assert found.probability is not None
    assert found.evidence == (text,)


@pytest.mark.parametrize("text", ["Brimtel is so much better than Quillon", "So happy we moved from Quillon to Brimtel!"])
def test_what_another_is_praised_beside_is_not_praised(engine: TargetEngine, text: str) -> None:
    assert score(engine, text, "Quillon").label is not Label.POSITIVE
    start = text.index("Quillon")
    (found,) = engine.score_passages([Said([Passage(text, start, start + 7)], "en")])
    assert found.label is not Label.POSITIVE


FILLER = "The meeting was on the third floor and it went on until the evening came. " * 8


def test_a_long_text_is_judged_by_what_it_says_of_the_target(engine: TargetEngine) -> None:
    text = f"I had a horrible, awful, terrible day.\n\n{FILLER}\n\nBut I love Quillon, it is wonderful and great.\n\n{FILLER}"
    assert len(text.split()) > SHORT_WORDS
    found = score(engine, text, "Quillon")
    assert found.label is Label.POSITIVE
    assert found.evidence == ("But I love Quillon, it is wonderful and great.",)


def test_praise_and_blame_of_a_long_text_are_mixed(engine: TargetEngine) -> None:
    praise, blame = (
        "I love Quillon so much, it is wonderful and great!",
        "But I hate Quillon now, what a horrible, awful disaster.",
    )
    found = score(engine, f"{praise}\n\n{FILLER}\n\n{blame}", "Quillon")
    singly = [score(engine, one, "Quillon") for one in (praise, blame)]
    assert [one.label for one in singly] == [Label.POSITIVE, Label.NEGATIVE]
    assert (found.label is Label.MIXED) == (not any(one.unsure for one in singly))
    assert found.evidence == (praise, blame) or found.label is not Label.MIXED


def test_a_long_text_without_a_target_is_read_piece_by_piece(engine: TargetEngine) -> None:
    found = score(engine, "What a horrible and useless thing, I hate it so much. " * 60)
    assert found.label is Label.NEGATIVE
    assert 1 <= len(found.evidence) <= 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no text"),
        ("\n\t \u2003", "no text"),
        ("https://a.example/b", "nothing in it that the engine can read"),
        ("12345 !!!", "nothing in it that the engine can read"),
        ("\u200b\u202e\ud800", "nothing in it that the engine can read"),
        ("Это просто замечательный продукт", "the engine reads English only, and the text is in another language (ru)"),
        ("Das ist wirklich ein ausgesprochen schlechtes Produkt, leider.", None),
    ],
)
def test_what_cannot_be_read_is_unscored_with_the_reason(engine: TargetEngine, text: str, reason: str | None) -> None:
    found = score(engine, text)
    assert found.label is Label.UNSCORED
    assert found.probability is None
    assert found.reason == reason or (reason is None and "(de)" in str(found.reason))


@pytest.mark.parametrize("text", ["👍👍👍", "😡"])
def test_emoji_alone_can_be_read(engine: TargetEngine, text: str) -> None:
    assert score(engine, text).label is not Label.UNSCORED


def test_special_words_of_the_network_are_words_like_any_others(engine: TargetEngine) -> None:
    text = "I love this tool [SEP] it is [MASK] wonderful [CLS]"
    assert score(engine, text).label is Label.POSITIVE
    ids = Encoder()._tokenizer.encode("[SEP] [CLS]", "[SEP]").ids
    ends = Encoder()._tokenizer.token_to_id("[SEP]")
    assert ids.count(ends) == 2


def test_a_verdict_does_not_depend_on_what_else_is_scored(engine: TargetEngine) -> None:
    texts = [("it is fine " * (1 + i % 30) + f"but number {i} is not", None) for i in range(64)]
    together = list(engine.score_many(texts))
    for item, found in zip(texts, together, strict=True):
        alone = next(engine.score_many([item]))
        assert alone.label is found.label
        assert alone.score == pytest.approx(found.score, abs=1e-4)


# ------------------------------------------------------------------------------------------------ a model that is not whole


def rewrite(**changes: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        settings = folder / "settings.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), **changes}))

    return change


def truncate(folder: Path) -> None:
    (folder / "model.onnx").write_bytes((MODEL / "model.onnx").read_bytes()[:-1_000])


def replace(name: str, content: bytes) -> Callable[[Path], object]:
    """Another content, and the checksum that goes with it."""

    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)
        hashes = json.loads((folder / "settings.json").read_text())["sha256"]
        rewrite(sha256={**hashes, name: hashlib.sha256(content).hexdigest()})(folder)

    return change


DAMAGE = {
    "no model": (lambda folder: (folder / "model.onnx").unlink(), "model.onnx cannot be read (No such file or directory)"),
    "no settings": (lambda folder: (folder / "settings.json").unlink(), "settings.json cannot be read (No such file"),
    "cut off": (truncate, "model.onnx is damaged (its checksum differs)"),
    "words": (lambda folder: (folder / "tokenizer.json").write_text("{}"), "tokenizer.json is damaged (its checksum differs)"),
    "no JSON": (lambda folder: (folder / "settings.json").write_bytes(b"\xff{"), "settings.json is damaged"),
    "deep JSON": (lambda folder: (folder / "settings.json").write_text("[" * 100_000), "settings.json is damaged"),
    "a list": (lambda folder: (folder / "settings.json").write_text("[1]"), "settings.json is damaged"),
    "no sure": (rewrite(sure={}), "settings.json is damaged (KeyError)"),
    "two shifts": (rewrite(logit_shift=[0, 0]), "settings.json is damaged (ValueError)"),
    "endless shift": (rewrite(whole_shift=[0, float("inf"), 0]), "settings.json holds numbers that cannot be"),
    "temperature": (rewrite(temperature=0), "settings.json holds numbers that cannot be"),
    "infinite": (rewrite(temperature=float("inf")), "settings.json holds numbers that cannot be"),
    "no ONNX": (replace("model.onnx", b"not a network"), "cannot be run"),
    "no tokenizer": (replace("tokenizer.json", b'{"version": "1.0"}'), "cannot be run"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_model_that_is_not_whole(damage: str, tmp_path: Path) -> None:
    change, message = DAMAGE[damage]
    folder = tmp_path / "target"
    shutil.copytree(MODEL, folder)
    change(folder)
    with pytest.raises(EngineError) as raised:
        TargetEngine(folder)
    assert message in str(raised.value)
    assert 'mend the folder that [nlp] model names, build the model anew, or choose engine = "vader"' in str(raised.value)


def test_another_engine_stands_in_where_that_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_BUILD", {**engines._BUILD, "target": lambda threads, _: TargetEngine(tmp_path, threads)})
    with pytest.raises(EngineError, match=r"settings\.json cannot be read"):
        load_engine("target")
    with capture_logs() as logs:
        found = load_engine("target", fallback=True)
    assert found.name == "vader"
    assert found.version.endswith(", in place of target")
    assert [(line["action"], line["engine"], line["by"]) for line in logs] == [("engine_replaced", "target", "vader")]
    assert "settings.json cannot be read" in logs[0]["reason"]
    (sentiment,) = found.score_many([("Quillon is great", "Quillon")])
    assert sentiment.version == found.version
    assert load_engine("vader", fallback=True).version == load_engine("vader").version


def test_models_of_one_version_are_told_apart(tmp_path: Path) -> None:
    """A model that took the place of another makes history outdated, whatever its maker wrote as its version."""
    own = tmp_path / "own"
    shutil.copytree(MODEL, own)
    shipped = load_engine("target").version
    assert load_engine("target", model=own).version == shipped
    analyzer = build_analyzer([], model=own)
    before = analyzer.fingerprint
    assert before == build_analyzer([]).fingerprint
    rewrite(temperature=2.5)(own)
    assert load_engine("target", model=own).version not in {shipped, ""}
    assert pickle.loads(pickle.dumps(analyzer)).fingerprint == build_analyzer([], model=own).fingerprint != before


def test_texts_as_a_whole_have_a_shift_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "target"
    shutil.copytree(MODEL, own)
    text = "Quillon moved its office to the other side of the river"
    long = ". ".join([text] * 6)
    labels = []
    for changes in ({"whole_shift": [9, 0, 0]}, {"whole_shift": [0, 0, 0]}, {"whole_shift": [0, 0, 0], "logit_shift": [9, 0, 0]}):
        shutil.copy(MODEL / "settings.json", own)
        rewrite(**changes)(own)
        engine = TargetEngine(own)
        asked = [(text, None), (text, ""), (text, "\u200b"), (long, None), (text, "Quillon"), (long, "Quillon")]
        found = [one.label for one in engine.score_many(asked)]
        (read,) = engine.score_passages([Said((Passage(text, 0, 7),), "en", text, ((0, 7),))])
        labels.append([*found, read.label])
    assert labels == [
        [Label.NEGATIVE] * 4 + [Label.NEUTRAL] * 3,
        [Label.NEUTRAL] * 7,
        [Label.NEUTRAL] * 4 + [Label.NEGATIVE] * 3,
    ]


def test_a_model_of_before_shifts_whole_texts_as_any(tmp_path: Path) -> None:
    own = tmp_path / "target"
    shutil.copytree(MODEL, own)
    settings = json.loads((own / "settings.json").read_text())
    settings.pop("whole_shift", None)
    (own / "settings.json").write_text(json.dumps({**settings, "logit_shift": [9, 0, 0]}))
    assert [one.label for one in TargetEngine(own).score_many([("Quillon moved its office", None)])] == [Label.NEGATIVE]


@pytest.mark.parametrize("library", ["onnxruntime", "tokenizers"])
def test_a_missing_library_is_named(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(EngineError, match=f"needs the library {library}, which cannot be loaded; install it"):
        TargetEngine()


def test_a_network_without_fixed_ranges_is_given_one_text_at_a_time(engine: TargetEngine) -> None:
    reader = Encoder()
    lengths = [5, 3, 9, 3]
    reader.settings = SETTINGS
    assert list(reader._batches(lengths)) == [[1], [3], [0], [2]]
    reader.settings = Settings("1", 96, 1.0, 0.0, (0, 0, 0), (0.7, 0.5, 0.8), fixed_ranges=True)
    assert list(reader._batches(lengths)) == [[1, 3, 0], [2]]  # the longest would make the three others four longer each
    assert [len(batch) for batch in reader._batches([96] * 12)] == [encoder._TOKENS_AT_ONCE // 96] * 2 + [2]


def test_what_is_said_again_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Encoder()
    said = [("We love it", ""), ("We hate it", ""), ("We love it", ""), ("We love it", "it")]
    alone = [reader.logits([one])[0].tolist() for one in said]
    rows: list[int] = []
    batches = reader._batches
    monkeypatch.setattr(reader, "_batches", lambda lengths: (rows.append(len(lengths)), batches(lengths))[1])
    assert reader.logits(said).tolist() == alone
    assert rows == [3]


OFFLINE = """
import socket, sys
class Refused(socket.socket):
    def __init__(self, *args, **kwargs):
        raise AssertionError("the network was touched")
socket.socket = socket.create_connection = socket.getaddrinfo = Refused
from nlp.engines import load_engine
engine = load_engine("target")
items = [("I love this tool and it is the best for all of us", None), ("We have moved to Quillon and we are happy", "Quillon")]
assert [one.label.value for one in engine.score_many(items)] == ["positive"] * 2
print(sorted({"spacy", "py3langid", "huggingface_hub", "requests", "httpx", "vaderSentiment"} & set(sys.modules)))
"""


def test_nothing_is_fetched_and_nothing_heavy_is_loaded_for_plain_english() -> None:
    ran = subprocess.run([sys.executable, "-c", OFFLINE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")
