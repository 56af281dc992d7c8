"""A real blog on loopback: pelican builds the site, a file server serves it, isso keeps the comments.

Both run as their own processes, as they would beside a web server; nothing of them is imported here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any

import httpx

STARTS_WITHIN = 20
"""Seconds that the comment server may take to answer, on a busy machine."""

PELICAN = """
SITENAME = "The Letterpress Weekly"
SITEURL = "{base_url}"
FEED_DOMAIN = SITEURL
PATH = "content"
OUTPUT_PATH = "output"
THEME = "simple"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
AUTHOR = "The editors"
ARTICLE_URL = "{{slug}}/"
ARTICLE_SAVE_AS = "{{slug}}/index.html"
FEED_ALL_ATOM = {atom}
FEED_ALL_RSS = "feeds/all.rss.xml"
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
SUMMARY_MAX_LENGTH = 20
RSS_FEED_SUMMARY_ONLY = True
DEFAULT_PAGINATION = False
"""

ISSO = """
[general]
dbpath = {folder}/comments.db
host = {site_url}/
[server]
listen = http://127.0.0.1:{port}
[moderation]
enabled = false
[guard]
enabled = false
[rss]
base = {site_url}
limit = 100
"""


@dataclass
class BlogEngine:
    """The running blog. ``answers`` counts what the site answered, by path and status."""

    folder: Path
    base_url: str
    comments_url: str
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    published: int = 0
    """How often the site was built."""

    def post(self, slug: str, title: str, author: str, published: datetime, paragraphs: list[str]) -> None:
        """Write a post, or write it anew; it appears with the next ``publish``."""
        lines = [title, "#" * (len(title) + 2), "", f":date: {published:%Y-%m-%d %H:%M}", f":slug: {slug}", f":authors: {author}"]
        text = "\n".join([*lines, "", *(f"{paragraph}\n" for paragraph in paragraphs)])
        (self.folder / "content" / f"{slug}.rst").write_text(text, encoding="utf-8")

    def publish(self) -> None:
        """Let pelican build the site."""
        done = subprocess.run(
            [sys.executable, "-m", "pelican", "-s", "pelicanconf.py", "-q"],
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        self.published += 1
        # Last-Modified counts whole seconds; nobody edits a post within the second in which it appeared.
        built_at = time.time() + self.published
        for path in (self.folder / "output").rglob("*.*"):
            os.utime(path, (built_at, built_at))

    def comment(self, slug: str, author: str, text: str, website: str | None = None) -> None:
        """Leave a comment, as a reader's browser does."""
        answer = httpx.post(
            f"{self.comments_url}/new",
            params={"uri": f"/{slug}/"},
            json={"author": author, "text": text, "website": website, "title": slug},
            headers={"Origin": self.base_url},
        )
        assert answer.status_code == 201, answer.text

    def comments_feed(self, slug: str) -> str:
        return f"{self.comments_url}/feed?uri=/{slug}/"


@contextmanager
def blog_engine(folder: Path, *, excerpts_only: bool = False) -> Iterator[BlogEngine]:
    """A blog without posts, served while the block runs; its Atom feed has the full texts, its RSS feed has excerpts."""
    (folder / "content").mkdir(parents=True)
    (folder / "output").mkdir()
    answers: Counter[tuple[str, int]] = Counter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, answers, directory=str(folder / "output")))
    base_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05), daemon=True)
    thread.start()
    try:
        (folder / "pelicanconf.py").write_text(
            PELICAN.format(base_url=base_url, atom=None if excerpts_only else '"feeds/all.atom.xml"'), encoding="utf-8"
        )
        with _comment_server(folder, base_url) as comments_url:
            yield BlogEngine(folder, base_url, comments_url, answers)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Site(SimpleHTTPRequestHandler):
    """A plain file server; it knows Last-Modified and If-Modified-Since by itself."""

    def __init__(self, answers: Counter[tuple[str, int]], *args: Any, **options: Any) -> None:
        self.answers = answers
        super().__init__(*args, **options)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        self.answers[self.path, int(code)] += 1

    def log_message(self, *_: object) -> None:
        """Counted above instead of printed."""


@contextmanager
def _comment_server(folder: Path, site_url: str) -> Iterator[str]:
    port = _free_port()
    config = folder / "isso.cfg"
    config.write_text(ISSO.format(folder=folder, site_url=site_url, port=port), encoding="utf-8")
    log = folder / "isso.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("isso")), "-c", str(config), "run"],
            cwd=folder,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _when_it_answers(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.terminate()
            process.wait(timeout=10)


def _when_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}/feed", params={"uri": "/"}, timeout=2).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return url
    raise AssertionError(f"the comment server did not start: {log.read_text(encoding='utf-8', errors='replace')}")


def _free_port() -> int:
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _environment() -> dict[str, str]:
    """Ours, with a fixed zone: isso writes local time and calls it UTC."""
    return {**os.environ, "TZ": "UTC"}
