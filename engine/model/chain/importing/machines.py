"""The work of machines, as other tools say it: jobs, decisions, called processes, mappings, scripts."""

from __future__ import annotations

import re

from engine.base.errors import a
from engine.law.matter import ACTIONS
from engine.model.chain.dialect import ACTIVITIES, EVENTS
from engine.model.chain.importing import phrases
from engine.model.chain.importing.outcome import NOT_SIMPLE, Carry, Outcome, carried, idle, lost
from engine.model.chain.importing.tree import add_header, add_mapping, ensure_zeebe, fact_name, retag
from engine.model.chain.reader import Node, extension, local
from engine.model.chain.rules.wording import NAME

JOBS = ("serviceTask", "sendTask", "scriptTask", "businessRuleTask")
_ROOMS = frozenset(name.partition(".")[0] for name in ACTIONS)


def _may_be_job(owner: Node) -> bool:
    """Return whether the task may be a job: it says no work of its own."""
    own = ("calledDecision", "script")
    return local(owner) in JOBS and all(extension(owner, tag) is None for tag in own)


def _job(owner: Node, wanted: str) -> str:
    """Make the task the job of this name, if it isn't one yet; return its name."""
    stated = extension(owner, "taskDefinition")
    if stated is not None:
        return stated.get("type") or ""
    name = re.sub(r"\s+", "_", wanted.strip()) or fact_name(owner)
    name = f"outside.{name}" if "." not in name or name.partition(".")[0] in _ROOMS else name
    ensure_zeebe(owner, "taskDefinition", type=name)
    return name


def job(owner: Node, text: str) -> Outcome:
    """Carry a topic or an operator over as the type of the job."""
    if not _may_be_job(owner):
        return lost(f"{a(local(owner))} is no job")
    if "{" in text:
        return lost("the type of a job is a plain name")
    return carried(f"the job {_job(owner, text)!r}")


def code(owner: Node, text: str) -> Outcome:
    """Make a job of what the other engine's own code does."""
    if not _may_be_job(owner):
        return lost("code of another engine isn't run. Use a service task")
    if extension(owner, "taskDefinition") is not None:
        return lost("the task is another job already")
    name = re.sub(r"[^\w.]+", "_", re.sub(r"\(.*", "", text.strip().strip("${}#"))).strip("_.")
    return carried(f"the outside job {_job(owner, name)!r}", "Say what does it")


def kind_of_work(owner: Node, text: str) -> Outcome:
    """Carry `type`: external (the topic names the job), mail, http, shell, dmn …"""
    if text == "dmn":
        retag(owner, "businessRuleTask")
        return carried("a business rule task")
    if not _may_be_job(owner):
        return lost(f"{a(local(owner))} is no job")
    if text == "external":
        return Outcome("is said by the job's type now")
    return carried(f"the outside job {_job(owner, text)!r}", "Say what does it")


def field(owner: Node, stated: Node) -> Outcome:
    name = stated.get("name") or ""
    said = stated.get("stringValue") or stated.get("expression")
    text = said if said is not None else " ".join("".join(str(t) for t in stated.itertext()).split())
    if name == "decisionTableReferenceKey":
        return decision(owner, text)
    keys = {part.get("name") for part in stated.itersiblings(preceding=False)}
    if not _may_be_job(owner) or "decisionTableReferenceKey" in keys:
        return lost("only a job has headers")
    return _header(owner, name, text)


def _header(owner: Node, name: str, text: str) -> Outcome:
    read = phrases.value(text)
    if read is None or not name:
        return lost(NOT_SIMPLE)
    _job(owner, "")
    add_header(owner, name, read)
    return carried(f"a header {name}={read!r} of the job")


