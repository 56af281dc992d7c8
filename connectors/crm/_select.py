"""Whether a query only reads: what the database's own read-only mode cannot be asked for is refused before it is sent. Pure."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]\n]*\] | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<word> \w+ )
    | (?P<end> ; )
    | (?P<other> \S )
    """,
    re.DOTALL | re.VERBOSE,
)
_READING = {"select", "with"}
_WRITING = {
    *("insert", "update", "delete", "merge", "truncate", "drop", "create", "alter", "grant", "revoke", "call", "exec", "execute"),
    *("attach", "detach", "pragma", "vacuum", "copy"),
}


def why_not_reading(query: str) -> str | None:
    """Why a query is refused, or ``None`` where it is one ``SELECT`` (which may begin with ``WITH``).

    A writing word is refused where a statement can begin, outside of quotation marks: a column may be called ``update``.
    """
    tokens = [found for found in _TOKEN.finditer(query) if not found["comment"]]
    while tokens and tokens[-1]["end"]:
        tokens.pop()
    if not tokens:
        return "it is empty"
    if (tokens[0]["word"] or "").casefold() not in _READING:
        return "it does not begin with SELECT or WITH"
    if any(token["end"] for token in tokens):
        return "it has several statements"
    before = ""
    for token in tokens:
        word = (token["word"] or "").casefold()
        if word == "into":
            return "it would write what it finds somewhere (INTO)"
        if word in _WRITING and before in {"(", ")"} and _begins_statement(query, token):
            return f"it would change the database ({word.upper()})"
        before = token[0]
    return None


def _begins_statement(query: str, token: re.Match[str]) -> bool:
    """Whether a word and what follows look like a statement inside brackets or after ``WITH … AS (…)``, not like a column."""
    following = next((found for found in _TOKEN.finditer(query, token.end()) if not found["comment"]), None)
    return following is not None and bool(following["word"] or following["quoted"])
