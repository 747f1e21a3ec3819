"""Charges a second without I/O: `perform` folds them through accounts, pricing included."""

from collections.abc import Callable
from time import process_time

from tallystick import commands
from tallystick.core.account import Account, perform
from tallystick.core.catalog import Published
from tallystick.core.history import History
from tallystick.core.instants import SECOND, Instant
from tallystick.core.pricing import Request

from .figures import Check, Findings, Tally, per_second
from .mix import PLATFORMS, Mix
from .pricing import bare_price, bare_prices

AIM = 100_000
MANY = 10_000
PLENTY = 9_000_000_000
"""Credits no benchmark can spend."""
_CHARGES, _QUICK = 100_000, 20_000
_START = 1_800_000_000 * SECOND
_BEST = {"artlist": ("max-pro", 240_000), "imagineart": ("ultimate", 100_000),
         "videodraft": ("pro", 2_500)}  # fmt: skip
"""The plan that unlocks every tool, so that no charge is refused, and its package."""


class Loop:
    """Charges to some accounts of one platform, and what folds them."""

    def __init__(self, platform: str, accounts: int, count: int, seed: int):
        mix = Mix(platform, seed)
        names = [account_name(number) for number in range(accounts)]
        self.history = History(platform, [Published(1, 0, mix.catalog)])
        self.accounts = {name: self._opened(platform, name) for name in names}
        self.charges = mix.charges(names, count, "core")
        self._prices = bare_prices(mix)

    def _opened(self, platform: str, name: str) -> Account:
        account = Account(name)
        for command in opening(platform, name):
            account = perform(account, command, _START, self.history).account
        return account

    def fold(self) -> None:
        accounts, history = self.accounts, self.history
        at: Instant = _START
        for charge in self.charges:
            at += 1_000
            performed = perform(accounts[charge.account], charge, at, history)
            if performed.refusal is not None:
                raise RuntimeError(performed.refusal.message)
            accounts[charge.account] = performed.account

    def floor(self) -> None:
        """The least a charge can be: looked up, multiplied once, taken off a number."""
        balances = dict.fromkeys(self.accounts, PLENTY * PLENTY)
        prices = self._prices
        for charge in self.charges:
            request = Request(charge.model or "", charge.params, charge.outputs)
            balances[charge.account] -= bare_price(prices, request)


def account_name(number: int) -> str:
    return f"acct_{number:06d}"


def opening(platform: str, account: str) -> tuple[commands.Command, ...]:
    """What gives an account a running cycle and credits that last."""
    plan, package = _BEST[platform]
    return (
        commands.OpenAccount(account),
        commands.Subscribe(account, plan, package),
        commands.GrantCredits(account, PLENTY),
    )


def measure(runs: int, quick: bool, tell: Callable[[str], None]) -> Findings:
    tally = Tally("charges/s")
    count = _QUICK if quick else _CHARGES
    loads = [(platform, f"{platform}, one account", 1) for platform in PLATFORMS]
    loads.insert(1, ("artlist", f"artlist, {MANY:,} accounts", MANY))
    for run in range(runs):
        for platform, name, accounts in loads:
            tell(f"core: run {run + 1} of {runs}, {name}")
            loop = Loop(platform, accounts, count, run)
            tally.add(f"{name}: floor", per_second(count, loop.floor, process_time))
            tally.add(name, per_second(count, loop.fold, process_time))
    checks = [Check(tally.figure(name), AIM) for _, name, _ in loads]
    shares = [tally.ratio(name, f"{name}: floor", f"{name} / floor") for _, name, _ in loads]
    notes = (
        f"{count:,} charges a run through `perform`: advance, price, decide, evolve",
        "every account has a subscription and a grant; imagineart gives free credits a day too",
        "seconds are processor time",
        "floor: look up the price, multiply once, subtract it from a number in a dict",
    )
    return Findings("Core, no I/O", tally.figures(), (*checks, *shares), notes)
