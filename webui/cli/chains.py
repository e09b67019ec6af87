"""`licet chain …` and `licet demo`: checking, rehearsing and publishing chains."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from adapters.documents import tried
from engine.base.errors import InvalidInput
from engine.model import chain as chains
from engine.reading import scenarios
from webui.cli import comparison, compose, demonstration, recording
from webui.cli.output import FILE, FINDINGS, as_json, as_operator, guarded, show, table, write
from webui.cli.writing import give, writes

PATHS = click.Path(path_type=Path)


@click.group("chain")
def group() -> None:
    """Check, test, publish, list and compare chains."""


@group.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--notes", is_flag=True, help="Tell also what may well be meant, such as fields that nothing reads.")
@as_json
@guarded
def check(paths: tuple[Path, ...], notes: bool, as_json: bool) -> None:
    """Check chain folders, or files that are given together; print the findings."""
    findings = [finding.as_dict() for finding in chains.check(paths, notes=notes, try_out=tried)]
    show(findings, as_json, _findings)
    sys.exit(FINDINGS if any(finding["severity"] == "error" for finding in findings) else 0)


def _findings(findings: list[dict[str, Any]]) -> Any:
    for one in findings:
        place = ":".join(str(part) for part in (one["file"], one["line"], one["element"]) if part is not None)
        path = f"  [{' → '.join(one['path'])}]" if one["path"] else ""
        yield f"{place}: {one['severity']}: {one['message']} ({one['rule']}){path}"
    errors = sum(one["severity"] == "error" for one in findings)
    notes = sum(one["severity"] == "note" for one in findings)
    yield f"{errors} errors, {len(findings) - errors - notes} warnings" + (f", {notes} notes" if notes else "")


@group.command()
@click.argument("paths", nargs=-1, type=PATHS)
@click.option("--uncovered", is_flag=True, help="Also list the elements and flows that no scenario comes to.")
@click.option("--record", "case", metavar="CASE", help="Write a scenario from a real case first, and play that.")
@click.option("-o", "--output", type=PATHS, help="Where the recorded scenario goes; else CASE.json.")
@compose.optional_database
@as_json
@guarded
def test(
    paths: tuple[Path, ...], uncovered: bool, case: str | None, output: Path | None, database: str | None, as_json: bool
) -> None:
    """Play scenarios under virtual time: those of a chain folder, or single files.

    With --record a case becomes a scenario, with other names and numbers in place of personal ones. PATHS is then the
    chain folder that holds the version of the case, unless it is a shipped chain.
    """
    written: list[str] = []
    if case is not None:
        file, told = recording.write_scenario(case, paths, output, database or compose.DEFAULT_DATABASE)
        paths, written = (file,), [told]
    elif not paths:
        raise click.UsageError("Name a chain folder or scenario files.")
    files, coverage = scenarios.files_of(paths), scenarios.Coverage()
    with scenarios.empty_database() as template:
        models: scenarios.Models = {}
        played = (scenarios.run(f, compose.stand_ins, template, models=models, coverage=coverage) for f in files)
        rows = [row.as_dict() for row in played]
    rows = [row | _coverage(coverage, file) for file, row in zip(files, rows, strict=True)]
    show(rows, as_json, lambda played: [*written, *_rows(played), *_covered(coverage, uncovered)])
    sys.exit(0 if rows and all(row["passed"] for row in rows) else FINDINGS)


def _rows(rows: list[dict[str, Any]]) -> Any:
    for row in rows:
        yield f"{'passed' if row['passed'] else 'FAILED'}  {row['scenario']}"
        if not row["passed"]:
            where = f" ({row['where']})" if row["where"] else ""
            yield f"        step {row['step']}{where}: expected {_told(row['expected'])}, found {_told(row['found'])}"
    yield f"{sum(row['passed'] for row in rows)} of {len(rows)} scenarios passed"


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _coverage(coverage: scenarios.Coverage, file: Path) -> dict[str, Any]:
    """Return what all the scenarios of its model have visited, as `[visited, of]`; null where none could be played."""
    covered = coverage.played.get(file)
    return {"coverage": covered and {part: dict(shares) for part, shares in covered.shares().items()}}


def _covered(coverage: scenarios.Coverage, uncovered: bool) -> Any:
    """Yield how much of each model, and of the common processes that it calls, scenarios have visited."""
    for model, visits in coverage.models.items():
        folder = model.name == scenarios.CHAIN_FILE
        names = {"chain": "/".join(model.parts[-3:-1]) if folder else model.name, "common": "    common processes"}
        for part, shares in visits.shares().items():
            told = (_share(visited, whole, name) for name, (visited, whole) in shares.items() if whole)
            yield f"{names[part]}: {', '.join(told)}"
            if uncovered:
                yield from (f"        {holder}: {place}" for holder, place in visits.uncovered(part == "common"))


def _share(part: int, whole: int, what: str) -> str:
    return f"{part} of {whole} {what} ({part * 100 // whole} %)"


@group.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--force", "reason", help="Why an administrator publishes it although data or scenarios fail; it is kept."
)
@as_operator
@compose.database
@as_json
@guarded
def publish(path: Path, reason: str | None, actor: str, database: str, as_json: bool) -> None:
    """Publish a chain folder as a new version, if its check and its scenarios pass; new cases run it from then on."""
    reading = chains.read(path, try_out=tried)
    version = reading.version if reason is None else reading.runnable
    if version is None:
        show([finding.as_dict() for finding in reading.findings], as_json, _findings)
        sys.exit(FINDINGS)
    failed = [] if reason is not None else _failing(path)
    if failed:
        show(failed, as_json, _rows)
        sys.exit(FINDINGS)
    row = give(database, "chain publish", version.files, actor=actor, in_spite=reason)
    show(row, as_json, lambda r: [f"{r['name']} version {r['number']}: {r['digest']}"])


@writes("chain publish")
def _publish(hall: compose.Hall, files: Mapping[str, bytes], actor: str, in_spite: str | None = None) -> dict[str, Any]:
    """Publish the version in these files, which the command line has checked: who may give them here owns the
    database.
    """
    version = chains.load(files)
    number = hall.engine.publish(version, actor, in_spite)
    return {"name": version.name, "number": number, "digest": version.digest}


def _failing(path: Path) -> list[dict[str, Any]]:
    """Return the rows of the scenarios of a chain folder that fail."""
    files = scenarios.files_of([path]) if path.is_dir() else []
    if not files:
        return []
    with scenarios.empty_database() as template:
        models: scenarios.Models = {}
        played = (scenarios.run(file, compose.stand_ins, template, models=models) for file in files)
        return [row.as_dict() for row in played if not row.passed]


@group.command("list")
@compose.database
@as_json
@guarded
def list_(database: str, as_json: bool) -> None:
    """List the published versions."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        forced = hall.engine.library.forced(reading)
        rows = [row._asdict() | _in_spite(forced.get(row.digest)) for row in reading.chains()]
    show(rows, as_json, _versions)


