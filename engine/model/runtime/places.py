"""Tells where in a model something failed: element, kind of place, expression, and the facts that it reads.

    with Place(element, "timer", text):
        ...                                 # a LicetError that is raised here gets the place

Whoever reads the error finds the box in the drawing and the fact to correct. Knows nothing of SpiffWorkflow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any

from engine.base.errors import FeelError, InvalidInput, LicetError
from engine.language import feel
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.model import Element

KINDS: Mapping[str, str] = {
    "condition": "the condition of flow {target}",
    "script": "the script for {target}",
    "decision": "the called decision for {target}",
    "input": "the input mapping {target}",
    "output": "the output mapping {target}",
    "collection": "the collection of the multi-instance",
    "output_element": "the output element of the multi-instance",
    "completion": "the completion condition of the multi-instance",
    "timer": "the timer",
    "message_name": "the name of the message",
    "message_key": "the correlation key of the message",
    "signal_name": "the name of the signal",
    "error_code": "the code of the error",
    "escalation_code": "the code of the escalation",
    "candidate_groups": "the candidate groups",
    "candidate_users": "the candidate users",
    "assignee": "the assignee",
    "due_date": "the due date",
    "department": "the department",
    "header": "the header {target}",
    "job": "the inputs of the job",
}
"""The English name of each kind of place, by its code. `{target}` says which of several it is."""

COUNTS = frozenset(
    {"numberOfInstances", "numberOfCompletedInstances", "numberOfActiveInstances", "numberOfTerminatedInstances"}
)
"""Variables that a completion condition sees beside the facts."""

SENTENCE = "place_failed"
"""Code of the sentence that the pages say of a place where an expression gives nothing that fits."""

WITHOUT_PLACE = frozenset(
    {
        *("", "model_wrong", "value_unfit", "number_unfit", "budget_exceeded", "decision_unknown"),
        *("calendar_wrong", "days_out_of_range", "workdays_out_of_range"),
    }
)
"""Sentences that don't say where in a model something failed: they give way to the one that does."""

_NAMES = tuple(FEEL_FUNCTIONS)


class Place:
    """A place in a model where something is evaluated; a context manager around the evaluation.

    `kind` is one of `KINDS`. `target` says which of several places of the kind it is: the flow of a condition, the
    variable of a mapping, the name of a header. It is None where the element has only one such place. An error that
    leaves the context gets the place, behind its message and in its fields, unless it has one already.
    """

    __slots__ = ("element", "expression", "kind", "target")

    def __init__(self, element: Element, kind: str, expression: str, target: str | None = None) -> None:
        self.element = element
        self.kind = kind
        self.expression = expression
        self.target = target

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return  # mostly
        if isinstance(error, _LOCATED.get(self.kind, LicetError)) and "place" not in error.fields:
            self._locate(error)

    def fields(self, *expressions: str) -> dict[str, Any]:
        """The place as fields of an error: `element` (its id), `name` (its own, or the id), `place` (the kind),
        `target`, `expression`, and `facts`, the names that it reads. `expressions`: several instead of the one."""
        expressions = expressions or (self.expression,)
        return {
            "element": self.element.id,
            "name": self.element.name or self.element.id,
            "place": self.kind,
            "target": self.target,
            "expression": ", ".join(expressions),
            "facts": sorted({name for expression in expressions for name in _read_by(expression)}),
        }

    def _locate(self, error: LicetError) -> None:
        """Add the place to an error.

        What its message was stays as the field `cause`, and as `str(error)`: that text is what the journal keeps of
        an incident, and running the command again has to give the same.
        """
        cause, given = error.message, error.fields
        error.fields = given | self.fields() | {"cause": cause}
        if "facts" in given:
            error.fields["facts"] = given["facts"]
        elif self.kind == "job":
            error.fields["facts"] = sorted(given.get("errors", ()))
        if error.sentence in WITHOUT_PLACE:
            error.sentence = SENTENCE
        error.message = f"{cause} {self._sentence(error.fields['facts'])}"

    def _sentence(self, facts: Sequence[str]) -> str:
        what = KINDS[self.kind].format(target=self.target)
        name = self.element.name
        where = f"'{name}' ({self.element.id})" if name else f"'{self.element.id}'"
        reads = f", which reads {', '.join(facts)}" if facts else ""
        return f"Look at {what} of {where}: {self.expression}{reads}."


_LOCATED: Mapping[str, type[LicetError]] = {"job": InvalidInput}
"""The errors that get a place, by kind; for all other kinds, every LicetError.

A job may also be refused by the law. Where it stands in the model is then of no interest.
"""


def _read_by(expression: str) -> Collection[str]:
    """Names of the facts that a text reads; none if it isn't an expression, or is a wrong one."""
    if not expression.startswith("="):
        return ()
    try:
        return feel.compile(expression[1:], functions=_NAMES).names - COUNTS
    except FeelError:
        return ()
