"""The answers to a lease's commands, as the events that they are for the lease's machines."""

from typing import Any

from .. import results
from ..core.errors import StillRunning, StoreError
from ..core.refusals import HoldClosed, HoldNotFound, LeaseExhausted
from .lease_states import LeaseEvent

_UNANSWERED = (StoreError, StillRunning)


def spend_event(answer: Any) -> LeaseEvent:
    """Say what the answer to a spend's draw means for the spend."""
    if isinstance(answer, results.Draw):
        return LeaseEvent.WRITTEN
    if isinstance(answer, _UNANSWERED):
        return LeaseEvent.UNKNOWN
    if isinstance(answer, (HoldClosed, HoldNotFound)):
        return LeaseEvent.LEASE_CLOSED
    return LeaseEvent.REPRICED if isinstance(answer, LeaseExhausted) else LeaseEvent.REFUSED


def release_event(answer: Any) -> LeaseEvent:
    """Say what the answer to a release means for the lease."""
    return LeaseEvent.UNKNOWN if isinstance(answer, _UNANSWERED) else LeaseEvent.RELEASED


def refill_event(answer: Any) -> LeaseEvent:
    """Say what the answer to the request for a further lease means for the refill."""
    if isinstance(answer, _UNANSWERED):
        return LeaseEvent.UNKNOWN
    return LeaseEvent.LEASED if isinstance(answer, results.Lease) else LeaseEvent.REFUSED
