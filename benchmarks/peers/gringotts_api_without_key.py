"""gringotts-api once more, without an `Idempotency-Key`: its charge alone."""

from importlib import import_module
from typing import Any

_with_key: Any = import_module("gringotts_api")


class Peer(_with_key.Peer):
    keyed = False
