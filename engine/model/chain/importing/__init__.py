"""Models of other tools, turned into ones that run: every change is listed, with what a person has to decide.

One table of steps: each walks the tree of the file, mends one kind of thing and yields a Change for it. Nothing is
changed without one. What no step understands is left as it is, for `licet chain check` to report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from engine.model.chain.importing import carried, events, ways, work
from engine.model.chain.importing.tree import Change, Said
from engine.model.chain.model import Finding
from engine.model.chain.reader import Node, is_bpmn, local
from engine.model.chain.xml import parse


@dataclass(frozen=True, slots=True)
class Imported:
    """A mended model. `data`: its bytes, or None where it couldn't be read; then `findings` say why."""

    data: bytes | None
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...] = ()


def import_model(data: bytes, file: str, *, people: bool = False) -> Imported:
    """Mend the model in `data`, whose name in findings is `file`.

    `people`: tasks that don't say what a machine does become user tasks, instead of outside jobs. Never raises for
    what stands in the file.
    """
    root, findings = parse(data, file)
    if root is None or local(root) != "definitions" or not is_bpmn(root):
        message = "Expected bpmn:definitions. Export the model as BPMN 2.0."
        wrong = findings or [Finding(file, None, None, "not-a-model", "error", message)]
        return Imported(None, (), tuple(wrong))
    done: list[Change] = []
    for step in (*STEPS, work.to_people if people else work.to_jobs):
        done.extend(step(root))
    return Imported(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), tuple(done))


STEPS: tuple[Callable[[Node], Said], ...] = (
    carried.extensions,
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
    ways.collections,
)
"""The steps in their order. The step that assigns tasks to people or machines follows them."""

__all__ = ["STEPS", "Change", "Imported", "import_model"]
