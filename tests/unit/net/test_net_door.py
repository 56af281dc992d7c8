"""The guarded door against a real server that behaves badly."""

import gzip
import logging
import socket
import struct
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from listener.core.connector import Door
from listener.core.errors import ConfigError, RetryLater, SourceError, SourceProtocolError, SourceRejected
from listener.net.door import GuardedDoor, next_hop, open_door
from listener.net.settings import DoorSettings
from tests.unit.net.net_server import Reply, Site, raw, serve

QUICK = DoorSettings(connect_timeout=5, read_timeout=10, total_timeout=20, max_body=100_000)


@pytest.fixture
def site():
    with serve() as site:
        yield site


@pytest.fixture
def door():
    door = GuardedDoor(QUICK, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    yield door
    door.close()


def test_it_fetches_a_page_with_its_validators(site: Site, door: GuardedDoor):
    site["/"] = Reply(
        b"hello", headers={"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type": "text/plain"}, etag='"1"'
    )
    as_protocol: Door = door
    answer = as_protocol.get(site.url(), private=True, accept="text/*")
    assert (answer.status, answer.body, answer.content_type) == (200, b"hello", "text/plain")
    assert (answer.url, answer.etag, answer.modified) == (site.url(), '"1"', "Thu, 01 Jan 2026 00:00:00 GMT")
    assert answer.moved_to is None
    assert not answer.unchanged
    sent = site.seen[0].headers
    assert (sent["accept"], sent["accept-encoding"]) == ("text/*", "gzip, deflate")
    assert sent["user-agent"].startswith("listener/")
    assert "cookie" not in sent
    again = door.get(site.url(), etag=answer.etag, modified=answer.modified, private=True)
    assert again.unchanged
    assert again.body == b""
    assert site.seen[1].headers["if-modified-since"] == answer.modified


def test_cookies_are_not_kept(site: Site, door: GuardedDoor):
    site["/"] = Reply(b"x", headers={"Set-Cookie": "track=1; Path=/"})
    for _ in range(2):
        door.get(site.url(), private=True)
    assert "cookie" not in site.seen[1].headers


def test_a_login_in_the_url_is_sent_but_not_shown(site: Site, door: GuardedDoor):
    site["/a"] = Reply(status=301, headers={"Location": "/b"})
    site["/b"] = b"in"
    answer = door.get(f"http://jo:hush@127.0.0.1:{site.port}/a", private=True)
    assert [request.headers["authorization"][:6] for request in site.seen] == ["Basic ", "Basic "]
    assert answer.url == answer.moved_to == site.url("/b")


def test_a_login_stays_with_its_host(site: Site, door: GuardedDoor):
    with serve() as other:
        site["/a"] = Reply(status=302, headers={"Location": other.url("/b")})
        other["/b"] = b"in"
        assert door.get(f"http://jo:hush@127.0.0.1:{site.port}/a", private=True).moved_to is None
        assert "authorization" not in other.seen[0].headers


# ------------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0", "2130706433", "0x7f.1", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]"]
)
def test_addresses_inside_are_refused(door: GuardedDoor, host):
    with pytest.raises(SourceRejected, match="not allowed"):
        door.get(f"http://{host}/latest/meta-data?token=tell")


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "224.0.0.1"])
def test_metadata_and_multicast_are_refused_even_with_the_opt_in(door: GuardedDoor, host):
    with pytest.raises(SourceRejected, match="not allowed"):
        door.get(f"http://{host}/", private=True)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://b.example/", "gopher://b.example", "/etc/passwd", "", "http://", "http://b.example:port/"],
)
def test_only_web_addresses_are_allowed(door: GuardedDoor, url):
    with pytest.raises(SourceRejected):
        door.get(url)


def test_a_name_that_changes_its_mind_gains_nothing(site: Site):
    """DNS rebinding: the first look-up is harmless, the second leads inside; only the first is ever made for a connection."""
    answers = iter([["203.0.113.1"], ["127.0.0.1"]])
    asked = []

    def resolve(host, port, seconds):
        asked.append(host)
        return next(answers)

    door = GuardedDoor(QUICK, resolve=resolve)
    for _ in range(2):
        with pytest.raises(SourceRejected, match="not allowed"):
            door.get(f"http://rebind.example:{site.port}/")
    assert asked == ["rebind.example"] * 2
    assert site.seen == []
    door.close()


