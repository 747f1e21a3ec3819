"""What the processes of `test_leases` do: gateways that draw from a lease of one account."""

from __future__ import annotations

import sys

from tallystick import LeaseExhausted, Tallystick
from tests.store.shop import opened

ACCOUNT = "acct_1"


def draw_to_the_end(shop: Tallystick, lease: str, most: int) -> list[int]:
    """Draw a credit at a time, at most so often, until the lease is exhausted; what was left
    after each draw."""
    left = []
    for _ in range(most):
        try:
            left.append(int(shop.draw(ACCOUNT, lease, "Picture", images=1).left))
        except LeaseExhausted:
            break
    return left


def draw_beside_others(url: str, lease: str, most: int) -> None:
    """Print what was left after each draw, once standard input says that all are there."""
    with opened(url) as shop:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(" ".join(map(str, draw_to_the_end(shop, lease, most))))


def draw_until_killed(url: str, credits: int) -> None:
    """Lease, and print the lease and then each receipt once its answer is there."""
    with opened(url) as shop:
        lease = shop.lease(ACCOUNT, credits, ttl_seconds=600).hold
        sys.stdout.write(f"{lease}\n")
        while True:
            receipt = shop.draw(ACCOUNT, lease, "Picture", images=1).receipt
            sys.stdout.write(f"{receipt}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "beside":
        draw_beside_others(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        draw_until_killed(sys.argv[2], int(sys.argv[3]))
