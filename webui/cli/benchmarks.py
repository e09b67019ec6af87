"""`licet bench`: runs the benchmarks and prints one JSON object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from webui.cli import bench
from webui.cli.output import as_json, guarded, show

_DATABASES = {"sqlite": ("sqlite",), "postgres": ("postgres",), "both": ("sqlite", "postgres")}


@click.command("bench")
@click.argument("names", nargs=-1, type=click.Choice(bench.NAMES), metavar="[NAME]…")
@click.option("--size", type=click.Choice(bench.SIZES), default="full", show_default=True)
@click.option("--database", type=click.Choice(list(_DATABASES)), default="both", show_default=True)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The licet of another checkout: both run in turns, and the ratios of ours to theirs are told.",
)
@click.option("--pairs", "count", type=click.IntRange(1), default=30, show_default=True, help="Runs of each, in turns.")
@as_json
@guarded
def command(names: tuple[str, ...], size: str, database: str, against: Path | None, count: int, as_json: bool) -> None:
    """Measure commands of the engine against a bare commit: all benchmarks, or those that are named.

    Prints one JSON object a line; without --json, each is also told in words on standard error.
    """
    if against is not None:
        for compared in bench.pairs(against, count, [*(names or bench.NAMES), "--size", size, "--database", database]):
            show(compared, True)
        return
    for result in bench.run(names or bench.NAMES, size, _DATABASES[database]):
        show(result, True)
        if not as_json:
            click.echo(_told(result), err=True)


def _told(result: dict[str, Any]) -> str:
    where = f" on {result['database']}" if result.get("database") else ""
    if "skipped" in result:
        return f"skipped  {result['name']}{where}: {result['skipped']}"
    verdict = "met   " if result["met"] else "MISSED"
    times = f"{result['p50']} {result['unit']} against {result['floor']}"
    return f"{verdict}  {result['name']}{where}, {result['variant']}: {times}, {result['ratio']} ({result['bar']})"
