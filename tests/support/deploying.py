"""What deploy/, compose.yaml and the Dockerfile say, read as the tools read it that they are for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it ships no types
from typer.main import get_command

from listener.cli.app import app

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
SYSTEMD = ROOT / "deploy" / "systemd"


def manifests() -> dict[str, dict[str, Any]]:
    """Every file that describes an object of Kubernetes, by its name."""
    found = {path.name: read(path) for path in sorted(KUBERNETES.glob("*.yaml"))}
    return {name: made for name, made in found.items() if made["kind"] != "Kustomization"}


def read(path: Path) -> dict[str, Any]:
    (document,) = yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return dict(document)


def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    """The specification of the pods that a workload makes."""
    spec = manifest["spec"]
    spec = spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec
    return dict(spec["template"]["spec"])


def unit(name: str) -> list[tuple[str, str, str]]:
    """The lines of a unit of systemd: section, key, value; keys may come more than once."""
    section, lines = "", []
    for line in (SYSTEMD / name).read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"\[(\w+)\]", line):
            section = head[1]
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            lines.append((section, key, value))
    return lines


def accept(words: Sequence[str]) -> None:
    """Parse the arguments of ``listener``, and run nothing.

    Raises:
        AssertionError: the program would refuse them.
    """
    command: Any = get_command(app)
    rest = list(words)
    while hasattr(command, "commands"):
        if rest in (["--version"], ["--help"]):
            return
        name = rest.pop(0) if rest and rest[0] in command.commands else getattr(command, "first", "")
        assert name in command.commands, f"listener {shlex.join(words)}: there is no such command"
        command = command.commands[name]
    if "--help" in rest:
        return
    try:
        command.make_context("listener", rest)
    except Exception as problem:  # typer's, or click's, whichever of the two typer is built on
        raise AssertionError(f"listener {shlex.join(words)}: {problem}") from problem


def blocks(page: str, language: str) -> list[str]:
    """The lines of a document's blocks in a language, one string a line; lines that go on are joined."""
    found = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return [line for block in found for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a line of shell, without redirections and comments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters = "#"
    lexer.whitespace_split = True
    words: list[str] = []
    skip = False
    for token in lexer:
        if set(token) <= set("();|&"):
            if words:
                yield words
            words = []
        elif set(token) <= set("<>&"):
            skip = True
            if words and words[-1] == "2":
                words.pop()
        elif skip:
            skip = False
        else:
            words.append(token)
    if words:
        yield words


def cron_jobs(line: str) -> tuple[str, str, str]:
    """A line of /etc/cron.d as cron reads it: times, user, and the command, of which an unescaped ``%`` is the end."""
    *times, user, command = line.split(maxsplit=6)
    return " ".join(times), user, re.split(r"(?<!\\)%", command)[0].replace("\\%", "%")
