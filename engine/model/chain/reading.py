"""Chains from disk: files read, references resolved, rules applied; a version, if no error is found.

Running, publishing and checking all come through here, so that nothing runs that the check would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.base.errors import ModelError
from engine.law import catalogue, organisation
from engine.law.catalogue import Catalogue, CatalogueFile
from engine.law.matter import ACTIONS
from engine.law.organisation import Organisation
from engine.model.chain import rules
from engine.model.chain.data.at_templates import TEMPLATE_OF, templates_named
from engine.model.chain.draft import Draft, TryOut
from engine.model.chain.files import (
    SUFFIXES,
    Source,
    SourceLookup,
    catalogue_files,
    chains_in,
    inside,
    load_source,
    nearest,
    shelves,
)
from engine.model.chain.model import Finding, Process
from engine.model.chain.version import ChainVersion, load, named_items, pack, reached


@dataclass(frozen=True, slots=True)
class ChainReading:
    """The version that was read (None if a finding is an error), and all findings.

    `runnable`: the version also where the errors are about data alone, for somebody who insists.
    """

    version: ChainVersion | None
    findings: tuple[Finding, ...]
    runnable: ChainVersion | None = None


def read(
    paths: Path | str | Sequence[Path | str],
    library: Sequence[Path] = (),
    process: str | None = None,
    notes: bool = False,
    try_out: TryOut | None = None,
) -> ChainReading:
    """Read one chain: a folder, or files that are given together.

    What they refer to is looked up in the folder, in `common/` beside the chain, in the folders of `library`, and last
    in the installed chains. `process`: id of the main process, if it isn't the one that the files suggest; the id of a
    stage has no effect, since a stage is part of its chain. `notes`: tell also what may well be meant. `try_out`
    typesets the chain's own documents. Never raises for what stands in the files.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(p) for p in paths]
    folders = [p for p in given if p.is_dir()]
    folder = folders[0] if folders else given[0].parent if given else Path()
    sources, findings = _sources([q for p in given for q in (inside(p) if p.is_dir() else [p])])
    if not any(s.suffix == ".bpmn" for s in sources) and not findings:
        findings.extend(_no_model(folder, sources, bool(folders)))
    draft, more = _draft(sources, folder if folders else None, shelves(folder, library), process)
    findings += [*more, *rules.apply(replace(draft, try_out=try_out), notes)]
    findings = _ordered(findings)
    errors = {f.rule for f in findings if f.severity == "error"}
    if draft.main is None or errors - rules.ABOUT_DATA:
        return ChainReading(None, tuple(findings))
    version = load(_files(draft))
    return ChainReading(None if errors else version, tuple(findings), version)


def check(
    paths: Sequence[Path | str], library: Sequence[Path] = (), notes: bool = False, try_out: TryOut | None = None
) -> list[Finding]:
    """Return the findings about each folder as a chain of its own, and about the bare files as one. Never raises."""
    given = [Path(p) for p in paths]
    bare = [p for p in given if not p.is_dir()]
    groups: list[list[Path]] = [[chain] for p in given if p.is_dir() for chain in chains_in(p)]
    groups += [bare] if bare else []
    found = (finding for group in groups for finding in read(group, library, notes=notes, try_out=try_out).findings)
    return list(dict.fromkeys(found))


def _sources(paths: Iterable[Path]) -> tuple[list[Source], list[Finding]]:
    loaded = [load_source(path) for path in dict.fromkeys(paths)]
    findings = [one if isinstance(one, Finding) else _no_kind(one) for one in loaded if not _known(one)]
    return [one for one in loaded if isinstance(one, Source) and _known(one)], findings


def _known(loaded: Source | Finding) -> bool:
    return isinstance(loaded, Source) and loaded.suffix in SUFFIXES


def _no_kind(source: Source) -> Finding:
    message = f"Expected a file that ends in {', '.join(SUFFIXES)}. Give it the ending of what it is, or leave it out."
    return Finding(source.file, None, None, "file-kind", "error", message)


def _no_model(folder: Path, sources: Sequence[Source], is_folder: bool) -> Iterator[Finding]:
    """Report a chain folder without a model; decisions and forms alone may be checked without one."""
    if is_folder or not sources:
        message = "There is no .bpmn file. Put the chain's model in the folder, or name the files."
        yield Finding(str(folder), None, None, "no-model", "error", message)


def _draft(
    given: Sequence[Source], folder: Path | None, places: Sequence[Path], process: str | None
) -> tuple[Draft, list[Finding]]:
    """Return the draft with everything that the given files reach, and the findings of reading catalogue and
    organisation.
    """
    lookup = SourceLookup(given, places)
    processes = _reached(given, lookup)
    sources = list(given)
    for called in processes.values():
        sources += [s for s in (lookup.find(".bpmn", called.id),) if s is not None and s not in sources]
    wanted = [(".form", e.form) for p in processes.values() for e in p.elements.values() if e.form]
    wanted += [(".dmn", e.decision) for p in processes.values() for e in p.elements.values() if e.decision]
    wanted += [one for p in processes.values() for e in p.elements.values() for one in templates_named(e)]
    for suffix, id in dict.fromkeys(wanted):
        sources += [s for s in (lookup.find(suffix, id or ""),) if s is not None and s not in sources]
    main = _main(given, processes, process)
    folder = folder if folder is not None and _in_a_hall(folder, processes) else None
    items, findings = _catalogue(folder)
    hall, more = _organisation(folder)
    draft = Draft(
        given=tuple(given),
        sources=tuple(sources),
        processes=processes,
        main=main,
        stages=_stages(given, processes, main),
        folder=folder,
        catalogue=items,
        organisation=hall,
    )
    return draft, findings + more


