"""What of the training needs no network library: reading, splitting, the diet, the calibration."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp.training.calibrate import NAMES, calibrate, labels_of, macro_recall, probabilities, shift_of, sure_from, temperature_of
from nlp.training.data import diet, fingerprint, key, keys, read
from nlp.training.invented import examples
from nlp.training.kept import kept
from nlp.training.rates import rates
from nlp.training.recipe import NEEDED, TAUGHT, fault
from nlp.training.recombined import recombined


def lines(path: Path, rows: list[dict[str, object]]) -> Path:
    raw = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)
    return path


def test_copies_of_a_text_have_one_key() -> None:
    same = ["Quillon is GREAT!", "quillon is great https://t.example/x", "@user quillon, is great...", "  Quillon\nis great"]
    assert len({key(text) for text in same}) == 1
    assert key("Quillon is not great") != key(same[0])


def test_a_text_falls_on_one_side_whatever_its_file(tmp_path: Path) -> None:
    rows = [{"text": f"number {i} of Quillon", "target": "Quillon", "label": i % 3 - 1} for i in range(400)]
    one = read(lines(tmp_path / "one.jsonl.gz", rows))
    other = read(lines(tmp_path / "other.jsonl", [{**row, "text": str(row["text"]).upper() + " !!"} for row in rows]))
    assert {x.first.lower().rstrip(" !") for x in one.training} == {x.first.lower().rstrip(" !") for x in other.training}
    assert 20 <= len(one.development) <= 65
    assert (one.training[0].first.count("«"), one.training[0].second) == (1, "Quillon")
    assert {x.label for x in one.training} == {0, 1, 2}


def test_texts_of_the_validation_are_never_learned(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"text": "good thing", "target": None, "label": 1}, {"text": "bad", "label": -1}])
    split = read(path, keys([lines(tmp_path / "v.jsonl", [{"text": "GOOD thing!"}])]))
    assert [x.first for x in (*split.training, *split.development)] == ["bad"]


def test_what_is_kept_out_is_what_is_not_learned(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"text": f"number {i} of Quillon", "target": None, "label": 0} for i in range(200)]
    path = lines(tmp_path / "a.jsonl", rows)
    lines(tmp_path / "v.jsonl.gz", [{"text": "Number 7 of Quillon!", "label": 1}])
    found = list(kept(tmp_path, ["a"], ["v"]))
    learned = {x.first for x in read(path, keys([tmp_path / "v.jsonl.gz"])).training}
    assert {str(row["text"]) for row in found if row["source"] == "a"} == {str(row["text"]) for row in rows} - learned - {
        "number 7 of Quillon"
    }
    assert [row["text"] for row in found if row["source"] == "v"] == ["Number 7 of Quillon!"]
    with pytest.raises(SystemExit, match=r"no b\.jsonl"):
        list(kept(tmp_path, ["b"], []))


def test_the_data_hash_is_of_the_content(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"text": "a", "label": 1}]
    plain, packed = lines(tmp_path / "set.jsonl", rows), lines(tmp_path / "set.jsonl.gz", rows)
    assert fingerprint([plain]) == fingerprint([packed])
    assert fingerprint([plain]) != fingerprint([lines(tmp_path / "set.jsonl", [{"text": "b", "label": 1}])])


def test_the_diet_reads_each_set_as_often_as_told_and_spreads_it() -> None:
    examples = read_many(100)
    plan = diet({"a": examples, "b": examples[:10]}, {"a": 1.5, "b": 3}, seed=1)
    assert Counter(name for name, _ in plan) == {"a": 150, "b": 30}
    assert max(Counter(plan).values()) == 3
    assert 10 <= sum(name == "b" for name, _ in plan[:90]) <= 20
    assert plan == diet({"a": examples, "b": examples[:10]}, {"a": 1.5, "b": 3}, seed=1)
    assert plan != diet({"a": examples, "b": examples[:10]}, {"a": 1.5, "b": 3}, seed=2)


def read_many(count: int) -> list:  # type: ignore[type-arg]
    return [(f"text {i}", "", 1) for i in range(count)]


def drawn(temperature: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Logits that are ``temperature`` times too sure of labels that are drawn from them."""
    chance = np.random.default_rng(7)
    logits = chance.normal(size=(count, 3)) * 1.5
    p = probabilities(logits, 1.0)
    labels = (chance.random((count, 1)) > np.cumsum(p, axis=1)).sum(axis=1).clip(0, 2)
    return logits * temperature, labels


