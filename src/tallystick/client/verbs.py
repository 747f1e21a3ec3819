"""Every verb, once: what it takes, what it answers, and the command or query it stands for.

`Tallystick` and `AsyncTallystick` offer the same verbs; both are made from these functions.
Amounts are credits as numbers. Instants are aware datetimes or RFC 3339 text, dates in the
platform's zone, or durations from now such as ``30d``. ``key=`` makes a verb that writes safe to
repeat.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any

from .. import results
from ..core import commands, limits, queries
from ..core.commands import When
from ..core.credits import Number
from ..core.errors import InvalidRequest, describe
from ..results.verification import Progress, Report
from ..service.transport import Call, Whole
from .catalog_verbs import (  # noqa: F401 (verbs too)
    capacity,
    catalog,
    estimate,
    prices,
    publish,
    rollback,
    withdraw,
)
from .grant_verbs import adjust, grant, reverse, set_expiry, top_up, void  # noqa: F401 (verbs too)
from .key_verbs import (  # noqa: F401 (verbs too)
    api_keys,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from .spending_verbs import (  # noqa: F401 (verbs too)
    charge,
    draw,
    extend,
    hold,
    increase,
    lease,
    refund,
    release,
    settle,
)
from .subscription_verbs import (  # noqa: F401 (verbs too)
    cancel,
    change_plan,
    end,
    pause,
    pay,
    reset_cycle,
    resume,
    subscribe,
)
from .verb_arguments import read_labels, read_members, read_params

MAX_COMMANDS = 10_000
"""Commands of one call to `execute`."""
MAX_WHOLE_COMMANDS = 1_000
"""The same, if all of them are to be written or none."""


def quote(
    model: str,
    account: str | None = None,
    plan: str | None = None,
    outputs: int = 1,
    tool: str | None = None,
    **settings_and_quantities: Any,
) -> Call[results.Quote]:
    """The price of a generation; for an account also whether it may, what would burn, and the
    balance after. Settings are words, quantities numbers; ``text=`` counts its characters or bytes.
    `tool` is needed where models of several tools have that name."""
    params = read_params(settings_and_quantities)
    return Call(
        queries.QuoteFor(
            model=model, params=params, outputs=outputs, account=account, plan=plan, tool=tool
        )
    )


def open_account(
    id: str,
    time_zone: str | None = None,
    name: str | None = None,
    members: Sequence[str] | Mapping[str, Number | None] = (),
    key: str | None = None,
) -> Call[results.AccountView]:
    """Open an account; `members` share its pool, each with a cap a cycle if one is given."""
    limits.name(id, "id")
    return Call(
        commands.OpenAccount(
            account=id, name=name, time_zone=time_zone, members=read_members(members), key=key
        )
    )


def account(account: str) -> Call[results.AccountView]:
    """An account, its members and what they have spent of their caps."""
    return Call(queries.AccountOf(account=account))


def accounts(after: str | None = None, limit: int = 100) -> Call[list[str]]:
    """The ids of the platform's accounts, in order, up to `limit` after the id `after`."""
    return Call(queries.Accounts(after=after, limit=limit))


def set_member(
    account: str,
    member: str,
    cap: Number | None = None,
    key: str | None = None,
    caps: list[dict[str, Any]] | None = None,
) -> Call[results.MemberChange]:
    """Add a member, or change what they may spend a cycle (None: no cap), or by `caps`:
    ``[{"credits": 50, "every": "day"}, {"credits": 900, "every": "life", "tools": ["video"]}]``."""
    return Call(commands.SetMember(account=account, member=member, cap=cap, key=key, caps=caps))


def set_limits(
    account: str,
    caps: list[dict[str, Any]] | None = None,
    held: Number | None = None,
    key: str | None = None,
) -> Call[results.AccountLimits]:
    """Limit what an account as a whole spends, by `caps` as those of a member, and what its open
    holds reserve together (`held`). What is left out is not limited."""
    return Call(commands.SetLimits(account, [] if caps is None else caps, held, key))


def remove_member(account: str, member: str, key: str | None = None) -> Call[results.MemberChange]:
    """Remove a member; what they spent stays in the ledger."""
    return Call(commands.RemoveMember(account, member, key))


def balance(account: str, as_of: When | None = None) -> Call[results.Balance]:
    """What an account has, by source and grant: now, or at any instant, past or to come."""
    return Call(queries.BalanceOf(account=account, as_of=as_of))


def entries(
    account: str, after: int = 0, limit: int = 100, newest: bool = False
) -> Call[list[results.Entry]]:
    """Ledger entries with ``seq > after`` in order; with `newest` the latest first (and `after`,
    when given, is the seq to go on below)."""
    return Call(queries.EntriesOf(account=account, after=after, limit=limit, newest=newest))


def receipt(account: str, receipt: str) -> Call[results.Receipt]:
    """A charge explained: `receipt` is its id (``r12``), or the id of a settled hold (``h9``)."""
    return Call(queries.ReceiptOf(account=account, receipt=receipt))


def holds(account: str) -> Call[list[results.HoldView]]:
    """The open holds of an account, those that time out first at the top."""
    return Call(queries.HoldsOf(account=account))


def usage(
    account: str,
    since: When | None = None,
    until: When | None = None,
    tool: str | None = None,
    model: str | None = None,
    member: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Call[list[results.UsageLine]]:
    """The charges of an account in ``[since, until)``, each with its receipt."""
    return Call(
        queries.UsageOf(
            account=account,
            since=since,
            until=until,
            tool=tool,
            model=model,
            member=member,
            labels=read_labels(labels),
        )
    )


def execute(
    asked: Sequence[commands.Command],
    all_or_nothing: bool = False,
) -> Call[list[Any]]:
    """Many commands at once, each with its own key and its own answer, in order: a result, or
    the exception that the verb would have raised (not raised here). With `all_or_nothing` they are
    of one account, at most 1,000, and if one fails, none is written. Raises `InvalidRequest`
    for more than 10,000 commands, or something that is not a list."""
    if not isinstance(asked, (list, tuple)):
        raise InvalidRequest(
            f"execute takes a list of commands, not {describe(asked)}", where="commands"
        )
    if type(all_or_nothing) is not bool:
        raise InvalidRequest(
            f"all_or_nothing is true or false, not {describe(all_or_nothing)}",
            where="all_or_nothing",
        )
    most = MAX_WHOLE_COMMANDS if all_or_nothing else MAX_COMMANDS
    if len(asked) > most:
        raise InvalidRequest(
            f"at most {most:,} commands at once, not {len(asked):,}", where="commands"
        )
    return Call(Whole(asked) if all_or_nothing else tuple(asked))


def clock() -> Call[results.ClockView]:
    """What time it is for the platform, and whether its clock is a test clock."""
    return Call(queries.ClockOf())


def advance_clock(
    to: When | None = None, by: "str | timedelta | None" = None, key: str | None = None
) -> Call[results.ClockView]:
    """Move a test platform's clock forward, to an instant or by a duration (``1mo``)."""
    return Call(queries.MoveClock(to=to, by=by, key=key))


def verify(
    every_platform: bool = False,
    progress: "Callable[[Progress], None] | None" = None,
    archive: "str | PathLike[str] | None" = None,
    expect: "str | PathLike[str] | None" = None,
) -> Call[Report]:
    """Recompute every account from its journal, and what was archived of it from the folder
    `archive`; say what the ledger lacks of the head `expect`, or of a head file at that path. The
    report is falsy when something is wrong."""
    return Call(
        queries.Verify(
            every_platform=every_platform, progress=progress, archive=archive, expect=expect
        )
    )
