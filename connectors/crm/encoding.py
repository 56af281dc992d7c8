"""The encoding of an export: UTF-8 (with or without its mark), UTF-16 with a mark, or Windows-1252 by a stated rule."""

from __future__ import annotations

import codecs
from pathlib import Path

from listener.core.errors import SourceProtocolError

_BLOCK = 1 << 16
_NOT_IN_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


def encoding_of(path: Path) -> str:
    """The name of the codec that reads the whole file, found in one pass in constant memory.

    Without a mark it is UTF-8. Where a byte is not, the rule is: if *no* correct UTF-8 letter beyond ASCII came before it, the
    file is Windows-1252 (what spreadsheets in Western Europe write); else it is a damaged UTF-8 file, since reading it as
    anything else would garble every name in it.

    Raises:
        SourceProtocolError: it is neither; the row of the byte is named.
    """
    with path.open("rb") as file:
        start = file.read(3)
        if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        seen_letters, rows = False, 1
        while True:
            block = file.read(_BLOCK)
            held = decoder.getstate()[0]
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = (held + block)[: error.start]
                rows += before.count(b"\n")
                damaged = seen_letters or not (before.removeprefix(codecs.BOM_UTF8) if rows == 1 else before).isascii()
                if damaged:
                    raise SourceProtocolError(
                        f"row {rows}: not correct UTF-8, while rows before it are; export it anew"
                    ) from None
                return _windows(path)
            if not block:
                return "utf-8-sig"
            # The mark at the start of the file is no letter.
            seen_letters = seen_letters or not block.removeprefix(codecs.BOM_UTF8).isascii()
            rows += block.count(b"\n")


def _windows(path: Path) -> str:
    rows = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            bad = next((at for at, byte in enumerate(block) if byte in _NOT_IN_1252), None)
            if bad is not None:
                rows += block[:bad].count(b"\n")
                raise SourceProtocolError(f"row {rows}: neither UTF-8 nor Windows-1252; export the file as UTF-8")
            rows += block.count(b"\n")
    return "cp1252"
