"""Hosts that are asked directly although there is a proxy."""

import os

import pytest

from listener.core.errors import RetryLater, SourceRejected
from listener.net.direct import is_direct, read_exception
from listener.net.door import GuardedDoor
from listener.net.settings import DoorSettings
from listener.notify._apprise_way import our_way
from tests.support.proxy import proxying
from tests.unit.net.net_server import Reply, serve


@pytest.mark.parametrize(
    ("written", "direct", "proxied"),
    [
        (
            "Inside.Example",
            ["inside.example", "a.b.INSIDE.example", "inside.example."],
            ["notinside.example", "inside.example.net"],
        ),
        (".inside.example", ["inside.example", "wiki.inside.example"], ["example"]),
        ("*.inside.example", ["inside.example", "wiki.inside.example"], ["other.example"]),
        ("wiki:8080", ["wiki:8080", "a.wiki:8080"], ["wiki", "wiki:80"]),
        ("localhost", ["localhost"], ["127.0.0.1"]),
        ("10.1.2.3", ["10.1.2.3"], ["10.1.2.30", "a.10.1.2.3.example"]),
        ("inside.example.", ["inside.example", "wiki.inside.example."], ["example"]),
        ("Münchner.example", ["xn--mnchner-n2a.example"], ["munchner.example"]),
        ("10.0.0.0/8", ["10.255.0.1", "10.255.0.1."], ["11.0.0.1", "10.example", "fd00::1"]),
        ("[fd00::1]", ["[fd00::1]", "fd00:0::1"], ["fd00::2"]),
        ("fd00::/8", ["fdff::1"], ["2606:4700::1", "10.0.0.1"]),
        ("*", ["anything.example", "8.8.8.8", "::1"], []),
    ],
)
def test_an_entry_means(written: str, direct: list[str], proxied: list[str]) -> None:
    exceptions = ["another.example", read_exception(written)]

    def means(host: str) -> bool:
        name, _, port = host.partition(":") if host.count(":") == 1 else (host, "", "")
        return is_direct(name, int(port or 443), exceptions)

    assert [host for host in direct if not means(host)] == []
    assert [host for host in proxied if means(host)] == []
    assert not is_direct("inside.example", 443, ())


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        " ",
        "http://inside.example",
        "inside.example/path",
        "10.0.0.0/99",
        "10.0.0.300",
        "10.0.0.1:80",
        "x:0",
        "x:99999",
        "a b",
        "**",
        "jo@x",
    ],
)
def test_what_is_no_host_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_exception(wrong)


def test_a_host_of_the_list_is_asked_directly_and_guarded_as_without_a_proxy() -> None:
    with serve() as inside, serve() as outside, proxying({"blog.example:80": outside.port}) as proxy:
        inside["/feed"] = b"inside"
        outside["/feed"] = b"outside"
        outside["/moved"] = Reply(status=302, headers={"Location": f"http://wiki.inside.example:{inside.port}/feed"})
        settings = DoorSettings(proxy=proxy.url(), no_proxy=("inside.example",))
        door = GuardedDoor(settings, resolve=lambda *_: ["127.0.0.1"])
        wiki = f"http://wiki.inside.example:{inside.port}/feed"
        assert door.get(wiki, private=True).body == b"inside"
        assert door.get("http://blog.example/feed", private=True).body == b"outside"
        assert door.get("http://blog.example/moved", private=True).body == b"inside", "each hop goes its own way"
        assert inside.paths() == ["/feed", "/feed"]
        assert proxy.seen == [("GET", "http://blog.example/feed"), ("GET", "http://blog.example/moved")]
        with pytest.raises(SourceRejected, match="private = true"):
            door.get(wiki)
        with pytest.raises(RetryLater, match=r"no connection$"):
            door.get("http://wiki.inside.example:9/", private=True)
        door.close()


@pytest.mark.parametrize(
    ("listed", "told"), [((), ""), (("inside.example", "10.0.0.0/8"), "inside.example,10.0.0.0/8"), (("x", "*"), "*")]
)
def test_apprise_goes_past_the_proxy_for_the_same_hosts(listed: tuple[str, ...], told: str) -> None:
    with our_way(DoorSettings(proxy="http://127.0.0.1:9", no_proxy=listed)):
        assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == told
