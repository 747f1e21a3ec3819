"""The demo: a database to try, built by running the engine, served as pages and as an API."""

from .command import DemoOptions, run

__all__ = ["DemoOptions", "run"]
