"""Rows of `docs/spiffworkflow.md` about events and timers: each function asserts what is right.

`player` is `StockPlayer` or `OurPlayer`; it plays the row's model.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.exceptions import WorkflowException

from engine.base.errors import Refused
from tests.referee.expectation import Expectations, model

EVENTS = Expectations()


@EVENTS.of()
def link(player: Any) -> None:
    assert player(model("link")).open == ["A"]


@EVENTS.of()
def error_start(player: Any) -> None:
    assert player(model("error_start")).open == ["A"]


@EVENTS.of()
def escalation_start(player: Any) -> None:
    assert player(model("escalation_start")).open == ["A"]


@EVENTS.of()
def message_start(player: Any) -> None:
    played = player(model("message_start"))

    played.message("paper")

    assert played.open == ["B"]


@EVENTS.of()
def signal_start(player: Any) -> None:
    played = player(model("signal_start"))

    played.signal("bell")

    assert played.open == ["B"]


@EVENTS.of()
def timer_start(player: Any) -> None:
    played = player(model("timer_start"))

    played.time_comes("S2")

    assert played.open == ["B"]


@EVENTS.of()
def timer_start_unused(player: Any) -> None:
    played = player(model("timer_start"))

    played.complete("A")

    assert played.ended


@EVENTS.of(WorkflowException)
def inner_message_start(player: Any) -> None:
    played = player(model("inner_message_start"))

    played.message("paper")

    assert played.open == ["A", "B"]


@EVENTS.of()
def error_of_neighbour(player: Any) -> None:
    played = player(model("error_of_neighbour"))

    played.complete("XA")

    assert played.open == ["CX", "YA"]


@EVENTS.of()
def error_elsewhere(player: Any) -> None:
    played = player(model("error_elsewhere"))

    with contextlib.suppress(Refused):
        played.complete("XA")

    assert "CY" not in played.open


@EVENTS.of()
def error_caught_twice(player: Any) -> None:
    played = player(model("error_caught_twice"))

    played.complete("XA")

    assert played.open == ["A"]


@EVENTS.of()
def escalation_of_neighbour(player: Any) -> None:
    played = player(model("escalation_of_neighbour"))

    played.complete("XA")

    assert played.open == ["CX", "YA"]


@EVENTS.of()
def gateway_due_dates(player: Any) -> None:
    played = player(model("gateway_timers"))
    assert len(set(played.due_dates())) == 2

    played.time_comes("day")

    assert played.open == ["B"]


@EVENTS.of()
def message_to_one(player: Any) -> None:
    """Whether it comes from outside or is thrown in the case."""
    played = player(model("two_receivers"))
    played.message("paper")
    assert len(played.open) == 2

    thrown = player(model("two_receivers"))
    thrown.complete("C")
    assert len(thrown.open) == 1


@EVENTS.of(KeyError)
def event_variables(player: Any) -> None:
    """What comes with a message is a fact of the case, in every branch."""
    played = player(model("event_variables"))

    played.message("paper", x=1)

    assert played.seen_at("A")["x"] == 1


@EVENTS.of(WorkflowException)
def boundary_again(player: Any) -> None:
    played = player(model("boundary_message"))

    played.message("paper")
    played.message("paper")

    assert played.open == ["A", "B", "B"]


@EVENTS.of()
def cycle_cancelled(player: Any) -> None:
    played = player(model("boundary_cycle"))

    played.time_comes("often")
    played.complete("A")

    assert played.open == ["B"]


@EVENTS.of()
def interrupted_late(player: Any) -> None:
    played = player(model("interrupted_late"))

    played.complete("A")

    assert played.open == ["B", "X"]


@EVENTS.of(
    WorkflowException,
    ours="tests/acceptance/test_between_cases.py::"
    "test_a_message_that_nobody_waits_for_yet_is_given_to_the_first_that_begins_to",
)
def early_message(player: Any) -> None:
    played = player(model("message_later"))

    played.message("paper")
    played.complete("A")

    assert played.open == ["B"]


@EVENTS.of()
def signal_end(player: Any) -> None:
    played = player(model("signal_end"))

    played.complete("A")

    assert played.open == ["B"]


# ---------------------------------------------------------------- timers


@EVENTS.of(WorkflowTaskException)
def timer_text(player: Any) -> None:
    played = player(model("timer"), raw=True)

    played.time_comes("hour")

    assert played.open == ["A"]


@EVENTS.of(ours="tests/unit/case/test_timers.py::test_a_timer_is_due")
def local_time(player: Any) -> None:
    """Noon in Berlin is 11:00 UTC in January and 10:00 UTC in July, whenever Python was started."""
    times = "from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition as timer\n"
    times += "for day in ('2026-01-15', '2026-07-15'): print(timer.get_datetime(day + 'T12:00:00').hour)"

    done = subprocess.run(
        [sys.executable, "-c", times], env={**os.environ, "TZ": "Europe/Berlin"}, capture_output=True, text=True
    )

    assert done.stdout.split() == ["11", "10"]


@EVENTS.of(ours="tests/unit/case/test_timers.py::test_a_cycle_keeps_its_beat")
def end_of_month(player: Any) -> None:
    """A month after 31 January is the last day of February."""
    start = datetime(2026, 1, 31)

    month = TimerEventDefinition.get_timedelta_from_start(TimerEventDefinition.parse_iso_duration("P1M"), start)

    assert start + month == datetime(2026, 2, 28)
