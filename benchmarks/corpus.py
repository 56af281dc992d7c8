"""An invented corpus of feeds: the same bytes for the same numbers, one fifth of the entries about the brand.

``python benchmarks/corpus.py FOLDER FEEDS ENTRIES`` writes it; ``serve(folder)`` serves it on loopback with validators.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path

BRAND = "Quillon"
NEWEST = datetime(2026, 11, 20, 8, tzinfo=UTC)
_ABOUT = (
    "We moved our contracts to Quillon and the whole team loves how quickly they are signed now.",
    "Quillon lost a signed agreement last night and support has been silent since, which is terrible.",
    "Has anybody connected Quillon with an invoice system, and how long did it take?",
    "Quillon released an update on Tuesday that moves the archive to another menu.",
    "I recommend Quillon to every small office that is tired of printing agreements.",
)
_OTHER = (
    "The market hall opened late this morning because the delivery of fruit was delayed by fog.",
    "Our running group met at the river and went the long way round the old mill.",
    "A good loaf needs time, a hot oven and patience, and the crust tells the rest.",
    "The library has put the maps of the harbour on show until the end of the month.",
    "Two trains were cancelled, so the meeting was held on the platform with coffee.",
    "The garden is ready for winter: the beds are covered and the tools are oiled.",
    "Nobody could say who had left the piano in the courtyard, but it was in tune.",
    "The ferry was full of cyclists who sang until the captain asked them for quiet.",
)


def _entry(rng: random.Random, feed: int, number: int, about: bool) -> str:
    sentences = [rng.choice(_OTHER) for _ in range(rng.randint(9, 13))]
    if about:
        sentences.insert(rng.randrange(len(sentences)), rng.choice(_ABOUT))
    body = "".join(f"<p>{escape(f'{text} ({feed}.{number}.{i})')}</p>" for i, text in enumerate(sentences))
    when = format_datetime(NEWEST - timedelta(minutes=feed * 7 + number * 53))
    return (
        f"<item><title>Note {number} of {feed}</title><link>https://blog{feed}.example/{number}</link><guid>n{number}</guid>"
        f"<dc:creator>Author {feed}</dc:creator><pubDate>{when}</pubDate><description>{escape(body)}</description></item>"
    )


def write(folder: Path, feeds: int, entries: int) -> None:
    """``feeds`` RSS files of ``entries`` entries of about 1 kB of text each."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(f"{feeds} x {entries}")
    for feed in range(feeds):
        items = "".join(_entry(rng, feed, number, (feed * entries + number) % 5 == 0) for number in range(entries))
        (folder / f"{feed}.xml").write_text(
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<channel><title>Blog {feed}</title><link>https://blog{feed}.example/</link>{items}</channel></rss>",
            encoding="utf-8",
        )


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        pass


def _serve(folder: str, ready: object) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    ready.send(server.server_port)  # type: ignore[attr-defined]  # a multiprocessing connection
    server.serve_forever()


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The base address of a server, in a process of its own, so that its work is nobody's measured work."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(str(folder), theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
