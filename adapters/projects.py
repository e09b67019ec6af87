"""The embedded projects 项目: what the cases of a project may learn from each other, read from the cases themselves.

Nothing is kept about a project beside its cases, except what another system has told about stages that it has handled.
That is kept on the shelf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from engine.base import terms
from engine.case import records
from engine.case.state import Case
from engine.hall.ports import Applicant, Project, Shelf

CasesOf = Callable[[str], Sequence[Case]]
"""Returns the cases of a project as they stand, the oldest first. Nothing else is read from the store."""

_BROUGHT: Final = "project"
_GRANTED: Final = {"state": "handed_over", "decision": "granted", "decided_on": None}
_NO_FILE: Final = {"size": 0, "media_type": "application/json"}


class EmbeddedProjects:
    """`engine.hall.ports.Projects` over the cases of this installation."""

    def __init__(self, shelf: Shelf, cases_of: CasesOf) -> None:
        self._shelf = shelf
        self._cases_of = cases_of

    def find(self, code: str, but: str, applicant: Applicant) -> Project:
        code = terms.check("project_code", code)
        brought = records.decode(self._shelf.get(_BROUGHT, code) or {})
        cases = [case for case in self._cases_of(code) if case.id != but]
        own = {case.id for case in cases if _applicant(case).is_same(applicant)}
        # A cancelled case hands nothing on.
        lasting = [case for case in cases if case.id in own and case.status != "cancelled"]
        papers = {paper["material"]: paper for paper in brought.get("papers", ())}
        papers |= {paper["material"]: paper for case in lasting for paper in _papers(case)}
        return Project(
            code,
            tuple(_summary(case, case.id in own) for case in cases),
            (*brought.get("matters", ()), *(matter for case in cases for matter in _matters(case))),
            tuple(papers[material] for material in sorted(papers)),
            {**brought.get("facts", {}), **_facts(lasting)},
        )

    def bring(
        self, code: str, granted: Sequence[str], materials: Sequence[str], facts: Mapping[str, Any], at: datetime
    ) -> None:
        """Keep what another system knows about the project, replacing what it has told before.

        `granted`: keys of items; `materials`: keys of materials whose papers the other system keeps.
        """
        code = terms.check("project_code", code)
        known = {
            "matters": [{"case": code, "item": item, **_GRANTED} for item in granted],
            "papers": [
                {"material": key, "file": f"project:{key}", "name": key, "case": code, **_NO_FILE} for key in materials
            ],
            "facts": dict(facts),
        }
        self._shelf.put(_BROUGHT, code, records.encode(known), at=at)


def _applicant(case: Case) -> Applicant:
    stated = records.plain(case.applicant)
    given = stated if isinstance(stated, Mapping) else {}
    return Applicant(given.get("name"), given.get("id_number"), given.get("kind"))


def _summary(case: Case, own: bool) -> dict[str, Any]:
    """Return {case, process, title, status, own}. The title may name people, so only the same applicant is shown it."""
    title = case.title if own else None
    return {"case": case.id, "process": case.process, "title": title, "status": case.status, "own": own}


def _matters(case: Case) -> Iterator[dict[str, Any]]:
    for matter in case.matters.values():
        yield {
            "case": case.id,
            "item": matter.item,
            "state": str(matter.state),
            "decision": matter.decision and str(matter.decision),
            "decided_on": matter.decided_on and date.fromisoformat(matter.decided_on),
        }


def _papers(case: Case) -> Iterator[dict[str, Any]]:
    """Yield the materials at hand, in the order in which they were handed in."""
    for paper in sorted(case.materials.values(), key=lambda paper: datetime.fromisoformat(paper.at)):
        yield {
            "material": paper.material,
            "file": paper.file,
            "name": paper.name,
            "size": paper.size,
            "media_type": paper.media_type,
            "case": paper.origin or case.id,
        }


def _facts(cases: Sequence[Case]) -> dict[str, Any]:
    """Return the facts that the cases handed on; of several values for one name, the latest."""
    handed = [(datetime.fromisoformat(e.at), e) for case in cases for e in case.handed_on.values()]
    facts: dict[str, Any] = {}
    for _, effect in sorted(handed, key=lambda row: row[0]):
        facts |= records.plain(effect.facts) or {}
    return facts
