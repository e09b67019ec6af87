"""Two chain versions compared: for `licet chain compare` figures, changes, speed-ups; for `licet chain diff` what
differs.

`engine.model.chain.measures` counts; `engine.reading.views.speed` works out how fast matters were decided;
`engine.model.chain.differences` finds what differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from engine.base.errors import InvalidInput, ModelError, Refused
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.model.chain import measures as of
from engine.model.chain.differences import Difference, differences
from engine.model.chain.measures import Measures
from engine.reading.views.speed import Speed, speed
from webui.cli import compose
from webui.cli.output import table

FIGURES: Mapping[str, str] = {
    "steps": "环节 steps",
    "materials": "材料 materials",
    "days": "时限 days",
    "visits": "跑动 visits",
    "windows": "窗口 windows",
}
"""Name of each figure → its label in Chinese and English; days are workdays."""

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions with its measures. `speed`: None where no database was given."""

    version: ChainVersion
    measures: Measures
    speed: Speed | None


@dataclass(frozen=True, slots=True)
class ChainComparison:
    """Two versions, each with its measures."""

    before: Side
    after: Side

    def figures(self) -> dict[str, list[int | Decimal]]:
        """Return `{"steps": [before, after], …}`."""
        before, after = self.before.measures.figures(), self.after.measures.figures()
        return {name: [before[name], after[name]] for name in before}


def compare(before: str, after: str, database: str | None) -> ChainComparison:
    """Measure both versions, each given as the folder of a chain or as the digest of a published version."""
    published = any(map(_is_digest, (before, after)))
    url = database or (compose.DEFAULT_DATABASE if published else None)
    file = compose.file_of(url) if url is not None else None
    with ExitStack() as stack:
        there = url is not None and (published or file is None or file.exists())
        hall = stack.enter_context(compose.hall(str(url), writing=False)) if there else None
        first, second = (_side(name, hall) for name in (before, after))
        return ChainComparison(first, second)


def _is_digest(name: str) -> bool:
    return name.startswith("sha256:")


def _side(name: str, hall: compose.Hall | None) -> Side:
    if hall is None:
        version = _of_folder(name)
        return Side(version, of.measure(version), None)
    version = hall.engine.library.chain(name)[0] if _is_digest(name) else _of_folder(name)
    with hall.store.reading() as reading:
        return Side(version, of.measure(version), speed(reading, hall.engine.library, version.digest))


def _of_folder(name: str, runnable: bool = False) -> ChainVersion:
    """Read a chain without errors; with `runnable`, errors about data alone are no hindrance."""
    path = Path(name)
    if not path.exists():
        raise InvalidInput(f"Expected the folder of a chain, or the digest of a published version; found {name!r}.")
    reading = chains.read(path)
    version = reading.runnable if runnable else reading.version
    if version is None:
        wrong = [finding for finding in reading.findings if finding.severity == "error"]
        first = f"{wrong[0].file}:{wrong[0].line}: {wrong[0].message}"
        raise ModelError(f"Expected a chain without errors at {name}; found {len(wrong)}, the first: {first}")
    return version


def told_apart(before: str, after: str, database: str) -> tuple[Difference, ...]:
    """Return what differs between two versions, given as to `compare`; the database is read for digests alone."""
    with ExitStack() as stack:
        published = any(map(_is_digest, (before, after)))
        hall = stack.enter_context(compose.hall(database, writing=False)) if published else None
        first, second = (
            hall.engine.library.chain(name)[0] if hall is not None and _is_digest(name) else _of_folder(name, True)
            for name in (before, after)
        )
        return differences(first, second)


def stated(compared: ChainComparison, figure: str, percent: Decimal) -> str:
    """Return a line that says which change the stated percentage means.

    Raises Refused where no whole number gives that percentage; its text names the nearest that exist.
    """
    before, after = compared.figures()[figure]
    try:
        number = of.stated(before, percent)
    except Refused as error:
        raise Refused(f"{FIGURES[figure]}: {error.message}", **error.fields) from error
    models = f"the models give {_plain(after)}" if number != after else "as the models give"
    return f"{FIGURES[figure]} {percent:f} %: {_plain(before)} → {number}, {models}"


