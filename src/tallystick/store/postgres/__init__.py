"""The PostgreSQL backend. Imported only when a database of that kind is opened."""

from .store import PostgresStore

__all__ = ["PostgresStore"]
