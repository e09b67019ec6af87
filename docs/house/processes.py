"""Writes docs/processes.md: the common processes, from their files.

python -m docs.house.processes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from engine.law.matter import ACTIONS
from engine.model.chain import version
from engine.model.chain.data import at_forms, expressions
from engine.model.chain.data.acts import names_in
from engine.model.chain.data.schema import Schema
from engine.model.chain.draft import Draft
from engine.model.chain.files import Source, load_source
from engine.model.chain.model import Element, Process
from engine.model.chain.xml import parse

ROOT = Path(__file__).parents[2]
BPMN = ROOT / "bpmn"
PAGE = ROOT / "docs" / "processes.md"

HEAD = """\
# Common processes

`make docs` writes this page from the files in `bpmn/common/`. A model calls one with a call activity whose process id
is its name, with inputs and outputs mapped one by one and nothing passed on beside them. [The map of
chains](../bpmn/README.md#common-processes) says in a line each what they do. The text in Chinese is that of the file:
the law, the inputs, which of them may be left out, the values of the outputs.

*given*: what the process and its forms read and nothing in it sets, to be mapped in where it isn't left out. *gives*:
what callers take; any fact that it sets may be taken. `matter` is the number of the matter that is handled. The message
`withdraw` comes from the applicant's page.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(line for common in sorted(_common(), key=_order) for line in _told(common))])


def _order(process: Process) -> int:
    """Return the place of a process in the map of chains."""
    return (BPMN / "README.md").read_text("utf-8").find(f"| `{process.id}` |")


@cache
def _sources(folder: Path) -> tuple[Source, ...]:
    found = (load_source(path) for path in sorted(folder.rglob("*")) if path.suffix in (".bpmn", ".dmn", ".form"))
    return tuple(source for source in found if isinstance(source, Source))


def _common() -> list[Process]:
    """Return the common processes."""
    return [process for source in _sources(BPMN / "common") for process in source.document.processes.values()]


def _told(process: Process) -> Iterator[str]:
    alone = _alone(process)
    elements = list(process.elements.values())
    yield f"## {process.id}\n"
    yield f"{process.name}. {_documentation(process)}\n"
    yield "| | |\n| --- | --- |"
    rows = {
        "given": _ticked(_given(alone, process)),
        "gives": _ticked(_taken(alone, process)),
        "sets": _ticked(sorted(alone.facts[process.id].own)),
        "tasks": _joined(_task(e) for e in elements if e.kind == "userTask"),
        "notices": _joined(_notice(e) for e in elements if e.job == "notice.send"),
        "waits for": _joined(_ticked([e.event.name or ""]) for e in elements if e.event and _waits(e)),
        "asks outside": _ticked(dict.fromkeys(e.job for e in elements if e.job and _outside(e.job))),
        "ends": _joined(f"`{e.id}` {e.name}" for e in elements if e.kind == "endEvent" and e.parent == process.id),
        "calls": _joined(f"[`{id}`](#{id})" for id in dict.fromkeys(e.called for e in elements if e.called)),
        "called by": _ticked(caller.id for caller, _ in _calls(process.id)),
    }
    yield from (f"| {name} | {text} |" for name, text in rows.items() if text)
    yield ""


def _documentation(process: Process) -> str:
    data = (BPMN / "common" / Path(process.file).name).read_bytes()
    root, _ = parse(data, process.file)
    assert root is not None
    [text] = [part.text or "" for part in root.iterfind("{*}process/{*}documentation")]
    return text.strip()


def _alone(process: Process) -> Schema:
    """Return the facts of a process, and of those that it calls, as if nobody called it."""
    sources = _sources(BPMN / "common")
    reached = version.reached((process.id,), {p.id: p for s in sources for p in s.document.processes.values()})
    schema = Schema(Draft(sources, sources, reached, process.id))
    for facts in schema.facts.values():
        facts.is_open = False
    return schema


def _given(alone: Schema, process: Process) -> list[str]:
    """Return the facts that a process reads and nothing in it sets."""
    elements = process.elements.values()
    unknown = [m.name for spot, m in expressions.misreadings(alone) if m.kind == "fact" and spot.process is process]
    shown = {element.form for element in elements}
    unknown += [m.name for spot, m in at_forms.misreadings(alone) if m.kind == "fact" and spot.form in shown]
    for element in elements:
        names = alone.names(process, element)
        own = {*element.headers, *(element.multi.local if element.multi is not None else ())}
        unknown += [n for n in _needed(element) if names.find(n) is None and n not in own]
    return sorted(dict.fromkeys(unknown))


def _needed(element: Element) -> tuple[str, ...]:
    """Return the names that a built-in action reads from around it, and the matter whose department has the task."""
    if element.kind == "userTask" and element.candidate_groups not in ("applicant,window", "window"):
        return ("matter",)
    action = ACTIONS.get(element.job or "")
    if action is None or element.job == "matter.receive":
        return ()
    of_matter = "matter" in action.optional and element.job != "notice.send"  # a notice may be about the case
    return (*action.required, *(("matter",) if of_matter else ()))


def _calls(id: str) -> Iterator[tuple[Process, Element]]:
    """Yield each call of a process in the shipped chains."""
    for source in _sources(BPMN):
        for caller in source.document.processes.values():
            yield from ((caller, e) for e in caller.elements.values() if e.called == id)


def _taken(alone: Schema, process: Process) -> list[str]:
    """Return the facts of a process that its callers take."""
    taken = {name for _, call in _calls(process.id) for m in call.outputs for name in names_in(m.source)}
    return sorted(taken & alone.facts[process.id].own.keys())


def _task(element: Element) -> str:
    return f"`{element.id}` {element.name}, of `{_escaped(element.candidate_groups or element.assignee or '')}`"


def _notice(element: Element) -> str:
    given = dict(element.headers) | {mapping.target: mapping.source for mapping in element.inputs}
    return f"`{_escaped(given.get('template', ''))}` to `{_escaped(given.get('to', ''))}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _waits(element: Element) -> bool:
    return element.event is not None and element.event.kind in ("message", "signal") and element.kind != "endEvent"


def _outside(job: str) -> bool:
    action = ACTIONS.get(job)
    return job != "notice.send" and (action is None or action.outside is not None)


def _ticked(names: Iterable[str | None]) -> str:
    """Return names in backticks, each once."""
    return ", ".join(dict.fromkeys(f"`{name}`" for name in names if name))


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(part for part in parts if part))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
