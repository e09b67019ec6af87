"""A host for the tests: facts in dicts, a fold of all changes, and expressions of a few simple forms."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.base.errors import ModelError
from engine.model.chain.model import Element
from engine.model.runtime import NormalForm
from engine.model.runtime.changes import Arm, Change, Completed, Terminated, fold

_COMPARISON = re.compile(r"(\w+)\s*(>=|=)\s*(.+)\Z")


@dataclass
class PlainHost:
    """Expressions: JSON, a name, a dotted path, `not name`, `name = JSON`, `name >= JSON`, `name + n`."""

    tokens: dict[int, Any] = field(default_factory=dict)
    scopes: dict[int, int | None] = field(default_factory=dict)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    tasks: dict[int, str] = field(default_factory=dict)
    outside: frozenset[str] = frozenset({"outside"})
    clocks: dict[str, str | None] = field(default_factory=dict)
    numbers: int = 0

    def normal_form(self) -> NormalForm:
        return NormalForm(dict(sorted(self.tokens.items())), dict(self.scopes))

    def elements(self) -> list[str]:
        """Return the ids of the open elements, except for containers' token 0, by token number."""
        return [t.element for n, t in sorted(self.tokens.items()) if n]

    def completed(self) -> list[str]:
        return [c.element for c in self.changes if isinstance(c, Completed)]

    def terminated(self) -> list[str]:
        return [c.element for c in self.changes if isinstance(c, Terminated)]

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def emit(self, change: Change) -> None:
        self.changes.append(change)
        fold(self.tokens, self.scopes, change)

    def evaluate(
        self,
        expression: str,
        scope: int,
        names: Mapping[str, Any] | None = None,
        read: dict[str, Any] | None = None,
    ) -> Any:
        if not expression.startswith("="):
            return expression
        text = expression[1:].strip()
        try:
            return json.loads(text)
        except ValueError:
            pass
        if found := _COMPARISON.match(text):
            left, right = self.read(found[1], scope, names), json.loads(found[3])
            return left == right if found[2] == "=" else left >= right
        if text.startswith("not "):
            return self.read(text[4:].strip(), scope, names) is not True
        if " + " in text:
            name, _, amount = text.partition(" + ")
            return self.read(name, scope, names) + json.loads(amount)
        value: Any = None
        for at, part in enumerate(text.split(".")):
            value = self.read(part, scope, names) if at == 0 else (value or {}).get(part)
        return value

    def read(self, name: str, scope: int | None, names: Mapping[str, Any] | None = None) -> Any:
        if names and name in names:
            return names[name]
        while scope is not None:
            if name in self.facts.get(scope, {}):
                return self.facts[scope][name]
            scope = self.scopes[scope]
        return None

    def visible(self, scope: int) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        at: int | None = scope
        while at is not None:
            found = {**self.facts.get(at, {}), **found}
            at = self.scopes[at]
        return found

    def local(self, scope: int) -> Mapping[str, Any]:
        return self.facts.get(scope, {})

    def set_local(self, scope: int, name: str, value: Any) -> None:
        assert scope in self.scopes
        self.facts.setdefault(scope, {})[name] = value

    def assign(self, scope: int, name: str, value: Any) -> None:
        while name not in self.facts.get(scope, {}) and (parent := self.scopes[scope]) is not None:
            scope = parent
        self.set_local(scope, name, value)

    def drop(self, scope: int) -> None:
        assert scope in self.scopes
        self.facts.pop(scope, None)

    def timer(self, form: str, text: str, scope: int, since: str | None = None) -> Arm:
        if text.startswith("=clock "):
            name = text.removeprefix("=clock ")
            return Arm("timer", due=self.clocks.get(name), follows=name)
        if text.startswith("R"):
            count, _, every = text[1:].partition("/")
            return Arm("timer", due=f"now+{every}", every=every, left=int(count) if count else -1)
        if not text:
            raise ModelError("no time")
        return Arm("timer", due=f"now+{text}")

    def unset(self, token: int, element: Element, error: ModelError) -> Arm:
        raise error

    def rearm(self, arm: Arm) -> Arm | None:
        if arm.left == 1 or arm.left is None:
            return None
        return replace(arm, due=f"{arm.due}+{arm.every}", left=arm.left - 1 if arm.left > 0 else -1)

    def perform(self, token: int, element: Element, scope: int, level: int) -> Mapping[str, Any] | None:
        self.calls.append(("perform", element.id, level))
        return None if element.job in self.outside else {}

    def asked(
        self, token: int, element: Element, read: Mapping[str, Any], flows: Sequence[str] = (), met: bool | None = None
    ) -> None:
        assert token in self.tokens

    def decide(self, token: int, element: Element, scope: int) -> Any:
        assert token in self.tokens
        return f"{element.decision}!"

    def opened(self, token: int, element: Element, scope: int, level: int) -> None:
        assert token in self.tokens and scope in self.scopes and level in self.tokens
        self.tasks[token] = element.id

    def rescheduled(self, token: int, element: Element, scope: int, recount: bool) -> None:
        assert token in self.tasks

    def closed(self, token: int, element: Element) -> None:
        assert token in self.tokens and self.tasks.pop(token) == element.id

    def throw(self, element: Element, scope: int, name: str, key: str | None) -> None:
        self.calls.append(("throw", name, key))

    def unhandled(self, kind: str, code: str | None, element: str) -> None:
        self.calls.append(("unhandled", kind, code))

    def left(self, level: int, elements: Sequence[str]) -> None:
        self.calls.append(("left", level, tuple(elements)))
