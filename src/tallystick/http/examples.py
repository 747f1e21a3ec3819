"""Examples of requests and replies."""

from typing import Any

PATHS: dict[str, Any] = {}
REQUESTS: dict[str, dict[str, Any]] = {}
ANSWERS: dict[str, Any] = {}
PROBLEMS: dict[str, Any] = {}
CATALOG = ""