def _in_spite(told: Mapping[str, str] | None) -> dict[str, Any]:
    return {} if told is None else {"forced": dict(told)}


def _versions(rows: list[dict[str, Any]]) -> Any:
    yield from table(rows, "name", "number", "published_at", "published_by", "digest")
    for row in (row for row in rows if "forced" in row):
        told = row["forced"]
        yield f"{row['name']} {row['number']} in spite of findings, by {told['by']} at {told['at']}: {told['reason']}"


@group.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "percents", "--percent", multiple=True, metavar="FIGURE=PERCENT",
    help="A change that is to be stated, such as materials=-81.48; refused where no whole number gives it.",
)  # fmt: skip
@click.option("--counted", is_flag=True, help="Say too what each figure counts.")
@compose.optional_database
@as_json
@guarded
def compare(
    before: str, after: str, percents: tuple[str, ...], counted: bool, database: str | None, as_json: bool
) -> None:
    """Compare how much chains A and B ask of an applicant: folders, or digests of published versions.

    With a database also how fast their matters were decided.
    """
    wanted = [_stated(text) for text in percents]
    compared = comparison.compare(before, after, database)
    told = [comparison.stated(compared, *one) for one in wanted]
    show(compared.figures(), as_json, lambda _: [*comparison.lines(compared, counted), *told])


