"""Under which terms what is stored stands: by the policy's name, also where its source is configured no longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, ColumnElement, false, func, or_

from listener.core.brand import OPEN_WEB, MatchingPolicy
from listener.core.terms import BY_NAME
from storage.tables import mentions

CHANGED = ", changed for "
"""In the name of a policy that the configuration changed: after the name of the one it changes, before that of the source."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of the configured sources, by name; of others those that come with the program.

    What a source's terms demand goes on when the source is taken out of the configuration. What they permit does not: only what
    is configured, and the open web, is quoted.
    """

    configured: Mapping[str, MatchingPolicy] = field(default_factory=dict)

    def of(self, name: str) -> MatchingPolicy | None:
        """The policy of that name; of a changed one whose source is gone the one that it changed; ``None`` where nobody knows."""
        if name == OPEN_WEB.name:
            return self.configured.get(name, OPEN_WEB)
        return self.configured.get(name) or BY_NAME.get(name) or BY_NAME.get(name.partition(CHANGED)[0])

    def may_quote(self, name: str) -> bool:
        if name != OPEN_WEB.name and name not in self.configured:
            return False
        policy = self.of(name)
        return policy is not None and policy.may_quote and not policy.counts_only

    def counts_only(self, name: str) -> bool:
        policy = self.of(name)
        return policy is not None and policy.counts_only

    def honours_deletion(self, name: str) -> bool:
        policy = self.of(name)
        return policy is not None and policy.honour_deletion

    def are_counts_only(self, column: Column[str]) -> ColumnElement[bool]:
        """The condition that the policy named in the column keeps nothing but counts."""
        return self._named(column, lambda policy: policy.counts_only)

    def honour_deletion(self, column: Column[str]) -> ColumnElement[bool]:
        """The condition that the policy named in the column honours deletions."""
        return self._named(column, lambda policy: policy.honour_deletion)

    def unconfirmed(self, before: datetime) -> ColumnElement[bool]:
        """The condition that a mention's policy honours deletions and nobody has seen since then that it is still there."""
        seen_at = func.coalesce(mentions.c.confirmed_at, mentions.c.heard_at, type_=mentions.c.heard_at.type)
        return self.honour_deletion(mentions.c.policy) & (seen_at < before)

    def _named(self, column: Column[str], demands: Callable[[MatchingPolicy], bool]) -> ColumnElement[bool]:
        """Named in the column: a policy that demands it, or a changed form of one, whose source is gone."""
        known = {OPEN_WEB.name: OPEN_WEB, **BY_NAME, **self.configured}
        names = sorted(name for name, policy in known.items() if demands(policy))
        gone = [column.startswith(name + CHANGED, autoescape=True) for name, policy in BY_NAME.items() if demands(policy)]
        return or_(column.in_(names), or_(false(), *gone) & column.not_in(sorted(self.configured)))
