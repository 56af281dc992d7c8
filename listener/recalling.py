"""Taking back what was delivered of alerts: their files are removed when they tell what may be kept no longer.

The store marks the messages in the transaction that erases or forgets; whoever is killed before the files are gone leaves the
mark, and the next pass finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from listener.core.messages import Message
from listener.core.telling_ports import Notifier
from listener.notify.file import FileNotifier

log = structlog.get_logger()


class RecallBook(Protocol):
    def recalled(self) -> Mapping[Message, bool]:
        """Messages that tell what may be kept no longer, without their words, and whether they went out, or may have."""
        ...

    def taken_back(self, dedup_keys: Collection[str]) -> object:
        """Of these messages nothing is left that could be removed."""
        ...


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of such messages."""

    removed: int = 0
    """Messages whose files were removed."""
    failed: tuple[str, ...] = ()
    """Files that are still there, by name, each with the reason; the next pass tries again."""
    beyond_reach: int = 0
    """Messages that went, or may have gone, where nobody can take them back."""
    absent: tuple[str, ...] = ()
    """Notifiers that are not configured now, and may have left files: these are removed when they are configured again."""


def take_back(book: RecallBook, notifiers: Callable[[], Mapping[str, Notifier]], *, remind: bool = False) -> None:
    """Do so as a part of a pass, and say which files could not be removed; ``remind``: and which notifiers are missing for it."""
    done = recall(book, notifiers)
    for problem in done.failed:
        log.warning("The file of an alert could not be removed.", action="alert_file", reason=problem)
    for name in done.absent if remind else ():
        log.warning(
            "Files of alerts may be left that are to be removed, and their notifier is not configured.",
            action="alert_file",
            notifier=name,
        )


def recall(book: RecallBook, notifiers: Callable[[], Mapping[str, Notifier]]) -> TakenBack:
    """Remove the files of the messages that are to be taken back; to be called after whatever erases or forgets."""
    recalled = book.recalled()
    if not recalled:
        return TakenBack()
    ready = notifiers()
    removed, failed, absent, not_files = [], [], [], []
    for message in recalled:
        notifier = ready.get(message.channel)
        if notifier is None:
            absent.append(message.channel)
        elif not isinstance(notifier, FileNotifier):
            not_files.append(message)
        elif problem := notifier.remove(message):
            failed.append(problem)
        else:
            removed.append(message.dedup_key)
    book.taken_back([*removed, *(message.dedup_key for message in not_files)])
    beyond = sum(recalled[message] for message in not_files)
    return TakenBack(len(removed), tuple(failed), beyond, tuple(sorted(set(absent))))
