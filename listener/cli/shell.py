"""What every command has: the options that all of them take, and where its output goes."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from listener.wiring import App

P = ParamSpec("P")
Function: TypeAlias = "Callable[Concatenate[Shell, P], None]"


class LogFormat(StrEnum):
    HUMAN = "human"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Shell:
    """The options that every command takes."""

    config: Path
    json: bool = False
    verbose: bool = False
    debug: bool = False
    log_format: LogFormat | None = None

    def app(self) -> App:
        """The application that the configuration file and the environment describe; sets up the log as they say.

        Raises:
            ConfigError: they cannot be used; lists all problems.
        """
        from listener.wiring import load_app

        app = load_app(self.config, os.environ)
        self.logs(app.settings.log.level, app.settings.log.format)
        return app

    def now(self) -> datetime:
        """The moment of this command: the one place where commands learn the time."""
        return datetime.now(UTC)

    def logs(self, level: str = "warning", style: str = "human") -> None:
        """Set up the log; the command line's own options go before the given ones."""
        from listener import logs

        wanted = "debug" if self.debug else "info" if self.verbose and level != "debug" else level
        logs.configure(wanted, (self.log_format or LogFormat(style)).value)


DEFAULT_CONFIG = Path("listener.toml")

_COMMON: dict[str, tuple[Any, Any]] = {
    "config": (
        Annotated[Path, typer.Option("--config", metavar="PATH", envvar="LISTENER_CONFIG", help="The configuration file.")],
        DEFAULT_CONFIG,
    ),
    "json": (Annotated[bool, typer.Option("--json", help="JSON lines on standard output, nothing else there.")], False),
    "verbose": (Annotated[bool, typer.Option("--verbose", help="Log what is being done.")], False),
    "debug": (Annotated[bool, typer.Option("--debug", help="Log everything; errors with a traceback.")], False),
    "log_format": (Annotated[LogFormat | None, typer.Option("--log-format", metavar="FORMAT", help="human or json.")], None),
}


class ListFirst(TyperGroup):
    """A group whose command ``list`` is meant where none is named: ``listener mentions QUERY`` is ``mentions list QUERY``."""

    first = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else [self.first, *args])


class ReviewFirst(ListFirst):
    """A group that begins with what waits for a person."""

    first = "review"


def group(app: typer.Typer, name: str, about: str, kind: type[ListFirst] = ListFirst) -> typer.Typer:
    """Register a group of commands about one thing."""
    inner = typer.Typer(help=about, cls=kind, no_args_is_help=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.add_typer(inner, name=name)
    return inner


class OptionsOnly(TyperCommand):
    """A command whose arguments are there to be refused with a hint: its usage does not show them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - of the base class
        return [self.options_metavar or ""]


def command(app: typer.Typer, name: str, kind: type[TyperCommand] | None = None) -> Callable[[Function[P]], Function[P]]:
    """Register a command: its first parameter becomes the common options, the others its own arguments and options."""

    def register(function: Function[P]) -> Function[P]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        common = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for key, (annotation, default) in _COMMON.items()
        ]

        def run(**given: Any) -> None:
            shell = Shell(**{key: given.pop(key) for key in _COMMON})
            shell.logs()
            function(shell, **given)  # type: ignore[call-arg] # typer calls with exactly the parameters of the signature below

        parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + common
        run.__doc__ = inspect.cleandoc(function.__doc__ or "")
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # inspect reads it from there
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name, cls=kind)(run)
        return function

    return register