def test_the_connection_goes_to_the_checked_address_and_the_host_stays_the_name(site: Site):
    site["/"] = b"ok"
    door = GuardedDoor(QUICK, resolve=lambda *_: ["127.0.0.1"])
    assert door.get(f"http://blog.example:{site.port}/", private=True).body == b"ok"
    assert site.seen[0].headers["host"] == f"blog.example:{site.port}"
    door.close()


def test_a_public_call_never_uses_a_connection_made_for_a_private_one(site: Site, door: GuardedDoor):
    site["/"] = b"ok"
    door.get(site.url(), private=True)
    with pytest.raises(SourceRejected):
        door.get(site.url())


def test_the_next_address_is_tried_when_one_does_not_answer(site: Site):
    site["/"] = b"ok"
    door = GuardedDoor(QUICK, resolve=lambda *_: ["::1", "127.0.0.1"])
    assert door.get(f"http://two.example:{site.port}/", private=True).body == b"ok"
    door.close()


def test_nobody_answers(door: GuardedDoor):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(RetryLater, match="no connection"):
        door.get(f"http://127.0.0.1:{port}/", private=True)


# ------------------------------------------------------------------------------------------------ redirects


def test_a_permanent_move_is_reported(site: Site, door: GuardedDoor):
    site["/1"] = Reply(status=301, headers={"Location": "/2"})
    site["/2"] = Reply(status=308, headers={"Location": site.url("/3")})
    site["/3"] = b"here"
    answer = door.get(site.url("/1"), private=True)
    assert answer.moved_to == answer.url == site.url("/3")
    site["/2"] = Reply(status=307, headers={"Location": "/3"})
    assert door.get(site.url("/1"), private=True).moved_to is None


def test_five_redirects_are_followed_and_no_more(site: Site, door: GuardedDoor):
    for n in range(1, 7):
        site[f"/{n}"] = Reply(status=302, headers={"Location": f"/{n + 1}"})
    site["/6"] = b"end"
    assert door.get(site.url("/1"), private=True).body == b"end"
    site["/6"] = Reply(status=302, headers={"Location": "/1"})
    with pytest.raises(SourceRejected, match="more than 5 redirects"):
        door.get(site.url("/1"), private=True)


def test_a_redirect_inside_is_refused(site: Site):
    site["/"] = Reply(status=302, headers={"Location": "http://169.254.169.254/latest"})
    door = GuardedDoor(QUICK)
    with pytest.raises(SourceRejected, match=r"169\.254\.169\.254 is not allowed"):
        door.get(site.url(), private=True)
    door.close()


def test_what_a_redirect_leads_to_is_told_with_where_it_began(site: Site, door: GuardedDoor):
    site["/old?token=hush"] = Reply(status=302, headers={"location": "/gone"})
    with pytest.raises(SourceRejected) as caught:
        door.get(site.url("/old?token=hush"), private=True)
    assert str(caught.value).startswith(f"{site.url('/old')}?… redirects to {site.url('/gone')}: answered 404")


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://a.example/", SourceRejected),
        ("file:///etc/passwd", SourceRejected),
        ("", SourceProtocolError),
        ("http://b.example:port/", SourceProtocolError),
        ("mailto:x@a.example", SourceRejected),
    ],
)
def test_some_redirects_are_never_followed(location, error):
    with pytest.raises(error, match=r"^https://a\.example/"):
        next_hop("https://a.example/?token=x", location)


# ------------------------------------------------------------------------------------------------ time


def test_a_pause_is_cut_short(site: Site):
    site["/"] = raw(lambda connection: time.sleep(3))
    with open_door(DoorSettings(read_timeout=0.2)) as door, pytest.raises(RetryLater, match="no answer in time"):
        door.get(site.url(), private=True)


def drip(head: bytes):
    def write(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(600):
            connection.sendall(b"a")
            time.sleep(0.05)

    return raw(write)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_trickle_of_bytes_cannot_stretch_the_call(site: Site, head):
    site["/"] = drip(head)
    door = GuardedDoor(DoorSettings(read_timeout=1, total_timeout=0.4))
    started = time.monotonic()
    with pytest.raises(RetryLater):
        door.get(site.url(), private=True)
    assert time.monotonic() - started < 15  # the answer takes 30 s
    door.close()


def test_redirects_share_one_time_limit(site: Site):
    def slow(seen):
        time.sleep(0.3)
        return Reply(status=302, headers={"Location": "/"})

    site["/"] = slow
    door = GuardedDoor(DoorSettings(read_timeout=1, total_timeout=0.5))
    with pytest.raises(RetryLater):
        door.get(site.url(), private=True)
    assert len(site.seen) <= 2
    door.close()


# ------------------------------------------------------------------------------------------------ bodies


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"a" * 65536)


