"""Messages through Apprise, which knows more than a hundred services (the extra ``apprise``).

Apprise makes its own connections: these do not go through the guarded door (only through its proxy, if any), and its address
may lead anywhere. Its answer is a yes or no and a line of its log; that line may name a token, so what the configured address
holds is taken out of it.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from listener.core.messages import CONFIGURATION, Delivery, Message
from listener.core.plain import one_line
from listener.net.exchange import quiet_libraries
from listener.net.settings import DoorSettings
from listener.notify._apprise_way import UnreadableAuthority, our_way

if TYPE_CHECKING:
    from apprise import Apprise

SECONDS = 30
"""For one message, whatever the service."""


@dataclass(frozen=True, slots=True)
class AppriseNotifier:
    """Sends title and text to one service. Two failures in a row, and the rest of the batch waits."""

    url: str = field(repr=False)
    door: DoorSettings = field(default_factory=DoorSettings, repr=False)
    """Of which the proxy and the private authority are used."""

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        service = self._service()
        down = None if service else _NOT_UNDERSTOOD
        failures = 0
        for message in messages:
            if down is not None or service is None:
                yield down or _NOT_UNDERSTOOD
                continue
            outcome = self._sent(service, message)
            failures = 0 if outcome.ok else failures + 1
            if outcome.down or failures > 1:
                outcome = replace(outcome, down=True)
                down = replace(outcome, unsure=False)
            yield outcome

    def _service(self) -> Apprise | None:
        """``None`` where the address is none that Apprise understands."""
        quiet_libraries()
        logging.getLogger("apprise").propagate = False  # what they log holds whole addresses; we read it ourselves
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of modules that its hundred plugins import
            from apprise import Apprise, AppriseAsset, PersistentStoreMode

            # One thread, nothing kept on disk, and nothing in a text that strangers wrote is a command.
            asset = AppriseAsset(
                async_mode=False, storage_mode=PersistentStoreMode.MEMORY, interpret_escapes=False, interpret_emojis=False
            )
            made = Apprise(asset=asset)
            return made if made.add(self.url) and len(made) else None

    def _sent(self, service: Apprise, message: Message) -> Delivery:
        with ExitStack() as stack:
            try:
                stack.enter_context(our_way(self.door))
            except UnreadableAuthority:
                return _NO_AUTHORITY
            except OSError as problem:  # nothing was asked yet: it can be tried again once the disk is well
                detail = f"the certificates could not be written to a temporary file ({problem.strerror})"
                return Delivery(ok=False, detail=detail, down=True)
            return self._notify(service, message)

    def _notify(self, service: Apprise, message: Message) -> Delivery:
        from apprise import AppriseResultStatus, NotifyFormat

        said: list[str] = []
        result = service.notify(
            body=_harmless(message.text) if message.text.strip() else "(no text)",  # Apprise sends nothing that is empty
            title=_harmless(one_line(message.subject, 250)),
            notify_type=_type(message),
            body_format=NotifyFormat.TEXT.value,
            timeout=SECONDS,
            log_callback=lambda entry, _: said.append(str(entry)),
        )
        if result:
            return Delivery(ok=True, detail="accepted, as Apprise says")
        late = result.status == AppriseResultStatus.TIMEOUT
        words = self._without_secrets(said[-1]) if said else "it gave no reason"
        reason = f"no answer within {SECONDS} s" if late else words
        return Delivery(ok=False, detail=f"Apprise could not send it: {reason}", down=late or _dead(words), unsure=late)

    def _without_secrets(self, line: str) -> str:
        """The line's own words: without its time, addresses, and every piece of the configured address but the service's name."""
        words = one_line(_HEAD.sub("", line), 300)
        words = _ADDRESS.sub("…", words)
        scheme, _, rest = self.url.partition("://")
        pieces = {piece for text in (rest, unquote(rest)) for piece in re.split(r"[/:@?&=#,\s]+", text) if len(piece) > 2}
        for piece in sorted(pieces - {scheme}, key=len, reverse=True):
            words = re.sub(re.escape(piece), "…", words, flags=re.IGNORECASE)
        return one_line(words, 160)


_NOT_UNDERSTOOD = Delivery(
    ok=False, detail="its url is none that Apprise understands; see its list of services", retry_after=CONFIGURATION, down=True
)
_NO_AUTHORITY = Delivery(ok=False, detail="the file of net.ca_file cannot be read", retry_after=CONFIGURATION, down=True)
_HEAD = re.compile(r"^[\d\-:, ]+ - [A-Z]+ - ")
_ADDRESS = re.compile(r"[a-z]+://\S+", re.IGNORECASE)


_MARKS = re.compile(r"[@<]|\](?=\()")


def _harmless(text: str) -> str:
    """The text so that nothing in it, whatever the service, calls people (``@everyone``, ``<!here>``) or hides a link behind
    words (``[your bank](https://…)``): an invisible space breaks what would be read as a command."""
    return _MARKS.sub("\\g<0>\u200b", text)


def _dead(words: str) -> bool:
    return "connection error" in words.casefold()


def _type(message: Message) -> Any:
    """How urgent it looks there."""
    from apprise import NotifyType

    tone = message.card.tone if message.card else ""
    return {"urgent": NotifyType.WARNING, "chance": NotifyType.SUCCESS}.get(tone, NotifyType.INFO).value
