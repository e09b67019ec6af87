"""`licet`: the command line. Names and shapes are a promise: scripts outside the project use them."""

from __future__ import annotations

import sys
import traceback

import click

from engine.base.errors import LicetError
from webui.cli import administration, cases, chains, logs, service, tools
from webui.cli import benchmarks as bench
from webui.cli.output import OURS, exit_code


@click.group()
@click.version_option(package_name="licet")
def licet() -> None:
    """Permit chains of a government service hall, as BPMN models that run."""


for command in (
    service.init,
    service.upgrade,
    service.serve,
    service.worker,
    chains.demo,
    chains.group,
    tools.due,
    tools.evaluate,
    tools.decide,
    tools.schema,
    cases.execute,
    cases.tasks,
    cases.group,
    cases.replay_case,
    cases.verify,
    cases.export_cases,
    administration.account,
    administration.anchor,
    administration.calendar,
    administration.org,
    administration.incident,
    administration.outbox,
    bench.command,
):
    licet.add_command(command)


def main() -> None:
    """Run the command line. Whatever goes wrong ends in one clear line and an exit code."""
    logs.configure()
    try:
        licet(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except LicetError as error:
        click.echo(f"{error.code}: {error}", err=True)
        sys.exit(exit_code(error))
    except Exception:
        traceback.print_exc()
        click.echo("A fault of ours. Please report the lines above.", err=True)
        sys.exit(OURS)
