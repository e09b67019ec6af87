"""Coverage of decision tables: inputs that no rule matches, and rules that contradict each other. Knows no XML.

Each column is cut into stretches: at the constants that its cells compare with, and between them. All values of a
stretch get the same answer from every cell, so one value stands for the whole stretch, and the cells themselves are
asked which stretches they match. A cell that does more than compare its input with constants is left undecided: it may
match any stretch, and proves nothing. Null is a stretch of its own; no table need have a rule for it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.base.errors import BudgetExceeded
from engine.language.feel import Closure, Range, Scope, Value, YearsMonths, operators
from engine.language.feel.conformance import kind_of
from engine.language.feel.functions.strings import text_of

MOST_TOLD = 3  # findings of one kind reported for one table
_ANSWERS = 500_000  # cells asked about stretches of one table: 5 s; larger tables aren't looked at
_PAIRS = 250_000  # pairs of rules compared in one table
_VISITS = 20_000  # combinations of stretches searched for gaps; gaps beyond them aren't reported


@dataclass(frozen=True, slots=True)
class Cell:
    """A test of a rule. `marks`: the constants that it compares with; None where it does something else."""

    test: Closure
    marks: tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class Column:
    """An input: its label, the text it is computed from, and the kind of its values if known.

    `allowed`: the test that all its values meet.
    """

    label: str
    source: str
    kind: str | None
    allowed: Cell | None


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule. `outputs`: its results if all of them are constants, else None."""

    line: int
    cells: tuple[Cell, ...]
    outputs: tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class Survey:
    """A decision table as far as coverage is concerned. `is_closed`: it gives a result even where no rule matches.

    `is_given`: its inputs are input data, not computed, so that any combination may occur.
    """

    element: str
    line: int
    policy: str
    is_closed: bool
    is_given: bool
    columns: tuple[Column, ...]
    rows: tuple[RuleRow, ...]


@dataclass(frozen=True, slots=True)
class CoverageFinding:
    """One thing about a table's rules that a designer has to know; `line` is in the table's file."""

    line: int
    rule: str
    message: str
    severity: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Values of a column that every cell treats alike: the open range from `low` to `high`, or a point (`low` =
    `high`).

    `place`: its position in the column's order. `value`: one of the values; None: this is null. `low`, `high` None: no
    bound on that side.
    """

    place: int
    value: Value
    low: Value
    high: Value

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high


@dataclass(frozen=True, slots=True)
class Axis:
    """A column cut into stretches. By row, as a set of bits: the stretches that the row surely, and that it maybe
    matches.
    """

    label: str
    kind: str | None
    stretches: tuple[Stretch, ...]
    surely: tuple[int, ...]
    maybe: tuple[int, ...]

    @property
    def known(self) -> int:
        """The stretches of all values but null."""
        return sum(1 << i for i, stretch in enumerate(self.stretches) if stretch.value is not None)

    def text(self, bits: int) -> str:
        """Return the stretches in words, such as `age in [18..65)`; empty text if they are all but null, or all."""
        if bits | ~self.known == -1:
            return ""
        if not bits & self.known:
            return f"{self.label} = null"
        chosen = [stretch for i, stretch in enumerate(self.stretches) if bits & self.known & 1 << i]
        if self.kind == "string":
            return f"{self.label} {_texts(chosen)}"
        runs: list[list[Stretch]] = []
        for stretch in chosen:
            if runs and runs[-1][-1].place + 1 == stretch.place:
                runs[-1].append(stretch)
            else:
                runs.append([stretch])
        return f"{self.label} {' or '.join(_run(run) for run in runs[:3])}{' …' if len(runs) > 3 else ''}"


def findings(survey: Survey) -> Iterator[CoverageFinding]:
    """Yield all findings about the table's rules."""
    if _answers_needed(survey) > _ANSWERS:
        message = f"The table is too large to be looked through: gaps and overlaps of its {len(survey.rows)} rules"
        yield CoverageFinding(survey.line, "table-large", f"{message} aren't told. Part it.", "warning")
        return
    axes = list(_axes(survey))
    for number, row in enumerate(survey.rows):
        if any(axis.maybe[number] == 0 for axis in axes):
            where = next(axis for axis in axes if axis.maybe[number] == 0)
            message = f"Rule {number + 1} never matches: its cell for {where.label} excludes all values."
            yield CoverageFinding(row.line, "rule-never", f"{message} Correct the cell, or remove the rule.", "warning")
    if survey.policy in ("UNIQUE", "ANY"):
        yield from _overlaps(survey, axes)
    elif survey.policy == "FIRST":
        yield from _masked(survey, axes)
    if not survey.is_closed:
        yield from _gaps(survey, axes)


