"""The wrong models that every textbook warns of: each is refused at the right place, with the path that leads there."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model import chain

MODELS = Path(__file__).parents[1] / "samples" / "textbook"
WRONG = {
    "xor_into_and": ("deadlock", "join", ("start", "split", "B", "join")),
    "and_into_xor": ("lack-of-synchronisation", "merge", ("start", "split", "A", "B", "A", "merge", "B", "merge")),
    "loop_without_exit": ("no-way-out", "merge", ("start", "merge")),
    "or_join_in_loop": (
        "lack-of-synchronisation",
        "D",
        ("start", "again", "A", "fork", "B", "D", "B", "choose", "again", "A", "fork", "B", "D"),
    ),
    "or_join_waits_for_itself": ("deadlock", "join_1", ("start", "fork", "join_1", "join_2")),
    "boundary_past_join": (
        "deadlock",
        "join",
        ("start", "fork", "A", "B", "late", "H", "B", "join", "H", "end_H"),
    ),
    "boundary_to_after_join": (
        "deadlock",
        "join",
        ("start", "fork", "A", "B", "late", "merge", "B", "join", "merge", "C", "end"),
    ),
    "dead_branch": ("unreachable", "D", ()),
}
"""Rule, element and path of the first error of each model."""


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_model_of_the_textbooks_is_found_with_its_path(name: str) -> None:
    found = [finding for finding in chain.check([MODELS / f"{name}.bpmn"]) if finding.severity == "error"]

    assert (found[0].rule, found[0].element, found[0].path) == WRONG[name]
    assert all(finding.rule == found[0].rule for finding in found)


def test_every_sample_is_in_the_table() -> None:
    assert sorted(path.stem for path in MODELS.glob("*.bpmn")) == sorted(WRONG)
