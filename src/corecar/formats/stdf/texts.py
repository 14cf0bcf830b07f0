"""Bytes of the file's text fields as Arrow text: UTF-8, else Latin-1, else the codec the user names."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.errors import ArgumentError
from corecar.formats.stdf.locate import widen_latin1

ASCII, UTF8, LATIN1 = "ascii", "utf-8", "latin-1"


class NotUtf8(Exception):
    """The text of the batch is not UTF-8, and no codec was named; the caller reads the batch anew as Latin-1."""


def checked_encoding(encoding: str | None) -> str | None:
    """The codec's own name for `encoding`; None stays None. Raises ArgumentError for a codec that Python lacks."""
    if encoding is None:
        return None
    try:
        found = "x".encode(encoding).decode(encoding)
    except (LookupError, UnicodeError):
        found = ""
    if found != "x":
        raise ArgumentError(
            f"encoding={encoding!r} is no text codec; name one such as utf-8, latin-1, gbk or shift_jis."
        )
    return {"utf8": UTF8, "latin1": LATIN1, "iso-8859-1": LATIN1}.get(encoding.lower(), encoding.lower())


class Speller:
    """Turns flat Arrow `binary` arrays into `string` arrays, and remembers what it met.

    encoding   the codec to use; None for UTF-8, with `NotUtf8` raised where the text is not
    met        the narrowest of ascii, utf-8 and the codec that describes all text so far
    """

    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding
        self.met = ASCII

    def spell(self, data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], valid: Any) -> tuple[Any, Any]:
        """(text, doubt): the `string` array, and a bool array marking text that the codec does not give back, or None.

        data   the bytes of all texts, one after the other
        ends   int64, shape (texts + 1,): text i is data[ends[i]:ends[i + 1]]
        valid  bool, shape (texts,), False for null; or None
        """
        if data.size == 0 or data.max() < 128:
            return flat_array(pa.string(), data, ends, valid), None
        self.met = self.encoding or UTF8
        if self.encoding == LATIN1:
            return _from_latin1(data, ends, valid), None
        raw = flat_array(pa.binary(), data, ends, valid)
        if self.encoding in (None, UTF8):
            try:
                return raw.cast(pa.string()), None
            except pa.ArrowInvalid as error:
                if self.encoding is None:
                    raise NotUtf8 from error
        return _from_codec(raw, self.encoding or UTF8)


def flat_array(kind: Any, data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], valid: Any) -> Any:
    """An Arrow `string` or `binary` array over these buffers, without a copy of the data."""
    bitmap = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [bitmap, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(ends) - 1, buffers)


def _from_latin1(data: npt.NDArray[np.uint8], ends: npt.NDArray[np.int64], valid: Any) -> Any:
    out = np.empty(data.size + int(np.count_nonzero(data > 127)), dtype=np.uint8)
    new_ends = np.empty_like(ends)
    widen_latin1(data, ends, out, new_ends)
    return flat_array(pa.string(), out, new_ends, valid)


def _from_codec(raw: Any, encoding: str) -> tuple[Any, Any]:
    coded = raw.dictionary_encode()
    pieces = coded.dictionary.to_pylist()
    texts = [piece.decode(encoding, errors="replace") for piece in pieces]
    lossy = np.array([not _gives_back(t, p, encoding) for t, p in zip(texts, pieces, strict=True)], dtype=bool)
    text = pa.DictionaryArray.from_arrays(coded.indices, pa.array(texts, pa.string())).cast(pa.string())
    if not lossy.any():
        return text, None
    return text, lossy[coded.indices.fill_null(int(np.argmin(lossy))).to_numpy()] & raw.is_valid().to_numpy(False)


def _gives_back(text: str, piece: bytes, encoding: str) -> bool:
    return text.encode(encoding, errors="replace") == piece
