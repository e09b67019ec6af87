"""Every golden journal folds to its digests and its stored rows, and its commands have the same effects again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.case.records import SEMANTICS
from engine.hall.library import Library
from engine.hall.proof import verify
from engine.hall.store import Store
from engine.reading import scenarios
from engine.reading.views.replay import frames
from tests.golden.journals import FOLDER, restore

FILES = sorted(FOLDER.glob("*.jsonl"))


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


def test_there_are_golden_journals() -> None:
    assert {file.stem.rpartition("-")[0] for file in FILES} >= {"business_startup", "many_signers"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_journal_replays(file: Path, empty: Path, tmp_path: Path) -> None:
    database = tmp_path / "golden.db"
    database.write_bytes(empty.read_bytes())
    restore(file, database)
    rows = [json.loads(line) for line in file.read_text("utf-8").rstrip("\n").split("\n")]
    bodies = [json.loads(row["body"]) for row in rows if row["table"] == "journal"]
    store = Store.open(f"sqlite:///{database}")

    found = verify(store, Library(store), tables=False)
    with store.reading() as reading:
        shown = frames(reading, bodies[0]["case"])
    store.close()

    assert found.problems == [], [trouble.as_dict() for trouble in found.problems]
    assert (found.cases, found.entries) == (1, len(bodies))
    assert [frame["sequence"] for frame in shown] == list(range(1, len(bodies) + 1))
    todays = [body for body in bodies if body["context"]["semantics"] == SEMANTICS]
    assert {body["context"]["semantics"] for body in bodies} <= set(range(1, SEMANTICS + 1))
    assert found.of("replay") == ("ok" if todays == bodies else f"partial {len(todays)}/{len(bodies)}")
