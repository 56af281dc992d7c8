"""The page on the names that the query language knows; docs/queries.md explains the language."""

from __future__ import annotations

from textwrap import fill

from listener.query.drafts import DEEPEST, LONGEST
from listener.query.fields import FIELDS, MAKERS, Unfit
from listener.query.parsing import LONGEST_PHRASE, MOST
from listener.query.presets import PRESETS
from scripts.reference.markdown import code, fenced, page, sentence, table


def query_names() -> str:
    """The page of fields, presets and limits."""
    about = """
What the [query language](../queries.md) knows by name, with examples there. Queries stand in `only` of a source, in
`query` of a brand, in `[exclusion_sets]`, and after `listener mentions`.
"""
    fields = table(["field", "takes"], [[code(f"{name}:"), takes(name)] for name in FIELDS])
    limits = table(
        ["of a query", "at most"],
        [
            ["characters", f"{LONGEST:,}"],
            ["words and fields, those of its sets included", f"{MOST:,}"],
            ["brackets, NOTs and sets within each other", str(DEEPEST)],
            ["words of a phrase", str(LONGEST_PHRASE)],
        ],
    )
    presets = [f"### `@{name}`\n\n{fenced(fill(query, 100, break_on_hyphens=False), 'text')}" for name, query in PRESETS.items()]
    told = "A set of your own with the name of one of these replaces it."
    return page(
        "Query names", about, f"## Fields\n\n{fields}", f"## Limits\n\n{limits}", f"## Exclusion sets\n\n{told}", *presets
    )


def takes(name: str) -> str:
    """What a field takes, in the words of its own error."""
    if name not in MAKERS:
        return "Words, phrases and groups, looked for in the title alone."
    for wrong in ("*", "?"):
        try:
            MAKERS[name](wrong, False, ())
        except Unfit as refused:
            return sentence(str(refused))
    raise LookupError(f"the field {name} takes everything")