def _answers_needed(survey: Survey) -> int:
    """Return about how many times a cell has to be asked about a stretch: about two stretches for each constant."""
    columns = zip(*(row.cells for row in survey.rows), strict=True)
    return sum(len(cells) * 2 * len({str(mark) for cell in cells for mark in cell.marks or ()}) for cells in columns)


# ------------------------------------------------------------------ axes


def _axes(survey: Survey) -> Iterator[Axis]:
    """Yield an axis for each source; columns with the same source share one."""
    sources = [column.source for column in survey.columns]
    for source in dict.fromkeys(sources):
        places = [i for i, other in enumerate(sources) if other == source]
        yield _axis([survey.columns[i] for i in places], [[row.cells[i] for i in places] for row in survey.rows])


def _axis(columns: list[Column], rows: list[list[Cell]]) -> Axis:
    allowed = [column.allowed for column in columns if column.allowed is not None]
    cells = [cell for row in rows for cell in row] + allowed
    marks = [mark for cell in cells for mark in cell.marks or () if mark is not None]
    kind = next((column.kind for column in columns if column.kind), None)
    kinds = {kind_of(mark) for mark in marks} | ({kind} if kind else set())
    cut = _cut(marks, kinds.pop()) if len(kinds) == 1 else None
    settled = cut is not None or not marks

    def answer(cell: Cell, stretch: Stretch) -> bool | None:
        return _answers(cell, stretch) if settled or cell.marks == () or stretch.value is None else None

    stretches = (*(cut or (Stretch(0, _ANYTHING.get(kind or "", ""), None, None),)), Stretch(-1, None, None, None))
    stretches = tuple(s for s in stretches if all(answer(cell, s) is not False for cell in allowed))
    surely, maybe = [], []
    for row in rows:
        bits = [[answer(cell, s) for cell in row] for s in stretches]
        surely.append(sum(1 << i for i, answers in enumerate(bits) if all(a is True for a in answers)))
        maybe.append(sum(1 << i for i, answers in enumerate(bits) if False not in answers))
    label = columns[0].label or columns[0].source
    return Axis(f'"{label}"', kind or (kind_of(marks[0]) if marks else None), stretches, tuple(surely), tuple(maybe))


def _answers(cell: Cell, stretch: Stretch) -> bool | None:
    """Return whether the cell matches the stretch; None where that can't be decided beforehand."""
    if cell.marks is None:
        return None
    scope = Scope(lambda name: None, {}, None, None).within({"?": stretch.value})
    try:
        return cell.test(scope) is True
    except BudgetExceeded:
        return None


def _cut(marks: Sequence[Value], kind: str) -> tuple[Stretch, ...] | None:
    """Return the stretches that the marks make in values of this kind; None for kinds without order, or without
    marks.
    """
    if kind == "boolean":
        return (Stretch(0, True, True, True), Stretch(2, False, False, False))
    between = _BETWEEN.get(kind)
    if between is None or not marks or any(operators.order(mark, marks[0]) is None for mark in marks):
        return None
    points: list[Value] = []
    for mark in sorted(marks, key=cmp_to_key(lambda a, b: operators.order(a, b) or 0)):
        if not points or operators.order(mark, points[-1]) != 0:
            points.append(mark)
    stretches: list[Stretch] = []
    for low, high in zip([None, *points], [*points, None], strict=True):
        inside = between(low, high)
        if inside is not None and _lies(inside, low, high):
            stretches.append(Stretch(len(stretches), inside, low, high))
        if high is not None:
            stretches.append(Stretch(len(stretches), high, high, high))
    return tuple(stretches)


