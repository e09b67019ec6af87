"""Read scenario files and the models that they name; `shape.py` has their shape. Nothing is played here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import normalize

from engine.base.canonical import of_json
from engine.base.errors import InvalidInput
from engine.law import organisation as organisations
from engine.law.organisation import Organisation
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.model.chain.files import nearest
from engine.reading.scenarios import names, shape

CHAIN_FILE = "chain.bpmn"
"""A scenario that names a model file of this name is played on the whole folder; else on the named file alone."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its model. `organisation` is None for a bare model, whose tasks anybody may complete.

    `at` is when the case starts; `process` another process than the main one; `model` the path of the model file.
    """

    name: str
    version: ChainVersion
    organisation: Organisation | None
    start: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    at: datetime
    process: str | None
    model: Path


def files_of(paths: Sequence[Path | str]) -> list[Path]:
    """Return the scenario files below the folders among `paths`, and the files among `paths`; each once."""
    files: list[Path] = []
    for path in map(Path, paths):
        files.extend(sorted(path.rglob("scenarios/*.json")) if path.is_dir() else [path])
    return list(dict.fromkeys(files))


def name_of(path: Path) -> str:
    """Return the name in a scenario file; the file's own name if it can't be read or has none. Raises no LicetError."""
    try:
        name = _json(path)["name"]
    except (InvalidInput, LookupError, TypeError):
        return path.stem
    return name if isinstance(name, str) and name else path.stem


Model = tuple[ChainVersion, Organisation | None]
Models = dict[tuple[Path, str | None], Model]
"""A cache of models, by file and process: scenarios that are read with the same one read each model once."""


def read(path: Path, library: Sequence[Path] = (), models: Models | None = None) -> Scenario:
    """Read a scenario file and its model. Raises InvalidInput with the first thing that is wrong."""
    data = _json(path)
    _refuse(path, next(shape.wrong(data), None))
    start, process = data.get("start") or {}, data.get("process")
    model = _file(path, data["model"])
    version, organisation = _model(model, process, library, {} if models is None else models)
    name, steps = data.get("name") or path.stem, data.get("steps") or []
    _refuse(path, next(names.wrong(start, steps, version, organisation), None))
    return Scenario(name, version, organisation, start, steps, _instant(start), process, model)


def _refuse(path: Path, wrong: tuple[int, str] | None) -> None:
    """Raise InvalidInput, with the number of the step among its fields, for the first thing that is wrong."""
    if wrong is not None:
        step, said = wrong
        raise InvalidInput(f"{path.name}: {said if said.endswith(('.', '?')) else said + '.'}", step=step)


def _json(path: Path) -> Any:
    try:
        return of_json(path.read_bytes(), parse_float=Decimal)
    except OSError as error:
        raise InvalidInput(f"Expected a scenario at {path}; {error.strerror}.") from error
    except ValueError as error:
        raise InvalidInput(f"Expected a scenario as JSON in UTF-8; {path.name}: {error}.") from error


def _instant(start: Mapping[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(start["at"])
    except ValueError as error:
        raise InvalidInput(f"start: at: expected a time; {error}.") from error
    if at.tzinfo is None:
        raise InvalidInput(f"start: at: expected a zone too, such as 2026-03-02T09:00:00+08:00; found {start['at']!r}.")
    return at


# ------------------------------------------------------------------ its model


def _file(path: Path, model: str) -> Path:
    spelt = (model, normalize("NFD", model))  # a file's name stays as its folder has it
    file = next((f for f in ((path.parent / name).resolve() for name in spelt) if f.is_file()), None)
    if file is None:
        raise InvalidInput(f"model: expected a file at {model}; there is none. A path counts from the scenario's.")
    return file


def _model(file: Path, process: str | None, library: Sequence[Path], models: Models) -> Model:
    """The chain version of the model's folder, or of the bare file, from the cache if it is there."""
    if (file, process) not in models:
        models[file, process] = _read_model(file, process, library)
    return models[file, process]


def _read_model(file: Path, process: str | None, library: Sequence[Path]) -> Model:
    reading = chains.read(file.parent if file.name == CHAIN_FILE else file, library, process)
    if reading.version is None:
        wrong = [finding for finding in reading.findings if finding.severity == "error"]
        if process is not None and all(finding.rule == "main-process" for finding in wrong):
            raise InvalidInput(f"process: expected one of {file.name}; it has no '{process}'.")
        said = "; ".join(f"{finding.message} ({finding.rule})" for finding in wrong[:3])
        raise InvalidInput(f"model: expected one without errors; {file.name}: {said}")
    hall = nearest("organisation.json", file.parent) if reading.version.catalogue is not None else None
    return reading.version, organisations.read(hall.read_bytes()) if hall is not None else None


__all__ = ["Models", "Scenario", "files_of", "name_of", "read"]
