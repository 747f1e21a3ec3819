"""Bodies that are hard to read, and those that ask for much: as large as may be."""

import json
from typing import Any

from tallystick.wire import json_text

from ..transports import PLATFORM

FILM: dict[str, Any] = {
    "model": "Veo 3.1",
    "settings": {"resolution": "1080p", "audio": "on"},
    "quantities": {"seconds": 8},
}
MISSPELT = {**FILM, "model": "Veo 3.l Fasd Turbo Msater"}
_LARGEST = 1_048_576 - 1_024
"""Just within the limit of a body."""

BRACKETS = b"[]" * 33 + b'\\"' * 16_000
_SCENES = json.dumps([{"scene": [number], "says": "so"} for number in range(900)])
CUT_OFF = json_text.encode({**FILM, "text": _SCENES})[:-2]
"""A prompt that holds JSON, some 38 KB of it, without its last two bytes."""
TWICE = b"{%b}" % b",".join(b'"n%d":0' % min(number, 15_998) for number in range(16_000))
"""16,000 names, the last one twice."""
WIDE = b'{"model":[' + b"[]," * ((_LARGEST - 14) // 3) + b"0]}"
DIGITS = b'{"model":[' + b"9" * 400 + b"," + b",".join([b"1e-999"] * 100_000) + b"]}"
ESCAPES = b'{"model":"' + b"\\ud83d\\ude00" * (_LARGEST // 12 - 2) + b'"}'
HARD = (BRACKETS, CUT_OFF, TWICE, WIDE, DIGITS, ESCAPES)


def many(do: str, account: str, **more: Any) -> dict[str, Any]:
    """A batch of as many commands as there may be."""
    return {"commands": [{"do": do, "account": account, **more}] * 1_000}


def accounts(name: str) -> dict[str, Any]:
    """A batch that opens a thousand accounts."""
    opened = [f"{name}-{number}" for number in range(1_000)]
    return {"commands": [{"do": "open_account", "account": each} for each in opened]}


def catalog(models: int) -> bytes:
    """A catalog of so many models, which is sound."""
    rows = [
        f"  - {{name: Model {number}, tool: image, "
        f"rates: [{{credits: {number % 90 + 1}, per: image}}]}}"
        for number in range(models)
    ]
    head = [f"platform: {PLATFORM}", "name: Large", "tools: [{id: image, name: Image}]", "models:"]
    tail = ["plans: [{id: guest, name: Guest}]", "default_plan: guest", ""]
    return "\n".join([*head, *rows, *tail]).encode()
