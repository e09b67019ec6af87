"""A case whose clocks could not be counted by a new calendar is counted again once the obstacle is removed."""

from __future__ import annotations

import pytest

from engine.base.errors import ModelError
from engine.hall.store import Store
from tests.samples.clocks import Watched, at, followed, notice


def test_a_case_that_could_not_be_counted_again_is_once_its_incident_is_retried(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
):
    found = Watched(sqlite_store, followed(), at("2026-12-28 09:00"), {"days": 5})
    with monkeypatch.context() as broken:
        broken.setattr("engine.case.clocks.recount", _fails)
        found.stage.engine.load_calendar(notice(), "system:test")
        found.stage.scheduler.drain()
    (incident,) = found.stage.case(found.number).incidents.values()
    (clock,) = found.stage.case(found.number).clocks.values()
    assert clock.certainty == "provisional"

    found.stage.give("RetryIncident", "system:test", found.number, {"incident": incident.incident})
    found.stage.scheduler.drain()

    (clock,) = found.stage.case(found.number).clocks.values()
    assert (clock.due, clock.certainty) == ("2027-01-06", "final")
    assert not found.stage.case(found.number).incidents
    with sqlite_store.reading() as reading:
        assert reading.setting("recount") == "null"


def _fails(*_: object) -> None:
    raise ModelError("Expected a timer to give a date.")
