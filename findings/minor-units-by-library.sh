#!/usr/bin/env bash
# Versions:  babel 2.19.0, iso4217 1.16.20260101
# Expected:  the number of decimals of a currency is a fact of ISO 4217, and every library has the same.
# Behaviour: babel follows the habits of cash that Unicode's CLDR describes. For 15 currencies it says 0 where ISO 4217,
#            by which payment providers count minor units, says 2 or 3.
# Output seen:
#   AFN ALL COP HUF IDR IRR KPW LAK LBP MGA MMK SOS SYP YER: ISO 4217 2, babel 0; IQD: ISO 4217 3, babel 0
# Matters:   a shop that turns the price of a top-up into minor units by babel's precision asks a payment provider for
#            a hundredth of the price in forints, pesos or rupiahs, and for a thousandth in Iraqi dinars.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.19.0 iso4217==1.16.20260101
"$work/venv/bin/python" - <<'PYTHON'
from babel.numbers import get_currency_precision
from iso4217 import Currency

differ = {
    each.code: (each.exponent, get_currency_precision(each.code))
    for each in Currency
    if each.exponent is not None and each.exponent != get_currency_precision(each.code)
}
for code, (iso, babel) in sorted(differ.items()):
    print(f"{code}: ISO 4217 {iso}, babel {babel}")
two = "AFN ALL COP HUF IDR IRR KPW LAK LBP MGA MMK SOS SYP YER".split()
assert differ == {**dict.fromkeys(two, (2, 0)), "IQD": (3, 0)}, "the libraries agree differently now"
PYTHON
