"""Rules about what is written in a model: expressions, names of facts, timers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC

from engine.base.errors import LicetError, ModelError
from engine.language import feel
from engine.model.chain import times
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.model import DataMapping, Element, Event, Flow, Process
from engine.model.chain.rules.remark import Remark, at

NAME = re.compile(r"[^\W\d]\w*\Z")
"""Matches a fact's name that FEEL reads as one name."""


def expression_error(text: str) -> str | None:
    """Return why `text` (without its `=`) is no expression, or None."""
    if not text.strip():
        return "it is empty"
    try:
        feel.compile(text, functions=FEEL_FUNCTIONS.keys())
    except LicetError as error:
        return error.message.rstrip(".")
    return None


def conditions(process: Process) -> Iterator[Remark]:
    """Report conditions that aren't FEEL behind `=`."""
    for flow in process.flows.values():
        if flow.condition is not None:
            yield from _feel(flow, "condition", flow.condition)


def expressions(process: Process) -> Iterator[Remark]:
    """Report wrong FEEL in all other places: those that must hold FEEL, and those that may."""
    for element in process.elements.values():
        for what, text in _always_feel(element):
            yield from _feel(element, what, text)
        for what, text in _maybe_feel(element):
            if text.startswith("="):
                yield from _feel(element, what, text)
        if element.job is not None and element.job.startswith("="):
            yield at(element, "The type of a task has to be a plain name: what a chain may do is known beforehand.")


def _always_feel(element: Element) -> Iterator[tuple[str, str]]:
    multi, event = element.multi, element.event
    yield from ((f"output '{m.target}'", m.source) for m in element.outputs)
    texts = [("script", element.script)]
    if multi is not None:
        texts += [("outputElement", multi.output_element), ("completionCondition", multi.completion)]
        texts += [("inputCollection", multi.input_collection or None)]
    if event is not None and event.kind == "message":
        texts += [("correlationKey", event.key)]
    yield from ((what, text) for what, text in texts if text is not None)


def _maybe_feel(element: Element) -> Iterator[tuple[str, str]]:
    yield from ((f"input '{m.target}'", m.source) for m in element.inputs)
    yield from ((f"header '{key}'", value) for key, value in element.headers.items())
    texts = [
        ("assignee", element.assignee),
        ("candidateGroups", element.candidate_groups),
        ("candidateUsers", element.candidate_users),
        ("dueDate", element.due_date),
        ("property 'department'", element.properties.get("department")),
        ("name of the event", element.event.name if element.event is not None else None),
    ]
    yield from ((what, text) for what, text in texts if text is not None)


def _feel(place: Element | Flow, what: str, text: str) -> Iterator[Remark]:
    if not text.startswith("="):
        yield at(place, f"The {what} has to begin with '=', else it is mere text; found {_short(text)}.")
    elif (error := expression_error(text[1:])) is not None:
        yield at(place, f"The {what} is no FEEL expression: {error}. Found {_short(text)}.")


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "…")


def names(process: Process) -> Iterator[Remark]:
    """Report names of facts that expressions can't read."""
    for element in process.elements.values():
        for what, name in fact_names(element):
            if name and not NAME.match(name):
                yield at(element, f"The {what} '{name}' is no name of a fact: use letters, digits and underscores.")
        yield from _empty(element, (*element.inputs, *element.outputs))


def fact_names(element: Element) -> list[tuple[str, str]]:
    """Return (what names it, name) of each fact that an element sets."""
    multi = element.multi
    named = [("input", m.target) for m in element.inputs] + [("output", m.target) for m in element.outputs]
    named += [("resultVariable", element.result)] if element.result else []
    if multi:
        named += [("inputElement", multi.input_element or ""), ("outputCollection", multi.output_collection or "")]
    return named


def expression_texts(element: Element) -> Iterator[str]:
    """Yield all texts of an element that are FEEL, or may be: FEEL begins with `=`."""
    yield from (text for _, text in _always_feel(element))
    yield from (text for _, text in _maybe_feel(element))
    if element.event is not None and element.event.kind == "timer":
        yield element.event.text or ""


def _empty(element: Element, mappings: tuple[DataMapping, ...]) -> Iterator[Remark]:
    for mapping in mappings:
        if mapping.source.strip() and not mapping.target.strip():
            yield at(element, f"The mapping of {_short(mapping.source)} has no target. Name the fact.")


def timers(process: Process) -> Iterator[Remark]:
    """Report timers without a readable time above zero, and cycles where a timer can't fire again."""
    for element in process.elements.values():
        due = element.due_date
        if due is not None and not (due.startswith("=") or date_problem(due) is None or duration_problem(due) is None):
            yield at(
                element,
                f"The due date has to be FEEL behind '=', or an ISO 8601 date or duration; found {_short(due)}.",
            )
        if element.event is not None and element.event.kind == "timer":
            problem = _timer_problem(element, element.event)
            if problem is not None:
                yield at(element, problem)


def _timer_problem(element: Element, event: Event) -> str | None:
    text = event.text or ""
    if event.form is None or not text:
        return "The timer has no time. Give it a date, a duration or a cycle."
    if event.form == "timeCycle" and (element.kind == "intermediateCatchEvent" or element.interrupting):
        return "A cycle fires again and again: use it on a non-interrupting event, and a duration here."
    if text.startswith("="):
        error = expression_error(text[1:])
        if error is not None:
            return f"The time is no FEEL expression: {error}. Found {_short(text)}."
        literal = times.literal_duration(text)
        if literal is not None and event.form == "timeCycle":
            return f"A duration fires once. Say how often, as in R/{literal}; found {_short(text)}."
        return duration_problem(literal) if literal is not None else None
    return _TEXT_PROBLEMS[event.form](text)


def date_problem(text: str) -> str | None:
    """Return why a text is no date or time (with an offset, a zone in brackets, both or neither), or None."""
    return _problem(lambda: times.moment(text, UTC))


def duration_problem(text: str) -> str | None:
    """Return why a text is no duration above zero, or None."""
    return _problem(lambda: times.duration(text))


def cycle_problem(text: str) -> str | None:
    """Return why a text is no repeating interval, or None."""

    def read() -> None:
        cycle = times.repeated(text)
        times.duration(cycle.every)
        if cycle.first:
            times.moment(cycle.first, UTC)

    return _problem(read)


def _problem(read: Callable[[], object]) -> str | None:
    try:
        read()
    except ModelError as error:
        return f"{error.message} FEEL begins with '='."
    return None


_TEXT_PROBLEMS: Mapping[str, Callable[[str], str | None]] = {
    "timeDate": date_problem,
    "timeDuration": duration_problem,
    "timeCycle": cycle_problem,
}
