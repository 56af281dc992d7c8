"""What holds for every command: cheap help, plain errors, exit statuses, clean ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from listener.cli import failures
from listener.cli.app import app
from listener.core.errors import BadItem, ConfigError, Problem, StorageError

HEAVY = {
    "alembic",
    "ahocorasick_rs",
    "config",
    "connectors",
    "feedparser",
    "httpx",
    "jinja2",
    "lxml",
    "nlp",
    "pydantic",
    "pydantic_settings",
    "py3langid",
    "requests",
    "rich",
    "selectolax",
    "spacy",
    "sqlalchemy",
    "storage",
    "structlog",
    "tldextract",
    "trafilatura",
    "vaderSentiment",
}
COMMANDS = [
    "alerts",
    "status",
    "spikes",
    "correct",
    "eval",
    "recompute",
    "demo",
    "init",
    "check",
    "preview",
    "run",
    "serve",
    "digest",
    "cases",
    "mentions",
    "identities",
    "customers",
    "sources",
    "analyze",
    "match",
    "person",
    "db",
]
INNER = [
    ("cases", "list"), ("cases", "show"), ("cases", "decide"), ("cases", "export"), ("mentions", "list"), ("mentions", "show"),
    ("customers", "import"), ("customers", "list"), ("customers", "show"), ("person", "export"), ("person", "erase"),
    ("customers", "duplicates"), ("customers", "same"), ("customers", "different"),
    ("db", "upgrade"), ("db", "status"), ("db", "prune"), ("eval", "sentiment"), ("correct", "sentiment"),
    ("correct", "relevance"), ("correct", "target"), ("correct", "intent"), ("correct", "phrase"), ("correct", "list"),
    ("correct", "undo"), ("correct", "export"), ("identities", "review"), ("identities", "explain"), ("identities", "link"),
    ("identities", "unlink"), ("identities", "decisions"), ("identities", "undo"), ("identities", "merge"),
    ("identities", "split"), ("identities", "fit"), ("db", "backup"), ("db", "restore"),
    ("alerts", "list"), ("alerts", "open"), ("alerts", "show"), ("alerts", "ack"), ("alerts", "snooze"), ("alerts", "retry"),
    ("alerts", "drop"), ("alerts", "test"),
]  # fmt: skip
GROUPS = {"alerts", "cases", "mentions", "identities", "customers", "person", "db", "correct", "eval"}


@pytest.mark.parametrize(
    ("arguments", "of_typer"),
    [(["--help"], set()), (["run", "--help"], {"pydantic"}), (["cases", "decide", "--help"], {"pydantic"})],
)
def test_help_loads_nothing_heavy(arguments: list[str], of_typer: set[str]) -> None:
    """Typer itself reads options with pydantic; nothing else may come in."""
    script = f"import sys; from listener.cli import main; main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in ended.stderr.split()}
    assert "typer" in loaded
    assert loaded & HEAVY <= of_typer


def test_importing_the_package_loads_none_of_its_modules() -> None:
    script = "import sys, listener.cli; print([name for name in sys.modules if name.startswith(('listener.', 'typer'))])"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "['listener.cli']"


def test_every_command_is_listed(run) -> None:
    ended = run("--help")
    assert ended.status == 0
    listed = re.findall(r"(?m)^  ([a-z]+)  +\S", ended.out.partition("Commands:")[2])
    assert sorted(listed) == sorted(COMMANDS)
    assert "..." not in ended.out.partition("Commands:")[2]


@pytest.mark.parametrize("words", [*((name,) for name in COMMANDS if name not in GROUPS), *INNER], ids=" ".join)
def test_every_command_explains_itself_with_an_example_and_takes_the_common_options(run, words: tuple[str, ...]) -> None:
    ended = run(*words, "--help")
    assert ended.status == 0
    assert "Example: " in ended.out
    for option in ("--config", "--json", "--verbose", "--debug", "--log-format"):
        assert option in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [["--nope"], ["nope"], ["run", "--nope"], ["cases", "show", "x"], ["cases", "decide", "1", "explode"], ["match"]],
    ids=" ".join,
)
def test_wrong_usage_is_2(run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert ended.err


@pytest.mark.parametrize("arguments", [["person", "export", "QC-1019"], ["person", "erase", "--yes", "QC-1019"]], ids=" ".join)
def test_somebody_who_stands_without_an_option_is_told_which(run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert "--contact QC-1019 (the CRM's id), --author N (a number), or --account PLATFORM:HANDLE" in ended.err
    assert f"Usage: listener {' '.join(arguments[:2])} [OPTIONS]\n" in run(*arguments[:2], "--help").out


def test_without_a_command_it_helps(run) -> None:
    ended = run()
    assert ended.status == 2
    assert "Usage: listener" in ended.out + ended.err


def test_configuration_problems_are_all_listed_and_2(run, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[digest]\nhour = 99\ntimezone = "Nowhere"\n')
    ended = run("check", "--config", path)
    assert ended.status == 2
    assert ended.err.splitlines()[0] == "Wrong usage or configuration, 3 problems:"
    assert "digest.hour (line 2)" in ended.err
    assert "digest.timezone (line 3)" in ended.err
    assert ended.out == ""


def test_a_missing_configuration_says_how_to_get_one(run, tmp_path: Path) -> None:
    ended = run("sources", "--config", tmp_path / "no.toml")
    assert ended.status == 2
    assert "listener init" in ended.err


def test_the_configuration_can_come_from_the_environment(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTENER_CONFIG", str(tmp_path / "elsewhere.toml"))
    assert "elsewhere.toml" in run("sources").err


@pytest.mark.parametrize(
    ("problem", "status", "said"),
    [
        (ConfigError([Problem("a.b", "5", "text")]), 2, ["Wrong usage or configuration:", "  a.b: 5; text"]),
        (StorageError("the disk is full\nreally"), 1, ["Error: the disk is full", "Error: really"]),
        (BadItem("row 3", "no id"), 1, ["Error: row 3: no id"]),
        (FileNotFoundError(2, "No such file", "/x"), 1, ["Error: /x: No such file"]),
        (OSError("odd"), 1, ["Error: OSError"]),
        (StorageError(), 1, ["Error: unknown"]),
        (StorageError("\x1b[31mred"), 1, ["Error: [31mred"]),
    ],
)
def test_errors_become_plain_messages(
    capsys: pytest.CaptureFixture[str], problem: Exception, status: int, said: list[str]
) -> None:
    assert failures.report(problem, debug=False) == status
    assert capsys.readouterr().err.splitlines() == said


def test_a_defect_shows_its_kind_and_not_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.report(KeyError("ada@example.org"), debug=False) == 1
    said = capsys.readouterr().err
    assert "KeyError" in said
    assert "ada" not in said


def test_with_debug_there_is_a_traceback(run, tmp_path: Path) -> None:
    ended = run("sources", "--config", tmp_path / "no.toml", "--debug")
    assert ended.status == 2
    assert "Traceback" in ended.err


def listener(*arguments: str, **options) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from listener.cli import main; sys.exit(main())", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_closed_pipe_ends_quietly() -> None:
    process = listener("analyze")
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    with suppress(BrokenPipeError):
        process.stdin.write('{"id": "1", "text": "good"}\n' * 2000)
        process.stdin.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert errors == ""


def test_json_is_json_where_the_encoding_cannot_carry_a_character() -> None:
    process = listener("analyze", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    out, errors = process.communicate('{"id": "\\u00fc", "text": "good"}\n')
    assert (process.returncode, errors) == (0, "")
    assert json.loads(out)["id"] == "ü"
    assert out.isascii()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_without_a_traceback(number: signal.Signals, status: int) -> None:
    process = listener("analyze", "--verbose", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdin
    assert process.stdout
    process.stdin.write('{"id": "1", "text": "good"}\n' * 200)
    process.stdin.flush()
    assert process.stdout.readline()  # it works, and now waits for more
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == status
    assert "Traceback" not in errors


def test_the_exit_status_stays_where_standard_error_is_full() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", "import sys; from listener.cli import main; sys.exit(main())"]
        assert subprocess.run([*command, "check", "--nonsense"], stderr=full, check=False).returncode == 2
        process = subprocess.Popen([*command, "analyze"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=full, text=True)
        assert process.stdin
        process.stdin.write('{"id": "1", "text": "good"}\n' * 2000)
        process.stdin.flush()
        assert process.stdout
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 143


def test_the_app_has_no_completion_options(run) -> None:
    assert "--install-completion" not in run("--help").out
    assert app.info.name == "listener"
