"""A message that tries a way out: everything a real one has, about somebody who does not exist."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from datetime import datetime

from listener.core.messages import Card, CardItem, Message, MessageKind, Picture
from listener.digest.sections import Tone
from listener.render.look import environment
from listener.render.text import WIDTH, fact, wrap

SUBJECT = "Test from listener: this is how an alert looks"
_LEAD = "Nothing happened: somebody tries whether messages arrive here. The person below is invented."
_ITEM = CardItem(
    title="Robin Example (invented)",
    facts=(("Company", "Example & Sons (invented)"), ("Why", "turned from promoter to detractor in two posts")),
    quotes=("I used to recommend it to everybody. Not any more.",),
    step="Nothing to do. In a real alert this line says whom to ask, and what.",
)
_PICTURE = "listener-test"


def sample_message(channel: str, recipient: str, now: datetime, *, picture: bool) -> Message:
    """Text, HTML and card, and a small chart where the way can carry one. Of one moment there is one for each recipient."""
    pictures = (Picture(_PICTURE, "Six bars that rise and fall: an invented week", _chart()),) if picture else ()
    html = (
        environment()
        .get_template("sample_message.html.j2")
        .render(
            subject=SUBJECT,
            preheader=_LEAD,
            title="listener",
            day=now.date(),
            lead=_LEAD,
            item=_ITEM,
            tone=Tone.CHANGED,
            picture=pictures[0] if pictures else None,
        )
    )
    return Message(
        dedup_key=f"test:{channel}:{recipient}:{now.isoformat()}",
        channel=channel,
        recipient=recipient,
        subject=SUBJECT,
        text="\n".join(_lines()) + "\n",
        html=html,
        created_at=now,
        kind=MessageKind.TEST,
        card=Card(title=SUBJECT, lead=_LEAD, items=(_ITEM,), foot="Sent by listener alerts test.", tone=Tone.CHANGED.value),
        pictures=pictures,
    )


def _lines() -> Iterator[str]:
    yield from wrap(SUBJECT)
    yield "═" * WIDTH
    yield from wrap(_LEAD)
    yield ""
    yield _ITEM.title
    for label, value in _ITEM.facts:
        yield from fact(label, value)
    for quote in _ITEM.quotes:
        yield from fact("Said", f"“{quote}”")
    yield from fact("Next", _ITEM.step)


def _chart(heights: tuple[int, ...] = (12, 20, 34, 44, 26, 16), scale: int = 3) -> bytes:
    """Bars as a PNG (RFC 2083) of palette colours: 8 bits a pixel, no library."""
    bar, gap, height = 10, 4, 48
    row_of = [[1 if height - y <= tall else 0 for tall in heights] for y in range(height)]
    rows = b""
    for row in row_of:
        pixels = b"".join(bytes([colour]) * (bar * scale) + b"\0" * (gap * scale) for colour in row)
        rows += (b"\0" + pixels) * scale
    width = len(heights) * (bar + gap) * scale
    palette = bytes.fromhex("fffefb715310")
    head = struct.pack(">IIBBBBB", width, height * scale, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _chunk(named: tuple[bytes, bytes]) -> bytes:
    name, data = named
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
