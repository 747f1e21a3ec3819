"""What the shell offers while somebody types."""

import pytest


def test_commands_and_options(completed):
    assert completed("acc") == ["account"]
    assert completed("account ho") == ["holds"]
    assert completed("subscribe acct_1 max-pro --inter") == ["--interval", "--intervals"]
    assert completed("subscribe acct_1 max-pro --interval y") == ["yearly"]


def test_prices_are_completed_without_a_database(completed):
    assert completed("quote vid") == ["videodraft"]
    assert completed("quote artlist veo") == ["veo-3.1", "veo-3.1-fast"]
    assert completed("quote artlist veo-3.1 au") == ["audio=off", "audio=on"]
    assert completed("capacity videodraft st") == ["starter", "studio"]


def test_what_is_in_the_database_is_completed(artlist, completed):
    artlist("account open studio")
    artlist("hold acct_1 sora-2 seconds=8")
    assert completed("account balance ") == ["acct_1", "studio"]
    assert completed("charge acct_1 lyria") == ["lyria-3", "lyria-3-pro"]
    assert completed("change-plan acct_1 ma") == ["max-pro"]
    assert completed("settle acct_1 h") == ["h4"]


def test_what_is_not_there_offers_nothing_and_says_nothing(completed, folder):
    assert completed("account balance ") == []
    assert completed("settle acct_1 h") == []
    assert completed("quote nowhere m") == []
    assert list(folder.iterdir()) == []


def test_the_shell_gets_its_script(shell, capsys):
    with pytest.raises(SystemExit):
        shell("--show-completion bash")
    assert "_TALLYSTICK_COMPLETE=complete_bash" in capsys.readouterr().out
