"""A process without any network but its own loopback, and what it tried to reach all the same."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1


def leave_the_network() -> None:
    """Put this process, and those that it starts, where only loopback is.

    Raises:
        OSError: this machine does not let us.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NET if os.geteuid() == 0 else _NEW_NET | _NEW_USER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _GET_FLAGS, request))[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def can_leave_the_network() -> bool:
    """Whether this machine lets a process leave the network."""
    return subprocess.run([sys.executable, __file__], capture_output=True, check=False).returncode == 0


def tries_to_get_out() -> int:
    """How often anything in this network, whatever language it is written in, wanted to reach what is not loopback: the kernel
    counts what it has no way for."""
    found = 0
    for line in Path("/proc/self/net/snmp6").read_text(encoding="ascii").splitlines():
        name, value = line.split()
        found += int(value) if name == "Ip6OutNoRoutes" else 0
    names, values = (line.split() for line in Path("/proc/self/net/snmp").read_text(encoding="ascii").splitlines()[:2])
    return found + int(values[names.index("OutNoRoutes")])


if __name__ == "__main__":
    leave_the_network()
