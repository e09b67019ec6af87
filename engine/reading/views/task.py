"""The page on which somebody does a task: its form, what the form sees, and the materials of the case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.base.canonical import spelled
from engine.base.errors import NotFound
from engine.case.records import plain
from engine.case.state import Case
from engine.hall.door.derived import display_name
from engine.language import forms
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import scope_of
from engine.reading.views import moves
from engine.reading.views.application import Block, stated
from engine.reading.views.materials import MaterialCard, materials
from engine.reading.views.matters import MatterCard, matter_card
from engine.reading.views.shown import untagged
from engine.reading.views.sight import Sight
from engine.reading.views.task_card import TaskCard, task_card


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A task with all that its page shows.

    form        the form-js schema; None where nothing is asked
    variables   the facts that the form sees, as JSON
    documentation   what the designer tells whoever does the task
    read_only   whether somebody else, or nobody, holds the task
    stated      what the applicant has stated
    moves       commands beside completing it that the viewer might give
    matter      the matter that the task belongs to
    barred      whether the viewer did a step that this one must be independent of
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


def page(sight: Sight, case: str, token: int) -> TaskPage:
    """The page of an open task. Raises NotFound."""
    _, state, version = sight.opened(case)
    opened = state.tasks.get(token)
    if opened is None:
        raise NotFound(
            f"Expected task {token} of case {case} to be open; it isn't any more.", sentence="task_gone", case=case
        )
    viewer = sight.viewer
    card = task_card(viewer, version, state, opened, display_name(state.applicant))
    matter = state.matters.get(opened.matter) if opened.matter is not None else None
    form = version.forms.get(opened.form) if opened.form else None
    return TaskPage(
        card=card,
        form=spelled(json.loads(version.files[f"forms/{form.id}.form"])) if form is not None else None,
        variables=_variables(state, token),
        documentation=_documentation(version, opened.element),
        read_only=card.claimed_by is None or card.claimed_by.key != viewer.person,
        materials=materials(viewer, version, state),
        stated=stated(version, state),
        moves=moves.offered(viewer, state, opened),
        matter=matter_card(viewer, version, state, matter) if matter else None,
        barred=viewer.person in state.barred(opened),
    )


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
