"""Working on cases from the command line: commands, worklist, reading, replay, proof, exports."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from engine.base.errors import InvalidInput, LicetError, NotFound
from engine.base.shapes import plain
from engine.case.journal import read as read_entry
from engine.case.records import ClaimTask, Command, CompleteTask, MigrateCase, command_from_json
from engine.hall import proof
from engine.reading.views import export, replay, versions, worklist
from engine.reading.views.personal import BEYOND, personal_values
from webui.cli import compose, keys
from webui.cli.output import FILE, FINDINGS, as_actor, as_json, guarded, read_input, read_object, show, table
from webui.cli.writing import give, writes


@click.command()
@click.option("--as", "actor", metavar="ACTOR", help="The person who gives it, where the command doesn't say.")
@compose.database
@as_json
@guarded
def execute(actor: str | None, database: str, as_json: bool) -> None:
    """Give a command to the door: reads it as JSON from standard input, prints the receipt."""
    content = read_input()
    data = read_object(content, "command")
    if actor is None and "actor" not in data:
        raise click.UsageError("say who gives the command: --as ACTOR, or its field actor")
    if actor is not None and data.setdefault("actor", actor) != actor:
        raise InvalidInput(f"actor: expected {actor}, as --as says; found {data['actor']!r}.")
    command_from_json(data)
    show(give(database, "execute", {"command": content}, actor=data["actor"]), as_json)


@writes("execute")
def _execute(hall: compose.Hall, files: Mapping[str, bytes], actor: Any) -> dict[str, Any]:
    command = command_from_json({"actor": actor, **read_object(files["command"], "command")})
    return hall.engine.execute(command).as_dict()


@click.group("task")
def tasks() -> None:
    """The worklist."""


@tasks.command("list")
@as_actor
@click.option("--mine", is_flag=True, help="Those that the actor has claimed.")
@compose.database
@as_json
@guarded
def list_tasks(actor: str, mine: bool, database: str, as_json: bool) -> None:
    """List open tasks that the actor may take, by due date."""
    with compose.hall(database, writing=False) as hall, hall.sights.of(actor) as sight:
        rows = plain(worklist.page(sight, "mine" if mine else "open", limit=200).rows)
    show(rows, as_json, lambda r: table(r, "case", "token", "name", "title", "due_at", "light"))


@tasks.command()
@click.argument("case")
@click.argument("task", type=int)
@as_actor
@compose.database
@as_json
@guarded
def claim(case: str, task: int, actor: str, database: str, as_json: bool) -> None:
    """Claim a task of a case."""
    _show_receipt(give(database, "task claim", case=case, task=task, actor=actor), as_json)


@writes("task claim")
def _claim(hall: compose.Hall, _: Mapping[str, bytes], case: str, task: int, actor: str) -> dict[str, Any]:
    return hall.engine.execute(Command(actor, case, ClaimTask(task))).as_dict()


@tasks.command()
@click.argument("case")
@click.argument("task", type=int)
@click.option("--variables", default="{}", help="What the form would give, as a JSON object.")
@click.option("--key", help="Idempotency key.")
@as_actor
@compose.database
@as_json
@guarded
def complete(case: str, task: int, variables: str, key: str | None, actor: str, database: str, as_json: bool) -> None:
    """Complete a task of a case."""
    read_object(variables, "--variables")
    receipt = give(database, "task complete", case=case, task=task, variables=variables, key=key, actor=actor)
    _show_receipt(receipt, as_json)


@writes("task complete")
def _complete(
    hall: compose.Hall, _: Mapping[str, bytes], case: str, task: int, variables: str, key: str | None, actor: str
) -> dict[str, Any]:
    order = CompleteTask(task, read_object(variables, "--variables"))
    return hall.engine.execute(Command(actor, case, order, key)).as_dict()


def _show_receipt(receipt: dict[str, Any], as_json: bool) -> None:
    show(receipt, as_json, lambda r: [f"case {r['case']}, entry {r['sequence']}, {len(r['tasks'])} tasks open"])


@click.group("case")
def group() -> None:
    """Cases."""


@group.command("list")
@click.option("--text", help="Part of the number, title or project code.")
@click.option("--project", metavar="CODE", help="Those of one project.")
@click.option("--status", type=click.Choice(["open", "completed", "cancelled"]))
@compose.database
@as_json
@guarded
def list_cases(text: str | None, project: str | None, status: str | None, database: str, as_json: bool) -> None:
    """List cases, the latest first."""
    columns = ("id", "title", "status", "opened_at", "closed_at", "sequence", "project")
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        rows = [
            {name: getattr(row, name) for name in columns}
            for row in reading.cases(text=text, project=project, status=status, limit=1000)
        ]
    show(rows, as_json, lambda r: table(r, *columns))


@group.command("show")
@click.argument("case")
@compose.database
@as_json
@guarded
def show_case(case: str, database: str, as_json: bool) -> None:
    """Show a case as it stands: the last frame of its replay."""
    show(_frames(database, case, None)[-1], as_json)


@group.command()
@click.argument("to")
@click.argument("cases", nargs=-1)
@click.option("--from", "former", metavar="VERSION", help="All open cases that run this version.")
@click.option("--map", "pairs", multiple=True, metavar="OLD=NEW", help="Element that takes the place of another.")
@click.option("--map-fact", "facts", multiple=True, metavar="OLD=NEW", help="Name that a fact has in the new version.")
@click.option("--reason", required=True)
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@as_actor
@compose.database
@as_json
@guarded
def migrate(
    to: str,
    cases: tuple[str, ...],
    former: str | None,
    pairs: tuple[str, ...],
    facts: tuple[str, ...],
    reason: str,
    dry_run: bool,
    actor: str,
    database: str,
    as_json: bool,
) -> None:
    """Move running cases to version TO of their chain (a digest, or a chain's name for its newest)."""
    if bool(cases) == (former is not None):
        raise click.UsageError("give case numbers, or --from VERSION")
    rows = give(
        database, "case migrate", cases=cases, former=former, dry_run=dry_run, to=to, reason=reason,
        elements=_pairs("--map", pairs), facts=_pairs("--map-fact", facts), actor=actor,
    )  # fmt: skip
    show(rows, as_json, _migrations)
    sys.exit(FINDINGS if any(row["obstacles"] for row in rows) else 0)


@writes("case migrate")
def _migrate(
    hall: compose.Hall,
    _: Mapping[str, bytes],
    cases: Sequence[str],
    former: str | None,
    dry_run: bool,
    to: str,
    reason: str,
    elements: Mapping[str, str] | None,
    facts: Mapping[str, str] | None,
    actor: str,
) -> list[dict[str, Any]]:
    order = MigrateCase(to, reason, elements, facts)
    numbers = cases if former is None else _running(hall, former)
    carry_out = hall.engine.rehearse if dry_run else hall.engine.execute
    lost = {number: _lost(hall, number, order) for number in numbers}
    return [_migrated(carry_out, Command(actor, number, order)) | {"lost": lost[number]} for number in numbers]


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str] | None:
    pairs: dict[str, str] = {}
    for text in texts:
        old, sign, new = text.partition("=")
        if not (old and sign and new):
            raise click.UsageError(f"{option}: expected OLD=NEW; found {text!r}")
        if pairs.setdefault(old, new) != new:
            raise click.UsageError(f"{option}: {old} is mapped twice")
    return pairs or None


