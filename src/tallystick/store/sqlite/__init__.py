"""The SQLite backend: a file that one or several processes share, or memory."""

from .store import SqliteStore

__all__ = ["SqliteStore"]
