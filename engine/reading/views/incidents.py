"""Incidents: what could not be carried out, and waits for an administrator. The list reads rows and opens no case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.case.execution import LATE_CALENDAR
from engine.hall.store import ReportedIncident
from engine.reading.views.sight import Sight


@dataclass(frozen=True, slots=True)
class Refusal:
    """The refusal behind an incident: the code of its sentence, and the fields that the sentence names."""

    sentence: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """An incident of a case. `cause` is the engine's own text, in English; `resolved` None: it is open.

    `refusal` says more than `cause`: where in the model it happened. None in the list of all cases, since the case's
    journal has to be read for it, and where there was no refusal or it can't be made anew (`proof.refusal_of`).
    """

    incident: int
    case: str
    number: str
    title: str
    element: str | None
    element_name: str | None
    code: str
    cause: str
    at: str
    resolved: str | None
    may: tuple[str, ...]
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class IncidentList:
    """Incidents, the youngest first. `next` is always None: they stand on one page."""

    rows: tuple[IncidentLine, ...]
    next: str | None = None


def page(sight: Sight, resolved: bool = False) -> IncidentList:
    """The open incidents of the hall; with `resolved`, the other ones as well. For administrators."""
    sight.need_administrator()
    return IncidentList(tuple(_line(sight, one) for one in sight.reading.reported_incidents(resolved)))


def of_case(sight: Sight, case: str) -> tuple[IncidentLine, ...]:
    """The open incidents of a case, each with the refusal behind it."""
    lines = (_line(sight, one) for one in sight.reading.incidents_of(case))
    return tuple(replace(line, refusal=_refusal(sight, line)) for line in lines)


def _refusal(sight: Sight, line: IncidentLine) -> Refusal | None:
    error = sight.refusal(line.case, line.incident)
    return Refusal(error.sentence, error.fields) if error is not None else None


def _line(sight: Sight, reported: ReportedIncident) -> IncidentLine:
    row, version = reported.incident, sight.version(reported.chain)
    element = row.element or ""
    names = (p.elements[element].name for p in version.processes.values() if element in p.elements)
    technical = row.resolved_at is None and row.code != LATE_CALENDAR
    commands = ("RetryIncident", "ResolveIncident") if technical else ()
    return IncidentLine(
        incident=row.number,
        case=row.case,
        number=row.case,
        title=reported.title,
        element=row.element,
        element_name=next(filter(None, names), row.element),
        code=row.code,
        cause=row.cause,
        at=row.opened_at,
        resolved=None if row.resolved_at is None else "closed",
        may=sight.viewer.may(None, commands),
    )