def test_an_endless_body_is_cut(site: Site, door: GuardedDoor):
    site["/"] = raw(endless)
    with pytest.raises(SourceProtocolError, match="larger than the limit of 100,000 bytes"):
        door.get(site.url(), private=True)


def test_a_bomb_is_stopped_after_unpacking(site: Site, door: GuardedDoor):
    site["/"] = Reply(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})
    with pytest.raises(SourceProtocolError, match="larger"):
        door.get(site.url(), private=True)


RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"words", mtime=0)),
        ("GZIP, identity", gzip.compress(b"words", mtime=0)),
        ("x-gzip", gzip.compress(b"wo", mtime=0) + gzip.compress(b"rds", mtime=0) + b"\0\0"),
        ("deflate", zlib.compress(b"words")),
        ("deflate", RAW_DEFLATE.compress(b"words") + RAW_DEFLATE.flush()),
        ("identity", b"words"),
    ],
)
def test_packed_bodies_are_unpacked(site: Site, door: GuardedDoor, encoding, packed):
    site["/"] = Reply(packed, headers={"Content-Encoding": encoding})
    assert door.get(site.url(), private=True).body == b"words"


@pytest.mark.parametrize(
    ("encoding", "packed", "why"),
    [
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "2 times"),
        ("br", b"x", "not asked for"),
        ("gzip", b"no gzip at all", "cannot be unpacked"),
        ("gzip", gzip.compress(b"words" * 100, mtime=0)[:-10], "cut off"),
    ],
)
def test_bodies_that_cannot_be_unpacked(site: Site, door: GuardedDoor, encoding, packed, why):
    site["/"] = Reply(packed, headers={"Content-Encoding": encoding})
    with pytest.raises(SourceProtocolError, match=why):
        door.get(site.url(), private=True)


def test_an_empty_packed_body_is_empty(site: Site, door: GuardedDoor):
    site["/"] = Reply(b"", headers={"Content-Encoding": "gzip"})
    assert door.get(site.url(), private=True).body == b""


def test_a_connection_lost_in_mid_body_is_for_later(site: Site, door: GuardedDoor):
    site["/"] = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc"))
    with pytest.raises(RetryLater):
        door.get(site.url(), private=True)


