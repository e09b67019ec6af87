"""Steps for BPMN's own ways to say what Licet says otherwise: scripts, calls, data, correlation, interfaces."""

from __future__ import annotations

from engine.model.chain.dialect import OTHER_TOOLS
from engine.model.chain.importing import machines, phrases
from engine.model.chain.importing.outcome import NOT_SIMPLE
from engine.model.chain.importing.people import assignment, due
from engine.model.chain.importing.tree import (
    Said,
    add_mapping,
    add_zeebe,
    ensure_zeebe,
    every,
    lose,
    named,
    remove,
    say,
    take,
)
from engine.model.chain.reader import Node, children, extension, local, resolve
from engine.model.chain.rules.wording import NAME, expression_error


def scripts(root: Node) -> Said:
    """Make FEEL of scripts that set one fact simply; say which others are lost."""
    for task in every(root, "scriptTask"):
        stated = next(children(task, "script"), None)
        text = ("".join(str(t) for t in stated.itertext()) if stated is not None else "").strip()
        language = take(task, "scriptFormat")
        label = f"The script {_cut(text)}" + (f" in {language}" if language else "")
        if stated is not None:
            remove(stated)
        if not text or extension(task, "script") is not None:
            if text or language:
                what = f"{label} was removed: the task says in FEEL what it does"
                yield lose(task, what) if text else say(task, what)
            continue
        fact = next((str(v) for n, v in task.attrib.items() if str(n)[1:].partition("}")[0] in OTHER_TOOLS
                     and str(n).endswith("}resultVariable")), "")  # fmt: skip
        read = phrases.feel(text) if fact else None
        simple = (fact, read) if fact and read is not None else machines.assignment_of(text)
        if simple is None:
            why = "scripts in other languages aren't run. Write it in FEEL, or say what does the job outside"
            yield lose(task, f"{label} was removed: {why}")
        else:
            add_zeebe(task, "script", expression=simple[1], resultVariable=simple[0])
            yield say(task, f"{label} sets the fact {simple[0]} to {simple[1]!r} now", True)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 200 else text[:199] + "…")


def calls(root: Node) -> Said:
    """Carry the called process over; a name that is an expression is lost."""
    for call in every(root, "callActivity"):
        called = (call.get("calledElement") or "").strip()
        stated = extension(call, "calledElement")
        if stated is not None and stated.get("processId"):
            continue
        if called and "{" not in called and not called.startswith("="):
            ensure_zeebe(call, "calledElement", processId=resolve(called) or "")
            take(call, "calledElement")
            yield say(call, f"'{named(call)}' calls the process '{resolve(called)}' by zeebe:calledElement now")
            continue
        if stated is not None:
            remove(stated)
        if called:
            take(call, "calledElement")
            yield lose(
                call, f"The called process {called!r} was removed: a call names one process. Draw a choice of calls"
            )


_PEOPLE = {"GroupId": "candidateGroups", "ActorId": "candidateUsers"}
"""Data input of a task of jBPM → the attribute of zeebe:assignmentDefinition that says it here."""
_TITLES = frozenset({"TaskName", "Skippable", "NodeName"})
"""Data inputs of jBPM that repeat what the model says anyway."""


def data(root: Node) -> Said:
    """Carry data associations between tasks and facts (properties of the process) over; the others are told."""
    facts = {node.get("id"): node.get("name") or node.get("id") or "" for node in every(root, "property")}
    for owner in [n.getparent() for n in every(root, "ioSpecification")]:
        if owner is None:
            continue
        names = {n.get("id"): n.get("name") or "" for n in owner.iter() if local(n) in ("dataInput", "dataOutput")}
        rest = []
        for link in [n for n in owner if local(n) in ("dataInputAssociation", "dataOutputAssociation")]:
            done = list(_link(owner, link, facts, names))
            yield from done
            rest += [] if done else [" → ".join(_ends(link, names))]
            remove(link) if done else None
        unused = sorted(name for name in names.values() if name)
        specification = next(children(owner, "ioSpecification"))
        if rest or (unused and not facts):
            text = "; ".join(rest) or ", ".join(unused)
            yield say(
                owner, f"The data of '{named(owner)}' isn't read or written: {text}. Map what it needs", True, "warning"
            )
        if not any(local(n).startswith("data") and local(n).endswith("Association") for n in owner):
            remove(specification)


def _ends(link: Node, names: dict[str | None, str]) -> tuple[str, str]:
    ends = [next((resolve(n.text) or "" for n in children(link, tag)), "") for tag in ("sourceRef", "targetRef")]
    source, target = (names.get(end) or end for end in ends)
    return source, target


