"""Reading a body with a limit that holds *after* decompression, however small the compressed bytes are."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from listener.core.connector import Answer
from listener.core.errors import SourceProtocolError

ACCEPT_ENCODING = "gzip, deflate"
"""What may be sent to us: nothing that needs another library, nothing that expands without a bound."""

_STEP = 1 << 18
_HEAD = 1 << 14
_BLANK = b" \t\r\n\f\xef\xbb\xbf"
_PAGE = re.compile(
    rb"(?>\s+|\xef\xbb\xbf|<!--.*?-->|<\?xml.*?\?>)*+<(?:!doctype\s+html|html)\b",  # takes nothing back: time stays linear
    re.IGNORECASE | re.DOTALL,
)


def read_body(chunks: Iterable[bytes], content_encoding: str, limit: int) -> bytes:
    """The decompressed body.

    Raises:
        SourceProtocolError: it is larger than ``limit`` bytes (packed or unpacked), not decodable, cut off, or packed more
            than once.
    """
    pieces = _inflated(chunks, _decoder_of(content_encoding), limit)
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def holds_page(answer: Answer) -> bool:
    """Whether the body is a web page, whatever its header says: some services send bare words as ``text/html``."""
    return _PAGE.match(answer.body[:_HEAD]) is not None


def is_web_page(answer: Answer) -> bool:
    """Whether HTML came back, by its body or its header; what begins as JSON is none."""
    said = "html" in answer.content_type.lower() and not answer.body[:_HEAD].lstrip(_BLANK).startswith((b"{", b"["))
    return said or holds_page(answer)


def _too_large(limit: int) -> SourceProtocolError:
    return SourceProtocolError(f"the answer is larger than the limit of {limit:,} bytes")


def _decoder_of(content_encoding: str) -> str | None:
    names = [name for item in content_encoding.lower().split(",") if (name := item.strip()) and name != "identity"]
    if not names:
        return None
    if len(names) > 1:
        raise SourceProtocolError(f"the answer is packed {len(names)} times over, which only attacks do")
    if names[0] not in {"gzip", "x-gzip", "deflate"}:
        raise SourceProtocolError("the answer is packed in a way that was not asked for")
    return names[0]


def _inflated(chunks: Iterable[bytes], encoding: str | None, limit: int) -> Iterator[bytes]:
    """The body in pieces of bounded size."""
    received = 0
    inflater = _Inflater(encoding) if encoding else None
    for chunk in chunks:
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        if inflater is None:
            yield chunk
        else:
            yield from inflater.pieces(chunk)
    if inflater is not None:
        inflater.finish()


class _Inflater:
    """Unpacks at most ``_STEP`` bytes at a time. gzip may hold several members one after the other."""

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding.endswith("gzip")
        self._unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            if not self._begun or self._unpack.eof:
                if self._begun and not (self._gzip and data[0] == 0x1F):
                    return  # padding after the end
                self._unpack = zlib.decompressobj(self._window_bits(data))
                self._begun = True
            try:
                yield self._unpack.decompress(data, _STEP)
            except zlib.error as problem:
                raise SourceProtocolError("the answer cannot be unpacked") from problem
            data = self._unpack.unconsumed_tail or self._unpack.unused_data

    def finish(self) -> None:
        if self._begun and not self._unpack.eof:
            raise SourceProtocolError("the packed answer is cut off")

    def _window_bits(self, data: bytes) -> int:
        if self._gzip:
            return 16 + zlib.MAX_WBITS
        # "deflate" means the zlib format, but some servers send the bare stream.
        return zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS
