"""Which addresses may be connected to, and connecting to exactly the address that was checked.

The lists follow the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and later additions); they are written
out here because the meaning of ``ipaddress``'s own properties has changed between Python releases.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from listener.core.errors import RetryLater, SourceRejected
from listener.net.lookups import look_up

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int, float], Sequence[str]]
"""(name, port, seconds) -> addresses as text. Raises ``RetryLater`` where the name has none for now."""


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(item) for item in text.split())


_PRIVATE = _networks("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 127.0.0.0/8 fc00::/7 ::1/128")
"""Allowed by the opt-in of a source: private, shared (carrier-grade NAT), loopback and unique-local networks."""

_NEVER = _networks(
    "169.254.169.254/32 100.100.100.200/32 168.63.129.16/32 fd00:ec2::254/128 fd20:ce::254/128 "  # cloud metadata services
    "0.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 "
    "224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20"
)
"""Metadata services, "this network", link-local, protocol (Teredo among them), documentation, benchmarking, multicast, reserved,
and 6to4, which is retired (RFC 7526) and would deliver to the IPv4 address inside."""

_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAMES = ("localhost", "metadata.google.internal", "metadata")


class AddressRefused(SourceRejected):
    """The address is not one that a source may make us connect to."""


def check_address(ip: str, private: bool = False) -> None:
    """Refuse an address that leads inside.

    ``private`` permits private, shared, loopback and unique-local networks; link-local ones (the metadata services of clouds
    live there), multicast, reserved and IPv4-mapped addresses stay refused. 6to4 and Teredo are refused whole; a NAT64
    address is judged by the IPv4 address inside.

    Raises:
        AddressRefused: it must not be connected to, or it is not an address.
    """
    try:
        address = ip_address(ip.split("%", 1)[0])
    except ValueError:
        raise AddressRefused("the name resolved to something that is not an address") from None
    reason = _refusal(address, private)
    if reason:
        raise AddressRefused(f"the address {address} is not allowed: {reason}")


def _refusal(address: Address, private: bool) -> str | None:
    if address in _NAT64:
        # The translator would deliver to the IPv4 address inside: judge that one.
        return _refusal(IPv4Address(int(address) & 0xFFFFFFFF), private=False)
    if any(address in network for network in _NEVER):
        return "it is a metadata, link-local, multicast, reserved or documentation address"
    if any(address in network for network in _PRIVATE):
        return None if private else "it lies in a private network (a source can opt in with private = true)"
    if isinstance(address, IPv6Address) and address not in _GLOBAL_V6:
        return "it is not a global unicast address"
    return None


def check_name(host: str, port: int, private: bool, seconds: float, resolve: Resolver) -> None:
    """What can be checked where a proxy will connect: the name itself, and every address it has as seen from here.

    Raises:
        AddressRefused: the name means this machine or a metadata service, or one of its addresses is not allowed.
    """
    name = host.rstrip(".").lower()
    if name in _LOCAL_NAMES[1:] or (not private and (name == _LOCAL_NAMES[0] or name.endswith(".localhost"))):
        raise AddressRefused(f"the name {name} is not allowed: it leads to this machine or its surroundings")
    if _is_literal(name):
        check_address(name, private)
        return
    try:
        addresses = resolve(host, port, seconds)
    except RetryLater:
        return  # only the proxy can resolve it
    for address in addresses:
        check_address(address, private)


def _is_literal(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def allowed_addresses(host: str, port: int, private: bool, seconds: float, resolve: Resolver) -> list[str]:
    """The addresses of a name that may be connected to, in the order of the resolver.

    Raises:
        RetryLater: the name has no address for now.
        AddressRefused: it has addresses, none of them allowed.
    """
    allowed: list[str] = []
    refusal: AddressRefused | None = None
    for address in resolve(host, port, seconds):
        try:
            check_address(address, private)
        except AddressRefused as problem:
            refusal = problem
        else:
            allowed.append(address)
    if allowed:
        return allowed
    raise refusal or RetryLater(f"the name {host} has no address")


def resolve_name(host: str, port: int, seconds: float) -> list[str]:
    """Every address of a name, by the system's resolver, given up after ``seconds`` (the system itself knows no limit).

    An address stands for itself.

    Raises:
        RetryLater: the name cannot be resolved now, or does not exist.
    """
    if _is_literal(host):
        return [host]
    try:
        return look_up(host, port, seconds)
    except TimeoutError:
        raise RetryLater(f"the name {host} was not resolved within {seconds:g} s") from None
    except (OSError, UnicodeError) as problem:
        raise RetryLater(f"the name {host} cannot be resolved (is it spelled right?)") from problem


def guarded_socket(host: str, port: int, *, private: bool, seconds: float, resolve: Resolver = resolve_name) -> socket.socket:
    """A TCP connection to a checked address, for protocols other than HTTP (SMTP).

    Raises:
        AddressRefused: no address of the name is allowed.
        RetryLater: not resolved, or nobody answers.
    """
    problem: OSError | None = None
    for address in allowed_addresses(host, port, private, seconds, resolve):
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError as failed:
            problem = failed
    raise RetryLater(f"no connection to {host} port {port}") from problem
