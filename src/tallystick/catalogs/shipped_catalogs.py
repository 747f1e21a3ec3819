"""The catalogs that come with Tallystick: three products as their public pages describe them."""

import re
from functools import cache
from importlib.resources import files

from ..core.catalog import Catalog
from ..core.errors import InvalidRequest, describe, unknown
from .loader import load_text

SHIPPED = ("artlist", "imagineart", "videodraft")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def is_shipped(name: str) -> bool:
    return name in SHIPPED


@cache
def shipped(name: str) -> Catalog:
    """A shipped catalog by the name of its platform; else `InvalidRequest`."""
    return load_text(shipped_text(name), f"{name}.yaml")


def starter_text(platform: str) -> str:
    """The text of a first catalog for a platform, to be changed: every part of it is explained.

    Raises `InvalidRequest` for a name that cannot be the id of a platform.
    """
    if not _ID.fullmatch(platform):
        raise InvalidRequest(
            "a platform is named by small letters, digits and dashes, such as my-studio, not "
            f"{describe(platform)}",
            where="name",
        )
    title = " ".join(word.capitalize() for word in platform.split("-"))
    return _data("starter").replace("NAME", platform).replace("TITLE", title)


def shipped_text(name: str) -> str:
    """The YAML of a shipped catalog, with its comments.

    Raises `InvalidRequest` if no shipped catalog has that name.
    """
    if not is_shipped(name):
        raise unknown("shipped catalog", name, SHIPPED)
    return _data(name)


def _data(name: str) -> str:
    return files("tallystick.catalogs").joinpath("data", f"{name}.yaml").read_text("utf-8")
