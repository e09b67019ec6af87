"""Prints what the referee has compared: `python -m tests.referee [WALKS]`. Exit code 1 if it found a difference."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from engine.reading import scenarios
from tests.referee.drawn import NOT_DRAWN
from tests.referee.lockstep import Verdict
from tests.referee.subjects import CONSTRUCTS, SHIPPED, name_of, play, walk
from tests.referee.test_referee import COMPARISONS, LEFT_OUT, UNFOLLOWED
from tests.referee.translator import ROUND


def main(walks: int) -> int:
    """Compare everything, print the figures, and return the number of differences."""
    followed = [file for file in CONSTRUCTS if name_of(file) not in LEFT_OUT]
    with scenarios.empty_database() as template:
        differences = _told("scenarios that ship", (play(file, template) for file in SHIPPED))
        differences += _told("scenarios of constructs", (play(file, template) for file in followed))
    differences += _told("random models", ([walk(seed)] for seed in range(walks)))
    constructs = {_construct(name_of(file)) for file in CONSTRUCTS}
    whole = constructs - set(map(_construct, LEFT_OUT))
    print(f"constructs that run: {len(constructs)}, with all their scenarios {len(whole)}")
    for what, rows in (
        ("scenarios of constructs left out", LEFT_OUT),
        ("comparisons left out", COMPARISONS),
        ("not drawn in random models", NOT_DRAWN),
        ("gone round by the translation", ROUND),
    ):
        counted = ", ".join(f"{row} {count}" for row, count in sorted(Counter(rows.values()).items()))
        print(f"{what}: {len(rows)} ({counted})")
    return differences


def _construct(scenario: str) -> str:
    return scenario.partition(".")[0]


def _told(what: str, played: Iterable[list[Verdict]]) -> int:
    verdicts = [verdict for verdicts in played for verdict in verdicts]
    different = [verdict for verdict in verdicts if verdict.difference]
    ended = Counter(UNFOLLOWED[verdict.unfollowed] for verdict in verdicts if verdict.unfollowed)
    steps = sum(verdict.steps for verdict in verdicts)
    print(f"{what}: {len(verdicts)} cases, {steps} commands, {len(different)} differences, ended early: {dict(ended)}")
    for verdict in different:
        print("   ", verdict)
    return len(different)


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)))
