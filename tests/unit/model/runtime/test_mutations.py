"""Sound graphs and mutated ones: the runtime agrees with the token game, and the check reports harmful mutations.

The check reports a mutation, or it does no harm: whatever people choose, the case comes to its end.
"""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from engine.model import chain
from engine.model.runtime import Program
from tests.unit.model.runtime.bpmn_text import program
from tests.unit.model.runtime.plain_host import PlainHost
from tests.unit.model.runtime.token_game import Game, Graph, mutated, sound

MODELS = 2000 if os.environ.get("LICET_SOAK") else 60
RUNS, STEPS = 5, 80
REGRESSIONS = (81, 1076, 1085)
"""Seeds that once went wrong."""


class Chosen(dict[str, bool]):
    """Gives a value for each condition, the same within one command; in the second half of a run loops are left."""

    def __init__(self, dice: random.Random, calm: bool) -> None:
        super().__init__()
        self.dice, self.calm = dice, calm

    def __missing__(self, name: str) -> bool:
        self[name] = self.dice.random() < (0.25 if self.calm else 0.5)
        return self[name]


class Host(PlainHost):
    choices: Chosen

    def read(self, name, scope, names=None):
        return self.choices[name]


def play(graph: Graph, built: Program, seed: int) -> tuple[str, int]:
    """Play one run of runtime and game side by side; return how it ended, and how many steps it took."""
    dice = random.Random(seed)
    host = Host()
    host.choices = Chosen(dice, False)
    game = Game(graph, host.choices)
    run = built.start("P", host)
    game.begin()
    for step in range(STEPS):
        assert Counter(host.tasks.values()) == game.open
        assert run.normal_form() == host.normal_form()
        assert run.ended == game.ended
        if not host.tasks:
            return ("ended" if game.ended else "stuck"), step
        if game.doubled:
            return "doubled", step
        number = dice.choice(sorted(host.tasks))
        element = host.tasks[number]
        host.choices = Chosen(dice, step > STEPS // 2)
        run = built.load("P", host.normal_form(), host)
        run.complete(number)
        game.complete(element, host.choices)
    return "running", STEPS


def outcomes(graph: Graph, seed: int) -> list[str]:
    """Return how some runs ended; in each, runtime and game agreed on every step."""
    built = program(graph.document())
    return [play(graph, built, seed * 10 + run)[0] for run in range(RUNS)]


def wrong(graph: Graph, folder: Path) -> set[str]:
    """Return the rules by which the check refuses the graph."""
    file = folder / "model.bpmn"
    file.write_bytes(graph.document())
    return {finding.rule for finding in chain.check([file]) if finding.severity == "error"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", [*REGRESSIONS, *range(MODELS)])
def test_a_mutation_is_found_or_does_no_harm(seed, tmp_path):
    dice = random.Random(seed)
    graph = sound(dice)
    assert wrong(graph, tmp_path) <= {"automatic-loop"}
    assert set(outcomes(graph, seed)) <= {"ended", "running"}

    kind, mutant = mutated(graph, dice)
    found = wrong(mutant, tmp_path)

    if not found & {"unreachable", "flow-direction", "automatic-loop", "start-event"}:
        played = set(outcomes(mutant, seed))
        assert found or played <= {"ended", "running"}, (kind, played)