# ------------------------------------------------------------------ for people


def in_words(found: Sequence[Mapping[str, str | None]]) -> Iterator[str]:
    """Yield a line for each difference, then how many there are of each sort."""
    for one in found:
        thing = " ".join(filter(None, (one["kind"], one["id"], one["name"])))
        place = f" in {one['of']}" if one["of"] else ""
        change = f"{one['aspect']}: {one['before'] or '-'} → {one['after'] or '-'}" if one["aspect"] else one["what"]
        yield f"{thing}{place}: {change}"
    counts = Counter(one["what"] for one in found)
    yield ", ".join(f"{counts[what]} {what}" for what in ("added", "removed", "changed", "redrawn"))


def lines(compared: ChainComparison, counted: bool) -> Iterator[str]:
    """Yield the comparison as a table; with `counted`, also the things that each figure counts."""
    for mark, side in (("A", compared.before), ("B", compared.after)):
        yield f"{mark}  {side.version.title}  {side.version.digest}"
    yield ""
    yield from table(list(_rows(compared)), "", "A", "B", "change", "%")
    for mark, side in (("A", compared.before), ("B", compared.after)) if counted else ():
        yield ""
        yield from _counted(mark, side.measures)


def _rows(compared: ChainComparison) -> Iterator[Mapping[str, str]]:
    for name, (before, after) in compared.figures().items():
        percent = of.change(before, after)
        yield {
            "": FIGURES[name],
            "A": _plain(before),
            "B": _plain(after),
            "change": f"{Decimal(after - before).normalize():+f}" if after != before else "0",
            "%": "-" if percent is None else f"{percent.quantize(CENT, ROUND_HALF_UP):+f} %" if percent else "0 %",
        }
    sides = (compared.before, compared.after)
    promised = [_share(_promised(side.version)) for side in sides]
    yield {"": "承诺提速 promised speed-up"} | dict(zip("AB", promised, strict=True))
    if any(side.speed is not None for side in sides):
        yield {"": "办理提速 actual speed-up"} | dict(zip("AB", [_actual(side.speed) for side in sides], strict=True))


def _promised(version: ChainVersion) -> Decimal | None:
    return of.promised_speed_up(version.catalogue.items.values()) if version.catalogue is not None else None


def _actual(measured: Speed | None) -> str:
    if measured is None or not measured.matters:
        return "- (0 matters)"
    used, limit = measured.used_workdays, measured.limit_workdays
    days = f", {_rounded(used)} of {_rounded(limit)} workdays" if used is not None and limit is not None else ""
    return f"{_share(measured.speed_up)} ({len(measured.matters)} matters{days})"


def _rounded(value: Decimal) -> str:
    return _plain(value.quantize(CENT, ROUND_HALF_UP))


def _share(value: Decimal | None) -> str:
    return "-" if value is None else f"{(value * 100).quantize(CENT, ROUND_HALF_UP):f} %"


def _plain(value: int | Decimal) -> str:
    return f"{Decimal(value).normalize():f}"


def _counted(mark: str, measures: Measures) -> Iterator[str]:
    """Yield the things that each figure counts, line by line."""
    parts: Sequence[tuple[str, Sequence[str]]] = (
        ("steps", [f"{one.name} ({one.key})" for one in measures.steps]),
        ("materials", [f"{one.name} ({one.key})" for one in measures.materials]),
        ("days", [f"{_plain(one.workdays)}  {one.name} ({one.item})" for one in measures.path]),
        ("visits", [f"{one.name} ({one.key})" for one in measures.visits]),
        ("windows", [one.name for one in measures.windows]),
    )
    for name, rows in parts:
        yield f"{mark}  {FIGURES[name]}: {len(rows) if name != 'days' else _plain(measures.days)}"
        yield from (f"     {row}" for row in rows)
