"""Catalog files -> validated catalogs; lint, diff, price page; the three shipped catalogs."""

from ..results.catalog_problems import CatalogProblem
from ..results.prices import PricePage
from .changes import CatalogChange
from .diff import diff
from .loader import load_file, load_text
from .prices import price_page
from .shipped import SHIPPED, is_shipped, shipped, shipped_text

__all__ = [
    "SHIPPED",
    "CatalogChange",
    "CatalogProblem",
    "PricePage",
    "diff",
    "is_shipped",
    "load_file",
    "load_text",
    "price_page",
    "shipped",
    "shipped_text",
]