def retries(owner: Node, stated: Node) -> Outcome:
    text = " ".join("".join(str(t) for t in stated.itertext()).split())
    found = re.match(r"R(\d+)/", text)
    if found is None or local(owner) not in ("serviceTask", "sendTask") or not _may_be_job(owner):
        return idle("how often a failed job is tried again is said on a job alone, as a number")
    _job(owner, "")
    ensure_zeebe(owner, "taskDefinition", retries=found[1])
    return Outcome(f"is retries={found[1]!r} of the job now; the time between them isn't carried", True)


def result(owner: Node, text: str) -> Outcome:
    """Carry the result of an expression, a decision or a script over (last, since the task has to be known)."""
    if not NAME.match(text):
        return lost("expressions can't read a fact of this name")
    for tag in ("calledDecision", "script"):
        if extension(owner, tag) is not None:
            ensure_zeebe(owner, tag, resultVariable=text)
            return carried(f"zeebe:{tag} resultVariable={text!r}")
    if not _may_be_job(owner):
        return lost(f"{a(local(owner))} has no result")
    _job(owner, "")
    add_mapping(owner, "output", "=result", text)
    return carried(f"an output {text!r} of the job", "The job has to answer `result`")


def decision(owner: Node, text: str) -> Outcome:
    id = text.strip()
    if "{" in id or not id or local(owner) not in ("businessRuleTask", "serviceTask"):
        return lost("the id of a decision is a plain name of a business rule task's")
    if extension(owner, "taskDefinition") is not None:
        return lost("the task is a job already")
    retag(owner, "businessRuleTask")
    ensure_zeebe(owner, "calledDecision", decisionId=id, resultVariable=f"{fact_name(owner)}_result")
    return carried(f"zeebe:calledDecision decisionId={id!r}", f"Its result is the fact {fact_name(owner)}_result")


def decision_shape(owner: Node, text: str) -> Outcome:
    return Outcome("isn't carried: the result has the shape that the decision gives it. See what reads it", True)


def call_mapping(direction: str) -> Carry:
    """Return what carries `in` and `out` of a call over: mappings, or all facts."""

    def carry(owner: Node, stated: Node) -> Outcome:
        if local(owner) != "callActivity":
            return lost("only a call has them")
        called = ensure_zeebe(owner, "calledElement")
        all_facts = "propagateAllParentVariables" if direction == "input" else "propagateAllChildVariables"
        if stated.get("variables") == "all":
            called.set(all_facts, "true")
            return carried(f"zeebe:calledElement {all_facts}='true'")
        if called.get(all_facts) is None:
            called.set(all_facts, "false")
        target = stated.get("target") or ""
        source = stated.get("source")
        read = phrases.feel(source if source is not None else stated.get("sourceExpression") or "")
        if read is None or not NAME.match(target):
            return lost(NOT_SIMPLE)
        add_mapping(owner, direction, read, target)
        return carried(f"the {direction} {target}={read!r} of the call")

    return carry


_ONLY_NAMED = "Of all that the task gives only outputs are kept: name the others too"


def mapping(direction: str) -> Carry:
    """Return what carries one parameter of `inputOutput` over."""

    def carry(owner: Node, stated: Node) -> Outcome:
        target = stated.get("name") or ""
        read = _parameter(stated)
        if read is not None and direction == "output" and not read.startswith("="):
            read = phrases.quoted(read)  # an output is always FEEL
        if read is None or not NAME.match(target) or local(owner) not in ACTIVITIES | EVENTS:
            return lost(NOT_SIMPLE)
        add_mapping(owner, direction, read, target)
        return carried(f"the {direction} {target}={read!r}", _ONLY_NAMED if direction == "output" else "")

    return carry


def _parameter(stated: Node) -> str | None:
    """Return the value of a parameter: a text, an expression, a list or a map of these; None for a script."""
    parts = list(stated)
    if not parts:
        return phrases.value(stated.text or "")
    if len(parts) != 1 or local(parts[0]) not in ("list", "map"):
        return None
    written = []
    for part in parts[0]:
        if local(part) not in ("value", "entry") or len(part):
            return None
        read = phrases.value(part.text or "")
        if read is None or '"' in (read if not read.startswith("=") else ""):
            return None
        text = read[1:] if read.startswith("=") else f'"{read}"'
        key = f'"{part.get("key")}": ' if local(part) == "entry" else ""
        written.append(key + text)
    return f"=[{', '.join(written)}]" if local(parts[0]) == "list" else f"={{{', '.join(written)}}}"


