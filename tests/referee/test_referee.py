"""The referee: stock SpiffWorkflow and Licet do the same, command by command, in all that stock can follow.

It proves the control flow, not data: stock is answered with the values that Licet got (`lockstep.py`). What is left
out stands here with its row in `docs/spiffworkflow.md`, and is shown to differ today: nothing outlives its reason.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.referee.drawn import NOT_DRAWN
from tests.referee.lockstep import AGAIN, compare
from tests.referee.subjects import CONSTRUCTS, ROOT, SHIPPED, name_of, play, recorded, walk
from tests.referee.translator import ROUND, translate

SOAK = bool(os.environ.get("LICET_SOAK"))
SCENARIOS = SHIPPED if SOAK else SHIPPED[::4]
WALKS = 2000 if SOAK else 100

LEFT_OUT = {
    "boundary_cycle.stops": "cycle-cancelled",
    "boundary_error.code": "error-caught-twice",
    "event_subprocess_error.not": "error-start",
    "event_subprocess_error.thrown": "error-start",
    "event_subprocess_escalation_interrupting.thrown": "escalation-start",
    "event_subprocess_escalation_non_interrupting.thrown": "escalation-start",
    "event_subprocess_inner.inside": "inner-message-start",
    "event_subprocess_message_interrupting.happens": "message-start",
    "event_subprocess_signal_interrupting.happens": "signal-start",
    "event_subprocess_timer_interrupting.happens": "timer-start",
    "implicit_split.both": "implicit-split",
    "links.leads": "link",
    "parallel_gateway_loop.three_passes": "join-in-loop",
}
"""Scenarios of constructs that stock plays otherwise."""

COMPARISONS = {
    "boundary_message_non_interrupting.happens": "boundary-again",
    "event_subprocess_inner.outside": "inner-message-start",
    "boundary_error.any": "interrupted-late",
}
"""The comparisons that `lockstep` leaves out, each with a scenario that would differ by it alone."""

UNFOLLOWED = {AGAIN: "boundary-again"}
"""The reasons for which a comparison ends before the case does."""

DIFFERS = {
    "link": 4,
    "event subprocess": 8,
    "join in a loop": 192,
    "interrupted multi-instance": 4,
    "multi-instance behind a boundary event": 44,
    "inclusive gateway around ways that meet": 2,
    "inclusive gateway around a terminate end": 66,
    "escalation that interrupts": 375,
    "error through two bodies": 1858,
}
"""Of what isn't drawn in random models: the seed of a model that has it, and that stock plays otherwise."""


def _construct(scenario: str) -> Path:
    (file,) = (file for file in CONSTRUCTS if name_of(file) == scenario)
    return file


@pytest.mark.soak
@pytest.mark.parametrize("file", SCENARIOS, ids=name_of)
def test_a_scenario_that_ships(file: Path, empty_database: Path) -> None:
    verdicts = play(file, empty_database)

    assert verdicts
    assert [verdict for verdict in verdicts if verdict.difference or verdict.unfollowed] == []


@pytest.mark.parametrize("file", [file for file in CONSTRUCTS if name_of(file) not in LEFT_OUT], ids=name_of)
def test_a_construct_that_runs(file: Path, empty_database: Path) -> None:
    verdicts = play(file, empty_database)

    assert verdicts
    assert [verdict for verdict in verdicts if verdict.difference or verdict.unfollowed] == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(WALKS))
def test_a_walk_over_a_random_model(seed: int) -> None:
    verdict = walk(seed)

    assert verdict.difference is None
    assert verdict.unfollowed is None or verdict.unfollowed in UNFOLLOWED


@pytest.mark.parametrize(
    ("scenario", "here", "there"),
    [
        ("inclusive_gateway.one", b"inclusiveGateway", b"parallelGateway"),
        ("boundary_message_interrupting.happens", b'Activity="true"', b'Activity="false"'),
        ("end_terminate.stops", b"<bpmn:terminateEventDefinition/>", b""),
        ("service_task.answer", b"zeebe:taskDefinition", b"zeebe:elsewhere"),
        ("multi_user_task_parallel.input_order", b'isSequential="false"', b'isSequential="true"'),
    ],
)
def test_a_difference_is_noticed(scenario: str, here: bytes, there: bytes, empty_database: Path) -> None:
    documents, (transcript,) = recorded(_construct(scenario), empty_database)

    other = [document.replace(here, there) for document in documents]

    assert other != list(documents)
    assert compare(transcript, translate(other)).difference is not None


@pytest.mark.parametrize("scenario", LEFT_OUT)
def test_a_construct_that_is_left_out_differs(scenario: str, empty_database: Path) -> None:
    assert [verdict.difference for verdict in play(_construct(scenario), empty_database)] != [None]


@pytest.mark.parametrize("scenario", COMPARISONS)
def test_a_comparison_that_is_left_out_differs(scenario: str, empty_database: Path) -> None:
    assert [verdict.difference for verdict in play(_construct(scenario), empty_database, everything=True)] != [None]


@pytest.mark.parametrize("name", NOT_DRAWN)
def test_what_is_not_drawn_differs(name: str) -> None:
    assert walk(DIFFERS[name], name).difference is not None


def test_all_that_is_left_out_has_its_row() -> None:
    page = (ROOT / "docs" / "spiffworkflow.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))

    used = (LEFT_OUT, COMPARISONS, UNFOLLOWED, NOT_DRAWN, ROUND)

    assert {row for mapping in used for row in mapping.values()} <= rows
    assert DIFFERS.keys() == NOT_DRAWN.keys()
