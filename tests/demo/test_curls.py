"""Lines to paste: what a page shows for a shell works in a shell, and says the same."""

import json
import shlex
import shutil
import subprocess
from typing import Any

import pytest

from tallystick.demo.people import PLATFORMS
from tests.demo.browsing import Browser

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="no curl here to paste into"
)


def pasted(lines: list[str]) -> list[Any]:
    """What the lines answer, pasted into one shell, one after the other."""
    shown = "\necho\n".join(lines)
    done = subprocess.run(["bash", "-c", shown], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(each) for each in done.stdout.splitlines() if each]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_lines_of_a_page_work_when_pasted(browser: Browser, platform: str):
    page = browser.get(f"/demo/{platform}")
    quote, balance, charge = pasted(page.within("code"))
    assert quote["allowed"]
    assert f"{quote['credits']:,} credits" in page.within("p", "sum")
    assert f"{balance['available']:,} credits" in page.within("p", "sum")
    assert charge["credits"] == quote["credits"]
    after = browser.get(f"/demo/{platform}")
    assert f"{charge['balance_after']:,} credits" in after.within("p", "sum")


def test_a_charge_pasted_twice_is_done_once_and_pasted_from_a_new_page_again(browser: Browser):
    lines = browser.get("/demo/artlist").within("code")
    first, again = pasted([lines[0], lines[3], lines[3]])
    assert first == again
    anew = browser.get("/demo/artlist").within("code")
    other = browser.get("/demo/artlist", model="flux-2.0").within("code")
    assert [each["seq"] for each in pasted([anew[0], anew[3], other[3]])] == [
        first["seq"] + 1, first["seq"] + 2]  # fmt: skip


def test_names_that_mean_something_to_a_shell_mean_nothing_there(browser: Browser):
    account = 'it\'s $(touch x); `id` "é" /../?#&'
    with browser.connect("videodraft") as credits:
        credits.open_account(account)
    picked = {"model": "Script Generation", "account": account, "minutes": "1.5"}
    page = browser.get("/demo/videodraft", **picked)
    quote, balance, charge = pasted(page.within("code"))
    assert (quote["account"], balance["account"], charge["account"]) == (account,) * 3
    assert (quote["credits"], charge["lines"][0]["quantity"]) == (15, 1.5)


def test_a_refused_pick_has_no_line_to_charge_it_and_nobody_has_no_balance(browser: Browser):
    refused = browser.get("/demo/artlist", account="mara").within("code")
    assert [each["allowed"] for each in pasted(refused)[:1]] == [False]
    assert not [line for line in refused if "/charges" in line]
    nobody = browser.get("/demo/artlist", account="").within("code")
    assert len(nobody) == 2
    assert "account" not in shlex.split(nobody[1])[-1]


def test_without_a_price_there_is_still_something_to_ask(browser: Browser):
    lines = browser.get("/demo/artlist", model="nothing", account="").within("code")
    assert pasted(lines)[0]["platform"] == "artlist"