def _lost(hall: compose.Hall, number: str, order: MigrateCase) -> list[dict[str, Any]]:
    """Return the facts of a case that the version does without, as they are before it is migrated."""
    with hall.store.reading() as reading:
        to = hall.engine.library.current_chain(reading, order.to)
        return [one.as_dict() for one in versions.lost(reading, hall.engine.library, number, to, order.facts or {})]


def _running(hall: compose.Hall, version: str) -> list[str]:
    """Return the numbers of the open cases of a version, in order."""
    with hall.store.transaction() as tx:
        digest = hall.engine.library.current_chain(tx, version)
    with hall.store.reading() as reading:
        return sorted(row.id for row in reading.cases(status="open", chain=digest, limit=1_000_000))


def _migrated(give: Callable[[Command], Any], command: Command) -> dict[str, Any]:
    """Give the command for one case; return whether the case was migrated, and the obstacles if it wasn't."""
    try:
        give(command)
    except LicetError as error:
        obstacles = error.fields.get("obstacles") or [{"token": None, "element": None, "problem": error.message}]
        return {"case": command.case, "migrated": False, "obstacles": obstacles}
    return {"case": command.case, "migrated": True, "obstacles": []}


def _migrations(rows: list[dict[str, Any]]) -> Any:
    for row in rows:
        for one in row["obstacles"]:
            yield f"{row['case']}  {one['element'] or '-'}: {one['problem']}"
        for one in row["lost"]:
            yield f"{row['case']}  {one['problem']}"
    yield f"{sum(row['migrated'] for row in rows)} of {len(rows)} cases"


