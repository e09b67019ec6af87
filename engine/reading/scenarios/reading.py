"""Read scenario files and the models that they name. Nothing is played here.

Shape of a file:

{"name", "model", "process"?, "description"?,
 "start": {"at", "variables"?, "by"?, "title"?, "applicant"?, "channel"?, "registers"?, "project"?, "expect"?},
 "steps": [{one of STEPS, "expect"?}]}

`registers` and `project` of the start say what registers and earlier stages hold when the scenario begins, beside the
fictional entries that ship:

 "registers": {register: {key: entry}}     its fields replace those of an entry with that key
 "project": {"code", "granted"?: [items], "materials"?: [material keys], "facts"?: {…}}
                                           items granted, materials handed in and facts handed
                                           on by earlier stages of the project
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.base.errors import InvalidInput, LicetError
from engine.case import timers
from engine.law import organisation as organisations
from engine.law.matter import REGISTERS
from engine.law.organisation import Organisation
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.model.chain.files import nearest

CHAIN_FILE = "chain.bpmn"
"""A scenario that names a model file of this name is played on the whole folder; else on the named file alone."""

Kinds = tuple[type, ...]
_TEXT, _FLAG, _OBJECT, _LIST, _ANY = (str,), (bool,), (dict,), (list,), (object,)

STEPS: Mapping[str, Mapping[str, Kinds]] = {
    "complete": {"complete": _TEXT, "nth": (int,), "by": _TEXT, "variables": _OBJECT},
    "advance": {"advance": _TEXT},
    "message": {"message": _TEXT, "correlationKey": _ANY, "variables": _OBJECT},
    "signal": {"signal": _TEXT, "variables": _OBJECT},
    "command": {"command": _TEXT, "by": _TEXT, "payload": _OBJECT},
}
"""The kinds of steps, each with the types of its fields; every kind may have `expect` too."""

EXPECT: Mapping[str, Kinds] = {
    "open": _LIST, "ended": _FLAG, "variables": _OBJECT, "matters": _OBJECT, "incidents": _LIST, "refused": (bool, str),
}  # fmt: skip
"""The expectations that a step may have, with their types."""

_SCENARIO: Mapping[str, Kinds] = {
    "name": _TEXT, "description": _TEXT, "model": _TEXT, "process": _TEXT, "start": _OBJECT, "steps": _LIST,
}  # fmt: skip
_START: Mapping[str, Kinds] = {
    "at": _TEXT, "variables": _OBJECT, "by": _TEXT, "title": _TEXT, "applicant": _OBJECT, "channel": _TEXT,
    "registers": _OBJECT, "project": _OBJECT, "expect": _OBJECT,
}  # fmt: skip
_PROJECT: Mapping[str, Kinds] = {"code": _TEXT, "granted": _LIST, "materials": _LIST, "facts": _OBJECT}
_WORDS = {str: "text", int: "a whole number", bool: "true or false", dict: "an object", list: "a list"}


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
    wrong = next(_wrong(data), None)
    if wrong is not None:
        raise InvalidInput(f"{path.name}: {wrong}.")
    start, process = data.get("start") or {}, data.get("process")
    model = _file(path, data["model"])
    version, organisation = _model(model, process, library, {} if models is None else models)
    name, steps = data.get("name") or path.stem, data.get("steps") or []
    return Scenario(name, version, organisation, start, steps, _instant(start), process, model)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise InvalidInput(f"Expected a scenario at {path}; {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"Expected a scenario as JSON in UTF-8; {path.name}: {error}.") from error


# ------------------------------------------------------------------ its shape


def _wrong(data: Any) -> Iterator[str]:
    """Yield a message for each fault in the shape of a scenario."""
    yield from _unlike(data, _SCENARIO, "", ("model",))
    if isinstance(data, dict):
        start = data.get("start") or {}
        yield from _unlike(start, _START, "start", ("at",))
        if isinstance(start, dict):
            yield from _wrong_outside(start)
            yield from _unlike(start.get("expect") or {}, EXPECT, "start.expect")
        for number, step in enumerate(data.get("steps") or [], 1):
            yield from _wrong_step(step, f"step {number}")


def _wrong_outside(start: Mapping[str, Any]) -> Iterator[str]:
    registers = start.get("registers")
    if isinstance(registers, dict):
        for register, entries in registers.items():
            yield from _unlike({register: entries}, dict.fromkeys(REGISTERS, _OBJECT), "start.registers")
            for key, entry in entries.items() if isinstance(entries, dict) else ():
                if not isinstance(entry, dict):
                    yield f"start.registers: {register}: {key}: expected an object; found {_shown(entry)}"
    if start.get("project") is not None:
        yield from _unlike(start["project"], _PROJECT, "start.project", ("code",))


def _wrong_step(step: Any, place: str) -> Iterator[str]:
    kinds = [kind for kind in STEPS if kind in step] if isinstance(step, dict) else []
    if len(kinds) != 1:
        given = ", ".join(sorted(step)) if isinstance(step, dict) else _shown(step)
        yield f"{place}: expected one of {', '.join(STEPS)}; found {given or 'nothing'}"
        return
    yield from _unlike(step, {**STEPS[kinds[0]], "expect": _OBJECT}, place)
    yield from _unlike(step.get("expect") or {}, EXPECT, f"{place}: expect")
    if isinstance(nth := step.get("nth"), int) and nth < 1:
        yield f"{place}: nth: expected 1 or more; found {nth}"
    if kinds[0] == "advance":
        try:
            timers.duration(str(step["advance"]))
        except LicetError as error:
            yield f"{place}: advance: {error.message.rstrip('.')}"


def _unlike(value: Any, fields: Mapping[str, Kinds], place: str, needed: Sequence[str] = ()) -> Iterator[str]:
    """Yield a message for each field that is unknown, missing or of another type. A null counts as absent."""
    before = f"{place}: " if place else ""
    if not isinstance(value, dict):
        yield f"{before}expected an object; found {_shown(value)}"
        return
    for name in (name for name in needed if value.get(name) is None):
        yield f"{before}expected {name}; it is missing"
    for name, given in value.items():
        kinds = fields.get(name)
        if kinds is None:
            yield f"{before}expected {', '.join(fields)}; found {name}"
        elif given is not None and not _fits(given, kinds):
            yield f"{before}{name}: expected {' or '.join(_WORDS[kind] for kind in kinds)}; found {_shown(given)}"


def _fits(value: Any, kinds: Kinds) -> bool:
    return isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds and object not in kinds)


def _shown(value: Any) -> str:
    return f"{value!r:.60}"


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
    file = (path.parent / model).resolve()
    if not file.is_file():
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


__all__ = ["EXPECT", "STEPS", "Models", "Scenario", "files_of", "name_of", "read"]
