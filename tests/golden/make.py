"""`python -m tests.golden.make NAME`: adds one more golden journal. See README.md."""

from __future__ import annotations

import sys
import tempfile
from itertools import count
from pathlib import Path

from engine.hall.library import Library
from engine.hall.proof import verify
from engine.hall.store import Store
from engine.reading import scenarios
from tests.golden.journals import FOLDER, lines
from tests.samples import halls
from tests.samples.walks import Walk

SEED = 7
COMMANDS = 60


def told(store: Store, name: str) -> None:
    """Play the main scenario of a chain, or a walk over a rich model."""
    if name in halls.RICH_MODELS:
        Walk.begin(store, name, SEED).go(COMMANDS)
        return
    scenario = scenarios.read(halls.BPMN / name / "after" / "scenarios" / "main.json")
    _, row = scenarios.play(halls.hall(store, name, scenario.at), scenario)
    assert row.passed, row


def main(name: str) -> Path:
    with scenarios.empty_database() as empty, tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "golden.db"
        database.write_bytes(empty.read_bytes())
        store = Store.open(f"sqlite:///{database}")
        told(store, name)
        found = verify(store, Library(store))
        assert found.proves() and found.cases == 1, found.as_dict()
        store.close()
        file = next(path for n in count(1) if not (path := FOLDER / f"{name}-{n}.jsonl").exists())
        file.write_text("\n".join(lines(database)) + "\n", "utf-8")
    return file


if __name__ == "__main__":
    print(main(sys.argv[1]))
