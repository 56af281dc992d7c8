"""The seams of telling: digests that are kept, messages that wait, and the channels that they leave by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from listener.core.messages import Delivery, Message, Waiting
from listener.core.telling import DigestFacts


class Notifier(Protocol):
    """Delivers messages on one channel. Failures are results; only defects raise."""

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One delivery for each message, in order; one connection serves them all."""
        ...


class DigestBook(Protocol):
    """Telling reads the facts of a window here, and keeps what was told."""

    def digest_facts(self, since: datetime, until: datetime) -> DigestFacts: ...

    def told_until(self, recipient: str) -> datetime | None:
        """The end of the recipient's last digest; the next begins there."""
        ...

    def set_back(self, now: datetime) -> None:
        """Digests that were told until a moment after ``now``, by a clock that was wrong, end now: what is heard is told."""
        ...

    def saved_digest(self, recipient: str, day: date) -> str | None:
        """The digest as it was told (JSON), so that a past date gives the same bytes."""
        ...

    def save_digest(
        self, recipient: str, day: date, since: datetime, until: datetime, data: str, messages: Sequence[Message], now: datetime
    ) -> None:
        """Keep a digest and put its messages into the outbox, in one transaction.

        ``data`` is a JSON object whose ``people`` is a list of objects with a ``person_id`` and maybe ``quotes``, each with a
        ``mention_id``: erasure and retention remove these.
        """
        ...


class Outbox(Protocol):
    """Outgoing messages: put in once by their ``dedup_key``, sent at least once, recorded."""

    def waiting(self) -> Sequence[Waiting]:
        """All that wait, those first that were put in first."""
        ...

    def load(self, dedup_keys: Collection[str]) -> Mapping[str, Message]:
        """Messages by key, with what they say; those that do not wait any more are missing."""
        ...

    def record(
        self,
        results: Sequence[tuple[Message | Waiting, Delivery]],
        now: datetime,
        *,
        begun: tuple[Message, Delivery] | None = None,
    ) -> None:
        """Write down what became of attempts, as the rule decided it.

        ``begun`` is the message that is handed over next, with what is to be believed of it if nobody lives to write down more.
        """
        ...

    def bundle(self, bundle: Message, parts: Collection[str], now: datetime) -> bool:
        """Put the bundle in and its parts under it, in one transaction; ``False``, and nothing, where one waits no more."""
        ...

    def unbundle(self, dedup_key: str, now: datetime) -> Sequence[Waiting]:
        """Take the bundle away; its parts, which wait again."""
        ...

    def hold(self, until: Mapping[str, datetime]) -> None:
        """Let messages wait until then, by key, since their quiet hours began."""
        ...
