"""Catalog files -> validated catalogs; lint, diff, price page; the three shipped catalogs."""

from ..results.catalog_problems import CatalogProblem, CatalogWarning
from ..results.prices import PricePage
from .changes import CatalogChange
from .diff import diff
from .loader import CheckedCatalog, check_file, check_text, load_file, load_text
from .prices import price_page
from .shipped_catalogs import SHIPPED, is_shipped, shipped, shipped_text

__all__ = [
    "SHIPPED",
    "CatalogChange",
    "CatalogProblem",
    "CatalogWarning",
    "CheckedCatalog",
    "PricePage",
    "check_file",
    "check_text",
    "diff",
    "is_shipped",
    "load_file",
    "load_text",
    "price_page",
    "shipped",
    "shipped_text",
]