def _link(owner: Node, link: Node, facts: dict[str | None, str], names: dict[str | None, str]) -> Said:
    """Carry one association over; yield nothing where it isn't between a fact, or a value, and the task."""
    ends = [next((resolve(n.text) for n in children(link, tag)), None) for tag in ("sourceRef", "targetRef")]
    source, target = _ends(link, names)
    if local(link) == "dataInputAssociation":
        given = [n for n in link if local(n) == "assignment"]
        if given:
            text = next((("".join(str(t) for t in n.itertext())).strip() for n in given[0] if local(n) == "from"), "")
            yield from _given(owner, target, text)
        elif ends[0] in facts and NAME.match(facts[ends[0]]) and NAME.match(target):
            add_mapping(owner, "input", f"={facts[ends[0]]}", target)
            yield say(owner, f"The fact {facts[ends[0]]!r} is the input {target!r} of '{named(owner)}' now")
    elif ends[1] in facts and NAME.match(facts[ends[1]]) and NAME.match(source):
        add_mapping(owner, "output", f"={source}", facts[ends[1]])
        yield say(owner, f"The output {source!r} of '{named(owner)}' is the fact {facts[ends[1]]!r} now")


def _given(owner: Node, target: str, text: str) -> Said:
    label = f"The data input {target}={text!r}"
    if target in _PEOPLE or target == "DueDate":
        carry = due if target == "DueDate" else assignment(_PEOPLE[target])
        done = carry(owner, text)
        yield say(owner, f"{label} {done.text}", done.decide, done.lost)
    elif target in _TITLES:
        yield say(owner, f"{label} was removed: the model says it anyway", False, "warning")
    elif target == "decision" and local(owner) == "businessRuleTask":
        done = machines.decision(owner, text)
        yield say(owner, f"{label} {done.text}", done.decide, done.lost)
    elif (read := phrases.value(text)) is not None and NAME.match(target):
        add_mapping(owner, "input", read, target)
        yield say(owner, f"{label} is an input of '{named(owner)}' now")
    else:
        yield lose(owner, f"{label} was removed: {NOT_SIMPLE}")


def correlation(root: Node) -> Said:
    """Carry the paths by which a process knows its messages over to the messages; the others are lost."""
    messages = {node.get("id"): node for node in every(root, "message")}
    paths = {
        resolve(binding.get("correlationPropertyRef")): _text(binding)
        for binding in every(root, "correlationPropertyBinding")
    }
    for known in every(root, "correlationProperty"):
        for retrieval in children(known, "correlationPropertyRetrievalExpression"):
            message = messages.get(resolve(retrieval.get("messageRef")))
            label = f"The correlation by '{named(known)}' of the message {retrieval.get('messageRef')!r}"
            read = phrases.feel(paths.get(known.get("id"), "")) if message is not None else None
            if read is None or message is None or extension(message, "subscription") is not None:
                why = "the process doesn't say by which of its facts. Give the message a correlationKey"
                yield lose(known, f"{label}, {_cut(_text(retrieval))}, was removed: {why}")
            else:
                add_zeebe(message, "subscription", correlationKey=read)
                yield say(known, f"{label} is zeebe:subscription correlationKey={read!r} now", True)
    for gone in every(root, "correlationProperty", "correlationSubscription", "correlationKey"):
        remove(gone)


def _text(node: Node) -> str:
    return " ".join("".join(str(t) for t in node.itertext()).split())


def interfaces(root: Node) -> Said:
    """Make jobs of operations of web services; translate names of messages and signals that hold expressions."""
    operations = {node.get("id"): named(node) for node in every(root, "operation")}
    for task in every(root, *machines.JOBS):
        operation = resolve(take(task, "operationRef"))
        if operation is not None:
            done = machines.code(task, operations.get(operation, operation))
            yield say(
                task, f"The operation {operations.get(operation, operation)!r} {done.text}", done.decide, done.lost
            )
        implementation = take(task, "implementation")
        if implementation is not None and not implementation.startswith("##"):
            yield say(
                task,
                f"implementation={implementation!r} was removed: it says how another engine does it",
                False,
                "warning",
            )
    for node in every(root, "message", "signal"):
        name = node.get("name") or ""
        if "${" not in name and "#{" not in name:
            continue
        read = phrases.value(name)
        if read is None or expression_error(read[1:]) is not None:
            yield lose(node, f"The name {name!r} stays a mere text: {NOT_SIMPLE}")
        else:
            node.set("name", read)
            yield say(node, f"The name {name!r} is {read!r} now")
