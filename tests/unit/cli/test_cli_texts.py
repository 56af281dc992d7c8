"""`listener init` and `listener analyze`: the commands that need neither network nor database."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import certifi
import pytest

from connectors._registry import load_specs
from nlp import encoder
from nlp.engines import DEFAULT_ENGINE

# ------------------------------------------------------------------------------------------------------------------ init


def test_init_writes_what_it_says(run, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    ended = run("init", folder, "--brand", "Quillon", "--site", "quillon.example")
    assert ended.status == 0
    assert sorted(path.name for path in folder.iterdir()) == ["customers.csv", "listener.toml"]
    assert f"Wrote {folder / 'listener.toml'}" in ended.out
    assert f"listener check --config {folder / 'listener.toml'}" in ended.out


@pytest.mark.parametrize("options", [[], ["--brand", "Quillon", "--site", "quillon.example"], ["--brand", 'Ünï "Q"']], ids=len)
def test_check_accepts_what_init_writes(run, tmp_path: Path, options: list[str]) -> None:
    assert run("init", tmp_path, *options).status == 0
    ended = run("check", "--config", tmp_path / "listener.toml")
    assert ended.status == 0
    assert ended.err.splitlines() == [
        "Warning: customers.csv holds the invented customers of `listener init`: put your CRM's export in its place"
    ]
    assert ("site " in ended.out) == ("--site" in options)


def test_everything_in_the_example_is_accepted(run, tmp_path: Path) -> None:
    run("init", tmp_path, "--brand", "Quillon", "--site", "quillon.example")
    path = tmp_path / "listener.toml"
    path.write_text(re.sub(r"(?m)^#(?=[\[\w])", "", path.read_text()))
    _give_files(tmp_path)
    assert run("check", "--config", path).status == 0


def test_the_page_of_sources_shows_every_option_of_every_connector_and_all_are_accepted(run, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
    shown = "\n".join(re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    path = tmp_path / "listener.toml"
    path.write_text(f'[[brands]]\nname = "Quillon"\n{shown}')
    _give_files(tmp_path)
    ended = run("check", "--config", path)
    assert ended.status == 0, ended.said
    sources = tomllib.loads(path.read_text())["sources"]
    assert {source["kind"] for source in sources} == set(load_specs())
    for source in sources:
        spec = load_specs()[source["kind"]]
        assert set(spec.options.model_fields) <= set(source), source["kind"]


def _give_files(folder: Path) -> None:
    for name, content in (
        ("feeds.opml", '<outline xmlUrl="http://news.example/rss"/>'),
        ("company-ca.pem", Path(certifi.where()).read_text()),
        ("mentions.jsonl", ""),
    ):
        (folder / name).write_text(content)


@pytest.mark.parametrize("name", ["listener.toml", "customers.csv"])
def test_init_never_overwrites(run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    ended = run("init", tmp_path)
    assert ended.status == 1
    assert f"{name} already there; nothing was written" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_init_in_the_working_folder_and_as_json(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "--json").lines == [{"written": ["listener.toml", "customers.csv"]}]
    (tmp_path / "listener.toml").unlink()
    (tmp_path / "customers.csv").unlink()
    assert "put your brand's name into listener.toml" in run("init").out


def test_init_refuses_what_is_no_site(run, tmp_path: Path) -> None:
    ended = run("init", tmp_path, "--brand", "Q", "--site", "not a site")
    assert ended.status == 2
    assert "--site" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_init_where_a_file_stands(run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("init", tmp_path / "file")
    assert ended.status == 1
    assert "file" in ended.err
    assert "Traceback" not in ended.err


# --------------------------------------------------------------------------------------------------------------- analyze


def line(**fields: object) -> str:
    return json.dumps(fields) + "\n"


def test_analyze_answers_in_order_with_the_documented_fields(run) -> None:
    ended = run(
        "analyze",
        given=line(id="a", text="Quillon is great, I love it!", target="Quillon", extra=[1])
        + line(id="b", text="Quillon is terrible and broken.", target=None)
        + line(id="c", text="Das ist wirklich ein ausgesprochen schlechtes Produkt, leider."),
    )
    assert ended.status == 0
    assert [answer["id"] for answer in ended.lines] == ["a", "b", "c"]
    assert [answer["label"] for answer in ended.lines] == [1, -1, None]
    assert set(ended.lines[0]) == {"id", "label", "score", "probability", "unsure", "engine", "language", "intent"}
    assert ended.lines[0]["engine"] == DEFAULT_ENGINE
    assert ended.lines[2]["language"] == "de"


def test_analyze_names_bad_lines_by_number_and_goes_on(run) -> None:
    secret = "ada lovelace"
    ended = run(
        "analyze",
        given="\ufeff".encode()
        + line(id="1", text="good").encode()
        + b"{oops\n\n[1]\n"
        + line(id="2", text=5, target=secret).encode()
        + line(text=secret).encode()
        + b'{"id": "3", "text": "\xff"}\n'
        + (b"[" * 100_000 + b"\n")
        + line(id=4, text="bad \ud800").encode(),
    )
    assert ended.status == 1
    assert [answer["id"] for answer in ended.lines] == ["1", 4]
    assert [part.split(":")[1].strip() for part in ended.err.splitlines() if part.startswith("Error")] == [
        "line 2",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
        "line 8",
    ]
    assert "6 lines could not be used" in ended.err
    assert "text: must be a string" in ended.err
    assert "id: missing" in ended.err
    assert secret not in ended.err


def test_analyze_with_threads_gives_the_same(run, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    words = ["good", "bad", "fine but awful", "the table", "great!!!"]
    path.write_text("".join(line(id=str(at), text=f"It is {words[at % 5]} {at}") for at in range(1500)))
    alone, together = run("analyze", path), run("analyze", path, "--threads", 3)
    assert alone.status == together.status == 0
    assert alone.out == together.out
    assert len(alone.lines) == 1500


def test_analyze_nothing(run) -> None:
    ended = run("analyze", given=b"")
    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_analyze_with_an_unknown_engine_or_file(run, tmp_path: Path) -> None:
    ended = run("analyze", "--engine", "oracle", given=line(id="1", text="x"))
    assert ended.status == 2
    assert "one of: target, vader" in ended.err
    ended = run("analyze", tmp_path / "no.jsonl")
    assert ended.status == 1
    assert "no.jsonl: No such file" in ended.err


@pytest.mark.parametrize("engine", ["target", "vader"])
def test_analyze_with_a_chosen_engine(run, engine: str) -> None:
    texts = ["I love it, it is great and wonderful!", "This is a horrible and useless tool, I hate it", "", "\ud800 \x00"]
    ended = run("analyze", "--engine", engine, given="".join(line(id=at, text=text) for at, text in enumerate(texts)))
    assert ended.status == 0
    assert [answer["label"] for answer in ended.lines] == [1, -1, None, None]
    assert [answer["engine"] for answer in ended.lines] == [engine] * 4
    assert all(-1 <= answer["score"] <= 1 for answer in ended.lines)
    assert [answer["probability"] is None for answer in ended.lines] == [engine == "vader"] * 2 + [True] * 2


def test_analyze_says_where_praise_and_blame_are_mixed(run) -> None:
    filler = "The meeting was on the third floor and it went on until the evening came. " * 8
    text = f"I love Quillon so much, it is wonderful and great!\n\n{filler}\n\nBut I hate Quillon now, it is horrible and awful!"
    (answer,) = run("analyze", "--engine", "vader", given=line(id="1", text=text, target="Quillon")).lines
    assert (answer["label"], answer["mixed"]) == (0, True)


def test_analyze_without_its_model(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "MODEL", tmp_path)
    ended = run("analyze", "--engine", "target", given=line(id="1", text="great"))
    assert ended.status == 1
    assert ended.out == ""
    assert "settings.json cannot be read" in ended.err
    assert 'engine = "vader"' in ended.err