def _reached(given: Sequence[Source], lookup: SourceLookup) -> dict[str, Process]:
    """Return all processes of the given files, and the processes that they call, by id."""
    processes: dict[str, Process] = {}
    todo = [id for s in given if s.suffix == ".bpmn" for id in s.ids]
    while todo:
        id = todo.pop(0)
        source = lookup.find(".bpmn", id) if id not in processes else None
        if source is not None:
            processes[id] = source.document.processes[id]
            todo += [e.called for e in processes[id].elements.values() if e.called]
    return processes


def _main(given: Sequence[Source], processes: Mapping[str, Process], wanted: str | None) -> str | None:
    """Return the process that a case runs: the wanted one, the one that names the chain, else the first that none
    calls.
    """
    if wanted is not None and not _is_stage(processes.get(wanted)):
        return wanted if wanted in processes else None
    own = [processes[id] for s in given if s.suffix == ".bpmn" for id in s.ids if processes[id].elements]
    called = {e.called for p in processes.values() for e in p.elements.values()}
    named = [p.id for p in own if p.properties.get("chain")]
    return next(iter([*named, *(p.id for p in own if p.id not in called), *(p.id for p in own)]), None)


def _is_stage(process: Process | None) -> bool:
    return process is not None and process.properties.get("stage") == "true"


def _stages(given: Sequence[Source], processes: Mapping[str, Process], main: str | None) -> tuple[str, ...]:
    """Return the stages among the given files, in the order of the files."""
    own = (id for s in given if s.suffix == ".bpmn" for id in s.ids)
    return tuple(id for id in dict.fromkeys(own) if id != main and _is_stage(processes.get(id)))


def _in_a_hall(folder: Path, processes: Mapping[str, Process]) -> bool:
    """Return whether a chain folder is checked against a catalogue and an organisation; if not, it is treated like
    files.

    It is where one of the two lies beside it or above, where it names itself a chain, and where it uses a built-in
    action; the installed catalogue or organisation then stands in for a missing one.
    """
    if catalogue_files(folder, installed=False) or nearest("organisation.json", folder, installed=False):
        return True
    elements = (e for p in processes.values() for e in p.elements.values())
    return any(p.properties.get("chain") for p in processes.values()) or any(e.job in ACTIONS for e in elements)


def _catalogue(folder: Path | None) -> tuple[Catalogue | None, list[Finding]]:
    """Return the catalogue that a chain folder belongs to; None for bare files, and where one of its files can't be
    read.
    """
    files: dict[str, CatalogueFile] = {}
    findings = []
    for path in catalogue_files(folder) if folder is not None else ():
        loaded = load_source(path)
        try:
            if isinstance(loaded, Finding):
                findings.append(loaded)
            else:
                files[loaded.file] = catalogue.parsed(loaded.data)
        except ModelError as error:
            findings.append(Finding(str(path), None, None, "catalogue-shape", "error", error.message))
    return catalogue.assembled(files) if files and not findings else None, findings


def _organisation(folder: Path | None) -> tuple[Organisation | None, list[Finding]]:
    """Return the organisation that a chain folder belongs to; None for bare files, and where its file can't be read."""
    path = nearest("organisation.json", folder) if folder is not None else None
    if path is None:
        return None, []
    loaded = load_source(path)
    if isinstance(loaded, Finding):
        return None, [loaded]
    try:
        return organisation.read(loaded.data), []
    except ModelError as error:
        return None, [Finding(loaded.file, None, None, "organisation-shape", "error", error.message)]


def _files(draft: Draft) -> dict[str, bytes]:
    """Return the files of the version: those that the main process and the stages reach, and no others."""
    assert draft.main is not None
    used = reached((draft.main, *draft.stages), draft.processes)
    wanted = {(".bpmn", id) for id in used}
    wanted |= {(".form", e.form or "") for p in used.values() for e in p.elements.values()}
    wanted |= {(".dmn", e.decision or "") for p in used.values() for e in p.elements.values()}
    # All of the chain's own templates: a name may be worked out.
    wanted |= {(s.suffix, id) for s in draft.sources if s.suffix in TEMPLATE_OF.values() for id in s.ids}
    kept = [s for s in draft.sources if any((s.suffix, id) in wanted for id in s.ids)]
    items = _named(draft.catalogue, used, kept)
    main = used[draft.main]
    return pack(main.properties.get("chain") or main.id, main.name, main.id, kept, items, draft.stages)


def _named(items: Catalogue | None, used: Mapping[str, Process], kept: Sequence[Source]) -> Catalogue | None:
    if items is None:
        return None
    tables = [s.data for s in kept if s.suffix == ".dmn"]
    return items.subset(named_items(used.values(), tables, items))


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return each finding once, by file and line, errors before warnings."""
    return sorted(
        dict.fromkeys(findings), key=lambda f: (f.file, f.line or 0, f.severity, f.rule, f.element or "", f.message)
    )
