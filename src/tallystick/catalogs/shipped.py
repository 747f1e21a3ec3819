"""The catalogs that come with Tallystick: three products as their public pages describe them."""

from functools import cache
from importlib.resources import files

from ..core.catalog import Catalog
from ..core.errors import unknown
from .loader import load_text

SHIPPED = ("artlist", "imagineart", "videodraft")


def is_shipped(name: str) -> bool:
    return name in SHIPPED


@cache
def shipped(name: str) -> Catalog:
    """A shipped catalog by the name of its platform; else `InvalidRequest`."""
    return load_text(shipped_text(name), f"{name}.yaml")


def shipped_text(name: str) -> str:
    """The YAML of a shipped catalog, comments included. Raises `InvalidRequest` for other names."""
    if not is_shipped(name):
        raise unknown("shipped catalog", name, SHIPPED)
    return files("tallystick.catalogs").joinpath("data", f"{name}.yaml").read_text("utf-8")