NO_SHIFT = (0.0, 0.0, 0.0)


@pytest.mark.parametrize("temperature", [0.8, 1.0, 1.4])
def test_the_temperature_undoes_what_makes_a_network_too_sure(temperature: float) -> None:
    assert temperature_of({"one": drawn(temperature)}) == pytest.approx(temperature, abs=0.1)


def test_sure_labels_are_as_precise_as_stated() -> None:
    logits, labels = drawn(1.0)
    found = calibrate({"one": (logits, labels)}, precision=0.8)
    assert set(found.sure) == set(NAMES)
    p = probabilities(logits, found.temperature)
    guesses = labels_of(p, found.shift)
    for c, name in enumerate(NAMES):
        sure = (guesses == c) & (p[:, c] >= found.sure[name])
        assert sure.sum() > 50
        assert (labels[sure] == c).mean() >= 0.8
    assert sure_from({"one": (logits, labels[::-1])}, 1.0, {"one": NO_SHIFT}, 0.99)["positive"] == 1.0


def test_neither_a_large_set_nor_small_ones_alone_make_a_label_sure() -> None:
    good, bad = (np.array([[0.0, 0.0, 5.0]] * many) for many in (900, 100))
    shifts = {"large": NO_SHIFT, "small": NO_SHIFT}
    rows = {"large": (good, np.full(900, 2)), "small": (bad, np.array([2, 0] * 50))}
    assert sure_from(rows, 1.0, shifts, 0.76)["positive"] == 1.0, "95 % of all, 75 % in the mean of the sets"
    assert sure_from(rows, 1.0, shifts, 0.74)["positive"] < 1.0
    turned = {"large": (good, np.array([2, 0] * 450)), "small": (bad, np.full(100, 2))}
    assert sure_from(turned, 1.0, shifts, 0.60)["positive"] == 1.0, "75 % in the mean of the sets, 55 % of all"
    assert sure_from(turned, 1.0, shifts, 0.54)["positive"] < 1.0


