"""Behind a proxy: everything that speaks HTTP goes through it, and what is wrong with it is said without its password."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from requests.utils import should_bypass_proxies

from listener.net.settings import DoorSettings
from listener.notify._apprise_way import UnreadableAuthority, our_way
from tests.support.commands import Ended, call
from tests.support.postbox import free_port
from tests.support.proxy import Proxy, proxying
from tests.support.x_api import TOKEN, FakeX
from tests.unit.net.net_server import Reply, Site, serve

FEED, PLAIN, X, CHAT = "127.0.0.77", "127.0.0.78", "127.0.0.79", "127.0.0.80"
"""Nobody listens there: only the proxy knows where these hosts are."""
LOGIN = "jo:hush-of-the-proxy"
ELSEWHERE = {
    **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9"),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
}
"""The environment's own proxy, which is none of ours."""

CONFIG = f"""
[[brands]]
name = "Quillon"
[[sources]]
name = "news"
kind = "rss"
url = "https://{FEED}/feed.xml"
private = true
[[sources]]
name = "board"
kind = "rss"
url = "http://{PLAIN}/feed.xml"
private = true
[[sources]]
name = "x"
kind = "twitter"
api = "https://{X}"
mentions = false
private = true
[[notifiers]]
name = "chat"
kind = "slack"
url = "https://{CHAT}/hooks/slack"
private = true
[[notifiers]]
name = "hook"
kind = "webhook"
url = "https://{CHAT}/hooks/signed"
secret = "sixteen characters at least"
private = true
[[notifiers]]
name = "pager"
kind = "apprise"
url = "jsons://{CHAT}/hooks/apprise"
[nlp]
engine = "vader"
[net]
ca_file = "ca.pem"
"""


