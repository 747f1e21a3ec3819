"""Plain values: what JSON can carry, as the built-in types of Python.

They are for whatever takes a ``dict``: a response, a template, a table, a log line.
"""

from typing import Any

from msgspec import json

_encoder = json.Encoder(decimal_format="number")
_decoder = json.Decoder()


def to_json(value: Any) -> bytes:
    """Encode an answer as a JSON document: the same bytes for the same answer."""
    return _encoder.encode(value)


def to_plain(value: Any) -> Any:
    """Show an answer, or a part of one, as its JSON read back: dicts, lists, texts and numbers.

    Amounts that are not whole become floats, instants RFC 3339 texts.
    """
    return _decoder.decode(_encoder.encode(value))
