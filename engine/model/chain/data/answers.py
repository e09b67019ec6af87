"""The answers of built-in actions as shapes. Entries of registers and facts of projects also have what the chain itself
puts there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.language.feel import syntax
from engine.model.chain.data import known, read, shapes
from engine.model.chain.data.shapes import NULL, Shape, cut, join
from engine.model.chain.draft import Draft

Stated = Callable[[str], Shape]
"""The shape of an action's input by its name."""


class Answers:
    """The entries of registers, by register, and the facts that earlier stages of a project hand on, by name."""

    def __init__(self, draft: Draft) -> None:
        self.entries: dict[str, Shape] = dict(known.ENTRIES)
        self.handed: dict[str, Shape] = dict.fromkeys(_handed_on(draft), NULL)
        self.changes = 0

    def of(self, job: str, stated: Stated) -> dict[str, Shape]:
        """Return what an action gives, by the names of its results."""
        if job == "register.find":
            asked = stated("register").options or ()
            return {"entry": shapes.joined(self.entries.get(name, shapes.context(None)) for name in asked)}
        if job == "project.join" and self.handed:
            facts = shapes.context(self.handed, is_open=True)
            return {"project": shapes.context({**(known.PROJECT.members or {}), "facts": facts})}
        return dict(known.RESULTS.get(job, {}))

    def note(self, job: str | None, stated: Stated) -> None:
        """Note what an action puts into a register or hands on."""
        if job == "register.record":
            entry = stated("entry")
            registers = stated("register").options or () if entry.members else ()
            self.changes += sum(grow(self.entries, register, entry) for register in registers)
        elif job == "project.hand_on":
            self.changes += sum(grow(self.handed, *handed) for handed in (stated("facts").members or {}).items())


def grow(scope: dict[str, Shape], name: str, shape: Shape) -> bool:
    """Let a fact have this shape too; return whether that changes what is known of it."""
    former = scope.get(name)
    new = cut(shape if former is None else join(former, shape))
    scope[name] = new
    return former != new


def _handed_on(draft: Draft) -> Iterator[str]:
    """Yield the names of the facts that the chain's stages hand on, as far as they stand there."""
    for process in draft.processes.values():
        for element in (e for e in process.elements.values() if e.job == "project.hand_on"):
            written = [m.source for m in element.inputs if m.target == "facts"] + [element.headers.get("facts", "")]
            for tree in (read.tree_of(text[1:]) for text in written):
                if isinstance(tree, syntax.ContextOf):
                    yield from (key for key, _ in tree.entries)
