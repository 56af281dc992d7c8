"""The queries and exclusion sets of brands: what they become, and how wrong ones are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.brands import BrandSettings, core_brand
from config.loader import load
from config.settings import Settings
from listener.core.errors import ConfigError, Problem

SETS = """
[exclusion_sets]
swords = 'quillon NEAR/5 (sword OR "fencing club")'
"""


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "listener.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def problems(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return list(caught.value.problems)


def test_a_brand_s_query_and_sets_become_its_rule(tmp_path: Path) -> None:
    brand = '[[brands]]\nname = "Quillon"\nquery = " lang:en OR lang:de "\nexclusion_sets = ["jobs", "@swords", "jobs"]\n'
    rule = loaded(tmp_path, brand + SETS).brands()[0].rule
    assert rule.query == "lang:en OR lang:de"
    assert rule.unless == (("jobs", "@jobs"), ("swords", "@swords"))
    assert rule.sets == (("swords", 'quillon NEAR/5 (sword OR "fencing club")'),)


def test_a_brand_that_asks_for_nothing_has_a_rule_without(tmp_path: Path) -> None:
    rule = loaded(tmp_path, '[[brands]]\nname = "Quillon"\n' + SETS).brands()[0].rule
    assert (rule.query, rule.unless, rule.sets) == (None, (), ())
    assert core_brand(BrandSettings(name="Quillon")).rule == rule


def test_everything_wrong_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    text = """
[[brands]]
name = "Quillon"
query = 'editor AND (app OR'
exclusion_sets = ["jobs", "weather"]

[[brands]]
name = "Brimtel"
query = "speed:fast"

[[brands]]
name = "Nimbus"
query = "  "
exclusion_sets = "jobs"
"""
    first, second, third, fourth, fifth = problems(tmp_path, text + SETS)
    assert first.path == "brands[0].query (line 4)"
    assert "at character" in first.got
    assert "(line 5)" in second.path
    assert second.got == 'there is no exclusion set "weather"'
    assert second.allowed == "one of: giveaways, jobs, press, swords; or define it in [exclusion_sets]"
    assert "(line 9)" in third.path
    assert "at character" in third.got
    assert "(line 13)" in fourth.path
    assert "(line 14)" in fifth.path


def test_a_broken_set_is_reported_where_it_stands_and_not_at_the_brand(tmp_path: Path) -> None:
    brand = '[[brands]]\nname = "Quillon"\nexclusion_sets = ["swords"]\nquery = "-@swords"\n'
    text = brand + '[exclusion_sets]\nswords = "sword OR"\n'
    (problem,) = problems(tmp_path, text)
    assert "exclusion_sets" in problem.path
    assert "(line 6)" in problem.path
