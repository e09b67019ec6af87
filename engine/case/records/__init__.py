"""Commands and effects as frozen values, their JSON shapes, and how old shapes are read. Pure.

A command is what somebody asks for; an effect is what it did, as values, so that a journal is readable without
running anything.

    values.py    values that facts may have, personal ones among them
    commands.py  commands and the shapes of their payloads
    effects.py   effects
    codec.py     effects to JSON and back
"""

from engine.case.records.codec import EFFECTS, effect_from_json, effect_to_json, fields_from_json, fields_to_json
from engine.case.records.commands import COMMANDS, Command, Shape, check, command_from_json, command_to_json
from engine.case.records.effects import (
    CaseEnded,
    CaseMigrated,
    CaseStarted,
    ClaimReleased,
    ClaimTaken,
    ClockChanged,
    Effect,
    FactSet,
    FactsHandedOn,
    IncidentRaised,
    IncidentResolved,
    MaterialRemoved,
    MaterialSupplied,
    MatterMoved,
    MatterReceived,
    MessageKept,
    MessageQueued,
    MessageSettled,
    MessageTaken,
    Numbered,
    ProjectJoined,
    ResultAdded,
    TaskClaimed,
    TaskClosed,
    TaskOpened,
    TaskReleased,
    TaskRescheduled,
    ValuesErased,
)
from engine.case.records.values import ERASED, LARGEST_POWER, Personal, decode, encode, normal, plain

SEMANTICS = 3
"""Number of the rules by which commands give effects. An entry is run again only under the number it was made with.

2: what the outside answers is personal in the facts too that output mappings make of it.
3: acceptance and grant are refused for want of materials or of what has to be granted first; the clock of what was
tolerated ends with the last material; items tell more of themselves to expressions.
"""

__all__ = [
    "COMMANDS",
    "EFFECTS",
    "ERASED",
    "LARGEST_POWER",
    "SEMANTICS",
    "CaseEnded",
    "CaseMigrated",
    "CaseStarted",
    "ClaimReleased",
    "ClaimTaken",
    "ClockChanged",
    "Command",
    "Effect",
    "FactSet",
    "FactsHandedOn",
    "IncidentRaised",
    "IncidentResolved",
    "MaterialRemoved",
    "MaterialSupplied",
    "MatterMoved",
    "MatterReceived",
    "MessageKept",
    "MessageQueued",
    "MessageSettled",
    "MessageTaken",
    "Numbered",
    "Personal",
    "ProjectJoined",
    "ResultAdded",
    "Shape",
    "TaskClaimed",
    "TaskClosed",
    "TaskOpened",
    "TaskReleased",
    "TaskRescheduled",
    "ValuesErased",
    "check",
    "command_from_json",
    "command_to_json",
    "decode",
    "effect_from_json",
    "effect_to_json",
    "encode",
    "fields_from_json",
    "fields_to_json",
    "normal",
    "plain",
]