@group.command()
@click.argument("case")
@compose.database
@as_json
@guarded
def journal(case: str, database: str, as_json: bool) -> None:
    """Show the entries of a case."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        rows = reading.entries(case)
    if not rows:
        raise NotFound(f"Expected a case {case}; there is none.", case=case)
    entries = [{**export.entry_json(read_entry(row.body)), "hash": row.hash} for row in rows]
    show(
        entries,
        as_json,
        lambda rows: table([_brief(entry) for entry in rows], "sequence", "at", "actor", "command", "effects"),
    )


@group.command()
@click.argument("case")
@click.option("--text", default="", help="Those with this text in them: a name, a number.")
@compose.database
@as_json
@guarded
def personal(case: str, text: str, database: str, as_json: bool) -> None:
    """List the personal values of a case with their digests, by which EraseValues names the values to erase."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        values = personal_values(reading, case, text)
    show(values, as_json, _personal)


def _personal(values: list[dict[str, Any]]) -> Any:
    for value in values:
        names = [*value["facts"], *(["the applicant"] if value["applicant"] else [])]
        said = json.dumps(value["value"], ensure_ascii=False)
        yield f"{value['digest']}  {', '.join(names) or '-'}  {said:.60}"
        if value["waits"]:
            yield f"  still carried outside by message {', '.join(map(str, value['waits']))}: erase it afterwards"
    yield BEYOND


def _brief(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "sequence": entry["sequence"],
        "at": entry["recorded_at"],
        "actor": entry["actor"],
        "command": entry["command"]["type"],
        "effects": len(entry["effects"]),
    }


@click.command("replay")
@click.argument("case")
@click.option("--upto", type=click.IntRange(1), help="The last entry to show.")
@compose.database
@as_json
@guarded
def replay_case(case: str, upto: int | None, database: str, as_json: bool) -> None:
    """Show the case after each of its entries: tokens, facts, clocks."""
    show({"frames": _frames(database, case, upto)}, as_json)


def _frames(database: str, case: str, upto: int | None) -> list[dict[str, Any]]:
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        frames = replay.frames(reading, case, upto)
    if not frames:
        raise NotFound(f"Expected a case {case}; there is none.", case=case)
    return frames


@click.command()
@click.argument("cases", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All cases.")
@click.option("--anchors", type=FILE, help="Signed heads from `licet anchor`, one a line: are they still there?")
@click.option("--key", type=FILE, help="The key (PEM) that signed them; else this installation's.")
@click.option("--strict", is_flag=True, help="Exit 1 too where not every entry could be run again.")
@compose.database
@as_json
@guarded
def verify(
    cases: tuple[str, ...],
    everything: bool,
    anchors: Path | None,
    key: Path | None,
    strict: bool,
    database: str,
    as_json: bool,
) -> None:
    """Prove journals: check the hashes, fold the effects, and run the commands again."""
    _one_of(cases, everything)
    heads = [read_object(line, "--anchors") for line in anchors.read_bytes().splitlines()] if anchors else []
    with compose.hall(database, writing=False) as hall:
        result = proof.verify(hall.store, hall.engine.library, _wanted(cases))
        if anchors is not None:
            signed_by = keys.anchor_key(key or keys.anchor_file(hall.settings)).public_key()
            proof.verify_anchors(hall.store, result, heads, signed_by)
    show(result.as_dict(), as_json, _proof)
    sys.exit(0 if result.proves(strict) else FINDINGS)


def _one_of(cases: tuple[str, ...], everything: bool) -> None:
    if bool(cases) == everything:
        raise click.UsageError("give case numbers, or --all")


def _wanted(cases: tuple[str, ...]) -> list[str] | None:
    return list(dict.fromkeys(cases)) or None


def _proof(result: dict[str, Any]) -> Any:
    yield f"{result['cases']} cases, {result['entries']} entries"
    for level in ("hashes", "fold", "replay", "anchors"):
        yield f"{level}: {result[level]}"
    for number, entries in result["run"].items():
        why = f" ({entries['erased']} for erased values)" if entries["erased"] else ""
        yield f"entries with semantics number {number}: {entries['run']} run again, {entries['not_run']} not{why}"
    for problem in result["problems"]:
        yield f"case {problem['case']}, entry {problem['sequence']}: {problem['problem']}"


@click.command("export")
@click.argument("cases", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All cases.")
@click.option("--format", "form", type=click.Choice(["jsonl", "xes", "ocel"]), required=True)
@compose.database
@guarded
def export_cases(cases: tuple[str, ...], everything: bool, form: str, database: str) -> None:
    """Print histories for auditors and process mining on standard output."""
    _one_of(cases, everything)
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        for case in cases:
            if reading.case(case) is None:
                raise NotFound(f"Expected a case {case}; there is none.", case=case)
        for line in export.FORMATS[form](reading, _wanted(cases)):
            click.echo(line)
