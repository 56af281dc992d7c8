"""The page on the commands: every command with its arguments and options, and how commands end."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from typer.main import get_command

from listener.cli.app import app
from scripts.reference.markdown import choices, code, fenced, page, sentence, table
from scripts.reference.values import literals

COMMON = ("--config", "--json", "--verbose", "--debug", "--log-format")
"""What every command takes (``listener.cli.shell``); told once."""
EXITS = (
    ("0", "It worked. A run that finds another one at work says so and ends so, too."),
    ("1", "It failed; the reason stands on standard error. Also where what was asked for is not well, or cannot be done."),
    ("2", "Wrong usage or configuration: all problems at once, each with its place and what is allowed."),
    ("130", "Ended by Ctrl-C. What was stored is kept."),
    ("143", "Ended by SIGTERM. What was stored is kept. `listener serve` ends by it with 0."),
)


def leaves(command: Any = None, way: tuple[str, ...] = ("listener",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    here = command or get_command(app)
    inner = getattr(here, "commands", None)
    if inner is None:
        yield way, here
        return
    for name, each in inner.items():
        yield from leaves(each, (*way, name))


def groups(root: Any = None) -> dict[str, Any]:
    """The commands of the first level, in the order in which a newcomer needs them."""
    return dict((root or get_command(app)).commands)


def commands() -> str:
    """The page of all commands."""
    root = get_command(app)
    about = """
Every command has `--help`. It prints for people; with `--json` it prints one JSON object a line on standard output and
nothing else there ([formats](formats.md)). Messages go to standard error.
"""
    overview = table(
        ["command", "does"],
        [[f"[{code(f'listener {name}')}](#listener-{name})", _summary(each)] for name, each in groups(root).items()],
    )
    common = "## Options of every command\n\n" + table(["option", "does", "default"], _rows(_common(root)))
    exits = "## Exit status\n\n" + table(["status", "means"], EXITS)
    return page("Commands", about, overview, common, exits, *(_part(name, each) for name, each in groups(root).items()))


def _common(root: Any) -> list[Any]:
    _, first = next(leaves(root))
    return [each for each in first.params if each.opts[0] in COMMON] + [
        each for each in root.params if each.opts[0] == "--version"
    ]


def _summary(command: Any) -> str:
    return sentence((command.help or "").split("\n\n")[0]).rstrip(".")


def _part(name: str, command: Any) -> str:
    if not hasattr(command, "commands"):
        return _leaf(("listener", name), command, 2)
    head = f"## listener {name}\n\n{_told(command)}"
    if first := getattr(command, "first", ""):
        head += f"\n\n`listener {name}` alone is `listener {name} {first}`."
    inner = [_leaf(way, each, 3) for way, each in leaves(command, ("listener", name))]
    return "\n\n".join([head, *inner])


def _leaf(way: tuple[str, ...], command: Any, level: int) -> str:
    own = [each for each in command.params if each.opts[0] not in COMMON and not each.hidden]
    arguments = [each for each in own if _is_argument(each)]
    options = [each for each in own if not _is_argument(each)]
    usage = " ".join([*way, *map(_placed, arguments), *(["[OPTIONS]"] if options else [])])
    parts = [
        f"{'#' * level} {' '.join(way)}",
        _told(command),
        fenced(usage, "text"),
        table(["argument", "is"], [[code(_metavar(each)), f"{_about(each)}"] for each in arguments]),
        table(["option", "does", "default"], _rows(options)),
        "".join(f"For example:\n\n{fenced(each, 'sh')}" for each in _examples(command)),
    ]
    return "\n\n".join(part for part in parts if part)


def _told(command: Any) -> str:
    """The command's help without its examples, which stand beside the usage."""
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(sentence(each) for each in paragraphs if not each.startswith("Example"))


def _examples(command: Any) -> list[str]:
    found = []
    for each in (command.help or "").split("\n\n"):
        if each.startswith("Example"):
            lines = each.partition(":")[2].strip().splitlines()
            found.append(" ".join(line.strip() for line in lines))
    return found


def _is_argument(parameter: Any) -> bool:
    return not parameter.opts[0].startswith("-")


def _metavar(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar).removesuffix("...").strip("[]")
    return str(parameter.name).upper()


def _placed(argument: Any) -> str:
    """An argument in the line of usage."""
    many = "…" if argument.nargs == -1 else ""
    return f"{_metavar(argument)}{many}" if argument.required else f"[{_metavar(argument)}{many}]"


def _rows(options: list[Any]) -> Iterator[list[str]]:
    for each in options:
        names = ", ".join(code(name if each.is_flag else f"{name} {_metavar(each)}") for name in each.opts)
        names += "".join(f", {code(name)}" for name in each.secondary_opts)
        notes = ""
        if each.multiple:
            notes += " May be given several times."
        if each.envvar:
            notes += f" Also by `{each.envvar}`."
        yield [names, f"{_about(each)}{notes}", "required" if each.required else _default(each)]


def _about(parameter: Any) -> str:
    """The help, and the values of a choice that it does not name."""
    values = literals(parameter.type_descriptor.annotation)
    told = sentence(parameter.help or "", values)
    return told if all(value in told for value in values) else f"{told} One of {choices(values)}."


def _default(option: Any) -> str:
    value = option.default
    if value is None or value is False or value == [] or callable(value):
        return ""
    return code(str(value.value) if isinstance(value, Enum) else "yes" if value is True else str(value))
