"""Rules about what a chain refers to: called processes, forms, decisions, items of the catalogue, roles.

Catalogue and organisation belong to chain folders: for bare files the rules about them report nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache

from engine.base.errors import ModelError, a
from engine.language import decisions, forms
from engine.law.catalogue import Catalogue
from engine.law.matter import ACTIONS
from engine.model.chain.dialect import ELEMENT_LISTS, FEEL_FUNCTIONS, TASKS
from engine.model.chain.draft import Draft
from engine.model.chain.files import Source
from engine.model.chain.model import Element, Flow, Process, roles_in
from engine.model.chain.rules.remark import Remark, at, called, described, nearest
from engine.model.chain.version import followed, named_items, texts

ITEM_INPUTS = ("item", "item_key")
"""Names of inputs whose literal value is the key of an item."""
ITEM_FUNCTIONS = ("item", "missing", "granted")
"""Functions of the engine whose argument is the key of an item."""


CLOCKS = ("receipt_check", "decision", "promised", "statutory", "delivery", "correction", "supply")
"""Clocks that the built-in actions start; `decision` is the promised one, or the statutory one where nothing is
promised."""

_LIKENESS = 0.85
"""Likeness of a type of task to a built-in action from which it counts as that one, misspelt."""

_LIST = re.compile(r'=\s*\[\s*("[^"]*"\s*(,\s*"[^"]*"\s*)*)\]\s*\Z')


def elements(draft: Draft) -> Iterator[tuple[Process, Element]]:
    for process in draft.processes.values():
        for element in process.elements.values():
            yield process, element


def main_process(draft: Draft) -> Iterator[Remark]:
    """Report a chain without a process to run, and a folder in which several processes claim to be the main one."""
    models = [s for s in draft.given if s.suffix == ".bpmn" and s.document.root is not None]
    if models and draft.main is None:
        message = "Expected a process with a start event; found none. Draw the chain's process."
        yield Remark(message, None, 1, file=models[0].file)
    named = [p for s in models for p in s.document.processes.values() if p.properties.get("chain")]
    for process in named[1:] if draft.folder is not None else ():
        message = f"Process '{named[0].id}' is the main process already. Take the property 'chain' away from one."
        yield at(process, message, file=process.file)


def stages(draft: Draft) -> Iterator[Remark]:
    """Report stages that follow something other than a stage of the chain, or that follow each other in a circle."""
    starts = {id: draft.processes[id] for id in (draft.main, *draft.stages) if id is not None}
    for process in draft.processes.values():
        former = process.properties.get("follows")
        if former is None:
            continue
        if process.id not in starts:
            message = "Only the main process and the stages follow a stage. Give it the property 'stage'."
            yield at(process, message, file=process.file)
        elif former not in starts:
            message = f"It follows '{former}', which is no stage of the chain.{nearest(former, starts)}"
            yield at(process, message, file=process.file)
        elif process.id in followed(process.id, starts):
            message = f"It follows '{former}', which follows it in turn. Take one of the properties 'follows' away."
            yield at(process, message, followed(process.id, starts), process.file)


def intakes(draft: Draft) -> Iterator[Remark]:
    """Report who may start a case where no case starts, and roles for it that nobody holds."""
    known = {role.key for role in draft.organisation.roles} if draft.organisation is not None else set()
    granted = {grant.role for grant in draft.organisation.grants} if draft.organisation is not None else set()
    for process in draft.processes.values():
        for name in ("intake", "identity"):
            if name in process.properties and process.id not in (draft.main, *draft.stages):
                message = f"The property '{name}' has no effect: no case starts with this process."
                yield at(process, f"{message} Give it to the main process or to a stage.", file=process.file)
        roles = [role for role in roles_in(process.properties.get("intake", "")) if role in known]
        if roles and not granted & set(roles):
            message = f"Nobody in the organisation holds {' or '.join(roles)}, so nobody may start a case."
            yield at(process, f"{message} Name another role, or grant it.", file=process.file)


def duplicates(draft: Draft) -> Iterator[Remark]:
    """Report ids that two processes, two decisions or two forms share: they are looked up by id."""
    met: dict[tuple[str, str], Source] = {}
    for source in draft.sources:
        for id in source.ids:
            first = met.setdefault((source.suffix, id), source)
            if first is not source or source.ids.count(id) > 1:
                where = f"{first.file} has it too" if first is not source else "it stands twice in this file"
                yield Remark(f"The id '{id}' must be one of a kind: {where}. Rename one.", id, None, file=source.file)


def called_processes(draft: Draft) -> Iterator[Remark]:
    """Report calls of processes that aren't among the files."""
    for process, element in elements(draft):
        if element.called is not None and element.called not in draft.processes:
            hint = nearest(element.called, draft.processes)
            message = f"The called process '{element.called}' isn't among the files, nor in common/.{hint}"
            yield at(element, message, file=process.file)


