"""Times in models: the check accepts exactly the texts that the runtime can read."""

from collections.abc import Callable

import pytest

from engine.base.errors import ModelError
from engine.case import timers
from engine.model.chain.rules.wording import cycle_problem, date_problem, duration_problem
from tests.samples.halls import MONDAY

DURATIONS = ["P3D", "PT8H", "P1Y2M", "PT0.5S", "P1W", " P3D "]
NO_DURATIONS = ["", "P", "PT", "P3", "3D", "P0D", "PT0S", "P-1D", "P99999Y"]
DATES = ["2026-03-02", "2026-03-02T09:00:00", "2026-03-02T09:00:00+08:00", "2026-10-25T02:30:00+02:00[Europe/Berlin]"]
NO_DATES = ["", "tomorrow", "2026-02-30", "2026-03-02T09:00:00[Nowhere/Else]"]
CYCLES = ["R3/P1D", "R/PT1H", "R3/2026-03-02T09:00:00+08:00/P1D"]
NO_CYCLES = ["R0/P1D", "R00/P1D", "R3/P0D", "R3/x/P1D", "P1D", "R3/"]


def runs(give: Callable[[], object]) -> bool:
    try:
        give()
    except ModelError:
        return False
    return True


@pytest.mark.parametrize("text", [*DURATIONS, *NO_DURATIONS])
def test_a_duration_passes_the_check_if_it_runs(text: str) -> None:
    assert (duration_problem(text) is None) == runs(lambda: timers.duration(text)) == (text in DURATIONS)


@pytest.mark.parametrize("text", [*DATES, *NO_DATES])
def test_a_date_passes_the_check_if_it_runs(text: str) -> None:
    assert (date_problem(text) is None) == runs(lambda: timers.instant(text, MONDAY)) == (text in DATES)


@pytest.mark.parametrize("text", [*CYCLES, *NO_CYCLES])
def test_a_cycle_passes_the_check_if_it_runs(text: str) -> None:
    assert (cycle_problem(text) is None) == runs(lambda: timers.cycle(text, MONDAY)) == (text in CYCLES)
