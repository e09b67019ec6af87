"""Files of chains on disk: the files that a path stands for, and where to look up a process, decision or form.

Files are looked up by the ids inside, never by their names (but templates, which have none). Reads bytes; other modules
of the room interpret them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

from engine.base.canonical import composed, of_json
from engine.language.templates import DOCUMENT, NAME, NOTICE
from engine.model.chain.model import Finding
from engine.model.chain.reader import Document, local, read_document
from engine.model.chain.xml import MAX_BYTES, parse

INSTALLED = Path(__file__).resolve().parents[3] / "bpmn"
"""The chains that are installed with the engine; their `common/` is searched last."""

SUFFIXES = (".bpmn", ".dmn", ".form", DOCUMENT, NOTICE)
_ABOVE = 3  # folders above a chain that are searched: bpmn/<chain>/<version> has its common/ and catalogue two above
_CATALOGUE = "catalogue"


@dataclass(frozen=True)
class Source:
    """One file: the name that findings show, its bytes, and the ids inside."""

    file: str
    suffix: str
    data: bytes

    @cached_property
    def document(self) -> Document:
        """The BPMN document in the file; an empty one for a file of another kind."""
        if self.suffix != ".bpmn":
            return Document(self.file, None, {}, ())
        return read_document(self.data, self.file)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the processes, the decisions or the form in the file, in the order of the document; the name of a
        template.
        """
        if self.suffix == ".bpmn":
            return tuple(self.document.processes)
        if self.suffix in (DOCUMENT, NOTICE):
            stem = composed(PurePath(self.file).stem)
            return (stem,) if NAME.fullmatch(stem) else ()
        return _decision_ids(self) if self.suffix == ".dmn" else _form_ids(self.data)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Why the file can't be read, if so. What is wrong inside a form is reported by `forms`."""
        if self.suffix == ".bpmn":
            return self.document.findings
        return tuple(parse(self.data, self.file)[1]) if self.suffix == ".dmn" else ()


def _decision_ids(source: Source) -> tuple[str, ...]:
    root, _ = parse(source.data, source.file)
    if root is None:
        return ()
    return tuple(n.get("id", "") for n in root if local(n) == "decision" and n.get("id"))


def _form_ids(data: bytes) -> tuple[str, ...]:
    try:
        form = of_json(data)
    except ValueError:
        return ()
    id = form.get("id") if isinstance(form, dict) else None
    return (id,) if isinstance(id, str) and id else ()


def load_source(path: Path) -> Source | Finding:
    """Return the file at `path`, or a finding that says why it can't be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            message = f"The file is larger than {MAX_BYTES // 1024 // 1024} MB. Split the model."
            return Finding(str(path), None, None, "file-size", "error", message)
        return Source(str(path), path.suffix.lower(), path.read_bytes())
    except OSError as error:
        message = f"The file can't be read: {error.strerror}. Check its name and its permissions."
        return Finding(str(path), None, None, "file-unreadable", "error", message)


def inside(folder: Path) -> list[Path]:
    """Return all files of a chain in its folder except hidden ones, in the order of their paths."""
    files = (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    return sorted(p for p in files if not any(part.startswith(".") for part in p.relative_to(folder).parts))


def _near(folder: Path) -> list[Path]:
    """Return the files of a chain directly in a folder, and in its `forms`, `decisions` and `templates`.

    Used for folders outside the chain, which may be arbitrarily deep.
    """
    places = [folder, folder / "forms", folder / "decisions", folder / "templates"]
    return sorted(p for place in places for p in place.glob("*") if p.suffix.lower() in SUFFIXES and p.is_file())


def chains_in(path: Path) -> list[Path]:
    """Return the chain folders that `path` stands for: itself if models lie in it, else the folders below it with
    models.
    """
    if any(p.suffix.lower() == ".bpmn" for p in path.iterdir()):
        return [path]
    return sorted({p.parent for p in inside(path) if p.suffix.lower() == ".bpmn"}) or [path]


def nearest(name: str, folder: Path, installed: bool = True) -> Path | None:
    """Return the file of this name in the folder, or in the nearest folder above that has it, else the installed
    one.
    """
    return next((p / name for p in _places(folder, installed) if (p / name).is_file()), None)


def catalogue_files(folder: Path, installed: bool = True) -> list[Path]:
    """Return the files that make up the catalogue of a chain folder: those of the nearest place that has any.

    A place has `catalogue.json`, or a folder `catalogue/` of JSON files, in the order of their names, or both.
    """
    for place in _places(folder, installed):
        single, several = place / f"{_CATALOGUE}.json", sorted((place / _CATALOGUE).glob("[!.]*.json"))
        files = [path for path in (single, *several) if path.is_file()]
        if files:
            return files
    return []


def _places(folder: Path, installed: bool) -> list[Path]:
    """Return the folder and those above it, the nearest first, then the folder of the installed chains."""
    return [folder, *_above(folder), *([INSTALLED] if installed else [])]


def shelves(folder: Path, library: Sequence[Path]) -> list[Path]:
    """Return the folders in which files that a chain of this folder refers to are looked up, in order, each once."""
    beside = [above / "common" for above in (folder, *_above(folder))]
    places = [folder, *beside, *library, INSTALLED / "common"]
    return list(dict.fromkeys(p for p in places if p.is_dir()))


def _above(folder: Path) -> list[Path]:
    """Return the folders above the given one, relative to the working folder if that one is."""
    return [Path(os.path.normpath(folder / ("../" * n))) for n in range(1, _ABOVE + 1)]


class SourceLookup:
    """Looks up sources by the ids inside: the given ones first, then the folders, each read when it is first needed."""

    def __init__(self, given: Iterable[Source], folders: Sequence[Path]) -> None:
        self._known: dict[tuple[str, str], Source] = {}
        self._files: set[Path] = set()
        self._folders = list(folders)
        for source in given:
            self._take(source)

    def find(self, suffix: str, id: str) -> Source | None:
        """Return the first file of that kind that has `id` inside, or None."""
        while (suffix, id) not in self._known and self._folders:
            folder = self._folders.pop(0)
            for path in (p for p in _near(folder) if p.resolve() not in self._files):
                self._files.add(path.resolve())
                source = load_source(path)
                if isinstance(source, Source):
                    self._take(source)
        return self._known.get((suffix, id))

    def _take(self, source: Source) -> None:
        for id in source.ids:
            self._known.setdefault((source.suffix, id), source)


def by_id(sources: Iterable[Source], suffix: str) -> Mapping[str, Source]:
    """Return the sources of one kind by the ids inside; where two have the same id, the first."""
    first: dict[str, Source] = {}
    for source in sources:
        for id in source.ids if source.suffix == suffix else ():
            first.setdefault(id, source)
    return first
