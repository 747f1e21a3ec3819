"""The archive: checkpoints moved on, and the entries before them removed, in one transaction.

An account's own row is not touched: who writes it meanwhile neither waits nor is sent back.
"""

from collections.abc import Sequence
from typing import Any

from ..records import Move
from ..rows import checkpoint_row
from .arrays import Bigints, Blobs, Texts
from .session import Session


def remove(session: Session, moves: Sequence[Move]) -> set[str]:
    """Move the checkpoints that are still where they were read, and remove what lies before."""
    moves = sorted(moves, key=lambda move: move.account)
    later = [move for move in moves if move.before]
    first = [move for move in moves if not move.before]
    done: set[str] = set()
    if later:
        befores = Bigints([move.before for move in later])
        done |= _accounts(session, "move_checkpoints", _columns(later) | {"befores": befores})
    if first:
        done |= _accounts(session, "add_checkpoints", _columns(first))
    gone = [move for move in moves if move.account in done]
    if gone:
        seqs = [move.checkpoint.seq for move in gone]
        named = {"accounts": Texts([move.account for move in gone]), "seqs": Bigints(seqs)}
        between = {"first": min(move.before for move in gone), "last": max(seqs)}
        session.run("remove_entries", {**named, **between})
        session.run("remove_snapshots", named)
    return done


def _accounts(session: Session, name: str, values: dict[str, Any]) -> set[str]:
    return {row[0] for row in session.run(name, values)}


def _columns(moves: Sequence[Move]) -> dict[str, Any]:
    rows = [checkpoint_row(move.account, move.checkpoint) for move in moves]
    accounts, seqs, documents, hashes = zip(*rows, strict=True)
    return {
        "accounts": Texts(accounts),
        "seqs": Bigints(seqs),
        "documents": Texts(documents),
        "hashes": Blobs(hashes),
    }