def _stated(text: str) -> tuple[str, Decimal]:
    """Return (figure, percentage) of a text such as `materials=-38.87`, with or without a percent sign."""
    name, _, value = text.partition("=")
    try:
        if name not in comparison.FIGURES or not value:
            raise ArithmeticError
        percent = Decimal(value.removesuffix("%").strip())
        if not percent.is_finite():
            raise ArithmeticError
    except ArithmeticError:
        figures = ", ".join(comparison.FIGURES)
        raise InvalidInput(f"--percent: expected one of {figures}, as materials=-81.48; found {text!r}.") from None
    return name, percent


@group.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@compose.database
@as_json
@guarded
def diff(before: str, after: str, database: str, as_json: bool) -> None:
    """Tell what differs between chains A and B: folders, or digests of published versions."""
    found = [one.as_dict() for one in comparison.told_apart(before, after, database)]
    show(found, as_json, comparison.in_words)


@group.command("import")
@click.argument("file", type=FILE)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where the model goes; else beside it.")
@click.option("--user-tasks", is_flag=True, help="Tasks that don't say what a machine does become user tasks.")
@as_json
@guarded
def import_file(file: Path, output: Path | None, user_tasks: bool, as_json: bool) -> None:
    """Turn a model of another tool into one that runs; list what was changed, what is to be decided, what is lost."""
    target = output or file.with_name(f"{file.stem}.imported.bpmn")
    done = chains.import_model(file.read_bytes(), file.name, to_people=user_tasks)
    written = [target] if done.data is not None else []
    if done.data is not None:
        write(target, done.data)
    for id, form in done.forms.items():
        name = re.sub(r"[^\w-]", "_", id)[:80]
        written.append(target.with_name(f"{target.stem}.{name}.form"))
        write(written[-1], form)
    findings = [*done.findings, *(chains.check(written) if written else ())]
    kept = [change for change in done.changes if change.lost is None]
    told = {
        "file": str(target) if written else None,
        "forms": [str(path) for path in written[1:]],
        "changed": [change.as_dict() for change in kept if not change.decide],
        "decide": [change.as_dict() for change in kept if change.decide],
        "findings": [finding.as_dict() for finding in findings],
    }
    show(told, as_json, _imported)
    sys.exit(FINDINGS if any(finding.severity == "error" for finding in findings) else 0)


def _imported(told: dict[str, Any]) -> Any:
    for title, name in (("changed", "changed"), ("to be decided", "decide")):
        for one in told[name]:
            yield f"{title}: {one['element'] or '-'}: {one['what']}"
    yield from _findings(told["findings"])
    yield f"{', '.join([told['file'], *told['forms']]) if told['file'] else 'nothing'} written"


@click.command()
@click.argument("chain")
@as_json
@guarded
def demo(chain: str, as_json: bool) -> None:
    """Run a chain's main scenario from application to result, in a temporary database."""
    file = demonstration.main_scenario(chain)
    scenario = scenarios.read(file)
    with scenarios.empty_database() as template:
        story = scenarios.told(scenario, compose.stand_ins, template)
    passed, row = story.pop("passed"), story.pop("row")
    if not passed:
        show([row], as_json, _rows)
        sys.exit(FINDINGS)
    show(story, as_json, _story)
    sys.exit(0 if story["verified"] else FINDINGS)


def _story(story: dict[str, Any]) -> Any:
    for step in story["steps"]:
        yield f"{step['at'][:16]}  {step['actor']:<18} {step['command']:<14} {step['element'] or ''}"
    for matter in story["matters"]:
        yield f"{matter['item']}: {matter['state']}"
    yield f"{len(story['results'])} results, verified: {story['verified']}"
