"""Who does a task and by when, as other tools say it: attributes, resource roles, lanes."""

from __future__ import annotations

import re

from engine.model.chain.importing import phrases
from engine.model.chain.importing.outcome import NOT_SIMPLE, Carry, Outcome, carried, lost
from engine.model.chain.importing.tree import Said, ensure_zeebe, every, named, remove, retag, say
from engine.model.chain.reader import Node, children, extension, local, resolve
from engine.model.chain.rules.wording import date_problem, duration_problem

ONLY_USER_TASKS = "only a user task is somebody's"


def assignment(name: str) -> Carry:
    """Return what carries an attribute over to zeebe:assignmentDefinition: `assignee`, `candidateGroups` …"""

    def carry(owner: Node, text: str) -> Outcome:
        if local(owner) != "userTask":
            return lost(ONLY_USER_TASKS)
        read = phrases.value(text) if name == "assignee" else phrases.names(text)
        if not read:
            return lost(NOT_SIMPLE if text.strip() else "it is empty")
        stated = ensure_zeebe(owner, "assignmentDefinition")
        former = stated.get(name)
        if former and former != read:
            if name == "assignee" or former.startswith("=") or read.startswith("="):
                return lost(f"the {name} is {former!r} already")
            read = f"{former},{read}"
        stated.set(name, read)
        return carried(f"zeebe:assignmentDefinition {name}={read!r}")

    return carry


def due(owner: Node, text: str) -> Outcome:
    if local(owner) != "userTask":
        return lost("only a user task has a due date")
    read = phrases.value(text)
    if not read:
        return lost(NOT_SIMPLE)
    if not read.startswith("=") and date_problem(read) is not None and duration_problem(read) is not None:
        return lost("it is no ISO 8601 date or duration. Write it anew")
    ensure_zeebe(owner, "taskSchedule", dueDate=read)
    return carried(f"zeebe:taskSchedule dueDate={read!r}")


_ROLES = ("potentialOwner", "humanPerformer", "performer", "resourceRole")
_NAMED = re.compile(r"\s*(user|group)\(([^()]*)\)\s*\Z")


def resource_roles(root: Node) -> Said:
    """Carry potential owners over as candidates, and human performers as assignees."""
    resources = {node.get("id"): named(node) for node in every(root, "resource")}
    for role in every(root, *_ROLES):
        owner = role.getparent()
        if owner is None or local(owner) in _ROLES:
            continue
        reference = next((resolve(n.text) for n in role if local(n) == "resourceRef"), None)
        expressions = [n.text or "" for n in role.iter() if local(n) in ("formalExpression", "expression")]
        text = " ".join("".join(expressions).split()) or resources.get(reference, reference) or role.get("name") or ""
        label = f"The {local(role)} {text!r}"
        remove(role)
        if local(role) == "potentialOwner":
            yield from _owners(owner, label, text)
        else:
            done = assignment("assignee")(owner, _NAMED.sub(r"\2", text))
            yield say(owner, f"{label} {done.text}", done.decide, done.lost)


def _owners(owner: Node, label: str, text: str) -> Said:
    """Carry `user(a), group(b)`; what says neither is a group."""
    for part in re.split(r",(?![^({]*[)}])", text) or [""]:
        found = _NAMED.match(part)
        name = "candidateUsers" if found and found[1] == "user" else "candidateGroups"
        done = assignment(name)(owner, found[2] if found else part)
        yield say(owner, f"{label} {done.text}", done.decide, done.lost)


def lanes(root: Node) -> Said:
    """Make the lane the candidate group of the tasks for people in it of which nothing else says who does them."""
    places: dict[str, str] = {}
    for lane in every(root, "lane"):  # outer lanes come before inner ones, so that the inner one stays
        for reference in children(lane, "flowNodeRef"):
            places[resolve(reference.text) or ""] = named(lane)
    for task in every(root, "userTask", "manualTask", "task"):
        lane_name = places.get(task.get("id") or "")
        if lane_name is None or not lane_name.strip() or _is_assigned(task):
            continue
        group = re.sub(r"[,\s]+", " ", lane_name).strip()
        group = f'="{group}"' if group.startswith("=") and '"' not in group else group
        if local(task) == "task":
            yield say(
                task,
                f"'{named(task)}' of the lane {lane_name!r} is passed at once: it doesn't say that somebody does it. "
                "Import with --user-tasks, or make it a user task",
                True,
                "warning",
            )
            continue
        if local(task) == "manualTask":
            retag(task, "userTask")
            yield say(task, f"The manual task '{named(task)}' became a user task: it would be passed at once", True)
        ensure_zeebe(task, "assignmentDefinition", candidateGroups=group)
        yield say(task, f"The lane {lane_name!r} is the candidate group of '{named(task)}'. Name its role", True)


def _is_assigned(task: Node) -> bool:
    stated = extension(task, "assignmentDefinition")
    return stated is not None and any(stated.attrib.values())
