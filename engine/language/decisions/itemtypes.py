"""Item definitions as FEEL types. Knows XML elements and FEEL's types; evaluates nothing but allowed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.base.errors import FeelError
from engine.language import feel
from engine.language.decisions import xml
from engine.language.feel import Value, temporal
from engine.language.feel.conformance import conforms
from engine.language.feel.types import ANY, SIMPLE, Type, list_of

Report = Callable[[xml.Element, str, str], None]
"""Takes a problem: (element, rule, message)."""


class ItemTypes:
    """The named types of a model: its own, and those that it imports under a prefix."""

    def __init__(self, root: xml.Element, imported: Mapping[str, Type], report: Report) -> None:
        self._definitions = {e.get("name", ""): e for e in xml.children(root, "itemDefinition")}
        self._report = report
        self._open: set[str] = set()
        self._texts: dict[Callable[[object], bool | None], str] = {}
        self.named: dict[str, Type] = dict(imported)
        for name in self._definitions:
            self._named(name)

    def of(self, element: xml.Element, reference: str | None) -> Type | None:
        """Return the type that a `typeRef` names; None if there is no reference, or (reported) no type of that name."""
        if not reference:
            return None
        name = reference.strip()
        plain = name.rpartition(":")[2] if name.startswith(("feel:", "sfeel:")) or ":" in name else name
        type_there = self._named(plain) or SIMPLE.get(plain)
        if type_there is None:
            self._report(element, "type", f'Expected a known type, found "{name}". Define it, or use string, number …')
        return None if type_there is ANY else type_there

    def allowed_text(self, wanted: Type | None) -> str:
        """Return the unary tests that say which values of a type are allowed; empty text where there are none."""
        return self._texts.get(wanted.allowed, "") if wanted is not None and wanted.allowed is not None else ""

    def component_names(self) -> set[str]:
        """Return the names of all components, needed to read names with spaces after a dot."""
        return {
            component.get("name", "")
            for definition in self._definitions.values()
            for component in definition.iter("{*}itemComponent")
        }

    def _named(self, name: str) -> Type | None:
        if name in self.named or name not in self._definitions:
            return self.named.get(name)
        if name in self._open:
            # A type that contains itself, such as a tree: its inner values aren't checked.
            return ANY
        self._open.add(name)
        self.named[name] = self._defined(self._definitions[name])
        self._open.discard(name)
        return self.named[name]

    def _defined(self, element: xml.Element) -> Type:
        components = tuple(xml.children(element, "itemComponent"))
        function = xml.child(element, "functionItem")
        if components:
            defined = Type("context", tuple((c.get("name", ""), self._defined(c)) for c in components))
        elif function is not None:
            defined = self._function(function)
        else:
            defined = self.of(element, _reference(element)) or ANY
        allowed = self._allowed(element, "allowedValues")
        if allowed:
            defined = replace(defined, allowed=allowed)
        if element.get("isCollection") in ("true", "1"):
            defined = list_of(defined)
        whole = self._allowed(element, "typeConstraint")
        return replace(defined, allowed=whole) if whole else defined

    def _function(self, element: xml.Element) -> Type:
        parts = tuple(
            (p.get("name", ""), self.of(p, p.get("typeRef")) or ANY) for p in xml.children(element, "parameters")
        )
        return Type("function", parts, self.of(element, element.get("outputTypeRef")), open=False)

    def _allowed(self, element: xml.Element, kind: str) -> Callable[[object], bool | None] | None:
        tests = xml.child(element, kind)
        if tests is None or not xml.text(tests):
            return None
        try:
            matches = feel.compile_unary(xml.text(tests)).matches
            self._texts[matches] = xml.text(tests)
            return matches
        except FeelError as error:
            self._report(tests, "feel", error.message)
            return None


def _reference(element: xml.Element) -> str | None:
    reference = xml.child(element, "typeRef")
    return reference.text if reference is not None else element.get("typeRef")


_DATED = ("date", "time", "date and time", "days and time duration", "years and months duration")


def dated(value: Value, wanted: Type | None) -> Value:
    """Return the value with texts read as dates, times and durations where the type has them.

    FEEL itself takes no text for a date. But a form's date field gives a text, and so does JSON. A text that can't be
    read as such stays.
    """
    if wanted is None:
        return value
    if isinstance(value, list) and wanted.kind == "list" and wanted.parts:
        return [dated(item, wanted.parts[0][1]) for item in value]
    if isinstance(value, dict):
        parts = dict(wanted.parts)
        return {name: dated(item, parts.get(name)) for name, item in value.items()}
    if isinstance(value, str) and wanted.kind in _DATED:
        moment = temporal.parse(value)
        return moment if conforms(moment, Type(wanted.kind)) else value
    return value
