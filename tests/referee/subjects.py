"""What the referee watches: scenarios of chains and constructs, and walks over random models."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from engine.reading import scenarios
from tests.referee.drawn import Drawn
from tests.referee.lockstep import Verdict, compare
from tests.referee.recording import Recorder, Transcript, recording
from tests.referee.translator import Chain, translate
from tests.unit.model.runtime.bpmn_text import program
from tests.unit.model.runtime.test_random_models import Walk
from webui.cli import compose

ROOT = Path(__file__).parents[2]
SHIPPED = scenarios.files_of([ROOT / "bpmn"])
CONSTRUCTS = sorted((ROOT / "tests" / "samples" / "constructs").glob("*.json"))
MODELS: scenarios.Models = {}
"""Each chain is read once for all of its scenarios."""

DEPTH, STEPS = 6, 40
"""Of a random model, and of a walk over it."""
EVERY = 1000
"""At most so many cases of one scenario are compared: far more than one starts."""


def name_of(file: Path) -> str:
    """Return the name of a scenario: its file, and for a chain's the folders that say which."""
    return "/".join((*file.parts[-4:-2], file.stem)) if file in SHIPPED else file.stem


def play(file: Path, template: Path, everything: bool = False) -> list[Verdict]:
    """Play a scenario that passes, and its cases on stock; return a verdict on each case."""
    documents, transcripts = recorded(file, template)
    return [compare(transcript, _translated(documents), everything) for transcript in transcripts]


def recorded(file: Path, template: Path) -> tuple[tuple[bytes, ...], list[Transcript]]:
    """Play a scenario that passes; return the BPMN files of its chain, and the transcript of each case."""
    read = scenarios.read(file, models=MODELS)
    with recording() as recorder, scenarios.rehearsal(read.organisation, read.at, compose.stand_ins, template) as stage:
        _, row = scenarios.play(stage, read)
        assert row.passed, row
        return tuple(read.version.documents), list(_cases(stage, recorder))


@cache
def _translated(documents: tuple[bytes, ...]) -> Chain:
    return translate(documents)


def _cases(stage: scenarios.Rehearsal, recorder: Recorder) -> Iterator[Transcript]:
    """Yield the transcript of each case on the stage, as far as it was accepted."""
    with stage.engine.store.reading() as reading:
        numbers = [row.id for row in reading.cases(limit=EVERY)]
    for number in numbers:
        case = stage.case(number)
        transcript = recorder.ending_in(case.process, case.normal_form())
        assert transcript is not None, f"case {number} was not recorded"
        yield transcript


def walk(seed: int, drawn: str | None = None) -> Verdict:
    """Walk over a random model, and then on stock. `drawn`: what the model may have of what isn't drawn."""
    model, dice = Drawn(seed, DEPTH, drawn), random.Random(seed)
    with recording() as recorder:
        live = Walk(model, program(model.document), model.choices(), reload=False)
        for count in range(STEPS):
            tasks, events = live.waiting()
            if not tasks and not events:
                break
            rare = count < STEPS // 2 and dice.random() < 0.3
            place, number = dice.choice(events if events and (rare or not tasks) else tasks)
            live.step(place, number, model.choices())
        transcript = recorder.transcripts[-1]
    return compare(transcript, translate([model.document]))
