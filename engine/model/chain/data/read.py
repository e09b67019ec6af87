"""Forms and decisions as shapes: what a submission sets, what a decision gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from engine.base.errors import LicetError, ModelError
from engine.language import feel, forms
from engine.language.decisions.outline import DecisionText, Outline, TableText, outline
from engine.language.forms import Field, Form
from engine.language.forms.fields import FieldLevel, Slot
from engine.model.chain.data import shapes
from engine.model.chain.data.inference import Inference, Names
from engine.model.chain.data.shapes import ANY, Shape, context, joined, list_of
from engine.model.chain.dialect import FEEL_FUNCTIONS

HOSTED = frozenset(FEEL_FUNCTIONS)

_BY_SUBTYPE = {"date": shapes.DATE, "time": shapes.TIME, "datetime": shapes.MOMENT}
_TYPES = {
    **dict.fromkeys(("string",), shapes.of(shapes.TEXT)),
    **dict.fromkeys(("number", "integer", "long", "double"), shapes.of(shapes.NUMBER)),
    "boolean": shapes.of(shapes.BOOLEAN),
    "date": shapes.of(shapes.DATE),
    "time": shapes.of(shapes.TIME),
    **dict.fromkeys(("dateTime", "date and time"), shapes.of(shapes.MOMENT)),
    **dict.fromkeys(("dayTimeDuration", "days and time duration"), shapes.of(shapes.DAYS)),
    **dict.fromkeys(("yearMonthDuration", "years and months duration"), shapes.of(shapes.MONTHS)),
}


@lru_cache(maxsize=512)
def form_of(data: bytes) -> Form | None:
    """Return the form in a file; None for a file that is no form, which other rules report."""
    try:
        return forms.read(data)
    except ModelError:
        return None


@lru_cache(maxsize=512)
def outline_of(data: bytes) -> Outline | None:
    try:
        return outline(data)
    except ModelError:
        return None


def wrong(text: str) -> str | None:
    """Return why an expression without its `=` can't be read; None if it can."""
    try:
        feel.tree(text, functions=HOSTED)
    except (LicetError, RecursionError) as error:
        return str(error)
    return None


@lru_cache(maxsize=4_096)
def tree_of(text: str, tests: bool = False) -> feel.syntax.Part | None:
    """Return the tree of an expression without its `=`; None for a wrong one, which other rules report."""
    try:
        return feel.tree(text, functions=HOSTED, tests=tests)
    except (LicetError, RecursionError):
        return None


# ---------------------------------------------------------------------- forms


def fields_of(form: Form) -> dict[str, Shape]:
    """Return the facts that a submission of the form sets."""
    return _level(form.level)


def _level(level: FieldLevel) -> dict[str, Shape]:
    facts: dict[str, Shape] = {}
    for slot in level.slots:
        shape = shape_of_slot(slot)
        for name in reversed(slot.path[1:]):
            shape = context({name: shape})
        facts[slot.path[0]] = shapes.join(facts.get(slot.path[0], shapes.NULL), shape)
    return facts


def shape_of_slot(slot: Slot) -> Shape:
    return list_of(context(_level(slot.row))) if slot.row is not None else _field(slot.field)


def _field(field: Field) -> Shape:
    match field.type:
        case "textfield" | "textarea":
            return shapes.text()
        case "number":
            return shapes.of(shapes.TEXT if field.raw.get("serializeToString") is True else shapes.NUMBER)
        case "checkbox":
            return shapes.of(shapes.BOOLEAN)
        case "radio" | "select":
            return _options(field)
        case "checklist" | "taglist":
            return list_of(_options(field))
        case "datetime":
            kind = _BY_SUBTYPE.get(str(field.raw.get("subtype", "date")))
            return shapes.of(kind, shapes.TEXT) if kind else ANY
        case "filepicker":
            return list_of(context(None))
    return ANY


def _options(field: Field) -> Shape:
    values = field.raw.get("values")
    if not isinstance(values, list):
        return _computed(field.raw.get("valuesExpression"))
    given = [entry.get("value") if isinstance(entry, dict) else entry for entry in values]
    return joined(_constant(value) for value in given)


def _computed(written: object) -> Shape:
    """Return the shape of an option from a list that an expression gives."""
    tree = tree_of(written[1:]) if isinstance(written, str) and written.startswith("=") else None
    return shapes.item_of(Inference({}).shape(tree, Names(is_open=True))) if tree is not None else ANY


def _constant(value: object) -> Shape:
    if isinstance(value, str):
        return shapes.text((value,))
    return shapes.of(shapes.BOOLEAN if isinstance(value, bool) else shapes.NUMBER)


# ---------------------------------------------------------------------- decisions


def typed(name: str, types: Mapping[str, tuple[str, str]]) -> Shape:
    """Return the shape of a DMN type by its name; one that isn't simple gives no shape."""
    if name in types:
        base, allowed = types[name]
        return Shape(typed(base, {}).kinds, constants(allowed)) if base else ANY
    return _TYPES.get(name.rpartition(":")[2], ANY)


def constants(tests: str) -> frozenset[str] | None:
    """Return the texts that unary tests list; None where they do something else."""
    tree = tree_of(tests, True) if tests else None
    if not isinstance(tree, feel.syntax.Tests) or tree.negated or tree.any:
        return None
    values = [t.test.value for t in tree.tests if isinstance(t.test, feel.syntax.Literal)]
    texts = frozenset(value for value in values if isinstance(value, str))
    return texts if len(values) == len(tree.tests) == len(texts) else None


def given_by(decision: DecisionText, model: Outline, facts: Names, functions: Mapping[str, object]) -> Shape:
    """Return the shape of a decision's result."""
    reading = Inference(functions)  # type: ignore[arg-type]
    if decision.expression is not None:
        tree = tree_of(decision.expression.text)
        return reading.shape(tree, facts.within({}, is_open=True)) if tree is not None else ANY
    return _table(decision.table, model, facts, reading) if decision.table is not None else ANY


def _table(table: TableText, model: Outline, facts: Names, reading: Inference) -> Shape:
    columns = []
    for place, output in enumerate(table.outputs):
        trees = (tree_of(row.outputs[place].text) for row in table.rows if place < len(row.outputs))
        shape = joined(reading.shape(tree, facts.within({}, is_open=True)) for tree in trees if tree is not None)
        stated = typed(output.type, model.types)
        columns.append((output.text, stated if shape.kinds is None and stated.kinds else shape))
    result = columns[0][1] if len(columns) == 1 else context(dict(columns))
    if table.policy in ("COLLECT", "RULE ORDER", "OUTPUT ORDER"):
        return shapes.of(shapes.NUMBER) if table.aggregator in ("COUNT", "SUM") else _listed(table, result)
    return result


def _listed(table: TableText, result: Shape) -> Shape:
    return result if table.aggregator else list_of(result)


def required(decision: DecisionText, model: Outline) -> Iterable[str]:
    """Return the ids of the inputs and decisions that a decision sees, itself excluded."""
    return [id for id in decision.requires if id in model.inputs or id in model.decisions]
