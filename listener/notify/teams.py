"""Messages in a Microsoft Teams channel or chat, by a workflow ("When a Teams webhook request is received").

A message is one Adaptive Card. Words stand in rich text, where Adaptive Cards read no Markdown; only labelled facts, for which
they have no rich text, are escaped.

The workflow answers 202 before it has posted the card: what it then fails at is seen in its own run history and not here. It
knows no idempotency key: a message whose answer was lost is sent again, and may stand there twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from listener.core.connector import Answer
from listener.core.messages import Card, CardItem, Delivery, Message
from listener.core.plain import one_line
from listener.notify._cards import block_of, fitted, markdown_link, no_markdown
from listener.notify._posting import Outcome, Place, Posted, by_status, not_there, post_all, to_be_mended

LIMIT = 27_000
"""Bytes of the whole message; Teams takes 28 kB."""
PLAIN = (6_000, 2_000, 200)
"""Characters of a text without a card, or fewer where it has many lines: each costs a hundred bytes."""
_STYLES = {"urgent": "attention", "chance": "good", "heard": "accent", "changed": "emphasis"}
"""The colour of the band that the title stands in, by what the card asks of the reader."""

Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamsNotifier:
    """Posts to the address of a workflow."""

    place: Place
    clock: Callable[[], datetime]

    def send(self, messages: Sequence[Message]) -> Iterator[Delivery]:
        """One outcome for each message, in order."""
        return post_all(self.place, messages, lambda message: Posted(teams_body(message)), self._judge)

    def _judge(self, answer: Answer) -> Outcome:
        word = _workflow_word(answer)
        if not word and (page := not_there(answer, self.place)) is not None:
            return page
        if 400 <= answer.status < 500 and answer.status not in {408, 413, 425, 429}:  # of the workflow, not of the message
            advice = _MEND.get(word, "look at the workflow and at its url")
            return to_be_mended(f"Teams answered {answer.status}{f' ({word})' if word else ''}: {advice}")
        return by_status(answer, self.place, self.clock())


_MEND = {
    "WorkflowTriggerIsNotEnabled": "the workflow is switched off; switch it on",
    "WorkflowNotFound": "the workflow is gone; make a new one and set its url",
    "DirectApiAuthorizationRequired": "the url lacks its signature; copy the whole of it, or let anyone trigger the workflow",
    "TriggerInputSchemaMismatch": 'the workflow does not begin with "When a Teams webhook request is received"',
}


def _workflow_word(answer: Answer) -> str:
    """The code of an error, if it is one that we know; anything else may quote what we sent."""
    text = answer.body[:2000].decode("utf-8", "replace")
    return next((code for code in _MEND if code in text), "")


def teams_body(message: Message) -> bytes:
    """The request's body, as full as fits."""
    if message.card is None:
        forms = [_plain(message, limit) for limit in PLAIN]
        return next((body for body in forms if len(body) <= LIMIT), forms[-1])
    return fitted(message.card, lambda card: _body(card.title, _elements(card)), lambda body: len(body) <= LIMIT)


def _plain(message: Message, limit: int) -> bytes:
    title = one_line(message.subject, 150) or "listener"
    lines = block_of(message.text, limit).splitlines()
    return _body(title, [_band(title, "", "default"), *(_text(_run(line or " "), tight=True) for line in lines)])


def _body(title: str, elements: list[Element]) -> bytes:
    title = _no_functions(title)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": title,
        "msteams": {"width": "Full"},
        "body": elements,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    message = {"type": "message", "summary": title, "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _elements(card: Card) -> list[Element]:
    elements = [_band(card.title, card.lead, _STYLES.get(card.tone, "default")), *map(_item, card.items)]
    if card.foot:
        elements.append({**_text(_run(card.foot, isSubtle=True, size="Small")), "separator": True})
    return elements


def _band(title: str, lead: str, style: str) -> Element:
    lines = [_text(_run(title, size="Large", weight="Bolder"))]
    if lead:
        lines.append(_text(_run(lead, size="Small"), tight=True))
    return {"type": "Container", "style": style, "bleed": True, "items": lines}


def _item(item: CardItem) -> Element:
    """Title, facts in two columns, the quotes set off, the next step, and the command that records it."""
    lines = [_text(_run(item.title, weight="Bolder"))]
    lines += [_text(_run(value, isSubtle=True), tight=True) for label, value in item.facts if not label]
    if facts := [{"title": _no_markdown(label), "value": _no_markdown(value)} for label, value in item.facts if label]:
        lines.append({"type": "FactSet", "spacing": "Small", "facts": facts})
    if item.quotes:
        quotes = [_text(_run(quote, italic=True), tight=bool(number)) for number, quote in enumerate(item.quotes)]
        lines.append({"type": "Container", "style": "emphasis", "spacing": "Small", "items": quotes})
    if item.step:
        lines.append(_text(_run("Next  ", weight="Bolder"), _run(item.step)))
    if item.command:
        lines.append(_text(_run(item.command, fontType="Monospace", size="Small"), tight=True))
    if item.url:
        lines.append({"type": "TextBlock", "text": markdown_link("Open the post", item.url), "size": "Small", "spacing": "Small"})
    return {"type": "Container", "separator": True, "spacing": "Medium", "items": lines}


def _text(*runs: Element, tight: bool = False) -> Element:
    return {"type": "RichTextBlock", "spacing": "None" if tight else "Small", "inlines": list(runs)}


def _run(text: str, **look: Any) -> Element:
    return {"type": "TextRun", "text": _no_functions(text), **look}


def _no_functions(text: str) -> str:
    """Adaptive Cards put dates in the place of ``{{DATE(…)}}``."""
    return _BRACES.sub("{ ", text)


_BRACES = re.compile(r"\{(?=\{)")


def _no_markdown(text: str) -> str:
    return no_markdown(_no_functions(text))
