"""A case: `decide` says what a command does, `evolve` is the only way that a case changes. Pure.

    context    what a decision may see beside the case: times, chain version, calendar, organisation, salts
    state      the case in normal form; evolve; stored form and digest
    facts      looked at when asked for, not before
    working    the working copy while a command is decided
    decide     a command becomes effects or a refusal
    commands   one handler a command, in one table
    decision   the working copy and the run, brought to rest after the handler
    moves      tokens moved by hand: where one may go    migration   to another version of the chain
    host       what the runtime asks of the case
    actions    the built-in actions of the law    clocks   the clocks of a matter    timers   timer texts
    acceptance what stands in the way of receiving, accepting and granting
    functions  the host functions of FEEL

Nothing here reads a clock, a file or a database.
"""

from engine.case.context import Context, RecordedSalts, Salts, SeededSalts, Settings
from engine.case.decide import decide, wrapped
from engine.case.decision import Outcome
from engine.case.facts import Facts
from engine.case.state import Case, Matter, apply, core, evolve, fact_digest, load, state_digest

__all__ = [
    "Case",
    "Context",
    "Facts",
    "Matter",
    "Outcome",
    "RecordedSalts",
    "Salts",
    "SeededSalts",
    "Settings",
    "apply",
    "core",
    "decide",
    "evolve",
    "fact_digest",
    "load",
    "state_digest",
    "wrapped",
]
