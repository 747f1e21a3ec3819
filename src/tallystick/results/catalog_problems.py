"""What is wrong with a catalog file, each problem at its place."""

from typing import Literal, TypeAlias

from msgspec import Struct

Code: TypeAlias = Literal[
    # The file and its YAML.
    "no_file",
    "not_yaml",
    "too_large",
    "too_deep",
    "alias",
    "tag",
    # The fields.
    "missing_field",
    "unknown_field",
    "duplicate_field",
    "conflicting_fields",
    "empty_field",
    "wrong_type",
    "wrong_value",
    "unknown_unit",
    "duplicate_value",
    "too_long",
    "too_many",
    # Names.
    "duplicate_unit",
    "duplicate_tool",
    "duplicate_model",
    "duplicate_rate",
    "duplicate_plan",
    "duplicate_package",
    "duplicate_bundle",
    "duplicate_upgrade",
    "missing_tool",
    "missing_plan",
    # Settings and rates.
    "reserved_setting",
    "unknown_setting",
    "unknown_value",
    "empty_when",
    "overlap",
    "hole",
    "too_many_combinations",
    "unreachable_range",
    "empty_table",
    "duplicate_table_row",
    "tiers",
    "plan_price_unit",
    # Plans, upgrades and policy.
    "locked_pro_model",
    "unlimited_not_unlocked",
    "price_without_interval",
    "leftover_without_restart",
    "burn_order",
    "unknown_time_zone",
]
"""The kinds of problems; docs/reference/catalog-format.md has an example of each."""


WarningCode: TypeAlias = Literal[
    "prices_out_of_order",
    "unknown_currency",
    "mixed_currencies",
    "dearer_than_packages",
    "plans_out_of_order",
]
"""The kinds of warnings; docs/reference/catalog-format.md has an example of each."""


class CatalogFinding(Struct, frozen=True, omit_defaults=True):
    """Something found in a catalog file, at its place.

    `also` is the line of the other row where two rows are at odds.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    also: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class CatalogProblem(CatalogFinding, frozen=True, omit_defaults=True):
    """One thing that keeps a catalog from being published."""

    code: Code


class CatalogWarning(CatalogFinding, frozen=True, omit_defaults=True):
    """Something that is allowed in a catalog and hardly ever meant."""

    code: WarningCode
