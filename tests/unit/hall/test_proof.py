"""The report of a verification, made from the problems and the counts that it holds."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.hall.proof import UNKNOWN, Trouble, Verification


def counted(*, read: dict[str, int], run: dict[str, int], erased: dict[str, int] | None = None) -> Verification:
    return Verification(1, sum(read.values()), read=Counter(read), run=Counter(run), erased=Counter(erased or {}))


@pytest.mark.parametrize(
    ("result", "replay", "strictly"),
    [
        (counted(read={}, run={}), "ok", True),
        (counted(read={"3": 4}, run={"3": 4}), "ok", True),
        (counted(read={"2": 1, "3": 4}, run={"3": 4}), "partial 4/5", False),
        (counted(read={"2": 5}, run={}), "partial 0/5", False),
        (counted(read={"3": 4}, run={"3": 1}, erased={"3": 3}), "erased", False),
        (counted(read={"2": 1, "3": 4}, run={"3": 1}, erased={"3": 3}), "partial 1/5", False),
    ],
)
def test_replay_is_ok_only_if_every_entry_was_run(result: Verification, replay: str, strictly: bool) -> None:
    assert result.of("replay") == replay
    assert (result.of("hashes"), result.of("fold")) == ("ok", "ok")
    assert (result.proves(), result.proves(strict=True)) == (True, strictly)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("hashes", ("broken", "unchecked", "unchecked")),
        ("fold", ("ok", "broken", "unchecked")),
        ("replay", ("ok", "ok", "diverged")),
        ("anchors", ("ok", "ok", "partial 0/2")),
    ],
)
def test_a_level_is_unchecked_where_one_below_it_fails(level: str, said: tuple[str, str, str]) -> None:
    result = counted(read={"2": 2}, run={})
    result.problems.append(Trouble("2026-000001", 2, level, "wrong"))

    assert tuple(result.of(name) for name in ("hashes", "fold", "replay")) == said
    assert not result.proves()


def test_the_counts_stand_beside_what_was_promised() -> None:
    result = counted(read={"3": 4, "2": 1, UNKNOWN: 2, "1": 0}, run={"3": 1}, erased={"3": 2})

    said = result.as_dict()

    assert list(said) == ["cases", "entries", "hashes", "fold", "replay", "anchors", "problems", "run"]
    assert said["run"] == {
        "2": {"run": 0, "not_run": 1, "erased": 0},
        "3": {"run": 1, "not_run": 3, "erased": 2},
        UNKNOWN: {"run": 0, "not_run": 2, "erased": 0},
    }
