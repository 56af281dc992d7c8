"""Queries in the settings: what sources keep, and exclusion sets. Every slip is reported with its place and its character."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from listener.core.errors import ConfigError

BRAND = '[[brands]]\nname = "Quillon"\n'
SOURCE = '[[sources]]\nname = "news"\nkind = "rss"\nurl = "https://news.example/feed"\n'


def loaded(folder: Path, text: str):
    path = folder / "listener.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def problems(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return {problem.path: problem.got for problem in caught.value.problems}


def test_sources_and_sets_are_read_as_they_are_written(tmp_path: Path) -> None:
    sets = "[exclusion_sets]\nhomonyms = '\"quillon street\"'\nall = '@jobs OR @homonyms'\n"
    settings = loaded(tmp_path, BRAND + SOURCE + "only = ' quillon -@all '\n" + sets)
    assert settings.sources[0].only == "quillon -@all"
    assert settings.sources[0].options == {"url": "https://news.example/feed"}
    assert settings.exclusion_sets == {"homonyms": '"quillon street"', "all": "@jobs OR @homonyms"}
    assert loaded(tmp_path, BRAND + SOURCE).sources[0].only is None


def test_every_slip_is_reported_at_its_character_together_with_other_problems(tmp_path: Path) -> None:
    text = (
        BRAND
        + SOURCE
        + "only = 'quillon AND (crash'\nevery = 'often'\n"
        + SOURCE.replace("news", "more")
        + "only = '-@nothing'\n"
    )
    found = problems(tmp_path, text + "[exclusion_sets]\nbad = 'lang:english'\n")
    assert found["sources[0].only (line 7)"].endswith("is not closed; expected a ) further on, at character 13")
    assert (
        "no exclusion set has this name; expected one of: @bad, @giveaways, @jobs, @press" in found["sources[1].only (line 13)"]
    )
    assert found["sources[1].only (line 13)"].endswith("at character 2")
    assert found["exclusion_sets.bad (line 15)"].endswith("such as en, de or pt-br, at character 6")
    assert any(place.startswith("sources[0].every") for place in found)


def test_who_uses_a_broken_set_is_not_to_blame(tmp_path: Path) -> None:
    text = BRAND + SOURCE + "only = 'quillon -@bad'\n[exclusion_sets]\nbad = 'a OR'\nworse = '@bad OR b'\n"
    assert list(problems(tmp_path, text)) == ["exclusion_sets.bad (line 9)"]


def test_sets_that_contain_each_other_and_unusable_names_are_reported(tmp_path: Path) -> None:
    found = problems(tmp_path, BRAND + "[exclusion_sets]\na = '@b'\nb = 'x OR @a'\n'of us' = 'y'\nempty = ' '\n")
    assert "contain itself" in found["exclusion_sets.a (line 4)"]
    assert found["exclusion_sets.of us (line 6)"] == '"of us"'
    assert "exclusion_sets.empty (line 7)" in found
