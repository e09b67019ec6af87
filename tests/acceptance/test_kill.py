"""A process killed with SIGKILL at any moment: no entry lost, doubled, or half written, on either database.

A process works through a list of commands and prints each receipt. It is killed after a random number of them, at a
random moment of the next one; then the next process goes on where the receipts end, as a client would that never got
its answer: with the same keys.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.hall.door import Engine
from engine.hall.library import Library
from engine.hall.proof import verify
from engine.hall.store import Store
from engine.reading.scenarios import VirtualClock
from tests.acceptance.conftest import NewUrl, opened
from tests.acceptance.working_process import CASES, commands
from tests.samples import halls
from tests.samples.walks import same_tables

SOAK = bool(os.environ.get("LICET_SOAK"))
COMMANDS = 200 if SOAK else 20
KILLS = 40 if SOAK else 4
COMMAND_SECONDS = 0.004
"""About as long as a command takes here: kills fall before, within and after its commit."""

Told = tuple[int, str, int, str]
"""Place in the list of commands, case, sequence, hash: a receipt as the process has printed it."""


def worked(url: str, first: int, stay: int | None, rng: random.Random) -> list[Told]:
    """Return the receipts of one process, killed in the middle of command `first + stay` (None: it works to the
    end).
    """
    arguments = [sys.executable, "-m", "tests.acceptance.working_process", url, str(COMMANDS), str(first)]
    process = subprocess.Popen(
        arguments, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    told: list[Told] = []
    try:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        while stay is None or len(told) < stay:
            line = process.stdout.readline()
            if not line:
                break
            told.append(tuple(json.loads(line)))
        if stay is not None:
            time.sleep(rng.random() * COMMAND_SECONDS * 2)
            process.send_signal(signal.SIGKILL)
        # Not `communicate`: it reads past the lines that `readline` has fetched already and not yet given.
        rest, errors = process.stdout.read(), process.stderr.read()
        process.wait()
        # What it said before it died, and perhaps half a line.
        told += [tuple(json.loads(line)) for line in rest.splitlines() if line.endswith("]")]
        assert process.returncode in (0, -signal.SIGKILL), errors
    finally:
        process.kill()
        process.wait()
    return told


def journal(store: Store) -> dict[tuple[str, int], str]:
    with store.reading() as reading:
        return {(row.case, row.sequence): row.hash for row in reading.journal()}


@pytest.mark.soak
def test_a_killed_process_loses_doubles_and_halves_nothing(new_url: NewUrl) -> None:
    rng = random.Random("kill")
    url = new_url()
    with opened(url) as store:
        halls.hall(store, halls.BUSINESS_STARTUP)
    told: list[Told] = []

    for round in range(KILLS):
        first = max((place for place, *_ in told), default=-1) + 1
        share = (COMMANDS - first) // (KILLS - round)
        told += worked(url, first, rng.randint(0, max(2 * share - 2, 0)), rng)
        with opened(url) as store:
            stored = journal(store)
            found = verify(store, Library(store))
        assert found.problems == [], [trouble.as_dict() for trouble in found.problems]
        assert {(case, sequence): digest for _, case, sequence, digest in told}.items() <= stored.items()
        assert len(stored) <= len({place for place, *_ in told}) + 1  # and the one whose receipt got lost
    told += worked(url, max((place for place, *_ in told), default=-1) + 1, None, rng)

    with opened(url) as store:
        stored = journal(store)
        assert len(stored) == COMMANDS
        assert {(case, sequence): digest for _, case, sequence, digest in told}.items() <= stored.items()
        engine = Engine(store, VirtualClock(halls.MONDAY))
        again = [engine.execute(command) for command in commands(COMMANDS)]
        assert all(receipt.again for receipt in again)
        assert {(receipt.case, receipt.sequence): receipt.hash for receipt in again} == stored
        assert journal(store) == stored
        found = verify(store, Library(store))
        with store.reading() as reading:
            for case in reading.heads():
                same_tables(reading, case)
    assert found.problems == []
    assert (found.cases, found.entries) == (CASES, COMMANDS)
