"""What the repair of a wrong clock came to, or would."""

from datetime import datetime

from ..core.credits import Credits
from . import Result


class Repaired(Result, frozen=True, kw_only=True):
    """An account that comes back, or would: `entries` are set aside, those after the entry
    `back_to`; it stood at `stood_at`."""

    platform: str
    account: str
    back_to: int
    entries: int
    stood_at: datetime
    available_before: Credits
    available_after: Credits
    renews_at: datetime | None


class Left(Result, frozen=True, kw_only=True):
    """An account that stays where it is, at `stands_at`: `why` names the entry that somebody
    asked for since, or says that older ones are archived. `lapsed` credits fell due too soon and
    are gone."""

    platform: str
    account: str
    stands_at: datetime
    why: str
    lapsed: Credits


class ClockRepair(Result, frozen=True, kw_only=True):
    """What was repaired (with `preview` what would be), and what was left; `repaired` and `left`
    name the first thousand of each."""

    now: datetime
    preview: bool
    accounts: int
    accounts_repaired: int
    entries: int
    accounts_left: int
    repaired: tuple[Repaired, ...]
    left: tuple[Left, ...]
