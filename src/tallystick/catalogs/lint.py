"""The rules a catalog must keep before it is published (`docs/spec.md` 2.2).

Each rule is a function of a catalog and its places that yields problems. A rule says nothing where
what it would judge could not be read: that problem is reported already.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ..core.catalog import Catalog
from ..results.catalog_problems import CatalogProblem
from . import model_rules, plan_rules
from .places import Places

Rule: TypeAlias = Callable[[Catalog, Places], Iterator[CatalogProblem]]

RULES: tuple[Rule, ...] = (
    model_rules.duplicate_unit,
    model_rules.duplicate_tool,
    model_rules.duplicate_model,
    model_rules.duplicate_model_id,
    model_rules.model_of_missing_tool,
    model_rules.setting_without_values,
    model_rules.duplicate_setting_value,
    model_rules.unknown_default,
    model_rules.reserved_setting,
    model_rules.unknown_setting,
    model_rules.unknown_value,
    model_rules.empty_when,
    model_rules.duplicate_rate,
    model_rules.too_many_combinations,
    model_rules.overlap,
    model_rules.hole,
    model_rules.unreachable_range,
    model_rules.empty_table,
    model_rules.duplicate_table_row,
    model_rules.price_on_missing_plan,
    model_rules.plan_price_unit,
    plan_rules.duplicate_plan,
    plan_rules.duplicate_package,
    plan_rules.plan_of_missing_tool,
    plan_rules.unlimited_without_tool,
    plan_rules.locked_pro_model,
    plan_rules.missing_default_plan,
    plan_rules.free_credits_on_missing_plan,
    plan_rules.plan_without_interval,
    plan_rules.price_without_interval,
    plan_rules.duplicate_bundle,
    plan_rules.burn_order_without_source,
    plan_rules.duplicate_upgrade_rule,
    plan_rules.leftover_without_restart,
    plan_rules.unknown_time_zone,
)


def lint(catalog: Catalog, places: Places) -> list[CatalogProblem]:
    """Everything the rules find wrong."""
    return [problem for rule in RULES for problem in rule(catalog, places)]
