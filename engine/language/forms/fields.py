"""What a form is made of: fields, the scopes they stand in, problems. Looks things up, decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, Protocol

from engine.language import feel

MISSING: Any = object()
"""What isn't there; null is something else."""


class Context(Protocol):
    """What a field may ask of the submission that it stands in."""

    def evaluate(self, found: Any) -> Any:
        """A property of the schema: its value if it is FEEL of this field, else as it is."""

    def meets(self, tests: feel.UnaryTests) -> bool:
        """Whether a condition holds."""

    def fact(self, name: str) -> Any:
        """A name at the top of what the browser was given; None where there is none."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a form: id of the component, line of the file where that stands."""

    component: str | None
    line: int | None
    rule: str
    message: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Field:
    """One component that has a value, or holds others. `path` = where its value stands in its scope.

    `raw` is the component as written; `expressions` its FEEL, compiled, by the text in `raw`. `hide` and
    `readonly` are unary tests on null, as in the browser: a condition that gives null is met.
    """

    id: str
    type: str
    label: str
    path: tuple[str, ...]
    term: str | None
    is_personal: bool
    children: tuple[Field, ...]
    raw: Mapping[str, Any]
    expressions: Mapping[str, feel.Expression]
    hide: feel.UnaryTests | None
    readonly: feel.UnaryTests | None

    @property
    def validate(self) -> Mapping[str, Any]:
        found = self.raw.get("validate")
        return found if isinstance(found, dict) else {}

    @property
    def default(self) -> Any:
        return self.raw.get("defaultValue", MISSING)

    @property
    def is_required(self) -> bool:
        return self.validate.get("required") is True

    @property
    def is_disabled(self) -> bool:
        """Shown, but neither changed nor submitted."""
        return self.raw.get("disabled") is True

    def is_readonly(self, context: Context) -> bool:
        return self.raw.get("readonly") is True or (self.readonly is not None and context.meets(self.readonly))

    def options(self, context: Context) -> Any:
        """What there is to choose from, as written or computed; `valuesKey` names a fact."""
        if self.raw.get("valuesKey") is not None:
            return context.fact(self.raw["valuesKey"])
        if self.raw.get("values") is not None:
            return self.raw["values"]
        return context.evaluate(self.raw.get("valuesExpression"))


@dataclass(frozen=True, slots=True)
class Slot:
    """A value of a scope: its field, where it stands, what hides it (its own condition and its groups'),
    and, for a list, the scope of a row."""

    field: Field
    path: tuple[str, ...]
    conditions: tuple[feel.UnaryTests, ...]
    is_personal: bool
    row: Level | None = None


@dataclass(frozen=True)
class Level:
    """A scope: the form itself, or a row of a list; groups are taken apart into it."""

    slots: tuple[Slot, ...]

    @cached_property
    def paths(self) -> Mapping[tuple[str, ...], Slot]:
        return MappingProxyType({slot.path: slot for slot in self.slots})

    @cached_property
    def open_paths(self) -> frozenset[tuple[str, ...]]:
        """What paths begin with: names of objects that hold values."""
        return frozenset(path[:length] for path in self.paths for length in range(1, len(path)))