def test_the_least_shift_that_is_as_good_is_taken() -> None:
    """From 0.3 on, the shift turns the one complaint that is missed, from 0.6 on nothing more."""
    logits = np.log(np.array([[0.3, 0.4, 0.3], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    missed = {"one": (logits, np.array([0, 0, 1, 2]))}
    assert shift_of(missed, 1.0) == (0.3, 0.0, 0.0)
    assert shift_of(missed, 1.0, share=0.5) == (0.15, 0.0, 0.0)
    assert shift_of({"one": (logits[1:], np.array([0, 1, 2]))}, 1.0) == NO_SHIFT


def test_whole_texts_have_all_of_their_shift_and_the_others_half_of_the_common_one() -> None:
    logits = np.log(np.array([[0.3, 0.4, 0.3], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]))
    missed = np.tile(logits, (50, 1)), np.array([0, 0, 1, 2] * 50)
    found = np.tile(logits[1:], (70, 1)), np.array([0, 1, 2] * 70)
    both = calibrate({"aimed": missed, "whole": missed}, 0.8, ["whole"])
    assert both.whole_shift[0] == pytest.approx(2 * both.shift[0]) != 0
    apart = calibrate({"aimed": missed, "whole": found}, 0.8, ["whole"])
    assert (apart.whole_shift, apart.shift[0] > 0) == (NO_SHIFT, True)
    alone = calibrate({"aimed": missed}, 0.8)
    assert alone.whole_shift == alone.shift != NO_SHIFT, "of whole texts nothing is known"
    few = calibrate({"aimed": missed, "whole": (logits[1:], np.array([0, 1, 2]))}, 0.8, ["whole"])
    assert few.whole_shift == few.shift != NO_SHIFT, "too little is known"


def test_macro_recall_by_hand() -> None:
    assert macro_recall(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])) == pytest.approx((0.5 + 1 + 0) / 3)
    assert macro_recall(np.array([2, 2]), np.array([2, 1])) == 0.5


def test_invented_texts_are_repeatable_and_name_their_targets() -> None:
    made = examples(600, seed=3)
    assert made == examples(600, seed=3) != examples(600, seed=4)
    assert Counter(one.label for one in made).keys() == {0, 1, 2}
    assert all("«" in one.first and "{" not in one.first for one in made)


def test_recombined_texts_mark_their_target_and_borrow_nothing_that_is_kept_out(tmp_path: Path) -> None:
    aspects = ["soup", "staff", "roof terrace", "c++ menu"]
    rows: list[dict[str, object]] = [
        {"text": f"The {aspects[i % 4].upper()} at place{i} was fine .", "target": aspects[i % 4], "label": 1} for i in range(200)
    ]
    held = {key(str(row["text"])) for row in rows[:40]}
    rows.append({"text": "Nothing at placenone is named .", "target": None, "label": 0})
    path = lines(tmp_path / "a.jsonl", rows)
    first, second = (list(recombined(path, 2, 0.5, frozenset(held), 3)) for _ in range(2))
    assert first == second != list(recombined(path, 2, 0.5, frozenset(held), 4))
    assert all(text.lower().count(f"« {target.lower()} »") == 1 and target.lower() in aspects for text, target in first)
    joined = [text for text, _ in first if text.count(" at ") == 2]
    assert 35 <= len(joined) <= 75
    assert len(first) - len(joined) > 150
    used = {word for text, _ in first for word in text.split() if word.startswith("place")}
    learnt = {example.first.split()[-4] for example in read(path, frozenset(held)).training} - {"placenone"}
    assert used <= learnt
    assert len(used) > 0.9 * len(learnt)
    assert len(learnt) < 160


def test_recombined_texts_leave_alone_what_names_the_other_already_and_what_would_be_long(tmp_path: Path) -> None:
    both: list[dict[str, object]] = [
        {"text": f"soup and Staff {i} , soupy", "target": ("soup", "staff")[i % 2], "label": 1} for i in range(30)
    ]
    assert not list(recombined(lines(tmp_path / "both.jsonl", both), 3, 1.0, frozenset(), 1))
    long: list[dict[str, object]] = [
        {"text": f"{t} {i} " + "word " * 40, "target": t, "label": 1} for i, t in enumerate("ab" * 15)
    ]
    alone = list(recombined(lines(tmp_path / "long.jsonl", long), 2, 1.0, frozenset(), 1))
    assert alone
    assert all(text.count("word") == 40 for text, _ in alone)
    name = "n" * 45
    endless: list[dict[str, object]] = [{"text": f"{name} {i}", "target": name, "label": 1} for i in range(30)]
    assert not list(recombined(lines(tmp_path / "endless.jsonl", endless), 3, 1.0, frozenset(), 1))


def test_weights_near_the_words_learn_slowest() -> None:
    rate = rates(layers=12, decay=0.9)
    assert rate("encoder.encoder.layer.11.output.dense.weight") == 1.0
    assert rate("encoder.encoder.layer.4.attention.attn.q.bias") == pytest.approx(0.9**7)
    assert rate("head.weight") == rate("head.bias") == 10.0


def shipped() -> dict[str, Any]:
    return tomllib.loads((files("nlp.training") / "recipe.toml").read_text(encoding="utf-8"))


def test_the_recipe_can_be_followed_and_needs_the_encoder_only_for_its_expert() -> None:
    recipe = shipped()
    assert fault(recipe, encoder=True) is None
    assert "--expert" in str(fault(recipe, encoder=False))
    assert fault({name: its for name, its in recipe.items() if name not in TAUGHT}, encoder=False) is None
    for last in range(1, len(TAUGHT)):
        assert fault({name: its for name, its in recipe.items() if name not in TAUGHT[last:]}, encoder=True) is None


@pytest.mark.parametrize("table", [*NEEDED, *TAUGHT[:-1]])
def test_a_recipe_with_a_gap_is_refused_before_anything_is_fitted(table: str) -> None:
    recipe = shipped()
    del recipe[table]
    assert fault(recipe, encoder=True) == f"the recipe lacks [{table}]"


@pytest.mark.parametrize("step", ["student", "pairs", "finish", *TAUGHT])
def test_a_step_names_each_set_and_no_other(step: str) -> None:
    missing, unknown = shipped(), shipped()
    del missing[step]["passes"]["dong2014_train"]
    unknown[step]["passes"]["mine"] = 1
    assert f"[{step}]" in str(fault(missing, encoder=True))
    assert "dong2014_train" in str(fault(missing, encoder=True))
    assert "mine" in str(fault(unknown, encoder=True))


@pytest.mark.parametrize(("step", "table"), [("pairs", "wanted"), ("rounded", "recombined")])
def test_texts_are_taken_only_from_sets_of_the_recipe(step: str, table: str) -> None:
    recipe = shipped()
    recipe[step][table]["mine"] = recipe[step][table]["dong2014_train"]
    assert fault(recipe, encoder=True) == f"[{step}] names what is no set of [passes]: mine"
