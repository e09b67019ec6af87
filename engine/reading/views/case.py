"""The page of a case, and the files and diagrams that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from engine.base.errors import NotFound
from engine.case.records import ResultAdded, plain
from engine.case.state import Case
from engine.hall.door.derived import display_name
from engine.model.chain import ChainVersion
from engine.reading.views import cases, history, incidents, moves
from engine.reading.views.application import Block, stated
from engine.reading.views.materials import MaterialCard, materials
from engine.reading.views.matters import MatterCard, Overdue, matter_card, matter_name, overdue
from engine.reading.views.progress import Picture, pictures
from engine.reading.views.shown import untagged
from engine.reading.views.sight import Opened, Sight
from engine.reading.views.task_card import TaskCard, task_card


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain version that a case runs; `name` is what people call its cases."""

    key: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Siblings:
    """The project of a case, with its other cases that the person may see."""

    code: str
    cases: tuple[cases.CaseLine, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A result document or certificate that was issued; `kind`: certificate | document.

    `digest` is that of its file, `verify` the code by which anybody may check a certificate.
    """

    number: int
    kind: str
    title: str
    matter: int | None
    item: str | None
    at: str | None
    media_type: str | None
    digest: str | None
    certificate_number: str | None
    verify: str | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """All that the page of a case shows. `applicant` is the JSON that the intake gave; `outcome` None: it is open."""

    case: str
    number: str
    title: str
    chain: Chain
    applicant: Mapping[str, Any] | None
    channel: str
    project: Siblings | None
    started_at: str
    ended_at: str | None
    outcome: str | None
    matters: tuple[MatterCard, ...]
    tasks: tuple[TaskCard, ...]
    materials: tuple[MaterialCard, ...]
    stated: tuple[Block, ...]
    results: tuple[Result, ...]
    processes: tuple[Picture, ...]
    incidents: tuple[incidents.IncidentLine, ...]
    overdue: tuple[Overdue, ...]
    history: tuple[history.Line, ...]
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file of a case, handed in or issued. `size` in bytes."""

    digest: str
    name: str
    media_type: str
    size: int


def page(sight: Sight, number: str) -> CasePage:
    """The page of a case. Raises NotFound."""
    opened = sight.opened(number)
    row, case, version = opened
    viewer, applicant = sight.viewer, display_name(case.applicant)
    processes, results = _from_the_journal(sight, opened)
    return CasePage(
        case=row.id,
        number=row.id,
        title=row.title,
        chain=Chain(version.name, version.title_of(case.process), row.chain),
        applicant=untagged(plain(case.applicant)),
        channel=case.channel,
        project=_siblings(sight, case),
        started_at=case.started_at,
        ended_at=case.ended_at,
        outcome=None if case.is_open else case.status,
        matters=tuple(matter_card(viewer, version, case, matter) for matter in case.matters.values()),
        tasks=tuple(task_card(viewer, version, case, task, applicant) for task in case.tasks.values()),
        materials=materials(viewer, version, case),
        stated=stated(version, case, sight.withheld(case, version)),
        results=results,
        processes=processes,
        incidents=incidents.of_case(sight, number),
        overdue=tuple(overdue(viewer, version, case)),
        history=tuple(islice(history.worth_telling(sight, version, case), history.LATEST)),
        may=viewer.may(case, moves.OF_A_CASE) if case.is_open else (),
    )


def _from_the_journal(sight: Sight, opened: Opened) -> tuple[tuple[Picture, ...], tuple[Result, ...]]:
    """The pictures of the processes, and the results with the instants at which they came."""
    _, case, version = opened
    with sight.journals.followed(sight.reading, version, case) as journal:
        results = tuple(_result(version, case, journal.results, result) for result in case.results.values())
        return pictures(version, case, journal.progress), results


def _siblings(sight: Sight, case: Case) -> Siblings | None:
    if case.project is None:
        return None
    return Siblings(case.project, cases.of_project(sight, case.project, without=case.id))


def _result(version: ChainVersion, case: Case, added: Mapping[int, str], result: ResultAdded) -> Result:
    value = plain(result.value)
    fields: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    document = _document(value) or {}
    return Result(
        number=result.number,
        kind=result.kind,
        title=result.title,
        matter=result.matter,
        item=matter_name(version, case, result.matter) if result.matter is not None else None,
        at=added.get(result.number),
        media_type=document.get("type"),
        digest=document.get("file"),
        certificate_number=fields.get("number") or fields.get("identifier") if result.kind == "certificate" else None,
        verify=fields.get("verify"),
    )


def _document(value: Any) -> Mapping[str, Any] | None:
    """The file reference in a result: the result itself, or the document of a certificate."""
    if not isinstance(value, Mapping):
        return None
    inner = value.get("document")
    return inner if isinstance(inner, Mapping) else value if "file" in value else None


def file(sight: Sight, number: str, digest: str) -> CaseFile:
    """A file of the case, handed in or issued. Raises NotFound."""
    case = sight.opened(number).case
    for (_, supplied), handed_in in case.materials.items():
        if supplied == digest:
            return CaseFile(digest, handed_in.name, handed_in.media_type, handed_in.size)
    for result in case.results.values():
        document = _document(plain(result.value))
        if document is not None and document.get("file") == digest:
            kind, size = document.get("type", "application/pdf"), document.get("size", 0)
            return CaseFile(digest, document.get("name", result.title), kind, size)
    raise NotFound(
        f"Expected a file of case {number}; there is none with that digest.", sentence="file_gone", case=number
    )


def diagram(sight: Sight, number: str, key: str) -> bytes:
    """The BPMN file of one process of the case, as stored in its chain version. Raises NotFound."""
    version = sight.opened(number).version
    process = key.rpartition(".")[0] or key
    if process not in version.processes:
        raise NotFound(
            f"Expected a process of case {number}; found {process!r}.",
            sentence="process_unseen",
            case=number,
            process=process,
        )
    return version.document_of(process)
