"""Warnings: what is allowed and hardly ever meant, each at its place; none where all is well."""

import pytest

from tallystick.catalogs import SHIPPED, check_text, shipped_text
from tallystick.results.catalog_problems import CatalogWarning
from tests.catalogs.carets import completed, marked

CASES = {
    "a longer clip for less": """
models:
  - {name: Veo, tool: video, rates: [{table: {by: seconds, 5: 500, 8: 80}}]}
#                                                                  ^ prices_out_of_order: 8 seconds cost 80, less than the 500 of 5
  - {name: Kling, tool: video, rates: [{table: {by: seconds, 8: 80, 5: 50}}]}
""",  # noqa: E501
    "a slip in a currency, and a second one": """
plans:
  - id: pro
    name: Pro
    packages:
      - {credits: 500, prices: {monthly: {amount: 9, currency: UDS}}}
#                                                              ^ unknown_currency: 'UDS' is not a currency of ISO 4217; did you mean 'USD'
      - {credits: 900, prices: {monthly: {amount: 19, currency: EUR}}}
#                                                               ^ mixed_currencies: EUR here and UDS at line
""",  # noqa: E501
    "a larger package for less money": """
plans:
  - id: pro
    name: Pro
    packages:
      - {credits: 500, prices: {monthly: {amount: 19, currency: USD}}}
      - {credits: 900, prices: {monthly: {amount: 9.50, currency: USD}}}
#       ^ prices_out_of_order: 900 credits cost 9.50 USD, less than the 19 USD of 500
""",
    "a model that nobody can pay": """
plans: [{id: pro, name: Pro, packages: [{credits: 500}, {credits: 900}]}]
models:
  - {name: Veo, tool: video, rates: [{credits: 901}]}
#          ^ dearer_than_packages: Veo costs at least 901 credits, more than the largest package
  - {name: Kling, tool: video, rates: [{credits: 901, per: minute}]}
#          ^ dearer_than_packages: Kling costs at least 901 credits
  - {name: Sora, tool: video, rates: [{credits: 900, per: second}]}
  - {name: Wan, tool: video, rates: [{credits: 10, per: second, step: 100}]}
#          ^ dearer_than_packages: Wan costs at least 1,000 credits
""",
    "plans in another order than their packages": """
plans:
  - {id: free, name: Free}
  - {id: pro, name: Pro, packages: [{credits: 900}]}
  - {id: basic, name: Basic, packages: [{credits: 500}]}
#                     ^ plans_out_of_order: Basic is listed above Pro
""",
    "a cost in a currency of its own": """
models:
  - {name: Veo, tool: video, rates: [{credits: 1, cost: {amount: 1, currency: XUX}}]}
#                                                                             ^ unknown_currency
plans:
  - {id: pro, name: Pro, packages: [{credits: 5, prices: {monthly: {amount: 1, currency: EUR}}}]}
""",
}


def found(text: str) -> tuple[CatalogWarning, ...]:
    return check_text(text).warnings


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_each_warning_stands_at_its_place(text: str) -> None:
    whole = completed(text)
    promised, met = marked(whole), found(whole)
    assert [(each.line, each.column, each.code) for each in met] == [each[:3] for each in promised]
    for (*_, part), warning in zip(promised, met, strict=True):
        assert part in warning.message


@pytest.mark.parametrize("platform", SHIPPED)
def test_the_shipped_catalogs_have_none(platform: str) -> None:
    assert found(shipped_text(platform)) == ()
