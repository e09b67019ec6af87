"""Commands and effects as frozen values, their JSON shapes, and how old shapes are read. Pure.

A command is what somebody asks for; an effect is what it did, as values, so that a journal is readable without
running anything.

    values.py    values that facts may have, personal ones among them
    orders.py    what a command asks for: one type for each kind of command
    commands.py  commands, and how one is read from outside
    effects.py   effects
    codec.py     effects to JSON and back
"""

from engine.case.records.codec import EFFECTS, effect_from_json, effect_to_json, fields_from_json, fields_to_json
from engine.case.records.commands import Command, command_from_json, command_to_json, read_command
from engine.case.records.effects import (
    CaseEnded,
    CaseMigrated,
    CaseStarted,
    ClaimReleased,
    ClaimTaken,
    ClockChanged,
    ConditionsAsked,
    DecisionMade,
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
from engine.case.records.orders import (
    COMMANDS,
    AddSigner,
    AnswerJob,
    BroadcastSignal,
    CancelCase,
    ClaimTask,
    CompleteTask,
    ConfirmDeadline,
    DeliverMessage,
    EraseValues,
    ExtendClock,
    FailJob,
    FireDeadline,
    MigrateCase,
    MoveToken,
    OfDeadline,
    OfIncident,
    OfMatter,
    OfTask,
    Order,
    OrderKind,
    RecountClocks,
    ReleaseTask,
    RemoveMaterial,
    RemoveSigner,
    ResolveIncident,
    ResumeClock,
    RetryIncident,
    SendBack,
    SetFact,
    SettleMessage,
    SkipTask,
    StartCase,
    SupplyMaterial,
    SuspendClock,
    TransferTask,
    WithdrawMatter,
    given,
    made,
)
from engine.case.records.values import (
    ERASED,
    LARGEST_POWER,
    LONGEST,
    Personal,
    decode,
    discreet,
    encode,
    normal,
    normal_fact,
    plain,
    shortened,
)

SEMANTICS = 5
"""Number of the rules by which commands give effects. An entry is run again only under the number it was made with.

2: what the outside answers is personal in the facts too that output mappings make of it.
3: acceptance and grant are refused for want of materials or of what has to be granted first; the clock of what was
tolerated ends with the last material; items tell more of themselves to expressions.
4: an unknown value satisfies no test; a day is the hall's midnight wherever it meets a moment.
A sum, least or greatest of a table that meets null or another kind is null; texts in columns of dates are dates; a
literal duration counts in a timer as it is written; a fact named like a function is the fact, null included.
A signer's removal asks the completion condition, and is refused where nobody would have signed.
A candidate may be a department, or a role in one. A migration awaits anew an event that changed its kind.
A field that is hidden when its form is handed in loses its fact; times of fields have seconds, texts and names are in
NFC; what a page lets nobody enter (past days, minutes between, rows) is refused.
Of timers that are each due as soon as they are set, the hundred and first in a row is parked behind an incident.
A cycle keeps the clock of the zone that it names, a timer's literal duration means what its text means, and a cycle
that gives a duration is refused.
5: who was skipped has not signed: a removal after which nobody would have is refused.
A case keeps which roles beside the window take in its kind; people without a number share nothing by their name.
A cycle that gives none is parked behind an incident, whoever brings the token there.
Each decision, and each condition of a gateway or a multi-instance, is an effect: what it read, and what came out.
Names and texts of a chain's files are in NFC, and so is what its expressions give.
A confidential fact is personal. Clocks of a public service name no article of 行政许可法.
The cause of an incident, and the arguments of functions, repeat no personal value.
"""

__all__ = [
    "COMMANDS",
    "EFFECTS",
    "ERASED",
    "LARGEST_POWER",
    "LONGEST",
    "SEMANTICS",
    "AddSigner",
    "AnswerJob",
    "BroadcastSignal",
    "CancelCase",
    "CaseEnded",
    "CaseMigrated",
    "CaseStarted",
    "ClaimReleased",
    "ClaimTaken",
    "ClaimTask",
    "ClockChanged",
    "Command",
    "CompleteTask",
    "ConditionsAsked",
    "ConfirmDeadline",
    "DecisionMade",
    "DeliverMessage",
    "Effect",
    "EraseValues",
    "ExtendClock",
    "FactSet",
    "FactsHandedOn",
    "FailJob",
    "FireDeadline",
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
    "MigrateCase",
    "MoveToken",
    "Numbered",
    "OfDeadline",
    "OfIncident",
    "OfMatter",
    "OfTask",
    "Order",
    "OrderKind",
    "Personal",
    "ProjectJoined",
    "RecountClocks",
    "ReleaseTask",
    "RemoveMaterial",
    "RemoveSigner",
    "ResolveIncident",
    "ResultAdded",
    "ResumeClock",
    "RetryIncident",
    "SendBack",
    "SetFact",
    "SettleMessage",
    "SkipTask",
    "StartCase",
    "SupplyMaterial",
    "SuspendClock",
    "TaskClaimed",
    "TaskClosed",
    "TaskOpened",
    "TaskReleased",
    "TaskRescheduled",
    "TransferTask",
    "ValuesErased",
    "WithdrawMatter",
    "command_from_json",
    "command_to_json",
    "decode",
    "discreet",
    "effect_from_json",
    "effect_to_json",
    "encode",
    "fields_from_json",
    "fields_to_json",
    "given",
    "made",
    "normal",
    "normal_fact",
    "plain",
    "read_command",
    "shortened",
]