def named_tasks(draft: Draft) -> Iterator[Remark]:
    """Report ids in `sendBack` that are no task of the process, and ids in `fourEyes` that are no task of it or its
    callers.
    """
    callers: dict[str, set[str]] = {}
    for process, element in elements(draft):
        callers.setdefault(element.called or "", set()).add(process.id)
    for process, element in elements(draft):
        for name in sorted(ELEMENT_LISTS & element.properties.keys()):
            around = _around(process.id, callers) if name == "fourEyes" else {process.id}
            tasks = [e.id for id in sorted(around) for e in draft.processes[id].elements.values() if e.kind in TASKS]
            for id in filter(None, (part.strip() for part in element.properties[name].split(","))):
                if id not in tasks:
                    message = f"The property '{name}' names '{id}', which is no task of the process."
                    yield at(element, message + nearest(id, tasks), file=process.file)


def _around(process: str, callers: Mapping[str, set[str]]) -> set[str]:
    """Return the ids of the process and of all processes that call it, directly or not."""
    around, todo = {process}, [process]
    while todo:
        more = callers.get(todo.pop(), set()) - around
        around |= more
        todo.extend(more)
    return around


def recursion(draft: Draft) -> Iterator[Remark]:
    """Report processes that call themselves, directly or not: they would never end."""
    told: set[frozenset[str]] = set()
    for start in draft.processes:
        todo: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [(start, (start,), ())]
        seen: set[str] = set()
        while todo:
            id, processes, path = todo.pop()
            for element in draft.processes[id].elements.values():
                called = element.called
                if called == start and frozenset(processes) not in told:
                    told.add(frozenset(processes))
                    ring = " → ".join((*processes, start))
                    message = f"The call leads back to '{start}' ({ring}), without end. Use a loop within one process."
                    yield at(element, message, (*path, element.id), draft.processes[id].file)
                elif called in draft.processes and called not in seen and called is not None:
                    seen.add(called)
                    todo.append((called, (*processes, called), (*path, element.id)))


def boundary_ids(draft: Draft) -> Iterator[Remark]:
    """Report boundary events of a call that share their id with the start of an event subprocess in the called process.

    The runtime couldn't tell the two apart.
    """
    for process, element in elements(draft):
        host = process.elements.get(element.attached_to or "")
        called = draft.processes.get(host.called or "") if host is not None else None
        inside = called.elements.get(element.id) if called is not None else None
        if inside is not None and inside.kind == "startEvent":
            message = f"The called process has an event subprocess that starts at '{element.id}' too. Rename one."
            yield at(element, message, file=process.file)


def missing_forms(draft: Draft) -> Iterator[Remark]:
    """Report tasks whose form isn't among the files."""
    for process, element in elements(draft):
        if element.form is not None and element.form not in draft.forms:
            message = f"There is no form with the id '{element.form}'.{nearest(element.form, draft.forms)}"
            yield at(element, message, file=process.file)


def form_errors(draft: Draft) -> Iterator[Remark]:
    yield from _form_problems(draft, "error")


