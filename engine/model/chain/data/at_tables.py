"""Misreadings of decisions: inputs that nobody sets, columns and cells that don't fit what comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.language.decisions.outline import Cell, ColumnText, DecisionText, Outline, TableText
from engine.model.chain.data import known, read, shapes
from engine.model.chain.data.expressions import certain
from engine.model.chain.data.inference import WORDS, Inference, Misread, Names
from engine.model.chain.data.schema import Schema
from engine.model.chain.data.shapes import ANY, NULL, Shape, join


@dataclass(frozen=True, slots=True)
class TableSpot:
    """One text of a decision: file and line, id of the nearest element, what it is, the text."""

    file: str
    element: str
    line: int
    what: str
    text: str
    is_own: bool


class _Reading:
    """Reads one file of decisions, against the facts of the tasks that ask for them."""

    def __init__(self, schema: Schema, id: str, model: Outline, file: str, is_own: bool) -> None:
        self.model, self.file, self.is_own = model, file, is_own
        self.names = _seen(schema, id)
        self.found: dict[tuple[TableSpot, Misread], None] = {}
        self.read_decisions: set[str] = set()

    def note(self, element: str, line: int, what: str, text: str, misread: Misread) -> None:
        if not certain(self.is_own, misread):
            return
        self.found[TableSpot(self.file, element, line, what, text, self.is_own), misread] = None

    def decision(self, id: str) -> Shape:
        """Read a decision and those that it requires; return the shape of its result."""
        decision = self.model.decisions[id]
        if id in self.read_decisions:
            return ANY
        self.read_decisions.add(id)
        names = self.required(decision)
        if decision.expression is not None:
            self.expression(decision.expression.id, decision.line, "expression", decision.expression.text, names)
        if decision.table is not None:
            self.table(decision.table, names)
        return read.given_by(decision, self.model, names, known.FUNCTIONS)

    def required(self, decision: DecisionText) -> Names:
        facts: dict[str, Shape] = {}
        for id in read.required(decision, self.model):
            if id in self.model.decisions:
                facts[self.model.decisions[id].name] = self.decision(id)
            else:
                facts[self.model.inputs[id].name] = self.input(id)
        if not decision.requires:
            return self.names
        return Names(facts, is_open=decision.functions)

    def input(self, id: str) -> Shape:
        given = self.model.inputs[id]
        fact, stated = self.names.find(given.name), read.typed(given.type, self.model.types)
        if fact is None:
            if not self.names.is_open:
                message = f"Nothing sets the input '{given.name}'."
                self.note(
                    id, given.line, "input", given.name, Misread("fact", given.name, message, tuple(self.names.all()))
                )
            return stated
        if fact.is_known and stated.is_known and not _fits(fact, stated):
            message = f"The input '{given.name}' is {_words(stated)} here, and the fact is {_words(fact)}."
            self.note(id, given.line, "type", given.type, Misread("kind", given.name, message))
        return fact if fact.is_known else stated

    def table(self, table: TableText, names: Names) -> None:
        for place, column in enumerate(table.inputs):
            value = self.expression(column.id, column.line, "column", column.text, names)
            stated = read.typed(column.type, self.model.types)
            if value.is_known and stated.is_known and not _fits(value, stated):
                message = f"The column is {_words(stated)}, and what comes is {_words(value)}."
                self.note(column.id, column.line, "type", column.type, Misread("kind", column.text, message))
            value = self.allowed(column, value if value.is_known else stated)
            for row in table.rows:
                if place < len(row.inputs):
                    self.cell(row.inputs[place], value, names)
        for place, column in enumerate(table.outputs):
            for row in table.rows:
                if place < len(row.outputs):
                    self.output(row.outputs[place], column, names)

    def allowed(self, column: ColumnText, value: Shape) -> Shape:
        options = read.constants(column.allowed)
        if options is None or value.kinds != frozenset({shapes.TEXT}):
            return value
        for text in sorted(options - (value.options if value.options is not None else options)):
            misread = Misread("option", text, f"It is never '{text}'.", tuple(sorted(value.options or ())))
            self.note(column.id, column.line, "allowed values", column.allowed, misread)
        return shapes.text(options if value.options is None else value.options & options)

    def cell(self, cell: Cell, value: Shape, names: Names) -> None:
        tree = read.tree_of(cell.text, True)
        if tree is None:
            return
        reading = Inference(known.FUNCTIONS)
        reading.shape(tree, names.within({"?": value}))
        for misread in reading.misread:
            self.note(cell.id, cell.line, "cell", cell.text, misread)

    def output(self, cell: Cell, column: ColumnText, names: Names) -> None:
        value = self.expression(cell.id, cell.line, "result", cell.text, names)
        stated = read.typed(column.type, self.model.types)
        if value.is_known and stated.is_known and not _fits(value, stated):
            message = f"The result '{column.text}' is {_words(stated)}, and this gives {_words(value)}."
            self.note(cell.id, cell.line, "result", cell.text, Misread("kind", column.text, message))
        options = read.constants(column.allowed)
        for text in sorted((value.options or frozenset()) - options) if options is not None else ():
            misread = Misread("option", text, f"The result is never '{text}'.", tuple(sorted(options or ())))
            self.note(cell.id, cell.line, "result", cell.text, misread)

    def expression(self, element: str, line: int, what: str, text: str, names: Names) -> Shape:
        tree = read.tree_of(text)
        if tree is None:
            return ANY
        reading = Inference(known.FUNCTIONS)
        shape = reading.shape(tree, names)
        for misread in reading.misread:
            self.note(element, line, what, text, misread)
        return shape


def misreadings(schema: Schema) -> Iterator[tuple[TableSpot, Misread]]:
    """Yield all that can't be meant in the decisions that tasks of a draft ask for."""
    for id, source in schema.draft.decisions.items():
        model = read.outline_of(source.data)
        asked = any(e.decision == id for p in schema.draft.processes.values() for e in p.elements.values())
        if model is None or id not in model.decisions or not asked:
            continue
        reading = _Reading(schema, id, model, source.file, source in schema.draft.given)
        reading.decision(id)
        yield from reading.found


def _seen(schema: Schema, id: str) -> Names:
    """Return the facts that a decision sees, over all tasks that ask for it."""
    facts: dict[str, Shape] = {}
    is_open = False
    for process in schema.draft.processes.values():
        for element in process.elements.values():
            if element.decision == id:
                names = schema.names(process, element)
                is_open |= names.is_open
                for name in dict.fromkeys(names.all()):
                    facts[name] = join(facts.get(name, NULL), names.find(name) or ANY)
    return Names(facts, is_open=is_open)


def _fits(value: Shape, stated: Shape) -> bool:
    """Return whether the value may be of the stated type. A day counts as its midnight, a moment as no day."""
    return value.may_be(*(stated.kinds or ())) or (value.may_be(shapes.DATE) and stated.may_be(shapes.MOMENT))


def _words(shape: Shape) -> str:
    return " or ".join(WORDS.get(kind, kind) for kind in sorted(shape.kinds or ()))
