"""The case is opened, and its papers come in."""

from __future__ import annotations

from engine.base.errors import InvalidInput, NotOpen, Refused
from engine.case.execution import Execution
from engine.case.records import (
    CaseStarted,
    FactSet,
    MaterialRemoved,
    MaterialSupplied,
    RemoveMaterial,
    StartCase,
    SupplyMaterial,
)
from engine.case.working import ROOT


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
    title = order.title or chain.title_of(process) or chain.processes[process].name
    channel = order.channel or "window"
    working.emit(CaseStarted(working.case.id, chain.digest, process, title, order.applicant, channel, working.at))
    for name, value in (order.variables or {}).items():
        working.emit(FactSet(ROOT, name, working.wrap(name, value)))
    execution.start(process)


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