def _lies(value: Value, low: Value, high: Value) -> bool:
    above = low is None or operators.greater(value, low) is True
    return above and (high is None or operators.less(value, high) is True)


def _between_numbers(low: Decimal | None, high: Decimal | None) -> Value:
    if low is None or high is None:
        return high - 1 if high is not None else (low or Decimal(0)) + 1
    return (low + high) / 2


def _between_texts(low: str | None, high: str | None) -> Value:
    return "" if low is None else low + "\x01"


def _between_days(low: datetime.date | None, high: datetime.date | None) -> Value:
    day = datetime.timedelta(days=1)
    return operators.add(low, day) if low is not None else operators.subtract(high, day)


def _between_moments(low: Any, high: Any) -> Value:
    if low is None or high is None:
        return _between_days(low, high)
    return operators.add(low, operators.divide(operators.subtract(high, low), Decimal(2)))


def _between_times(low: datetime.time | None, high: datetime.time | None) -> Value:
    if low is None:
        return high and datetime.time(0, tzinfo=high.tzinfo)
    if high is None:
        return datetime.time(23, 59, 59, tzinfo=low.tzinfo)
    return _between_moments(low, high)


def _between_durations(low: datetime.timedelta | None, high: datetime.timedelta | None) -> Value:
    if low is None or high is None:
        return _between_moments(low, high)
    return (low + high) / 2


def _between_months(low: YearsMonths | None, high: YearsMonths | None) -> Value:
    return YearsMonths(low.months + 1) if low is not None else YearsMonths(high.months - 1 if high else 0)


_BETWEEN: Mapping[str, Callable[[Any, Any], Value]] = {
    "number": _between_numbers, "string": _between_texts, "date": _between_days,
    "date and time": _between_moments, "time": _between_times, "days and time duration": _between_durations,
    "years and months duration": _between_months,
}  # fmt: skip
"""Kind → a function that returns a value between two others; None stands for an open side."""

_ANYTHING: Mapping[str, Value] = {"number": Decimal(0), "boolean": True, "list": [], "context": {}}
"""Kind → a value that stands for all of its kind where no cell compares it with one; else an empty text does."""


# ------------------------------------------------------------------ in words


def _run(run: list[Stretch]) -> str:
    """Return neighbouring stretches as FEEL would write them."""
    first, last = run[0], run[-1]
    if len(run) == 1 and first.is_point:
        return f"= {_written(first.low)}"
    if first.low is None:
        return f"{'<=' if last.is_point else '<'} {_written(last.high)}" if last.high is not None else "anything"
    if last.high is None:
        return f"{'>=' if first.is_point else '>'} {_written(first.low)}"
    return f"in {text_of(Range(first.low, first.is_point, last.high, last.is_point))}"


def _texts(chosen: list[Stretch]) -> str:
    points = [_written(stretch.low) for stretch in chosen if stretch.is_point]
    others = ["any other text"] if len(points) < len(chosen) else []
    shown = [*points[:4], *(["…"] if len(points) > 4 else []), *others]
    return f"= {' or '.join(shown)}"


def _written(value: Value) -> str:
    return (text_of([value]) or "").strip("[]") if isinstance(value, str) else str(text_of(value))


def _where(axes: list[Axis], bits: Sequence[int]) -> str:
    texts = [text for axis, chosen in zip(axes, bits, strict=True) if (text := axis.text(chosen))]
    return ", ".join(texts) or "all values"


# ------------------------------------------------------------------ overlaps


