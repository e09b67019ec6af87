"""What a row of `docs/spiffworkflow.md` expects, as a function of a player; and where the models lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent / "models"

Failure = type[BaseException] | tuple[type[BaseException], ...]


@dataclass(frozen=True)
class Expectation:
    """`holds` plays the row's model and asserts what is right. With stock classes it fails with `failure`.

    `ours` names the test (file and function) that shows the same of Licet, where it is more than the runtime's part;
    empty: `holds` is played with Licet's runtime too.
    """

    row: str
    holds: Callable[[Any], None]
    failure: Failure
    ours: str = ""


class Expectations(dict[str, Expectation]):
    """The expectations of one file, by the id of their row: the function's name with hyphens."""

    def of(self, failure: Failure = AssertionError, ours: str = "") -> Callable[[Callable[[Any], None]], None]:
        def note(holds: Callable[[Any], None]) -> None:
            row = holds.__name__.replace("_", "-")
            self[row] = Expectation(row, holds, failure, ours)

        return note


def model(name: str) -> bytes:
    return (MODELS / f"{name}.bpmn").read_bytes()
