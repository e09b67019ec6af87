"""`licet due` on the command line: the table of deadlines worked by hand, and wrong input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.samples.deadlines import Deadline, rows
from webui.cli.main import licet

GOOD = {"start": "2024-09-02T09:00:00+08:00", "limit": {"amount": 5, "unit": "workday"}}


def ask(request: Any) -> Any:
    text = request if isinstance(request, str) else json.dumps(request)
    return CliRunner().invoke(licet, ["due"], input=text, env={"LICET_DATABASE": "sqlite:////nowhere/licet.db"})


@pytest.mark.parametrize("row", list(rows()))
def test_a_deadline_falls_on_the_day_worked_by_hand(row: Deadline):
    result = ask(row.request)

    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert {name: answer[name] for name in row.answer} == row.answer


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"start": "2024-09-02T09:00:00"}, "start"),
        ({"start": "morgen"}, "start"),
        ({"limit": {"amount": -1, "unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": 5, "unit": "week"}}, "limit.unit"),
        ({"limit": {"amount": 5}}, "limit.unit"),
        ({"events": [{"type": "suspend", "from": "2024-09-09", "to": "2024-09-04"}]}, "events[0].to"),
        ({"events": [{"type": "suspend", "from": "2024-08-30", "to": "2024-09-04"}]}, "events[0].from"),
        ({"events": [{"type": "extend", "amount": 0, "approved_at": "2024-09-04"}]}, "events[0].amount"),
        ({"as_of": "2024-13-01"}, "as_of"),
        ({"holidays": []}, "holidays"),
    ],
)
def test_wrong_input_is_one_line_that_names_the_field(changes: dict[str, Any], names: str):
    result = ask({**GOOD, **changes})

    assert result.exit_code == 2 and not result.stdout
    assert names in result.stderr and len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("extensions", "said"),
    [
        (["2024-09-06", "2024-09-09"], [True, "extended_before"]),  # once
        (["2024-09-10"], ["after_due"]),  # due on Monday the 9th
    ],
)
def test_an_extension_that_is_refused_is_told_and_changes_nothing(extensions: list[str], said: list[Any]):
    events = [{"type": "extend", "amount": 3, "approved_at": day} for day in extensions]

    answer = json.loads(ask({**GOOD, "events": events}).stdout)

    assert [one.get("reason", one["accepted"]) for one in answer["extensions"]] == said