def _overlaps(survey: Survey, axes: list[Axis]) -> Iterator[CoverageFinding]:
    """Yield pairs of rules that match the same values, where the hit policy allows one match, or one result."""
    told = 0
    for first, second in _pairs(len(survey.rows)):
        common = [axis.surely[first] & axis.surely[second] for axis in axes]
        if not axes or not all(common) or _agree(survey, first, second):
            continue
        told += 1
        if told > MOST_TOLD:
            return
        ending = {
            "UNIQUE": "The hit policy UNIQUE allows one: the result would be null. Part them, or take FIRST.",
            "ANY": "The hit policy ANY asks for the same result: it would be null. Part them, or take FIRST.",
        }[survey.policy]
        message = f"Rules {first + 1} and {second + 1} both match {_where(axes, common)}. {ending}"
        at_null = not all(both & axis.known for axis, both in zip(axes, common, strict=True))
        severity = "error" if survey.is_given and not at_null else "warning"
        yield CoverageFinding(survey.rows[second].line, "rules-overlap", message, severity)


def _pairs(rows: int) -> Iterator[tuple[int, int]]:
    left = _PAIRS
    for second in range(rows):
        for first in range(second):
            left -= 1
            if left < 0:
                return
            yield first, second


def _agree(survey: Survey, first: int, second: int) -> bool:
    """Return whether two rules may both match: under ANY, with the same result, or with one that isn't known yet."""
    if survey.policy != "ANY":
        return False
    one, other = survey.rows[first].outputs, survey.rows[second].outputs
    return one is None or other is None or operators.equal(list(one), list(other)) is True


# ------------------------------------------------------------------ gaps


class _Search:
    """Searches for combinations of stretches that none of some rules covers; gives up after `_VISITS` combinations."""

    def __init__(self, axes: list[Axis], matched: Callable[[Axis], tuple[int, ...]]) -> None:
        self.axes = axes
        self.visits = 0
        self._covers = [
            [sum(1 << r for r, bits in enumerate(matched(axis)) if bits >> i & 1) for i in range(len(axis.stretches))]
            for axis in axes
        ]
        self._closed: set[tuple[int, int]] = set()  # (axis, rows) searched already, without a gap

    @property
    def is_tired(self) -> bool:
        return self.visits > _VISITS

    def gaps(self, rows: int, within: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Yield, as bits by axis, the parts of `within` that the rows (bits) leave uncovered."""
        self._closed.clear()
        return self._open(rows, within, 0)

    def _open(self, rows: int, within: Sequence[int], at: int) -> Iterator[tuple[int, ...]]:
        if at == len(self.axes):
            if not rows:
                yield ()
            return
        self.visits += 1
        if self.is_tired or (at, rows) in self._closed:
            return
        groups: dict[int, int] = {}
        for i, covering in enumerate(self._covers[at]):
            if within[at] >> i & 1:
                groups[rows & covering] = groups.get(rows & covering, 0) | 1 << i
        is_closed = True
        for left, bits in groups.items():
            if not left:
                is_closed = False
                yield (bits, *within[at + 1 :])
                continue
            for rest in self._open(left, within, at + 1):
                is_closed = False
                yield (bits, *rest)
        if is_closed and not self.is_tired:
            self._closed.add((at, rows))


def _gaps(survey: Survey, axes: list[Axis]) -> Iterator[CoverageFinding]:
    """Yield inputs for which the table has no rule."""
    search = _Search(axes, lambda axis: axis.maybe)
    everything = [axis.known for axis in axes]
    for told, gap in enumerate(search.gaps((1 << len(survey.rows)) - 1, everything)):
        if told == MOST_TOLD:
            return
        message = f"No rule matches {_where(axes, gap)}: the result is null. Add a rule, or a default result."
        yield CoverageFinding(survey.line, "rules-missing", message, "warning")


def _masked(survey: Survey, axes: list[Axis]) -> Iterator[CoverageFinding]:
    """Yield rules that are never reached, because earlier ones match all that they match."""
    search = _Search(axes, lambda axis: axis.surely)
    for number, row in enumerate(survey.rows):
        within = [axis.maybe[number] for axis in axes]
        if not number or not all(within):
            continue
        if next(search.gaps((1 << number) - 1, within), None) is None and not search.is_tired:
            message = f"Rule {number + 1} is never reached: those before it match all that it matches."
            yield CoverageFinding(row.line, "rule-masked", f"{message} Move it up, or remove it.", "warning")
