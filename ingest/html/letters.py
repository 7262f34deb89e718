"""Bytes to text, and back to the letters that were meant."""

from __future__ import annotations

_ENOUGH = 2  # letters beyond ASCII that must all come out right: one may be an example in a text
_CUT = 3  # bytes of a last letter that a cut file may lack the end of


def decode(data: bytes) -> str:
    """Bytes to text: by their mark, as UTF-8, or as Windows' western letters."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data[1:2] == b"\0" or data[:1] == b"\0":
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A file that was cut may end inside a letter.
        if error.start >= len(data) - _CUT:
            return data[: error.start].decode("utf-8")
        broken = data.decode("utf-8", "replace")
        few = broken.count("\ufffd") * 1000 < len(broken)
        return broken if few else data.decode("cp1252", "replace")


def reread(text: str) -> str | None:
    """The text as it was before its UTF-8 was read as Windows' western letters.

    Returns:
        None where that did not happen: then not every letter of it makes UTF-8 again.
    """
    if text.isascii():
        return None
    try:
        data = text.translate(_BYTES).encode("latin-1")
        meant = data.decode("utf-8")
    except UnicodeEncodeError:
        return None
    except UnicodeDecodeError as error:
        if error.start < len(data) - _CUT or error.reason != "unexpected end of data":
            return None
        meant = data[: error.start].decode("utf-8")
    return meant if sum(not letter.isascii() for letter in meant) >= _ENOUGH else None


def _bytes() -> dict[int, int]:
    """The letters that stand for the bytes from 80 to 9F; five bytes stand for themselves."""
    found: dict[int, int] = {}
    for byte in range(0x80, 0xA0):
        letter = bytes([byte]).decode("cp1252", "ignore")
        if letter:
            found[ord(letter)] = byte
    return found


_BYTES = _bytes()