def form_warnings(draft: Draft) -> Iterator[Remark]:
    yield from _form_problems(draft, "warning")


def _form_problems(draft: Draft, severity: str) -> Iterator[Remark]:
    for source in (s for s in draft.sources if s.suffix == ".form"):
        try:
            problems = forms.read(source.data).problems
        except ModelError as error:
            if severity == "error":
                yield Remark(error.message, None, None, file=source.file)
            continue
        for problem in problems:
            if problem.severity == severity:
                yield Remark(problem.message, problem.component, problem.line, file=source.file)


def missing_decisions(draft: Draft) -> Iterator[Remark]:
    """Report business rule tasks whose decision isn't among the files."""
    for process, element in elements(draft):
        if element.decision is not None and element.decision not in draft.decisions:
            message = f"There is no decision with the id '{element.decision}'."
            yield at(element, message + nearest(element.decision, draft.decisions), file=process.file)


def decision_errors(draft: Draft) -> Iterator[Remark]:
    yield from _decision_problems(draft, "error")


def decision_warnings(draft: Draft) -> Iterator[Remark]:
    yield from _decision_problems(draft, "warning")


def _decision_problems(draft: Draft, severity: str) -> Iterator[Remark]:
    for source in (s for s in draft.sources if s.suffix == ".dmn" and not s.findings):
        for problem in _problems_of(source.data):
            if problem.severity == severity:
                yield replace(problem, file=source.file)


@lru_cache(maxsize=64)
def _problems_of(data: bytes) -> tuple[Remark, ...]:
    """Return what is wrong with a decision file, errors and warnings; both rules ask, and tables take long."""
    try:
        problems = decisions.read(data, functions=FEEL_FUNCTIONS.keys()).problems
    except ModelError as error:
        return (Remark(error.message, None, error.fields.get("line"), severity="error"),)
    return tuple(
        Remark(p.message, p.element, p.line or None, severity="error" if p.severity == "error" else "warning")
        for p in problems
    )


def actions(draft: Draft) -> Iterator[Remark]:
    """Report built-in actions that don't exist, and those of which a required input is never set."""
    written = _written_names(draft)
    rooms = {name.partition(".")[0] for name in ACTIONS}
    for process, element in elements(draft):
        action = ACTIONS.get(element.job or "")
        if element.job is not None and action is None and (_in(element.job, rooms) or _near(element.job)):
            message = f"There is no built-in action '{element.job}'.{nearest(element.job, ACTIONS)}"
            yield at(element, message, file=process.file)
        for name in action.required if action is not None else ():
            given = {m.target for m in element.inputs} | element.headers.keys()
            if name not in given and name not in written and draft.folder is not None:
                message = f"{element.job} needs '{name}', which nothing sets. Give it an input mapping or a header."
                yield at(element, message, file=process.file)


def _in(job: str, rooms: set[str]) -> bool:
    return "." in job and job.partition(".")[0] in rooms


def _near(job: str) -> bool:
    """Return whether a type of task looks like a built-in action misspelt, rather than like a job of somebody else."""
    return bool(get_close_matches(job, ACTIONS, 1, _LIKENESS))


def _written_names(draft: Draft) -> set[str]:
    """Return the names of all facts that anything in the chain sets."""
    names: set[str] = set()
    for _, element in elements(draft):
        names.update(m.target for m in (*element.inputs, *element.outputs))
        names.update(filter(None, (element.result,)))
        if element.multi is not None:
            names.update(filter(None, (element.multi.input_element, element.multi.output_collection)))
        action = ACTIONS.get(element.job or "")
        names.update(action.outputs if action is not None else ())
    for source in draft.forms.values():
        try:
            names.update(forms.read(source.data).names)
        except ModelError:
            continue
    return names


