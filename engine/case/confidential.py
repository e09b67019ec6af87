"""Says which facts of a case a person may not read. Pure. Who may see the case at all, `authority` says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from engine.case.records import plain
from engine.case.state import Case
from engine.law.organisation import Organisation
from engine.model.chain import ChainVersion

Withheld = frozenset[str]
"""Names of facts that somebody may not read."""


def withheld(organisation: Organisation | None, person: str, case: Case, version: ChainVersion, on: date) -> Withheld:
    """The names of facts of the case that the person may not read, though there are values; pages say so instead.

    A confidential fact is read by who holds, on that day, one of the roles that its field names, in any department;
    and by the applicant who has entered it. Everybody else is withheld it, also who sees the whole hall.
    """
    if organisation is None or not version.confidential:
        return frozenset()
    mine = {holding.role for holding in organisation.roles_of(person, on)}
    needed = {name for name, readers in version.confidential.items() if not all(mine & roles for roles in readers)}
    applicant = plain(case.applicant)
    if isinstance(applicant, Mapping) and applicant.get("person") == person:
        needed -= _entered(case, version, person)
    return frozenset(needed)


def _entered(case: Case, version: ChainVersion, person: str) -> set[str]:
    """The names that the person could set in the forms of the tasks that the person has completed."""
    done = {element for (_, element), signers in case.signers.items() if person in signers.people}
    elements = (e for process in version.processes.values() for e in process.elements.values() if e.id in done)
    forms = [version.forms[e.form] for e in elements if e.form and e.form in version.forms]
    slots = (slot for form in forms for slot in form.level.slots)
    return {s.path[0] for s in slots if not s.field.is_disabled and s.field.raw.get("readonly") is not True}
