"""Who may complete a task in a rehearsal."""

from __future__ import annotations

from engine.case.authority import About, Question, candidate
from engine.case.records import TaskOpened
from engine.case.state import Case
from engine.reading.scenarios.stage import Rehearsal


def candidates(stage: Rehearsal, case: Case, task: TaskOpened) -> tuple[str, ...]:
    """Return everybody who may complete the task now, by role, by name or as its applicant; nobody who is barred from
    it. None of them in a bare model, where anybody may.
    """
    organisation = stage.organisation
    if organisation is None:
        return ()
    on, about, barred = stage.today(), About(task=task.token), case.barred(task)
    asked = ((person.key, Question(organisation, person.key, about, case, on)) for person in organisation.people)
    return tuple(person for person, it in asked if person not in barred and candidate(it, task) is not None)
