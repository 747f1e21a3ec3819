"""A first catalog: written, without problems, and used as it is."""

import pytest


def test_a_first_catalog_has_no_problems_and_works(shell, folder):
    assert shell("catalog new my-studio --json").json == {
        "platform": "my-studio",
        "file": "my-studio.yaml",
    }
    source = (folder / "my-studio.yaml").read_text("utf-8")
    assert source.count("#") > 12, "every part is explained"
    assert "platform: my-studio" in source
    assert "name: My Studio" in source
    linted = shell("catalog lint my-studio.yaml")
    assert (linted.code, linted.err) == (0, "")
    assert shell("init my-studio --catalog my-studio.yaml").code == 0
    shell("account open ana")
    assert shell("charge ana picture quality=standard images=2 --json").json["credits"] == 10
    assert shell("subscribe ana studio --json").json["after"]["subscription"] == 5000
    assert shell("top-up ana 500").code == 0
    assert shell("charge ana clip resolution=1080p seconds=8 --json").json["credits"] == 200
    assert shell("charge ana speaker characters=30 --json").json["credits"] == 2


def test_a_file_that_is_there_is_left_alone(shell, folder):
    (folder / "mine.yaml").write_text("mine", "utf-8")
    ran = shell("catalog new mine")
    assert ran.code == 2
    assert "mine.yaml is there already" in ran.err
    assert (folder / "mine.yaml").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["My-Studio", "a b", "../up", "-x", "x-", "a--b", "", "a.b", "ü"])
def test_a_name_that_is_no_id_is_refused(shell, folder, name):
    ran = shell(f"catalog new -- '{name}' ")
    assert ran.code == 2
    assert "named by small letters" in ran.err
    assert list(folder.iterdir()) == []
