"""A start may say which certificates there are, and a step from which day it counts: both are checked, and hold."""

from __future__ import annotations

from typing import Any

import pytest

from engine.reading.scenarios import shape

AT = "2026-03-02T09:00:00+08:00"


def told(start: dict[str, Any], *steps: dict[str, Any]) -> list[str]:
    return [said for _, said in shape.wrong({"model": "m.bpmn", "start": {"at": AT, **start}, "steps": list(steps)})]


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"certificates": {"identity_card": {"1": {"expires_on": "2016-02-13", "content": {"x": "y"}}}}}, []),
        ({"on": "2026-02-27"}, []),
        ({"certificates": {"identity_card": []}}, ["start.certificates: identity_card: expected an object; found []"]),
        (
            {"certificates": {"identity_card": {"1": {"expired": True}}}},
            ["start.certificates: identity_card: 1: expected title, number, content, issued_on, expires_on; found"],
        ),
        (
            {"certificates": {"identity_card": {"1": {"issued_on": "2016-02-30"}}}},
            ["start.certificates: identity_card: 1: issued_on: expected a day like 2026-03-02; found '2016-02-30'"],
        ),
        ({"on": "yesterday"}, ["start: on: expected a day like 2026-03-02; found 'yesterday'"]),
    ],
)
def test_certificates_and_days_of_the_start_have_a_shape(start: dict[str, Any], said: list[str]) -> None:
    found = told(start)

    assert len(found) == len(said) and all(one.startswith(wanted) for one, wanted in zip(found, said, strict=True)), (
        found
    )


def test_the_day_of_a_step_is_a_day() -> None:
    assert told({}, {"complete": "A", "on": "2026-03-01"}, {"command": "ClaimTask", "nth": 2, "on": "2026-03-01"}) == []
    assert told({}, {"complete": "A", "on": "2026-13-01"}) == [
        "step 1: on: expected a day like 2026-03-02; found '2026-13-01'"
    ]
    assert told({}, {"command": "ClaimTask", "nth": 0}) == ["step 1: nth: expected 1 or more; found 0"]