def missing_items(draft: Draft) -> Iterator[Remark]:
    """Report items that the catalogue doesn't have: nothing outside it can be decided 清单之外无审批."""
    if draft.folder is None:
        return
    known: Iterable[str] = draft.catalogue.items if draft.catalogue is not None else ()
    for process, element in elements(draft):
        given = [(m.target, m.source) for m in element.inputs] + list(element.headers.items())
        for name, text in given:
            key = _literal(text) if name in ITEM_INPUTS else None
            if key is not None and key not in known:
                message = f"The catalogue has no item '{key}'.{nearest(key, known)}"
                yield at(element, message, file=process.file)

    for function in ITEM_FUNCTIONS:
        for process, place, key in _asked(draft, function):
            if key not in known:
                yield at(place, f"The catalogue has no item '{key}'.{nearest(key, known)}", file=process.file)


def missing_materials(draft: Draft) -> Iterator[Remark]:
    """Report materials that expressions name and the catalogue doesn't have."""
    if draft.catalogue is not None:
        for process, place, key in _asked(draft, "supplied"):
            if key not in draft.catalogue.materials:
                message = f"The catalogue has no material '{key}'.{nearest(key, draft.catalogue.materials)}"
                yield at(place, message, file=process.file)


def missing_clocks(draft: Draft) -> Iterator[Remark]:
    """Report clocks that expressions name and neither a built-in action nor the chain starts."""
    started = {
        literal
        for _, element in elements(draft)
        if element.job == "clock.start"
        for name, text in (*element.headers.items(), *((m.target, m.source) for m in element.inputs))
        if name == "clock" and (literal := _literal(text)) is not None
    }
    for process, place, name in _asked(draft, "due"):
        if name not in {*CLOCKS, *started}:
            message = f"Nothing starts a clock '{name}'.{nearest(name, {*CLOCKS, *started})}"
            yield at(place, message, file=process.file)


def _asked(draft: Draft, function: str) -> Iterator[tuple[Process, Element | Flow, str]]:
    """Yield (process, place, argument) for each call of an engine function with a literal argument in an expression."""
    call = re.compile(rf'(?<![\w.]){function}\(\s*"([^"]*)"\s*\)')
    for process, element in elements(draft):
        for text in texts(element):
            yield from ((process, element, key) for key in call.findall(text) if text.startswith("="))
    for process in draft.processes.values():
        for flow in process.flows.values():
            yield from ((process, flow, key) for key in call.findall(flow.condition or ""))


def _literal(text: str) -> str | None:
    """Return the text that stands there literally, or None if it is computed."""
    if not text.startswith("="):
        return text
    inner = text[1:].strip()
    quoted = len(inner) > 1 and inner[0] == inner[-1] == '"' and '"' not in inner[1:-1]
    return inner[1:-1] if quoted else None


def catalogue_errors(draft: Draft) -> Iterator[Remark]:
    yield from _catalogue_problems(draft, "error")


def catalogue_warnings(draft: Draft) -> Iterator[Remark]:
    yield from _catalogue_problems(draft, "warning")


def _catalogue_problems(draft: Draft, severity: str) -> Iterator[Remark]:
    """Report the catalogue's problems of one severity with the items of this chain."""
    for problem in used(draft).problems if draft.catalogue is not None else ():
        if problem.severity == severity:
            yield Remark(f"{problem.path}: {problem.message}", problem.item, None, file=problem.file)


def used(draft: Draft) -> Catalogue:
    """Return the part of the catalogue that the chain names."""
    assert draft.catalogue is not None
    tables = [s.data for s in draft.decisions.values()]
    return draft.catalogue.subset(named_items(draft.processes.values(), tables, draft.catalogue))


