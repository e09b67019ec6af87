"""All that `licet chain check` looks for, in one table: rule id → severity and check.

    remark.py       what a rule yields, and the words that rules share
    file.py         the text of a BPMN file: schema, dialect, diagram
    structure.py    the graph of a process: starts, ends, gateways, conditions, events
    wording.py      expressions, timers, names
    behaviour.py    what can happen when it runs: soundness, what branches write side by side
    loops.py        loops that nothing holds up, or timers alone
    counted.py      loops that count, and so end
    templates.py    the letters and notices that a chain brings
    reference.py    what a chain refers to: called processes, forms, decisions, items, roles
    facts.py        facts: whether somebody sets what is read, and whether the values can fit
    namesakes.py    facts that are named like functions
    limits.py       how long the steps of a procedure may take together

A rule yields remarks, each of which tells the designer what to do. It never raises, whatever the model says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.model.chain.draft import Draft
from engine.model.chain.model import Finding, Process, Severity
from engine.model.chain.reader import Document
from engine.model.chain.rules import (
    behaviour,
    facts,
    file,
    limits,
    loops,
    namesakes,
    reference,
    structure,
    templates,
    wording,
)
from engine.model.chain.rules.remark import Remark

FileRule = Callable[[Document], Iterator[Remark]]
ProcessRule = Callable[[Process], Iterator[Remark]]
ChainRule = Callable[[Draft], Iterator[Remark]]


@dataclass(frozen=True, slots=True)
class Rule:
    """How grave a remark of the rule is, and its check: exactly one of the three functions is set."""

    severity: Severity
    of_file: FileRule | None = None
    of_process: ProcessRule | None = None
    of_chain: ChainRule | None = None


def _file(check: FileRule, severity: Severity = "error") -> Rule:
    return Rule(severity, of_file=check)


def _process(check: ProcessRule, severity: Severity = "error") -> Rule:
    return Rule(severity, of_process=check)


def _chain(check: ChainRule, severity: Severity = "error") -> Rule:
    return Rule(severity, of_chain=check)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "schema": _file(file.schema),
        "not-executable": _file(file.executable),
        "element-refused": _file(file.refused_elements),
        "zeebe-element": _file(file.zeebe_elements),
        "zeebe-attribute": _file(file.zeebe_attributes),
        "zeebe-property": _file(file.unknown_properties, "warning"),
        "property-value": _file(file.property_values),
        "other-tool": _file(file.other_tools, "warning"),
        "dangling-reference": _file(file.dangling, "warning"),
        "diagram": _file(file.diagram, "warning"),
        "start-event": _process(structure.starts),
        "event": _process(structure.events),
        "flow-direction": _process(structure.flow_directions),
        "unreachable": _process(structure.unreachable),
        "condition-place": _process(structure.misplaced_conditions),
        "condition-missing": _process(structure.missing_conditions),
        "default-flow": _process(structure.no_default, "warning"),
        "event-gateway": _process(structure.event_gateways),
        "boundary": _process(structure.boundaries),
        "boundary-never": _process(behaviour.boundaries_never, "warning"),
        "link": _process(structure.links),
        "multi-instance": _process(structure.multi_instances),
        "nothing-to-do": _process(structure.nothing_to_do),
        "element-reference": _chain(reference.named_tasks),
        "caught-outside": _chain(structure.caught_outside, "warning"),
        "condition": _process(wording.conditions),
        "expression": _process(wording.expressions),
        "name": _process(wording.names),
        "name-of-function": _chain(namesakes.named_like_functions, "warning"),
        "timer": _process(wording.timers),
        "action": _chain(reference.actions),
        "automatic-loop": _chain(loops.automatic),
        "timer-loop": _chain(loops.certain),
        "timer-loop-possible": _chain(loops.possible, "warning"),
        "deadlock": _process(behaviour.deadlocks),
        "lack-of-synchronisation": _process(behaviour.doubled_tokens),
        "no-way-out": _process(behaviour.ways_without_end),
        "dead-element": _process(behaviour.dead_elements),
        "undecided": _process(behaviour.undecided, "warning"),
        "parallel-writes": _chain(behaviour.parallel_writes, "warning"),
        "unknown-fact": _chain(facts.unknown_facts),
        "unknown-member": _chain(facts.unknown_members),
        "value-kind": _chain(facts.wrong_kinds),
        "unknown-option": _chain(facts.unknown_options),
        "unknown-input": _chain(facts.unknown_inputs),
        "unread-input": _chain(facts.unread_inputs, "warning"),
        "unset-fact": _chain(facts.unset_facts, "warning"),
        "hidden-field": _chain(facts.hidden_fields, "warning"),
        "unread-field": _chain(facts.unread_fields, "note"),
        "unknown-recipient": _chain(facts.unknown_recipients),
        "unknown-person": _chain(facts.unknown_people),
        "unknown-field": _chain(facts.unknown_fields),
        "missing-field": _chain(facts.missing_fields),
        "template": _chain(templates.wrong),
        "template-typeset": _chain(templates.not_typeset),
        "template-unused": _chain(templates.unused, "warning"),
        "main-process": _chain(reference.main_process),
        "stage": _chain(reference.stages),
        "intake": _chain(reference.intakes, "warning"),
        "duplicate-id": _chain(reference.duplicates),
        "called-process": _chain(reference.called_processes),
        "recursion": _chain(reference.recursion),
        "boundary-id": _chain(reference.boundary_ids),
        "form": _chain(reference.missing_forms),
        "form-problem": _chain(reference.form_errors),
        "form-advice": _chain(reference.form_warnings, "warning"),
        "decision": _chain(reference.missing_decisions),
        "decision-problem": _chain(reference.decision_errors),
        "decision-advice": _chain(reference.decision_warnings, "warning"),
        "item": _chain(reference.missing_items),
        "material": _chain(reference.missing_materials),
        "clock": _chain(reference.missing_clocks),
        "catalogue": _chain(reference.catalogue_errors),
        "catalogue-advice": _chain(reference.catalogue_warnings, "warning"),
        "role": _chain(reference.missing_roles),
        "department": _chain(reference.missing_departments),
        "task-limit": _chain(reference.missing_limits),
        "office-hours": _chain(limits.office_hours, "warning"),
        "step-limits": _chain(limits.step_limits, "warning"),
        "task-assignment": _chain(reference.unassigned_tasks),
    }
)

ABOUT_DATA = frozenset(
    [
        "unknown-fact",
        "unknown-member",
        "value-kind",
        "unknown-option",
        "unknown-input",
        "unknown-recipient",
        "unknown-person",
        "unknown-field",
        "missing-field",
    ]
)
"""Rules about data: a chain with such an error runs, until it comes to the place."""


def apply(draft: Draft, notes: bool = False) -> Iterator[Finding]:
    """Yield all findings about a chain: first those of reading its files, then those of the rules in table order.

    `notes`: also what may well be meant.
    """
    for source in draft.sources:
        yield from source.findings
    for id, rule in RULES.items() if notes else ((id, r) for id, r in RULES.items() if r.severity != "note"):
        if rule.of_file is not None:
            for source in draft.sources:
                if source.document.root is not None:
                    yield from (_finding(id, rule, f, source.file) for f in rule.of_file(source.document))
        elif rule.of_process is not None:
            for process in draft.processes.values():
                yield from (_finding(id, rule, f, process.file) for f in rule.of_process(process))
        elif rule.of_chain is not None:
            yield from (_finding(id, rule, f, f.file or "") for f in rule.of_chain(draft))


def _finding(id: str, rule: Rule, remark: Remark, file: str) -> Finding:
    return Finding(file, remark.element, remark.line, id, remark.severity or rule.severity, remark.message, remark.path)
