"""Refusals of a scenario's steps, told to the one who writes it: which name, which value, which instance is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.base.errors import LicetError, NotAllowed, NotOpen
from engine.case.state import Case
from engine.language.forms import Form
from engine.model.chain import ChainVersion
from engine.model.chain.rules.remark import nearest


def not_open(element: str, nth: int, there: int, case: Case) -> NotOpen:
    """The refusal of a step at an element where nothing, or too little, is open."""
    if there:
        said = f"Expected the {_ordinal(nth)} open '{element}'; {there} {'is' if there == 1 else 'are'} open."
    else:
        others = sorted({task.element for task in case.tasks.values()}) or ["nothing"]
        said = f"Expected '{element}' to be open; open {'is' if len(others) == 1 else 'are'} {', '.join(others)}."
    return NotOpen(said, element=element)


def not_theirs(
    error: NotAllowed, person: str, step: Mapping[str, Any], candidates: Sequence[Sequence[str]]
) -> NotAllowed:
    """The refusal of a person, with who may complete the task; or with the instance that this person may."""
    element, nth = step["complete"], step.get("nth") or 1
    theirs = next((number for number, people in enumerate(candidates, 1) if person in people), None)
    place = f"the {_ordinal(nth)} of {len(candidates)} open '{element}'" if len(candidates) > 1 else f"'{element}'"
    if theirs is not None and theirs != nth:
        said = f"'{person}' may not complete {place}, but may the {_ordinal(theirs)}: say \"nth\": {theirs}."
    else:
        said = f"'{person}' may not complete {place}; {', '.join(candidates[nth - 1]) or 'nobody'} may."
    return NotAllowed(f"{error.message} {said}", sentence=error.sentence, **error.fields)


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def refusal(error: LicetError, version: ChainVersion) -> dict[str, Any]:
    """A refusal as the row of a failed step has it; where a form refused, each wrong field with what is wrong."""
    told: dict[str, Any] = {"refused": error.code, "message": error.message}
    if error.sentence:
        told["sentence"] = error.sentence
    errors, form = error.fields.get("errors"), version.forms.get(str(error.fields.get("form")))
    if isinstance(errors, Mapping) and errors:
        told["fields"] = {path: _field(path, wrong, form) for path, wrong in errors.items()}
    return told


def _field(path: str, wrong: Any, form: Form | None) -> str:
    if not isinstance(wrong, Mapping):
        return str(wrong)
    said = str(wrong.get("message", ""))
    known = {".".join(place): field for place, field in _fields(form).items()}
    if wrong.get("sentence") == "field_unknown":
        return said + nearest(path, known)
    if wrong.get("sentence") in ("field_option", "field_options") and path in known:
        offered = known[path].raw.get("values")
        options = [one.get("value") for one in offered if isinstance(one, Mapping)] if isinstance(offered, list) else []
        return said + (f" Offered are: {', '.join(map(str, options))}." if options else "")
    return said


def _fields(form: Form | None) -> Mapping[tuple[str, ...], Any]:
    return {path: slot.field for path, slot in form.level.paths.items()} if form is not None else {}
