"""Models of other tools, turned into ones that run: every change is listed, with what a person has to decide, and what
is lost.

One table of steps: each walks the tree of the file, mends one kind of thing and yields a Change for it. Nothing is
changed without one. What no step understands is left as it is, for `licet chain check` to report.

    tree.py      elements looked up, added, removed; the changes that steps yield
    outcome.py   what became of one thing that another tool said
    tools.py     the table: what other tools say → what it is here
    foreign.py   the step that walks the file by that table
    people.py, machines.py, forms.py, loops.py, process.py   what the rows of the table do
    standard.py  BPMN's own ways to say what Licet says otherwise
    phrases.py   expressions of other tools, in FEEL
    carried.py, events.py, ways.py, work.py   steps that make a model run
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml import etree

from engine.model.chain.importing import carried, events, foreign, forms, loops, people, standard, ways, work
from engine.model.chain.importing.tree import Change, Said
from engine.model.chain.model import Finding
from engine.model.chain.reader import Node, is_bpmn, local
from engine.model.chain.xml import parse


@dataclass(frozen=True, slots=True)
class Imported:
    """A mended model. `data`: its bytes, or None where it couldn't be read; then `findings` say why.

    `findings` tell too what is lost of it. `forms`: the form-js forms that stood in it, by their ids.
    """

    data: bytes | None
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...] = ()
    forms: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))


def import_model(data: bytes, file: str, *, to_people: bool = False) -> Imported:
    """Mend the model in `data`, whose name in findings is `file`.

    `to_people`: tasks that don't say what a machine does become user tasks, instead of outside jobs. Never raises for
    what stands in the file.
    """
    root, findings = parse(data, file)
    if root is None or local(root) != "definitions" or not is_bpmn(root):
        message = "Expected bpmn:definitions. Export the model as BPMN 2.0."
        wrong = findings or [Finding(file, None, None, "not-a-model", "error", message)]
        return Imported(None, (), tuple(wrong))
    done: list[Change] = []
    for step in (*STEPS, work.to_people if to_people else work.to_jobs, people.lanes):
        done.extend(step(root))
    made = forms.taken(root)
    if done:
        data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Imported(data, tuple(done), tuple(_lost(change, file) for change in done if change.lost), made)


def _lost(change: Change, file: str) -> Finding:
    assert change.lost is not None
    rule = "import-lost" if change.lost == "error" else "import-left-out"
    return Finding(file, change.element, change.line, rule, change.lost, f"{change.what}.")


STEPS: tuple[Callable[[Node], Said], ...] = (
    forms.embedded,
    carried.extensions,
    standard.scripts,
    foreign.foreign,
    standard.calls,
    standard.data,
    standard.correlation,
    standard.interfaces,
    people.resource_roles,
    loops.standard_loops,
    carried.names,
    carried.executable,
    carried.likes,
    carried.data_stores,
    carried.compensation,
    events.event_definitions,
    events.references,
    events.timers,
    events.loose_flows,
    events.boundaries_without_way,
    ways.split_conditions,
    ways.starts,
    ways.conditions,
    loops.unfinished,
    ways.collections,
)
"""The steps in their order. The step that assigns tasks to people or machines follows them."""

__all__ = ["STEPS", "Change", "Imported", "import_model"]
