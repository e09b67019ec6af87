"""What is handed in with a form reaches the case: each folder of `forms/` is a model, its form, and scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.reading import scenarios
from webui.cli import compose

FORMS = Path(__file__).parent / "forms"


@pytest.mark.parametrize("file", sorted(FORMS.glob("*/*.json")), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_is_handed_in_reaches_the_case(file: Path, empty_database: Path) -> None:
    row = scenarios.run(file, compose.stand_ins, empty_database)

    assert row.passed, row
