"""Catalog files as validated catalogs: every problem at once, each at file, line and column."""

import os
from pathlib import Path
from typing import NamedTuple

from ..core.catalog import Catalog
from ..core.errors import InvalidCatalog, InvalidRequest, describe
from ..results.catalog_problems import CatalogProblem, CatalogWarning, Code
from .problems import MAX_BYTES, PROBLEMS_KEPT_MAX, FilePlace, invalid, place_at


class CheckedCatalog(NamedTuple):
    """A sound catalog, and what in it is allowed but hardly ever meant."""

    catalog: Catalog
    warnings: tuple[CatalogWarning, ...]


def load_file(path: str | os.PathLike[str]) -> Catalog:
    """The catalog in a YAML or JSON file.

    Raises `InvalidCatalog`, whose `problems` are `CatalogProblem` values in the order of their
    places.
    """
    return check_file(path).catalog


def check_file(path: str | os.PathLike[str]) -> CheckedCatalog:
    """The catalog in a file, with its warnings. Raises `InvalidCatalog` as `load_file` does."""
    file = os.fspath(path)
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unread(file, FilePlace(1, 1), "no_file", f"cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise _unread(file, FilePlace(1, 1), "too_large", f"has more than {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        at = place_at(before, len(before))
        raise _unread(file, at, "not_yaml", "is not UTF-8 text from here on") from None
    return check_text(text, file)


def _unread(file: str, at: FilePlace, code: Code, message: str) -> InvalidCatalog:
    return invalid(
        file,
        [
            CatalogProblem(
                file=file,
                line=at.line,
                column=at.column,
                code=code,
                message=f"the catalog {message}",
            )
        ],
    )


def load_text(text: str, name: str = "catalog.yaml") -> Catalog:
    """The catalog in a YAML or JSON text; `name` stands for the file in its problems.

    Raises `InvalidCatalog` as `load_file` does, and `InvalidRequest` for what is not text.
    """
    return check_text(text, name).catalog


def check_text(text: str, name: str = "catalog.yaml") -> CheckedCatalog:
    """The catalog in a text, with its warnings.

    Raises `InvalidCatalog` and `InvalidRequest`, as `load_text` does."""
    if not isinstance(text, str):
        raise InvalidRequest(f"a catalog must be text, not {describe(text)}", where="catalog")
    # Reading YAML is only paid for by who reads a catalog.
    from .lint import lint
    from .places import Places
    from .reader import read
    from .structure import read_catalog
    from .warnings import warnings

    root, problems = read(text, name)
    if root is None:
        raise invalid(name, problems)
    places = Places(name, problems)
    catalog = read_catalog(places, root)
    found = [*problems, *lint(catalog, places)]
    if found:
        raise invalid(name, found)
    return CheckedCatalog(catalog, tuple(warnings(catalog, places)[:PROBLEMS_KEPT_MAX]))
