"""The page on which somebody does a task: its form, what the form sees, and the materials of the case."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.base.canonical import of_json
from engine.base.errors import NotFound
from engine.case.records import plain
from engine.case.state import Case
from engine.hall.door.derived import display_name
from engine.language import forms
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import scope_of
from engine.reading.views import moves
from engine.reading.views.application import EMPTY, Block, stated
from engine.reading.views.materials import MaterialCard, materials
from engine.reading.views.matters import MatterCard, matter_card
from engine.reading.views.shown import untagged
from engine.reading.views.sight import Sight
from engine.reading.views.task_card import TaskCard, task_card


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task with all that its page shows.

    form        the form-js schema; None where nothing is asked; without the fields that are withheld from the viewer
    variables   the facts that the form sees, as JSON
    documentation   what the designer tells whoever does the task
    read_only   whether somebody else, or nobody, holds the task
    stated      what the applicant has stated
    moves       commands beside completing it that the viewer might give
    matter      the matter that the task belongs to
    barred      whether the viewer did a step that this one must be independent of
    withheld    whether the form has values that the viewer may not read: `completed` puts them in again
    """

    card: TaskCard
    form: Mapping[str, Any] | None
    variables: Mapping[str, Any]
    documentation: str | None
    read_only: bool
    materials: tuple[MaterialCard, ...]
    stated: tuple[Block, ...]
    moves: tuple[str, ...]
    matter: MatterCard | None
    barred: bool
    withheld: bool


def page(sight: Sight, case: str, token: int, instead: Callable[[str], str] = str) -> TaskPage:
    """The page of an open task. `instead` gives the text for a field that is withheld, by its label. Raises NotFound.
    """
    _, state, version = sight.opened(case)
    opened = state.tasks.get(token)
    if opened is None:
        raise NotFound(
            f"Expected task {token} of case {case} to be open; it isn't any more.", sentence="task_gone", case=case
        )
    viewer = sight.viewer
    card = task_card(viewer, version, state, opened, display_name(state.applicant))
    matter = state.matters.get(opened.matter) if opened.matter is not None else None
    form, withheld = version.forms.get(opened.form) if opened.form else None, sight.withheld(state, version)
    variables = _variables(state, token)
    kept = {name for name in withheld if variables.get(name) not in EMPTY}
    return TaskPage(
        card=card,
        form=_without(_schema(version, form.id), kept, instead) if form is not None else None,
        variables={name: value for name, value in variables.items() if name not in withheld},
        documentation=_documentation(version, opened.element),
        read_only=card.claimed_by is None or card.claimed_by.key != viewer.person,
        materials=materials(viewer, version, state),
        stated=stated(version, state, withheld),
        moves=moves.offered(viewer, state, opened),
        matter=matter_card(viewer, version, state, matter) if matter else None,
        barred=viewer.person in state.barred(opened),
        withheld=form is not None and not form.names.isdisjoint(kept),
    )


def _schema(version: ChainVersion, form: str) -> dict[str, Any]:
    schema: dict[str, Any] = of_json(version.files[f"forms/{form}.form"])
    return schema


def _without(component: dict[str, Any], names: set[str], instead: Callable[[str], str]) -> dict[str, Any]:
    """The form without the fields of these facts; in their place stands a text."""
    inside = []
    for one in component.get("components", ()):
        name = str(one.get("key") or one.get("path") or "").partition(".")[0]
        if name and name in names:
            kept = {key: one[key] for key in ("id", "layout") if key in one}
            inside.append({**kept, "type": "text", "text": instead(str(one.get("label") or ""))})
        else:
            is_level = one.get("type") == "group" and not one.get("path")  # its fields stand in the level around it
            inside.append(_without(one, names, instead) if is_level else one)
    return {**component, "components": inside} if "components" in component else component


def completed(sight: Sight, case: str, token: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that somebody has filled in, and those that were withheld from them: these stay as they are.

    A field that nobody can change isn't handed in.
    """
    try:
        _, state, version = sight.opened(case)
    except NotFound:
        return dict(given)  # for the door to refuse
    opened, withheld = state.tasks.get(token), sight.withheld(state, version)
    form = version.forms.get(opened.form) if opened is not None and opened.form else None
    if form is None or not withheld:
        return dict(given)
    fixed = {s.path[0] for s in form.level.slots if s.field.is_disabled or s.field.raw.get("readonly") is True}
    names = (withheld & form.names) - fixed - given.keys()
    variables = json.loads(json.dumps(_variables(state, token)), parse_float=Decimal)
    return {**given, **{name: variables[name] for name in names if variables.get(name) not in EMPTY}}


def _variables(case: Case, token: int) -> dict[str, Any]:
    """The facts that the task sees, as plain JSON, without what other matters know."""
    variables: dict[str, Any] = {}
    scope: int | None = scope_of(case.tokens, token)
    while scope is not None:
        for (owner, name), value in case.facts.items():
            if owner == scope and name not in variables:
                variables[name] = untagged(forms.as_shown(plain(value)))
        scope = case.scopes.get(scope)
    return variables


def _documentation(version: ChainVersion, element: str) -> str | None:
    texts = (p.elements[element].documentation for p in version.processes.values() if element in p.elements)
    return next(texts, "") or None
