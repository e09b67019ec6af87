"""The values of a chain version: processes, elements, flows, findings. No XML here.

`engine.model.chain` reads them from files; `runtime`, `case`, `authority` and `views` use them.
Element kinds are the BPMN 2.0.2 tag names ("userTask", "exclusiveGateway" …).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.model.chain.dialect import IDENTITIES

INTAKE = ("window", "applicant")
"""Roles that take in a case of a process that names none."""

Severity = Literal["error", "warning", "note"]
"""note: something that may well be meant; told only where somebody asks for notes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a file that a designer has to know. `path`: ids of the elements that lead to it, if any."""

    file: str
    element: str | None
    line: int | None
    rule: str
    severity: Severity
    message: str
    path: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "element": self.element,
            "line": self.line,
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "path": list(self.path),
        }


@dataclass(frozen=True, slots=True)
class DataMapping:
    """One `zeebe:input` or `zeebe:output`: the source (FEEL if it begins with `=`, else literal) and the name of the
    target.
    """

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Event:
    """The event that an element catches or throws.

    `kind`: none, timer, message, signal, error, escalation, terminate, link; in a model that is refused also
    compensation, conditional, cancel, multiple. The other fields depend on it:
    timer: `form` is timeDate | timeDuration | timeCycle, and `text` the ISO 8601 text or FEEL with `=`.
    message: `name` (literal or FEEL), `key` = FEEL of the correlation key or None.
    signal: `name`. error, escalation: `name` = the code, None catches all. link: `name`.
    """

    kind: str
    name: str | None = None
    key: str | None = None
    form: str | None = None
    text: str | None = None


_VARIABLE = re.compile(r"=\s*([^\W\d]\w*)\s*(?:\.[\s\w.]*)?\Z")
_LITERALS = frozenset({"true", "false", "null"})


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """The marker that an activity runs once for each item (`zeebe:loopCharacteristics`).

    Expressions are FEEL with their `=`; names are plain.
    """

    sequential: bool
    input_collection: str
    input_element: str | None
    output_collection: str | None
    output_element: str | None
    completion: str | None

    @property
    def result(self) -> str | None:
        """The variable that `outputElement` reads, or a property of; it is local to each instance. None: there is none,
        or it is the item or the number of the instance."""
        found = _VARIABLE.match(self.output_element or "")
        name = found[1] if found else None
        return None if name in _LITERALS or name in ("loopCounter", self.input_element) else name

    @property
    def local(self) -> frozenset[str]:
        """The variables that each instance has for itself."""
        return frozenset(filter(None, (self.input_element, self.result, "loopCounter")))


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node. `process`: id of the process that it stands in. `parent`: id of the body directly around it."""

    id: str
    kind: str
    name: str
    process: str
    parent: str
    line: int
    incoming: tuple[str, ...] = ()  # flow ids, in the order of the document
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    attached_to: str | None = None  # boundary events
    interrupting: bool = True  # boundary events and starts of event subprocesses
    event_subprocess: bool = False
    event: Event | None = None
    multi: MultiInstance | None = None
    inputs: tuple[DataMapping, ...] = ()
    outputs: tuple[DataMapping, ...] = ()
    form: str | None = None  # userTask: form id
    assignee: str | None = None  # userTask: text or FEEL with `=`
    candidate_groups: str | None = None  # comma-separated text, or FEEL with `=` that gives a list
    candidate_users: str | None = None
    due_date: str | None = None  # userTask: taskSchedule dueDate
    job: str | None = None  # serviceTask, sendTask: zeebe:taskDefinition type
    retries: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    called: str | None = None  # callActivity: process id
    propagate_in: bool = True  # callActivity: propagateAllParentVariables
    propagate_out: bool = True  # callActivity: propagateAllChildVariables
    decision: str | None = None  # businessRuleTask: decision id
    script: str | None = None  # scriptTask: FEEL with its `=`
    result: str | None = None  # scriptTask, businessRuleTask: resultVariable
    properties: Mapping[str, str] = field(default_factory=dict)
    lane: str | None = None
    documentation: str = ""  # the designer's explanation for the person who does the task


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `condition` is FEEL with its `=`, or None."""

    id: str
    source: str
    target: str
    condition: str | None
    line: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Process:
    """One process with everything inside its embedded subprocesses.

    `elements` and `flows` are keyed by id, in the order of the document. `executable`: whether the file marks it so.
    """

    id: str
    name: str
    file: str
    line: int
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    properties: Mapping[str, str] = field(default_factory=dict)
    executable: bool = True

    @property
    def intake(self) -> tuple[str, ...]:
        """The keys of the roles that take in a case of it; `applicant`: whoever applies, in person."""
        return tuple(roles_in(self.properties.get("intake", ""))) or INTAKE

    @property
    def identity(self) -> str | None:
        """Which of `IDENTITIES` is asked of an applicant; None where the model says nothing."""
        stated = self.properties.get("identity")
        return stated if stated in IDENTITIES else None


def roles_in(text: str) -> list[str]:
    """Return the keys of roles that a text lists, separated by commas, each once."""
    return list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
