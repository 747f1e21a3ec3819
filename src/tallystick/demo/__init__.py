"""The demo: a database to try, built by running the engine, served as pages and as an API."""

from .command import Options, run

__all__ = ["Options", "run"]
