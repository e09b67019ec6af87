"""The parts of a form: fields, the levels in which they stand, problems. Values and look-ups; no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, Protocol

from engine.language import feel
from engine.language.forms.properties import KEYED

MISSING: Any = object()
"""Stands for a value that isn't there; null is a value."""


class FieldContext(Protocol):
    """The questions that a field may ask about the submission in which it stands."""

    @property
    def now(self) -> datetime | None:
        """The moment of the submission, in the hall's zone; None where nobody says, and no rule asks for a day."""

    def evaluate(self, written: Any) -> Any:
        """Return the value of a schema property: evaluated if it is FEEL of this field, else unchanged."""

    def meets(self, tests: feel.UnaryTests) -> bool:
        """Return whether a condition holds."""

    def fact(self, name: str) -> Any:
        """Return a name at the top of the data that the browser was given; None where there is none."""


@dataclass(frozen=True, slots=True)
class FormProblem:
    """One thing that is wrong with a form: id of the component, line of the file where it stands."""

    component: str | None
    line: int | None
    rule: str
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Field:
    """One component that has a value, or holds others. `path`: where its value stands in its level.

    `confidential`: keys of the roles that may read the value; empty: whoever sees the case.
    `raw`: the component as written; `expressions`: its FEEL, compiled, by the text in `raw`. `hide` and `readonly` are
    unary tests on null, as in the browser: a condition that gives null is met.
    """

    id: str
    type: str
    label: str
    path: tuple[str, ...]
    term: str | None
    is_personal: bool
    confidential: frozenset[str]
    children: tuple[Field, ...]
    raw: Mapping[str, Any]
    expressions: Mapping[str, feel.Expression]
    hide: feel.UnaryTests | None
    readonly: feel.UnaryTests | None

    @property
    def properties(self) -> Mapping[str, Any]:
        """The custom properties of form-js, among which are Licet's own."""
        given = self.raw.get("properties")
        return given if isinstance(given, dict) else {}

    @property
    def validate(self) -> Mapping[str, Any]:
        rules = self.raw.get("validate")
        return rules if isinstance(rules, dict) else {}

    @property
    def default(self) -> Any:
        return self.raw.get("defaultValue", MISSING)

    @property
    def is_required(self) -> bool:
        return self.validate.get("required") is True

    @property
    def is_disabled(self) -> bool:
        """Whether the field is shown, but neither changed nor submitted."""
        return self.raw.get("disabled") is True and self.type in KEYED

    def is_readonly(self, context: FieldContext) -> bool:
        if self.type not in KEYED:
            return False
        return self.raw.get("readonly") is True or (self.readonly is not None and context.meets(self.readonly))

    def options(self, context: FieldContext) -> Any:
        """Return the options to choose from, as written or computed; `valuesKey` names a fact."""
        if self.raw.get("valuesKey") is not None:
            return context.fact(self.raw["valuesKey"])
        if self.raw.get("values") is not None:
            return self.raw["values"]
        return context.evaluate(self.raw.get("valuesExpression"))


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of a level: its field, its path, and the conditions that hide it (its own and its groups').

    `readers`: sets of roles; who holds one of each may read the value. `row`: for a list, the level of one row.
    """

    field: Field
    path: tuple[str, ...]
    conditions: tuple[feel.UnaryTests, ...]
    is_personal: bool
    readers: frozenset[frozenset[str]]
    row: FieldLevel | None = None


@dataclass(frozen=True)
class FieldLevel:
    """The values that are named side by side: those of the form itself, or of a row of a list.

    A group is no level of its own: its fields stand in the level around it.
    """

    slots: tuple[Slot, ...]

    @cached_property
    def paths(self) -> Mapping[tuple[str, ...], Slot]:
        return MappingProxyType({slot.path: slot for slot in self.slots})

    @cached_property
    def open_paths(self) -> frozenset[tuple[str, ...]]:
        """All beginnings of paths: the names of objects that hold values."""
        return frozenset(path[:length] for path in self.paths for length in range(1, len(path)))
