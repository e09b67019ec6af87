"""Random walks over random models: every step is the one that the model means, and the normal form is complete."""

import os
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from engine.base.errors import NotOpen, Refused
from engine.model import chain
from engine.model.runtime import Program, Run
from engine.model.runtime.changes import scope_of
from tests.unit.model.runtime.block_models import HAPPENS, Choices, Level, Place
from tests.unit.model.runtime.bpmn_text import program
from tests.unit.model.runtime.plain_host import PlainHost
from tests.unit.model.runtime.random_models import Model

WALKS, RUNS = (2000, 5) if os.environ.get("LICET_SOAK") else (40, 1)
DEPTH, STEPS = 6, 60


@dataclass
class ChoosingHost(PlainHost):
    """Gives conditions of gateways the values that the walk chose for this command."""

    choices: Choices = field(default_factory=dict)

    def read(self, name, scope, names=None):
        return self.choices[name] if name[0] in "GX" else super().read(name, scope, names)


class Walk:
    """One case of a random model, and beside it the model's meaning. `reload`: loaded before every command."""

    def __init__(self, model: Model, built: Program, choices: Choices, reload: bool) -> None:
        self.built, self.reload = built, reload
        self.host = ChoosingHost(choices=choices)
        self.expected = Level(model.block, (), choices)
        self.run = built.start("P", self.host)
        self.check()

    def path(self, number: int) -> tuple[int, ...]:
        """Return the numbers of the multi-instances around the token, the outermost first."""
        path: tuple[int, ...] = ()
        while number:
            token = self.host.tokens[number]
            path = path if token.index is None else (token.index, *path)
            number = token.level
        return path

    def waiting(self) -> tuple[list[tuple[Place, int]], list[tuple[Place, int]]]:
        """Return what a person or an outside job may complete, and what may happen: (place, token) of each."""
        tasks, events = [], []
        for number, token in sorted(self.host.tokens.items()):
            path = self.path(number)
            if number in self.host.tasks or any(arm.kind == "job" for arm in token.arms.values()):
                tasks.append(((token.element, path), number))
            is_job = any(arm.kind == "job" for arm in token.arms.values())
            events += [
                ((e, path), number)
                for e, arm in sorted(token.arms.items())
                if arm.kind in HAPPENS or (arm.kind == "error" and is_job)
            ]
        return tasks, events

    def check(self) -> None:
        assert self.run.normal_form() == self.host.normal_form()
        tasks, events = self.waiting()
        assert Counter(place for place, _ in tasks) == Counter(self.expected.tasks())
        assert Counter(place for place, _ in events) == Counter(self.expected.events())
        assert self.run.ended == self.expected.done == (not self.host.tokens)
        assert all(scope_of(self.host.tokens, number) in self.host.scopes for number in self.host.tokens)
        assert not self.run.ended or set(self.host.scopes) == {0}

    def step(self, place: Place, number: int, choices: Choices) -> None:
        self.host.choices = choices
        self.host.changes.clear()
        if self.reload:
            self.run = self.built.load("P", self.host.normal_form(), self.host)
        if number in self.host.tasks and place[0] == self.host.tasks[number]:
            self.run.complete(number)
        elif self.host.tokens[number].arms[place[0]].kind == "job":
            self.run.answer(number)
        elif self.host.tokens[number].arms[place[0]].kind == "error":
            self.run.fail(number, self.host.tokens[number].arms[place[0]].name or "whatever")
        else:
            self.run.fire(number, place[0])
        assert self.expected.feed(place, choices)
        self.check()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(WALKS))
def test_a_walk_over_a_random_model(seed):
    model = Model(seed, DEPTH)
    built = program(model.document)
    for run in range(RUNS):
        walk(model, built, random.Random(seed + run * WALKS))


def walk(model: Model, built: Program, dice: random.Random) -> None:
    """Walk one run, with a live case or with one that is loaded before every command: to its end, or for long."""
    start = model.choices()
    live, loaded = Walk(model, built, start, reload=False), Walk(model, built, start, reload=True)

    for count in range(STEPS):
        tasks, events = live.waiting()
        if not tasks and not events:
            break
        # Events that interrupt nothing never end; the second half of the walk goes for the end.
        rare = count < STEPS // 2 and dice.random() < 0.3
        options = events if events and (rare or not tasks) else tasks
        place, number = dice.choice(options)
        choices = model.choices()
        live.step(place, number, choices)
        loaded.step(place, number, choices)
        assert live.host.changes == loaded.host.changes

    assert live.run.ended or live.waiting() != ([], [])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(WALKS // 4))
def test_the_check_has_nothing_against_a_sound_model(seed, tmp_path):
    file = tmp_path / "model.bpmn"
    file.write_bytes(Model(seed, DEPTH).document)

    assert [finding for finding in chain.check([file]) if finding.severity == "error"] == []


COMMANDS = ("move", "add_instance", "remove_instance", "fail", "complete", "fire")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(WALKS // 4))
def test_any_command_gives_a_normal_form_or_is_refused_and_changes_nothing(seed):
    model = Model(seed, DEPTH)
    built, dice, host = program(model.document), random.Random(seed), ChoosingHost(choices=model.choices())
    built.start("P", host)

    for _ in range(STEPS):
        if not host.tokens:
            break
        before, host.choices = host.normal_form(), model.choices()
        host.changes.clear()
        run = built.load("P", before, host)
        try:
            random_command(dice, run, host, model)
        except (NotOpen, Refused):
            assert not host.changes and host.normal_form() == before
        else:
            assert run.normal_form() == host.normal_form()


def random_command(dice: random.Random, run: Run, host: PlainHost, model: Model) -> None:
    """Return a random command on a token, sensible or not."""
    number = dice.choice(sorted(host.tokens))
    token = host.tokens[number]
    match dice.choice(COMMANDS):
        case "move":
            run.move(number, dice.choice(model.ids))
        case "add_instance":
            run.add_instance(number, "x", dice.choice([None, 0, 1]))
        case "remove_instance":
            run.remove_instance(number, dice.randint(0, 2))
        case "fail":
            run.fail(number, "no such code")
        case "complete":
            run.complete(number, {"amount": 1})
        case "fire":
            run.fire(number, dice.choice(sorted(token.arms) or ["nothing"]), {"amount": 2})
