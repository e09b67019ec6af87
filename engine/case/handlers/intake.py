"""The case is opened, and its papers come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base import terms
from engine.base.errors import InvalidInput, NotOpen, Refused, wrong_field
from engine.case.execution import Execution
from engine.case.records import (
    CaseStarted,
    FactSet,
    MaterialRemoved,
    MaterialSupplied,
    RemoveMaterial,
    StartCase,
    SupplyMaterial,
    plain,
)
from engine.case.working import ROOT
from engine.model.chain import INTAKE


def start_case(execution: Execution, order: StartCase) -> None:
    working = execution.working
    chain = working.context.chain
    process = order.process or chain.main
    if process not in chain.processes:
        raise InvalidInput(
            f"Expected a process of chain {chain.name}; found {process!r}.",
            sentence="process_unknown",
            errors={"process": "unknown"},
            chain=chain.name,
            process=process,
        )
    _identified(chain.processes[process].identity, plain(order.applicant))
    title = order.title or chain.title_of(process) or chain.processes[process].name
    channel = order.channel or "window"
    intake = tuple(role for role in chain.processes[process].intake if role not in INTAKE)
    working.emit(
        CaseStarted(working.case.id, chain.digest, process, title, order.applicant, channel, working.at, intake)
    )
    for name, value in (order.variables or {}).items():
        working.emit(FactSet(ROOT, name, working.wrap(name, value)))
    execution.start(process)


IDENTITY_NUMBERS = ("id_number", "credit_code")
"""Kinds of number by which an applicant is identified: of a person, of an organisation."""


def _identified(wanted: str | None, applicant: Any) -> None:
    """Raise InvalidInput where the applicant doesn't give the identity number that the model asks for, or gives a
    wrong one, or one that it takes none of.

    A model that says nothing of it leaves it to the page, which asks for one.
    """
    stated = applicant if isinstance(applicant, Mapping) else {}
    number, kind = stated.get("id_number"), stated.get("id_type") or IDENTITY_NUMBERS[0]
    if wanted is None or (wanted != "required" and number in (None, "")):
        return
    if wanted == "none":
        message = "Expected no identity number: this chain takes in applicants without one."
        raise InvalidInput(
            message,
            sentence="identity_unwanted",
            errors={"id_number": wrong_field("identity_unwanted", message)},
        )
    if kind not in IDENTITY_NUMBERS:
        message = f"Expected id_type to be {' or '.join(IDENTITY_NUMBERS)}; found {kind!r:.80}."
        raise InvalidInput(message, sentence="identity_kind", errors={"id_type": wrong_field("identity_kind", message)})
    try:
        terms.check(kind, number if number is not None else "")
    except InvalidInput as error:
        wrong = wrong_field(error.sentence, error.message, **error.fields)
        message = f"id_number: {error.message}"
        raise InvalidInput(message, sentence="fields_wrong", errors={"id_number": wrong}) from None


def supply_material(execution: Execution, order: SupplyMaterial) -> None:
    working = execution.working
    catalogue = working.context.chain.catalogue
    if catalogue is not None and order.material not in catalogue.materials:
        raise InvalidInput(
            f"Expected a material that the catalogue asks for; found {order.material!r}.",
            sentence="material_unknown",
            errors={"material": "unknown"},
            material=order.material,
        )
    by = working.command.actor
    working.emit(MaterialSupplied(order.material, order.file, order.name, order.size, order.media_type, by, working.at))


def remove_material(execution: Execution, order: RemoveMaterial) -> None:
    working, key = execution.working, (order.material, order.file)
    if key not in working.case.materials:
        raise NotOpen(
            f"Expected material {order.material} with that file at hand; it isn't.",
            sentence="material_absent",
            material=order.material,
        )
    if working.case.matters:
        raise Refused(
            "Expected the papers to be still at the window; matters were received with them. "
            "Hand in a new one instead.",
            sentence="material_received",
        )
    working.emit(MaterialRemoved(*key))
