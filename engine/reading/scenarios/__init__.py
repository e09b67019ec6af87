"""Scenarios: a chain rehearsed under virtual time, through the same door as real cases. The format: docs/commands.md.

A scenario is data: a model, a start, and steps with what is expected after each. The clock moves only by `advance`;
what falls due on the way fires in order, each at its own time. Outside actions are answered at once by stand-ins.

    reading.py    files, and the model that they name
    shape.py      the fields of a file
    names.py      names that the chain or the hall must have
    stage.py      database, chain, clock, stand-ins of one rehearsal
    people.py     who may complete a task
    playing.py    steps
    expecting.py  expectations
    mistakes.py   refusals, told to the one who writes the scenario
    coverage.py   which elements and flows were visited
    recording.py  a scenario from a real case
    disguise.py   personal texts replaced
"""

from engine.reading.scenarios.coverage import Coverage, Covered
from engine.reading.scenarios.playing import Player, Row, Unexpected, play, run, told
from engine.reading.scenarios.reading import CHAIN_FILE, Models, Scenario, files_of, read
from engine.reading.scenarios.recording import Recorded, record
from engine.reading.scenarios.stage import ANYBODY, Rehearsal, VirtualClock, empty_database, rehearsal

__all__ = [
    "ANYBODY", "CHAIN_FILE", "Coverage", "Covered", "Models", "Player", "Recorded", "Rehearsal", "Row", "Scenario",
    "Unexpected", "VirtualClock", "empty_database", "files_of", "play", "read", "record", "rehearsal", "run", "told",
]  # fmt: skip
