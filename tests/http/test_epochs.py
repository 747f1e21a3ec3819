"""A ledger that was restored, over HTTP: its epoch in answers, requests that name one, notes."""

from tests.http.world import Sample, World

ADA = {"account": "ada"}
DOT = Sample(ADA, {}, {"model": "Dot"})


def restored(world: World) -> str:
    return world.engine.store.begin_epoch("restored from the backup of May").epoch


def charged(world: World, epoch: str | None = None, key: str | None = None):
    return world.ask("charge", DOT, key=key, **({"tallystick-epoch": epoch} if epoch else {}))


def test_a_request_that_names_the_epoch_is_done_in_it_only(fresh: World):
    first = charged(fresh, "e1", "job-7")
    assert (first.status, first.json["epoch"]) == (201, "e1")
    after = restored(fresh)
    for key in ("job-7", "job-8", None):
        reply = charged(fresh, "e1", key)
        assert (reply.status, reply.code) == (422, "epoch_changed")
        assert reply.json["epoch"] == after
    known = charged(fresh, after, "job-8")
    assert (known.status, known.json["epoch"]) == (201, after)
    assert charged(fresh).status == 201


def test_reading_needs_no_epoch(fresh: World):
    restored(fresh)
    reply = fresh.ask("balance", Sample(ADA), **{"tallystick-epoch": "e1"})
    assert reply.status == 200


def test_an_epoch_that_is_nonsense_is_another_one(fresh: World):
    for said in (" ", "e" * 5_000, "e1, e1", "E1"):
        reply = charged(fresh, said)
        assert (reply.status, reply.code) == (422, "epoch_changed")
        assert len(reply.json["detail"]) < 300


def test_readiness_and_verifying_note_the_restore(fresh: World):
    assert fresh.caller.ask("GET", "/readyz").json["notes"] == []
    after = restored(fresh)
    ready = fresh.caller.ask("GET", "/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)
    (note,) = ready.json["notes"]
    assert note.startswith(f"epoch {after} began at ")
    assert note.endswith("restored from the backup of May")
    report = fresh.ask("verify").json
    assert (report["ok"], report["notes"]) == (True, [note])
