"""Misreadings of the expressions of processes: facts that nobody sets, members that there aren't, kinds that
never fit, options that nobody offers.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.chain.data import known, read
from engine.model.chain.data.inference import WORDS, Inference, Misread
from engine.model.chain.data.likeness import is_near
from engine.model.chain.data.places import Spot, spots
from engine.model.chain.data.schema import Schema


def misreadings(schema: Schema) -> Iterator[tuple[Spot, Misread]]:
    """Yield all that can't be meant in the expressions of all processes."""
    for process in schema.draft.processes.values():
        for spot in spots(schema, process):
            own = process.id in schema.own
            yield from ((spot, misread) for misread in read_spot(spot) if certain(own, misread))


def certain(is_own: bool, misread: Misread) -> bool:
    """Return whether it is a mistake. A file that other chains share may get more from them than from this one: there
    only a name near a known one is told.
    """
    if is_own or misread.kind not in ("fact", "option", "input"):
        return True
    return is_near(misread.name, misread.known)


def read_spot(spot: Spot) -> list[Misread]:
    """Return what can't be meant in one expression."""
    tree = read.tree_of(spot.text[1:])
    if tree is None:
        return []
    reading = Inference(known.FUNCTIONS)
    shape = reading.shape(tree, spot.names)
    if spot.wants and not shape.may_be(*spot.wants):
        wanted = " or ".join(WORDS.get(kind, kind) for kind in spot.wants)
        given = " or ".join(WORDS.get(kind, kind) for kind in sorted(shape.kinds or ()))
        reading.misread.append(Misread("kind", spot.what, f"It has to give {wanted}, and gives {given}."))
    return list(dict.fromkeys(reading.misread))
