"""Behind a real PgBouncer in transaction mode, where one is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from benchmarks.postgres.keeper import as_another_user
from tallystick import Tallystick, commands
from tests.databases import answers, by_driver, fresh_database
from tests.patience import until
from tests.store.shop import opened

pytestmark = pytest.mark.skipif(
    shutil.which("pgbouncer") is None, reason="pgbouncer is not installed on this machine"
)
SERVER_CONNECTIONS = 2
PROCESSES, CHARGES = 4, 25


@pytest.fixture
def url() -> Iterator[str]:
    """A database behind a pooler that has fewer connections to it than come to the pooler."""
    with fresh_database("postgres") as direct, tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder, told = Path(name), conninfo_to_dict(by_driver(direct))
        (folder / "users").write_text(f'"{told["user"]}" "{told.get("password", "")}"\n')
        (folder / "ini").write_text(
            f"[databases]\n* = host={told['host']} port={told.get('port', 5432)}\n"
            f"[pgbouncer]\nlisten_addr =\nunix_socket_dir = {folder}\nlisten_port = 6432\n"
            f"auth_type = trust\nauth_file = {folder / 'users'}\npool_mode = transaction\n"
            f"default_pool_size = {SERVER_CONNECTIONS}\n"
        )
        with subprocess.Popen(
            ["pgbouncer", folder / "ini"], stderr=subprocess.DEVNULL, **as_another_user(folder)
        ) as pooler:
            pooled = f"postgresql://{told['user']}@/{told['dbname']}?host={folder}&port=6432"
            until(lambda: answers(pooled), lambda: "pgbouncer does not answer")
            yield f"{pooled}&pooled=1"
            pooler.kill()


def test_many_over_few_connections_charge_each_key_once(url: str):
    with ExitStack() as stack:
        shops = [stack.enter_context(opened(url)) for _ in range(PROCESSES)]
        shops[0].execute([commands.OpenAccount("ann"), commands.GrantCredits("ann", 1_000)])

        def spend(number: int) -> None:
            for charge in range(CHARGES):
                own = shops[number].charge("ann", "Picture", images=1, key=f"{number}:{charge}")
                again = shops[number - 1].charge(
                    "ann", "Picture", images=1, key=f"{number}:{charge}"
                )
                assert own == again

        with ThreadPoolExecutor(PROCESSES) as threads:
            list(threads.map(spend, range(PROCESSES)))
        assert shops[0].balance("ann").available == 1_000 - PROCESSES * CHARGES
        assert shops[0].verify()
    with opened(url) as shop:
        assert shop.account("ann").seq == 2 + PROCESSES * CHARGES


def test_large_batches_go_through_it_whole(url: str):
    """Of several things sent before one is answered it would lose count, and wait for ever."""
    accounts = [f"acct_{number}" for number in range(100)]
    with opened(url) as one, opened(url) as other:
        one.execute([commands.OpenAccount(account) for account in accounts])
        one.execute([commands.GrantCredits(account, 10) for account in accounts])

        def spend(shop: Tallystick) -> list[int]:
            charges = [commands.Charge(account, "Picture", {"images": 1}) for account in accounts]
            return [answer.balance_after for answer in shop.execute(charges)]

        with ThreadPoolExecutor(2) as threads:
            first, second = threads.map(spend, (one, other))
        assert [sum(pair) for pair in zip(first, second, strict=True)] == [17] * 100
        assert one.verify()
