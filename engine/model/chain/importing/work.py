"""Steps for tasks that don't say what a machine does for them: people do them, or a job outside."""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.chain.importing.tree import Said, add_zeebe, ensure_zeebe, every, fact_name, named, remove, retag, say
from engine.model.chain.reader import Node, children, extension, local

_MACHINES = ("serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity")
_WORK = ("taskDefinition", "script", "calledDecision", "calledElement")
_FOREIGN = (
    "implementation",
    "operationRef",
    "messageRef",
    "scriptFormat",
    "calledElement",
    "instantiate",
)


def _idle(root: Node) -> Iterator[Node]:
    """Yield the tasks that don't say what a machine does for them, and calls that name no process."""
    for node in every(root, *_MACHINES):
        if any(extension(node, tag) is not None for tag in _WORK):
            continue
        yield node


def to_people(root: Node) -> Said:
    for node in [*_idle(root), *every(root, "task", "manualTask")]:
        yield say(node, f"The {local(node)} '{named(node)}' became a user task")
        _to_user(node)


def to_jobs(root: Node) -> Said:
    for node in _idle(root):
        if local(node) == "callActivity":
            yield say(node, f"'{named(node)}' calls no process: it is a user task now", True)
            _to_user(node)
        else:
            job = f"outside.{fact_name(node)}"
            for part in [n for n in node if local(n) == "script"]:
                remove(part)
            ensure_zeebe(node, "taskDefinition", type=job)
            yield say(node, f"The {local(node)} '{named(node)}' is the outside job '{job}'. Say what does it", True)


def _to_user(node: Node) -> None:
    for part in [n for n in node if local(n) == "script"]:
        remove(part)
    box = next(children(node, "extensionElements"), None)
    for stated in list(box) if box is not None else []:
        if local(stated) in _WORK or local(stated) == "taskHeaders":
            box.remove(stated)  # type: ignore[union-attr]
    retag(node, "userTask", *_FOREIGN)
    add_zeebe(node, "userTask")
