"""Which addresses may be connected to."""

import socket
import threading

import pytest

from listener.core.errors import RetryLater
from listener.net.addresses import (
    AddressRefused,
    allowed_addresses,
    check_address,
    check_name,
    guarded_socket,
    resolve_name,
)

PUBLIC = ["8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8"]
PRIVATE = ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.8.9.1", "100.64.0.1", "::1", "fd12::1"]
NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fec0::1",
    "not an address",
    "",
]


@pytest.mark.parametrize("ip", PUBLIC)
def test_public_addresses_are_allowed(ip):
    check_address(ip)
    check_address(ip, private=True)


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_need_the_opt_in(ip):
    with pytest.raises(AddressRefused, match="private = true"):
        check_address(ip)
    check_address(ip, private=True)


@pytest.mark.parametrize("ip", NEVER)
@pytest.mark.parametrize("private", [False, True])
def test_some_addresses_are_never_allowed(ip, private):
    with pytest.raises(AddressRefused):
        check_address(ip, private)


def test_only_the_allowed_addresses_of_a_name_are_used():
    def resolve(host, port, seconds):
        return ["10.0.0.1", "8.8.8.8", "169.254.169.254"]

    assert allowed_addresses("mixed.example", 80, False, 1, resolve) == ["8.8.8.8"]
    assert allowed_addresses("mixed.example", 80, True, 1, resolve) == ["10.0.0.1", "8.8.8.8"]


def test_a_name_without_any_address_is_for_later():
    with pytest.raises(RetryLater):
        allowed_addresses("none.example", 80, False, 1, lambda *_: [])


def test_a_name_that_does_not_exist_is_for_later():
    with pytest.raises(RetryLater, match="spelled"):
        resolve_name("no-such-name.invalid", 80, 5)


def test_a_slow_resolver_is_given_up(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: release.wait(10) and [])
    try:
        with pytest.raises(RetryLater, match=r"within 0\.05 s"):
            resolve_name("slow.example", 80, 0.05)
    finally:
        release.set()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "x.localhost", "metadata.google.internal", "metadata"])
def test_behind_a_proxy_names_of_this_machine_are_refused(host):
    with pytest.raises(AddressRefused):
        check_name(host, 80, False, 1, lambda *_: [])


def test_behind_a_proxy_a_name_that_resolves_inside_is_refused():
    with pytest.raises(AddressRefused):
        check_name("inside.example", 80, False, 1, lambda *_: ["8.8.8.8", "10.0.0.1"])
    check_name("inside.example", 80, True, 1, lambda *_: ["8.8.8.8", "10.0.0.1"])


def test_behind_a_proxy_a_name_that_only_the_proxy_can_resolve_is_passed_on():
    def resolve(host, port, seconds):
        raise RetryLater("no")

    check_name("outside.example", 80, False, 1, resolve)


def test_a_guarded_socket_connects_to_the_checked_address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with guarded_socket("mail.example", port, private=True, seconds=2, resolve=lambda *_: ["127.0.0.1"]) as made:
            assert made.getpeername() == ("127.0.0.1", port)
        with pytest.raises(AddressRefused):
            guarded_socket("mail.example", port, private=False, seconds=2, resolve=lambda *_: ["127.0.0.1"])


def test_a_guarded_socket_to_nobody_is_for_later():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(RetryLater, match="no connection to localhost"):
        guarded_socket("localhost", port, private=True, seconds=2)