def test_a_connection_reset_in_mid_body_is_for_later(site: Site, door: GuardedDoor):
    def reset(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    site["/"] = raw(reset)
    with pytest.raises(RetryLater, match="connection was lost"):
        door.get(site.url(), private=True)


def test_what_is_not_http_is_for_later(site: Site, door: GuardedDoor):
    site["/"] = raw(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"))
    with pytest.raises(RetryLater, match="does not speak HTTP"):
        door.get(site.url(), private=True)


# ------------------------------------------------------------------------------------------------ statuses


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, SourceRejected) for status in (400, 401, 402, 403, 404, 407, 410, 418, 451)),
        *((status, RetryLater) for status in (408, 425, 429, 500, 502, 503, 504, 599)),
        *((status, SourceProtocolError) for status in (206, 300, 304, 306)),
    ],
)
def test_statuses(site: Site, door: GuardedDoor, status, error):
    site["/x?token=tell"] = Reply(b"", status)
    with pytest.raises(error) as caught:
        door.get(site.url("/x?token=tell"), private=True)
    assert str(status) in str(caught.value)
    assert "tell" not in str(caught.value)
    assert site.url("/x") in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "120"}, timedelta(seconds=120)),
        ({"Retry-After": "Thu, 01 Jan 2026 01:00:00 GMT", "Date": "Thu, 01 Jan 2026 00:30:00 GMT"}, timedelta(minutes=30)),
        ({"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}, timedelta(0)),
        ({"Retry-After": "Thu, 01 Jan 2126 00:00:00 -0000"}, timedelta(days=7)),
        ({"Retry-After": "9" * 400}, timedelta(days=7)),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(site: Site, door: GuardedDoor, headers, after, status):
    site["/"] = Reply(b"", status, headers)
    with pytest.raises(RetryLater) as caught:
        door.get(site.url(), private=True)
    assert caught.value.after == after


def test_retry_after_without_a_server_clock_uses_ours():
    import httpx

    from listener.net.mapping import retry_after

    now = datetime(2026, 1, 1, tzinfo=UTC)
    headers = httpx.Headers({"Retry-After": "Thu, 01 Jan 2026 00:10:00 GMT"})
    assert retry_after(headers, now) == timedelta(minutes=10)


def test_a_validator_that_is_too_long_is_dropped(site: Site, door: GuardedDoor):
    site["/"] = Reply(b"x", headers={"ETag": '"' + "e" * 2000 + '"'})
    assert door.get(site.url(), private=True).etag is None


# ------------------------------------------------------------------------------------------------ TLS and proxy


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(authority):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("blog.example", "127.0.0.1").configure_cert(context)
    with serve(context) as site:
        yield site


def test_a_private_authority_is_trusted_where_it_is_named(secure: Site, authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    secure["/"] = b"safe"
    door = GuardedDoor(DoorSettings(ca_file=tmp_path / "ca.pem"), resolve=lambda *_: ["127.0.0.1"])
    assert door.get(f"https://blog.example:{secure.port}/", private=True).body == b"safe"
    with pytest.raises(SourceRejected, match="certificate is not valid"):
        door.get(f"https://other.example:{secure.port}/", private=True)
    secure["/down"] = Reply(status=302, headers={"Location": "http://blog.example/"})
    with pytest.raises(SourceRejected, match="from https to http"):
        door.get(f"https://blog.example:{secure.port}/down", private=True)
    door.close()


def test_an_unknown_authority_is_refused(secure: Site, door: GuardedDoor):
    with pytest.raises(SourceRejected, match="certificate is not valid"):
        door.get(secure.url(), private=True)


def test_a_server_without_tls_is_refused(site: Site, door: GuardedDoor):
    with pytest.raises((SourceRejected, RetryLater)):
        door.get(f"https://127.0.0.1:{site.port}/", private=True)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_a_configuration_problem(tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"net\.ca_file"):
        GuardedDoor(DoorSettings(ca_file=path))


def test_a_proxy_gets_the_request_and_the_name_is_checked():
    with serve() as proxy:
        proxy["http://blog.example/feed"] = b"by proxy"
        settings = DoorSettings(proxy=f"http://jo:hush@127.0.0.1:{proxy.port}")
        assert "hush" not in repr(settings)

        def resolve(host, port, seconds):
            if host == "127.0.0.1":
                return [host]
            raise RetryLater("only the proxy knows")

        door = GuardedDoor(settings, resolve=resolve)
        assert door.get("http://blog.example/feed").body == b"by proxy"
        assert proxy.seen[0].headers["proxy-authorization"].startswith("Basic ")
        for inside in ("http://169.254.169.254/", "http://localhost/", "http://127.0.0.1/"):
            with pytest.raises(SourceRejected, match="not allowed"):
                door.get(inside)
        with pytest.raises(RetryLater, match=r"proxy|HTTP"):
            door.get("https://blog.example/feed")
        assert len(proxy.seen) == 1
        door.close()


def test_a_proxy_that_refuses_is_named():
    def refuse(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        thread = threading.Thread(target=lambda: refuse(server.accept()[0]), daemon=True)
        thread.start()
        port = server.getsockname()[1]
        door = GuardedDoor(
            DoorSettings(proxy=f"http://127.0.0.1:{port}"), resolve=lambda host, *_: [host] if host[0] == "1" else []
        )
        with pytest.raises(SourceRejected, match=r"proxy refused to connect \(407\)"):
            door.get("https://blog.example/")
        door.close()
        thread.join(5)


# ------------------------------------------------------------------------------------------------ whether it was sent


def ended(door: GuardedDoor, url: str, *, private: bool = True, **more) -> SourceError:
    with pytest.raises(SourceError) as caught:
        door.get(url, private=private, **more)
    return caught.value


def test_what_did_not_leave_is_told_from_what_may_have_arrived(site: Site, secure: Site, door: GuardedDoor):
    nowhere = GuardedDoor(QUICK, resolve=lambda *_: [])
    assert ended(nowhere, "http://blog.example/").unsent
    nowhere.close()
    assert ended(door, "http://127.0.0.1:9/").unsent
    assert ended(door, site.url(), private=False).unsent
    assert ended(door, secure.url()).unsent, "TLS was refused"
    assert ended(door, f"https://127.0.0.1:{site.port}/").unsent, "it does not speak TLS"
    assert ended(door, "http://[/").unsent
    assert ended(door, site.url(), headers={"x": "\u2028"}).unsent
    assert site.seen == secure.seen == []
    site["/ok"] = b"ok"
    site["/lost"] = raw(lambda connection: None)
    site["/cut"] = raw(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))
    site["/there"] = Reply(status=302, headers={"Location": "http://127.0.0.1:9/"})
    for path in ("/lost", "/cut", "/missing", "/there"):
        door.get(site.url("/ok"), private=True)  # the next request goes over the connection of this one
        assert not ended(door, site.url(path)).unsent, path


def test_what_a_proxy_was_asked_to_connect_to_has_got_nothing_yet():
    def silent(connection):
        connection.recv(65536)

    with serve() as proxy:
        settings = DoorSettings(proxy=f"http://127.0.0.1:{proxy.port}", read_timeout=0.2)
        door = GuardedDoor(settings, resolve=lambda *_: ["127.0.0.1"])
        proxy["blog.example:443"] = raw(silent)
        proxy["http://blog.example/"] = raw(silent)
        assert ended(door, "https://blog.example/").unsent
        assert not ended(door, "http://blog.example/").unsent
        door.close()


# ------------------------------------------------------------------------------------------------ the door itself


def test_one_host_is_asked_by_one_at_a_time_while_others_go_on(site: Site):
    busy = threading.Event()
    release = threading.Event()

    def hold(seen):
        busy.set()
        release.wait(5)
        return Reply(b"late")

    with serve() as other:
        site["/hold"] = hold
        site["/quick"] = b"quick"
        other["/"] = b"other"
        with open_door(DoorSettings(read_timeout=5)) as door:
            done = []
            threads = [
                threading.Thread(target=lambda path=path: done.append(door.get(site.url(path), private=True).body))
                for path in ("/hold", "/quick")
            ]
            threads[0].start()
            assert busy.wait(5)
            threads[1].start()
            assert door.get(other.url(host="localhost"), private=True).body == b"other"
            time.sleep(0.05)
            assert done == []
            assert site.paths() == ["/hold"]
            release.set()
            for thread in threads:
                thread.join(5)
        assert done == [b"late", b"quick"]


def test_many_threads_share_one_door(site: Site):
    for n in range(16):
        site[f"/{n}"] = str(n)
    with open_door(DoorSettings(per_host_concurrency=16)) as door:
        got: list[bytes] = []
        threads = [
            threading.Thread(target=lambda n=n: got.append(door.get(site.url(f"/{n}"), private=True).body)) for n in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert sorted(int(body) for body in got) == list(range(16))


def test_connections_are_used_again_after_a_304(site: Site, door: GuardedDoor):
    site["/"] = Reply(b"x", etag='"1"')
    door.get(site.url(), private=True)
    for _ in range(3):
        assert door.get(site.url(), etag='"1"', private=True).unchanged
    [[kept]] = door._exchange._connections._kept.values()
    assert kept.connection.info().endswith("Request Count: 4")  # type: ignore[attr-defined]  # httpcore's own connection


def test_a_closed_door_opens_no_more(site: Site):
    with open_door() as door:
        pass
    with pytest.raises(RetryLater, match="closed"):
        door.get(site.url(), private=True)


def test_nothing_of_an_address_is_logged(site: Site, door: GuardedDoor, caplog):
    site["/?token=planted"] = b"x"
    with caplog.at_level(logging.DEBUG):
        door.get(f"http://jo:planted@127.0.0.1:{site.port}/?token=planted", private=True)
        with pytest.raises(SourceRejected) as caught:
            door.get("http://jo:planted@169.254.169.254/?token=planted")
    assert "planted" not in caplog.text
    assert "planted" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"read_timeout": 0}, "net.read_timeout"),
        ({"max_body": -1}, "net.max_body"),
        ({"max_connections": 0}, "net.max_connections"),
        ({"per_host_interval": -0.1}, "net.per_host_interval"),
        ({"proxy": "socks5://jo:hush@proxy.example:1"}, "net.proxy"),
        ({"proxy": "http://proxy.example:port"}, "net.proxy"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, place):
    with pytest.raises(ConfigError) as caught:
        DoorSettings(**wrong)
    assert [problem.path for problem in caught.value.problems] == [place]
    assert "hush" not in str(caught.value)