def missing_roles(draft: Draft) -> Iterator[Remark]:
    """Report roles that tasks and items name and the organisation doesn't have."""
    if draft.organisation is None:
        return
    known = {role.key for role in draft.organisation.roles}
    for process, element in elements(draft):
        for role in _roles(element):
            if role not in known:
                yield at(element, f"The organisation has no role '{role}'.{nearest(role, known)}", file=process.file)
    for process in draft.processes.values():
        for role in roles_in(process.properties.get("intake", "")):
            if role not in known:
                message = f"The organisation has no role '{role}', which takes cases in.{nearest(role, known)}"
                yield at(process, message, file=process.file)
    for file, id, role in _confided(draft):
        if role not in known:
            message = f"The organisation has no role '{role}', which may read '{id}'.{nearest(role, known)}"
            message = message if role else f"'{id}' is confidential to nobody: list roles, with commas, or remove it."
            yield Remark(message, id, None, file=file)
    if draft.catalogue is not None:
        for item in used(draft).items.values():
            for role in item.sign_off:
                if role not in known:
                    message = (
                        f"The organisation has no role '{role}', which signs '{item.key}' off.{nearest(role, known)}"
                    )
                    yield Remark(message, item.key, None, file=draft.catalogue.files[item.key])


def _roles(element: Element) -> list[str]:
    """Return the roles that a task names literally."""
    groups = element.candidate_groups or ""
    listed = _LIST.match(groups)
    text = listed[1].replace('"', "") if listed else _literal(groups) or ""
    return [role for role in (part.strip() for part in text.split(",")) if role]


def _confided(draft: Draft) -> Iterator[tuple[str, str, str]]:
    """Yield (file, id of the field, role) for each role that may read a confidential field; "" where none is named."""
    for source in (s for s in draft.sources if s.suffix == ".form"):
        try:
            fields = list(forms.read(source.data).fields)
        except ModelError:
            continue
        while fields:
            field = fields.pop()
            fields += field.children
            named = sorted(field.confidential) or ([""] if "confidential" in field.properties else [])
            yield from ((source.file, field.id, role) for role in named)


def missing_departments(draft: Draft) -> Iterator[Remark]:
    """Report departments that the organisation doesn't have, and the property `department` on other than user tasks."""
    for process, element in elements(draft):
        key = element.properties.get("department")
        if key is not None and element.kind != "userTask":
            message = f"The property 'department' means nothing on {a(element.kind)}: give it to a user task."
            yield at(element, message, file=process.file)
    if draft.organisation is None:
        return
    known = {department.key for department in draft.organisation.departments}
    for process, element in elements(draft):
        literal = _literal(element.properties.get("department") or "=")
        if literal is not None and literal not in known:
            message = f"The organisation has no department '{literal}'.{nearest(literal, known)}"
            yield at(element, message, file=process.file)
    if draft.catalogue is None:
        return
    for item in used(draft).items.values():
        for literal in (item.department, *(consulted.department for consulted in item.consults)):
            if literal not in known:
                message = f"The organisation has no department '{literal}', which '{item.key}' names."
                yield Remark(message + nearest(literal, known), item.key, None, file=draft.catalogue.files[item.key])


def missing_limits(draft: Draft) -> Iterator[Remark]:
    """Report user tasks of a chain folder that have no limit."""
    for process, element in elements(draft) if draft.folder is not None else ():
        if element.kind == "userTask" and element.due_date is None:
            message = f"{described(element)} has no limit. Give it zeebe:taskSchedule dueDate, such as =workdays(1)."
            yield at(element, message, file=process.file)


def unassigned_tasks(draft: Draft) -> Iterator[Remark]:
    """Report user tasks of a chain folder that nobody may do."""
    granted = {g.role for g in draft.organisation.grants} if draft.organisation is not None else None
    for process, element in elements(draft) if draft.folder is not None else ():
        if element.kind != "userTask":
            continue
        if not (element.candidate_groups or element.candidate_users or element.assignee):
            message = f"Nobody may do {called(element)}. Give it zeebe:assignmentDefinition candidateGroups."
            yield at(element, message, file=process.file)
        roles = _roles(element)
        if roles and granted is not None and not granted & set(roles):
            message = f"Nobody in the organisation holds {' or '.join(roles)}, so nobody may do {called(element)}."
            yield at(element, f"{message} Name another role, or grant it.", file=process.file)