def feed(number: int) -> Reply:
    when = (datetime.now(UTC) - timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    item = f"<item><guid>{number}</guid><title>Quillon is great</title><description>We love Quillon.</description>"
    text = f'<rss version="2.0"><channel><title>t</title>{item}<pubDate>{when}</pubDate></item></channel></rss>'
    return Reply(text.encode(), headers={"Content-Type": "application/rss+xml"})


@dataclass
class World:
    """The hosts behind the proxy, and a folder to run the command in."""

    folder: Path
    secure: Site
    plain: Site
    routes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.routes = {f"{host}:443": self.secure.port for host in (FEED, X, CHAT)} | {f"{PLAIN}:80": self.plain.port}

    def __call__(self, *arguments: str, proxy: str, more: Mapping[str, str] | None = None) -> Ended:
        env = {"LISTENER_NET__PROXY": proxy, "LISTENER_SOURCES__X__TOKEN": TOKEN, **ELSEWHERE, **(more or {})}
        return call(*arguments, "--debug", "--log-format", "json", folder=self.folder, env=env)

    def heard(self) -> dict[str, str]:
        """By source, how it is."""
        env = {"LISTENER_SOURCES__X__TOKEN": TOKEN}
        lines = call("sources", "--json", folder=self.folder, env=env).lines
        return {line["source"]: line["reason"] or line["health"] for line in lines}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(FEED, X, CHAT).configure_cert(context)
    (tmp_path / "listener.toml").write_text(CONFIG, encoding="utf-8")
    with serve(context) as secure, serve() as plain:
        secure["/feed.xml"], plain["/feed.xml"] = feed(1), feed(2)
        FakeX(secure, datetime.now(UTC)).post(datetime.now(UTC) - timedelta(hours=2), "Quillon broke down again, awful")
        secure["/hooks/slack"] = b"ok"
        secure["/hooks/signed"] = secure["/hooks/apprise"] = b""
        yield World(tmp_path, secure, plain)


def through(proxy: Proxy) -> None:
    assert proxy.hosts("CONNECT") == {FEED, X, CHAT}
    assert proxy.hosts("GET") == {PLAIN}


@pytest.mark.parametrize("login", [None, LOGIN], ids=["open", "with a log-in"])
def test_sources_x_and_every_way_to_tell_go_through_the_proxy(world: World, login: str | None) -> None:
    with proxying(world.routes, login) as proxy:
        ran = world("run", proxy=proxy.url(login))
        told = world("alerts", "test", proxy=proxy.url(login))
        through(proxy)
        assert proxy.refused == 0
    assert (ran.status, told.status) == (0, 0), ran.said + told.said
    assert world.heard() == {"news": "ok", "board": "ok", "x": "ok"}
    assert {"/hooks/slack", "/hooks/signed", "/hooks/apprise"} <= set(world.secure.paths())
    for seen in (*world.secure.seen, *world.plain.seen):
        assert "proxy-authorization" not in seen.headers, "the log-in is for the proxy alone"
    assert "hush" not in ran.said + told.said
    assert not [path for path in world.folder.rglob("*") if path.is_file() and b"hush-of-the" in path.read_bytes()]


@contextmanager
def dead(_: World) -> Iterator[str]:
    yield f"http://{LOGIN}@127.0.0.1:{free_port()}"


@contextmanager
def refusing(world: World) -> Iterator[str]:
    with proxying(world.routes, "jo:another") as proxy:
        yield proxy.url(LOGIN)


@contextmanager
def lost(_: World) -> Iterator[str]:
    with proxying({}) as proxy:
        yield proxy.url(LOGIN)


@pytest.mark.parametrize(
    ("way", "secure", "plain"),
    [
        (dead, "no connection to the proxy of [net] proxy", "no connection to the proxy of [net] proxy"),
        (
            refusing,
            "the proxy refused to connect (407): the proxy wants another log-in, see [net] proxy",
            "answered 407 Proxy Authentication Required: the proxy wants another log-in, see [net] proxy",
        ),
        (lost, "the proxy did not make the connection", "answered 502 Bad Gateway"),
    ],
    ids=["dead", "another log-in", "no way on"],
)
def test_what_is_wrong_with_the_proxy_is_said_without_its_password(
    world: World, way: Callable[[World], Iterator[str]], secure: str, plain: str
) -> None:
    with way(world) as proxy:  # type: ignore[attr-defined]  # each of the three is a context manager
        ran = world("run", proxy=proxy)
        told = world("alerts", "test", "--notifier", "chat", proxy=proxy)
    heard = world.heard()
    assert ran.status == 1
    assert "every source failed" in ran.err
    assert secure in heard["news"]
    assert secure in heard["x"]
    assert plain in heard["board"]
    assert told.status == 1
    assert secure.partition(" (")[0] in told.said
    assert "hush" not in ran.said + told.said + "".join(heard.values())
    assert world.secure.seen == world.plain.seen == [], "nothing goes around it"


def test_the_proxy_of_the_environment_is_not_asked(tmp_path: Path) -> None:
    config = CONFIG.split("[[notifiers]]", maxsplit=1)[0].split("[[sources]]")
    with serve() as site:
        site["/feed.xml"] = feed(3)
        text = "[[sources]]".join([config[0], config[2]]).replace(f"http://{PLAIN}", site.url(""))
        (tmp_path / "listener.toml").write_text(f'{text}[nlp]\nengine = "vader"\n', encoding="utf-8")
        assert call("run", folder=tmp_path, env=ELSEWHERE).status == 0
        assert [seen.path for seen in site.seen] == ["/feed.xml"]


def test_the_environment_is_as_before_once_apprise_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    monkeypatch.setenv("https_proxy", "http://before.example:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.example")
    for name in ("http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    with our_way(DoorSettings(proxy="http://127.0.0.1:9", ca_file=authority)):
        assert os.environ["https_proxy"] == os.environ["http_proxy"] == "http://127.0.0.1:9"
        assert not should_bypass_proxies("https://hooks.example/x", no_proxy=None)
        bundle = Path(os.environ["REQUESTS_CA_BUNDLE"])
        assert authority.read_bytes() in bundle.read_bytes()
        assert bundle.read_bytes().count(b"BEGIN CERTIFICATE") > 50
    assert dict(os.environ) == before
    assert not bundle.exists()
    with pytest.raises(UnreadableAuthority), our_way(DoorSettings(ca_file=tmp_path / "gone.pem")):
        pass
    assert dict(os.environ) == before
