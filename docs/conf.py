"""The documentation site: `make docs` builds it from the Markdown files as they are, README and CHANGELOG included.

The source folder is the root of the repository (`sphinx-build -c docs . build/docs`), so that links between the files mean the
same here as on a forge. The navigation is what docs/index.md lists, part by part. Nothing is fetched: neither while building
nor by the pages.
"""  # noqa: INP001 - Sphinx wants the file here; docs is no package

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from pygments.lexers.special import TextLexer

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from listener.digest.sections import Tone  # noqa: E402 - as above
from listener.render.look import DARK, LIGHT, Colours  # noqa: E402 - found by the line above

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "listener"
author = "The listener authors"
copyright = author  # noqa: A001 - Sphinx's own name for it
release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["README.md", "CHANGELOG.md", "docs/**.md"]
source_suffix = {".md": "markdown"}
exclude_patterns = [".*", "build", "demo", "dist", "listener", "connectors", "nlp", "storage", "config", "tests", "benchmarks"]
myst_heading_anchors = 4
nitpicky = True

html_theme = "furo"
html_title = "listener"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_last_updated_fmt = None
smartquotes = False  # what stands in quotes is often to be typed
pygments_style = "vs"
pygments_dark_style = "github-dark"


def _variables(look: Colours) -> dict[str, str]:
    """The theme's colours from those of the product's own mails and pages."""
    accent, tint = look.accents[Tone.HEARD]
    return {
        "color-brand-primary": accent,
        "color-brand-content": accent,
        "color-brand-visited": accent,
        "color-background-primary": look.card,
        "color-background-secondary": look.page,
        "color-background-hover": tint,
        "color-background-border": look.rule,
        "color-foreground-primary": look.ink,
        "color-foreground-secondary": look.muted,
        "color-foreground-muted": look.muted,
        "color-foreground-border": look.rule,
        "color-inline-code-background": look.page,
        "color-table-header-background": look.page,
        "color-table-border": look.rule,
        "color-sidebar-item-background--current": tint,
        "color-sidebar-item-background--hover": tint,
        "color-sidebar-search-border": look.rule,
        "color-highlighted-background": look.accents[Tone.CHANGED][1],
        "color-highlight-on-target": look.accents[Tone.CHANGED][1],
        "site-code-background": look.page,
    }


html_theme_options = {
    "light_css_variables": _variables(LIGHT)
    | {
        "font-stack": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
        "font-stack--headings": "Georgia, 'Iowan Old Style', 'Times New Roman', serif",
        "font-stack--monospace": "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    },
    "dark_css_variables": _variables(DARK),
    "footer_icons": [],
}


def parts(index: str) -> dict[str, list[tuple[str, str]]]:
    """What the index lists: under each heading of the second level the links to pages, as (title, path)."""
    found: dict[str, list[tuple[str, str]]] = {}
    here: list[tuple[str, str]] = []
    tokens = MarkdownIt().parse(index)
    for at, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            here = found.setdefault(tokens[at + 1].content, [])
        elif token.type == "inline":
            here += re.findall(r"\[([^\]]+)\]\(([^)#:]+\.md)\)", token.content)
    return found


def _navigate(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Give the index a table of contents for each of its parts, which forges would show as code."""
    if docname != root_doc:
        return
    for title, pages in parts(source[0]).items():
        entries = [
            f"{name} </{(Path('docs') / path).as_posix().replace('docs/../', '').removesuffix('.md')}>" for name, path in pages
        ]
        source[0] += "\n\n" + "\n".join(["```{toctree}", ":hidden:", f":caption: {title}", "", *entries, "```"]) + "\n"


def _front_door(app: Sphinx, problem: Exception | None) -> None:
    """Let the folder's own index.html lead to the first page."""
    if problem is None and app.builder.format == "html":
        to = f"{root_doc}.html"
        head = f'<meta charset="utf-8"><title>listener</title><meta http-equiv="refresh" content="0; url={to}">'
        page = f'<!doctype html><html lang="en">{head}<a href="{to}">listener</a></html>\n'
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    for language in ("cron", "csv"):  # Pygments knows none for these
        app.add_lexer(language, TextLexer)
    app.connect("source-read", _navigate)
    app.connect("build-finished", _front_door)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
