"""What an account's past weighs: bytes a charge, and the pace after much has happened to it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from time import perf_counter

import apsw

from tallystick import Tallystick, commands

from . import transports
from .core import account_name
from .figures import Check, Figure, Findings, Tally, cut
from .mix import Mix

SPENT_GRANTS, OPEN_HOLDS = 3_000, 10_000
_BATCH = 64
_DAY_SECONDS = 86_400
_PLAIN, _SPENT, _HOLDING = "a fresh account", "after spent grants", "with open holds"


def measure(runs: int, quick: bool, tell: Callable[[str], None], base: Path) -> Findings:
    tally = Tally("charges/s")
    share = 10 if quick else 1
    with TemporaryDirectory(dir=base.parent) as folder:
        path = Path(copyfile(base, Path(folder) / "weight.db"))
        tell("bytes a charge")
        figures = _bytes_a_charge(path, 20_000 // share)
        accounts = {_PLAIN: account_name(0), _SPENT: account_name(1), _HOLDING: account_name(2)}
        with Tallystick.open(path, transports.PLATFORM) as credits:
            tell(f"{SPENT_GRANTS // share:,} spent grants")
            _spend_grants(credits, accounts[_SPENT], SPENT_GRANTS // share)
            tell(f"{OPEN_HOLDS // share:,} open holds")
            _open_holds(credits, accounts[_HOLDING], OPEN_HOLDS // share)
            for run in range(runs):
                tell(f"run {run + 1} of {runs}, charging each in turn")
                paces = _paces(credits, accounts, 4_000 // share, f"weight{run}")
                for name, pace in paces.items():
                    tally.add(name, pace)
    checks = [_beside(tally, _SPENT), _beside(tally, _HOLDING)]
    notes = (
        f"one batch of {_BATCH} through execute to each account in turn",
        f"after {SPENT_GRANTS // share:,} grants spent to the last credit",
        f"with {OPEN_HOLDS // share:,} open holds",
    )
    return Findings("Weight of the past", (*figures, *tally.figures()), tuple(checks), notes)


def _beside(tally: Tally, name: str) -> Check:
    return tally.ratio(name, _PLAIN, f"{name} / fresh")


def _bytes_a_charge(path: Path, count: int) -> list[Figure]:
    """How much a closed database grows by a charge, in all and by table and index."""
    before = _sizes(path)
    charges = Mix(transports.PLATFORM, 7).charges(
        [account_name(n) for n in range(10_000)], count, "size"
    )
    transports.batches_of(500)(path, charges)
    after = _sizes(path)
    grown = {name: (size - before.get(name, 0)) / count for name, size in after.items()}
    return [
        Figure(f"growth by a charge: {name}", "bytes", (size,))
        for name, size in grown.items()
        if size >= 1
    ]


def _sizes(path: Path) -> dict[str, int]:
    with closing(apsw.Connection(str(path))) as connection:
        sizes = {"in all": connection.pragma("page_count") * connection.pragma("page_size")}
        if "ENABLE_DBSTAT_VTAB" in apsw.compile_options:
            by_name = "select name, sum(pgsize) from dbstat group by name order by 2 desc"
            sizes |= dict(connection.execute(by_name))
        return sizes


def _spend_grants(credits: Tallystick, account: str, count: int) -> None:
    """Grants that burn before all others, each as much as one generation costs."""
    made = commands.Charge(account, "Sora 2", {"seconds": 1})
    price = credits.quote("Sora 2", seconds=1).credits
    pair: list[commands.Command] = [commands.GrantCredits(account, price, priority=1), made]
    for piece in cut(pair * count, 500):
        transports.checked(credits.execute(piece))
    left = [grant for grant in credits.balance(account).grants if grant.priority == 1]
    if left:
        raise RuntimeError(f"{len(left)} grants were not spent")


def _open_holds(credits: Tallystick, account: str, count: int) -> None:
    holding = commands.PlaceHold(account, "Sora 2", {"seconds": 1}, ttl_seconds=_DAY_SECONDS)
    for piece in cut([holding] * count, 500):
        transports.checked(credits.execute(piece))
    if credits.balance(account).held != count * credits.quote("Sora 2", seconds=1).credits:
        raise RuntimeError("not every hold is open")


def _paces(
    credits: Tallystick, accounts: dict[str, str], count: int, name: str
) -> dict[str, float]:
    """Charges a second of each, one batch of each in turn, so that the same noise meets all."""
    batches = {
        said: cut(Mix(transports.PLATFORM, 7).charges([account], count, name), _BATCH)
        for said, account in accounts.items()
    }
    took = dict.fromkeys(accounts, 0.0)
    for at in range(len(batches[_PLAIN])):
        for said, pieces in batches.items():
            start = perf_counter()
            answers = credits.execute(pieces[at])
            took[said] += perf_counter() - start
            transports.checked(answers)
    return {said: count / seconds for said, seconds in took.items()}
