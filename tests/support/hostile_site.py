"""A site on loopback that serves one good feed and every kind of bad one, for tests that drive the real command against it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from tests.unit.net.net_server import Reply, Seen, Site, serve

MEGABYTE = 1_000_000
PRAISE = "Quillon is great, we love it."


def item(guid: str, text: str = PRAISE, *, date: str = "", author: str = "", title: str = "", link: str = "") -> str:
    """One entry of an RSS feed; an empty argument leaves its element out."""
    parts = {
        "guid": guid,
        "title": title or f"Post {guid}",
        "description": text,
        "pubDate": date,
        "dc:creator": author,
        "link": link,
    }
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items() if value)
    return f"<item>{inner}</item>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    channel = f"<title>T</title><link>http://site.example/</link>{''.join(items)}"
    return f'{head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{channel}</channel></rss>'


def entity_bomb() -> str:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "boom">{levels}]>'
    return rss("<item><guid>1</guid><title>T</title><description>&e11; Quillon</description></item>", head=bomb)


def external_entity() -> str:
    head = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return rss("<item><guid>1</guid><title>Post</title><description>Quillon &x; end</description></item>", head=head)


def many_attributes(count: int = 100_000) -> str:
    attributes = " ".join(f'a{n}="{n}"' for n in range(count))
    return rss(f"<item><guid>1</guid><title>T</title><description {attributes}>Quillon</description></item>")


def nested_tags(count: int = 100_000) -> str:
    return rss(f"<item><guid>1</guid><title>T</title>{'<b>' * count}Quillon{'</b>' * count}</item>")


def nested_markup(count: int = 100_000) -> str:
    """The tags stand in the entry's text, where they are only mark-up to be made plain."""
    return rss(item("1", f"{'<b>' * count}Quillon is great{'</b>' * count}"))


def endless(total: int) -> Callable[[object], None]:
    """Writes a body of ``total`` bytes to the connection, as long as somebody takes it."""

    def answer(connection: object) -> None:
        block = b"<item><title>" + b"x" * 65_000 + b"</title></item>"
        send = connection.sendall  # type: ignore[attr-defined]  # a socket
        send(f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {total}\r\n\r\n".encode())
        send(b'<?xml version="1.0"?><rss version="2.0"><channel>')
        for _ in range(total // len(block)):
            send(block)

    answer.raw = True  # type: ignore[attr-defined]  # the mark that the server knows
    return answer


def zipped_bomb() -> Reply:
    return Reply(gzip.compress(b" " * (40 * MEGABYTE), 9), headers={"Content-Encoding": "gzip"})


def dated(now: datetime) -> str:
    """Entries with every kind of bad date; each is about the brand."""
    day = format_datetime(now - timedelta(hours=3))
    return rss(
        item("none"),
        item("future", date=format_datetime(now + timedelta(days=400))),
        item("tomorrow", date=format_datetime(now + timedelta(hours=5))),
        item("no-zone", date=day.removesuffix(" +0000")),
        item("nonsense", date="the day before yesterday"),
        item("year-one", date="Mon, 01 Jan 0001 00:00:00 GMT"),
        item("good", date=day),
    )


def turning_ids(now: datetime) -> Callable[[Seen], Reply]:
    """The same two posts with another guid and another address parameter at every poll."""
    polls = iter(range(1, 1000))

    def answer(_: Seen) -> Reply:
        poll = next(polls)
        date = format_datetime(now - timedelta(hours=2))
        posts = (
            item(f"{poll}-{n}", date=date, title=f"Number {n}", link=f"http://site.example/{n}?utm_source=poll{poll}")
            for n in (1, 2)
        )
        return Reply(rss(*posts).encode())

    return answer


@contextmanager
def hostile_site(now: datetime) -> Iterator[Site]:
    """The site; its paths are the keys below."""
    soon = format_datetime(now - timedelta(hours=1))
    with serve() as site:
        site["/good.xml"] = rss(item("g1", PRAISE, date=soon, author="ada@fenwick.example (Ada Ostrander)"))
        site["/html.xml"] = "<!doctype html><html><head><title>Log in</title></head><body>Quillon</body></html>"
        site["/empty.xml"] = b""
        site["/blank.xml"] = b"  \n \n"
        site["/truncated.xml"] = rss(item("t1"), item("t2"))[:-60]
        site["/cut-at-once.xml"] = b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</ti'
        site["/latin.xml"] = Reply(rss(item("l1", "Quillon ist großartig."), head="").encode("cp1252"))
        site["/lying.xml"] = Reply(
            rss(item("y1", "Quillon ist großartig."), head='<?xml version="1.0" encoding="utf-8"?>').encode("cp1252"),
            headers={"Content-Type": "application/xml; charset=klingon"},
        )
        site["/utf16.xml"] = rss(item("u1", "Quillon ist großartig."), head='<?xml version="1.0" encoding="utf-16"?>').encode(
            "utf-16"
        )
        site["/utf7.xml"] = rss(item("v1"), head='<?xml version="1.0" encoding="utf-7"?>')
        site["/controls.xml"] = rss(item("c1", "Quillon\x00 is\x07 great\x1b[31m"))
        site["/bomb.xml"] = entity_bomb()
        site["/external.xml"] = external_entity()
        site["/zipped.xml"] = zipped_bomb()
        site["/huge.xml"] = endless(100 * MEGABYTE)
        site["/attributes.xml"] = many_attributes()
        site["/nested.xml"] = nested_tags()
        site["/nested-markup.xml"] = nested_markup()
        site["/nested.json"] = b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 100_000
        site["/picture.xml"] = Reply(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, headers={"Content-Type": "image/png"})
        site["/dates.xml"] = dated(now)
        site["/twins.xml"] = rss(
            item("same", "Quillon is great, says the first."),
            item("same", "Quillon is terrible, says the second."),
            item("same", "Quillon is great, says the first."),
        )
        site["/thief.xml"] = rss(item("g1", "Quillon is a fraud, says a thief.", date=soon))
        site["/turning.xml"] = turning_ids(now)
        site["/forbidden.xml"] = Reply(b"no", 403)
        site["/down.xml"] = Reply(b"", 503, {"Retry-After": "120"})
        site["/loop.xml"] = Reply(b"", 302, {"Location": "/loop.xml"})
        site["/inside.xml"] = Reply(b"", 302, {"Location": "http://169.254.169.254/latest/meta-data/"})
        yield site
