"""How fast a matter was decided, from its clock in a real journal. Dates worked by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.hall.store import Store
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.reading.views.speed import Speed, speed
from tests.samples import halls
from tests.samples.clocks import Watched, at

WAITS = """<bpmn:userTask id="wait" /><bpmn:sequenceFlow id="waited" sourceRef="wait" targetRef="end" />"""


@pytest.fixture
def version(tmp_path: Path) -> ChainVersion:
    """Return the chain of the followed clock, changed so that the matter is granted and waits to be handed over."""
    text = (halls.TESTS / "samples" / "followed_clock.bpmn").read_text()
    text = text.replace("matter.terminate", "matter.decide").replace(
        '<zeebe:header key="reason" value="到期" />', '<zeebe:header key="outcome" value="granted" />'
    )
    text = text.replace('sourceRef="terminate" targetRef="end"', 'sourceRef="terminate" targetRef="wait"')
    file = tmp_path / "granted.bpmn"
    file.write_text(text.replace('<bpmn:endEvent id="end"', f'{WAITS}<bpmn:endEvent id="end"'))
    found = chains.read(file).version
    assert found is not None
    return found


def measured(found: Watched, chain: str) -> Speed:
    engine = found.stage.engine
    with engine.store.reading() as reading:
        return speed(reading, engine.library, chain)


def test_the_speed_of_a_decided_matter_leaves_out_what_was_suspended(sqlite_store: Store, version: ChainVersion):
    """Monday 2026-03-02 isn't counted; 3, 4 are, (4th, 9th] isn't, 10, 11 are: 4 of 20 workdays."""
    found = Watched(sqlite_store, version, at("2026-03-02 09:00"), {"days": 20})
    matter = next(iter(found.case.matters))
    assert measured(found, version.digest).matters == ()
    found.until("2026-03-04 09:00")
    found.give("SuspendClock", "anybody", matter=matter, reason="expert_review", workdays=3)
    found.until("2026-03-09 10:00")
    found.give("ResumeClock", "anybody", matter=matter)
    found.until("2026-03-11 15:00")

    found.complete("review", "anybody")
    found.complete("answer", "anybody")

    decided = measured(found, version.digest)
    assert (decided.used_workdays, decided.limit_workdays, decided.speed_up) == (4, 20, Decimal("0.8"))
