"""The queries of the listening rules: those that a text must match, and the exclusion sets that it must not match.

All of them are compiled into one set, so that any number costs one pass over a text. Only those of rules that a text names are
asked: the others have nothing to refuse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from listener.core.analysis import AnalysisJob
from listener.core.brand import ListeningRule

if TYPE_CHECKING:
    from listener.query import Document
    from listener.query.nodes import Node


_FEW = 8


class _Asked(NamedTuple):
    """A query of the rule with that number. ``name`` is an exclusion set's; without one a text must match the query."""

    rule: int
    name: str | None
    query: str


class Refused(NamedTuple):
    """Why a rule does not want a text. ``unknown``: only because the text's language is not known, in one of those that its query
    names it would be wanted."""

    reason: str
    unknown: bool = False


class RuleQueries:
    """Compiled once, asked about every text that names a target.

    Raises:
        QueryError: a query cannot be understood; the configuration's checks find that first.
    """

    def __init__(self, rules: Sequence[ListeningRule]) -> None:
        asked: list[_Asked] = []
        for i, rule in enumerate(rules):
            asked += [_Asked(i, name, query) for name, query in rule.unless]
            asked += [_Asked(i, None, rule.query)] if rule.query is not None else []
        self._of_rule: dict[int, list[tuple[int, str | None]]] = {}
        for number, one in enumerate(asked):
            self._of_rule.setdefault(one.rule, []).append((number, one.name))
        if asked:
            from listener.query import QuerySet, parse  # here, for a parser is not needed where nothing is asked

            self._set = QuerySet([parse(one.query, dict(rules[one.rule].sets)) for one in asked])

    def refused(self, job: AnalysisJob, rules: Iterable[int]) -> Mapping[int, Refused]:
        """Which of these rules, by number, do not want the text, each with the reason."""
        asking = [rule for rule in rules if rule in self._of_rule]
        if not asking:
            return {}
        matched = self._matched(job, [number for rule in asking for number, _ in self._of_rule[rule]])
        refused: dict[int, Refused] = {}
        for rule in asking:
            for number, name in self._of_rule[rule]:
                if name is not None and number in matched:
                    refused.setdefault(rule, Refused(f'the exclusion set "{name}" matches'))
                elif name is None and number not in matched:
                    refused.setdefault(rule, self._unmatched(job, number))
        return refused

    def _unmatched(self, job: AnalysisJob, number: int) -> Refused:
        """Why the text does not match the query: if it only lacks a language, nobody can say that it is not wanted."""
        root = self._set.queries[number].root
        if not job.language:
            from listener.query import Reading

            for language in sorted(_languages(root)):
                if root.holds(Reading(_document(replace(job, language=language)))):
                    return Refused("its language is not known, and the brand's query asks for one", unknown=True)
        return Refused("it does not match the brand's query")

    def _matched(self, job: AnalysisJob, numbers: Sequence[int]) -> Collection[int]:
        """Which queries match, at least of these: a few are asked by themselves, many all at once."""
        if len(numbers) > _FEW:
            return self._set.matching(_document(job))
        from listener.query import Reading

        reading = Reading(_document(job))
        return [number for number in numbers if self._set.queries[number].root.holds(reading)]


def _languages(node: Node) -> set[str]:
    """The languages that a query asks for anywhere in it, in the sets it names too."""
    from listener.query.fields import Lang
    from listener.query.nodes import And, Named, Not, Or

    found: set[str] = set()
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Lang):
            found.add(one.tag)
        elif isinstance(one, And | Or):
            waiting += one.parts
        elif isinstance(one, Not | Named):
            waiting.append(one.part)
    return found


def _document(job: AnalysisJob) -> Document:
    from listener.query import Document

    return Document(
        text=job.text,
        title=job.title,
        source=job.source or None,
        handle=job.author,
        name=job.author_name,
        language=job.language,
        url=job.url,
        type=job.kind,
        followers=job.followers,
    )
