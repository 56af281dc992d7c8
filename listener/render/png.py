"""Pictures in fewer bytes: mail is paid for by everybody who gets it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import error, pack, unpack

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = ">IIBBBBB"
_RGB, _RGBA = 2, 6
_SUB = 1


def smaller(png: bytes) -> bytes:
    """The same picture in fewer bytes: without its alpha, which nothing uses, and packed as tightly as zlib can.

    It is for what the chart renderer writes: red, green, blue and alpha of eight bits, each pixel as its difference to the one on
    the left. A drawing has areas of one colour, which pack best as they are. Any other picture comes back as it was.
    """
    try:
        chunks = dict(_chunks(png))
        width, height, depth, kind, _, _, interlaced = unpack(_HEADER, chunks[b"IHDR"])
        if (depth, kind, interlaced) != (8, _RGBA, 0):
            return png
        rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 4 * width)
    except (KeyError, ValueError, error, zlib.error):
        return png
    pixels = np.cumsum(rows[:, 1:].reshape(height, width, 4), axis=1, dtype=np.uint8)
    if (rows[:, 0] != _SUB).any() or (pixels[:, :, 3] != 255).any():
        return png
    plain = np.zeros((height, 1 + 3 * width), np.uint8)
    plain[:, 1:] = pixels[:, :, :3].reshape(height, 3 * width)
    header = pack(_HEADER, width, height, 8, _RGB, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(plain.tobytes(), 9), b"IEND": b""}
    return min(_SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks.items()), png, key=len)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a PNG, by name; those of its pixels joined."""
    at, pixels = len(_SIGNATURE), b""
    while at < len(png):
        (size,) = unpack(">I", png[at : at + 4])
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        pixels += data if name == b"IDAT" else b""
        yield name, pixels if name == b"IDAT" else data
        at += 12 + size


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))