_SET = re.compile(r"(?:execution|kcontext)\.setVariable\(\s*[\"'](\w+)[\"']\s*,\s*(.*)\)\s*;?\Z", re.DOTALL)
_ASSIGNED = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.*?);?\Z", re.DOTALL)


def assignment_of(text: str) -> tuple[str, str] | None:
    """Return (fact, FEEL with its `=`) of a script that sets one fact to a simple expression, else None."""
    found = _SET.match(text.strip()) or _ASSIGNED.match(text.strip())
    read = phrases.feel(found[2]) if found is not None and "\n" not in found[2].strip() else None
    return (found[1], read) if found is not None and read is not None else None


def around(direction: str) -> Carry:
    """Return what carries a script before or after a task over, if each of its lines sets a fact simply."""

    def carry(owner: Node, stated: Node) -> Outcome:
        lines = [line for line in (stated.text or "").splitlines() if line.strip()]
        read = [assignment_of(line) for line in lines]
        if not lines or None in read or local(owner) not in ACTIVITIES | EVENTS:
            return lost("scripts in other languages aren't run. Use a script task with FEEL, or a mapping")
        sure = [one for one in read if one is not None]
        for fact, source in sure:
            add_mapping(owner, direction, source, fact)
        told = ", ".join(f"{fact} {source!r}" for fact, source in sure)
        return carried(
            f"the {direction}s of the task: {told}",
            _ONLY_NAMED if direction == "output" else "Only the task itself sees it",
        )

    return carry


def operator(owner: Node, stated: Node) -> Outcome:
    """Carry SpiffArena's service operator over as a job with its parameters as headers."""
    if not _may_be_job(owner):
        return lost("only a job has an operator")
    name, gone = _job(owner, stated.get("id") or ""), []
    for parameter in [n for n in stated.iter() if local(n) == "parameter"]:
        told = _header(owner, parameter.get("id") or "", f"${{{parameter.get('value') or ''}}}")
        gone += [parameter.get("id") or ""] if told.lost else []
    answer = stated.get("resultVariable")
    if answer and NAME.match(answer):
        add_mapping(owner, "output", "=result", answer)
    gone += [answer] if answer and not NAME.match(answer) else []
    if gone:
        return Outcome(f"is the job {name!r}, but these were lost: {', '.join(gone)}", True, "error")
    return carried(f"the job {name!r}; its parameters are headers", "Say what does it")


def connector(owner: Node, stated: Node) -> Outcome:
    """Carry a connector over as a job, the texts among its parameters as headers."""
    if not _may_be_job(owner):
        return lost("connectors aren't run. Use a service task")
    id = next((n.text or "" for n in stated if local(n) == "connectorId"), "")
    name, gone = _job(owner, id), []
    for parameter in [n for n in stated.iter() if local(n) in ("inputParameter", "outputParameter")]:
        read = _parameter(parameter) if local(parameter) == "inputParameter" else None
        if read is None:
            gone.append(parameter.get("name") or "")
        else:
            add_header(owner, parameter.get("name") or "", read)
    if gone:
        return Outcome(f"is the job {name!r}, but these were lost: {', '.join(gone)}", True, "error")
    return carried(f"the job {name!r}; its parameters are headers", "Say what does it")


def work_item(owner: Node, text: str) -> Outcome:
    """Carry jBPM's work item over: a plain task that names what does it."""
    if local(owner) != "task" and not _may_be_job(owner):
        return lost(f"{a(local(owner))} is no job")
    retag(owner, "serviceTask")
    return carried(f"the outside job {_job(owner, text)!r}", "Say what does it")
