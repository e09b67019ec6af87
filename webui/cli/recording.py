"""`licet chain test --record`: a real case becomes a scenario file beside its chain."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from adapters.wiring import DESTINATIONS
from engine.base.errors import InvalidInput
from engine.model import chain as chains
from engine.reading import scenarios
from webui.cli import compose, demonstration
from webui.cli.output import plain_json, write
from webui.cli.pseudonyms import Pseudonyms


def write_scenario(case: str, folders: Sequence[Path], output: Path | None, database: str) -> tuple[Path, str]:
    """Write the scenario of a case; return its file, and what is to be said of it.

    Raises InvalidInput, NotFound, and Refused where none can be written.
    """
    target = output or Path(f"{case}.json")
    if target.exists():
        raise InvalidInput(f"Expected a new file; {target} is there. Name another with -o, or move it away.")
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        recorded = scenarios.record(reading, hall.engine.library, case, DESTINATIONS, Pseudonyms())
    model = _model(recorded.chain, folders)
    content = {
        "name": recorded.scenario["name"],
        "model": os.path.relpath(model, target.resolve().parent),
        **{name: part for name, part in recorded.scenario.items() if name != "name"},
    }
    text = json.dumps(content, ensure_ascii=False, indent=2, default=plain_json)
    write(target, f"{text}\n".encode())
    steps, replaced = len(content["steps"]), len(recorded.disguised)
    return target, f"{target}: {steps} steps of case {case}, {replaced} personal texts replaced"


def _model(chain: str, folders: Sequence[Path]) -> Path:
    """The model file of the folder that holds a chain version. Raises InvalidInput where none does."""
    for folder in folders or list(demonstration.chain_folders()):
        reading = chains.read(folder)
        if reading.runnable is not None and reading.runnable.digest == chain:
            return (folder / scenarios.CHAIN_FILE if folder.is_dir() else folder).resolve()
    looked = ", ".join(map(str, folders)) or "the shipped chains"
    raise InvalidInput(
        f"Expected the chain version {chain} that the case runs; {looked} hold another. Name the folder with the files "
        "that were published."
    )
