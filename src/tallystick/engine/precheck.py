"""Precheck: a generation that no account could have is refused before the write lock is taken.

A misspelt model, an unknown setting or an impossible quantity depends on the catalog and the
command alone. A command that looks like this by the catalogs as last read is decided on a read view
by the same `Applier`, by the catalogs of that view. If the decision is bad input, that is the
answer, because bad input writes nothing. Everything else goes on to where it can be written: a key
that had an answer gives it again, an account that is not there is a refusal, and a model that was
published a moment ago has a price.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..core.commands import Charge, PlaceHold
from ..core.errors import InvalidRequest
from ..core.history import History
from ..core.instants import Clock, Instant
from ..core.pricing import RateCard, Request
from ..store import Store
from .applier import Applier, Asked, wanted
from .platforms import Platforms


class Precheck:
    """Finds the commands of a call that need no account to be refused."""

    def __init__(self, store: Store, platforms: Platforms, clock: Clock):
        self._store = store
        self._platforms = platforms
        self._clock = clock

    def refused(self, asked: Sequence[Asked | InvalidRequest]) -> dict[int, InvalidRequest]:
        """What is wrong with commands of a call, by their places; those not named may be sound."""
        doubtful = self._doubtful(asked)
        if not doubtful:
            return {}
        keys = Counter([_key(each) for each in asked if isinstance(each, Asked)])
        return self._decided(
            {
                at: each
                for at, each in doubtful.items()
                if not each.request_hash or keys[_key(each)] < 2
            }
        )

    def _doubtful(self, asked: Sequence[Asked | InvalidRequest]) -> dict[int, Asked]:
        """Of commands by their places, those that no catalog offers, as last read. Names are looked
        at first, with as few calls as can be: every charge comes through here."""
        found: dict[int, Asked] = {}
        known = self._platforms.histories
        for at, each in enumerate(asked):
            if type(each) is not Asked or type(each.command) not in _PRICED:
                continue
            history, command = known.get(each.platform), each.command
            if history is None:
                continue
            model, params = command.model, command.params
            if type(model) is str and type(params) is dict:
                names = history.cards[-1].param_names.get(model)
                if names is not None and params.keys() <= names:
                    continue
            if each.quote is None and self._is_doubtful(command, history):
                found[at] = each
        return found

    def _is_doubtful(self, command: Any, history: History) -> bool:
        """Whether neither the newest catalog nor the one in force offers this."""
        newest, in_force = history.cards[-1], history.at(self._clock.now())
        return _is_impossible(command, newest) and (
            newest is in_force or _is_impossible(command, in_force)
        )

    def _decided(self, asked: dict[int, Asked]) -> dict[int, InvalidRequest]:
        """Of commands by their places, those that are bad input on a read view."""
        nows: dict[str, Instant] = {}
        histories: dict[str, History] = {}
        now = self._clock.now()
        with self._store.looking_up():
            loaded = self._store.load(wanted(list(asked.values())), now)
            for platform, row in loaded.platforms.items():
                histories[platform], nows[platform] = self._platforms.of(platform, row, now)
        applier = Applier(loaded, nows, histories)
        found: dict[int, InvalidRequest] = {}
        for at, each in asked.items():
            answer = applier.answer(each)
            card = histories[each.platform].at(nows[each.platform])
            if isinstance(answer, InvalidRequest) and _is_impossible(each.command, card):
                found[at] = answer
        return found


_PRICED = (Charge, PlaceHold)


def _is_impossible(command: Any, card: RateCard) -> bool:
    """Whether a catalog has no price for what is asked, whoever asks."""
    if command.model is None:
        return False
    try:
        card.check(Request(command.model, command.params, command.outputs, command.tool))
    except InvalidRequest:
        return True
    return False


def _key(asked: Asked) -> tuple[str, str | None]:
    return asked.key, asked.command.key
