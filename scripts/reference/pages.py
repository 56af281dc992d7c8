"""All pages of the generated reference, by their file names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.reference import commands, formats, queries, settings, sources, watching

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands.commands,
    "configuration.md": settings.configuration,
    "source-kinds.md": sources.source_kinds,
    "customer-sources.md": settings.customer_sources,
    "notifiers.md": settings.notifiers,
    "policies.md": sources.policies,
    "query-names.md": queries.query_names,
    "formats.md": formats.formats,
    "log.md": watching.log_actions,
    "metrics.md": watching.metrics,
}
"""In the order of the site."""


def stale(folder: Path = FOLDER) -> dict[str, str | None]:
    """The pages that do not say what the code says, with what they are to say; ``None`` for those that nothing makes."""
    made = {name: make() for name, make in PAGES.items()}
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return {name: made.get(name) for name in sorted(made.keys() | there.keys()) if made.get(name) != there.get(name)}


def write(folder: Path = FOLDER) -> None:
    """Write the pages that changed, and take away those that nothing makes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in stale(folder).items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text, encoding="utf-8")
