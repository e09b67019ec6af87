"""What a rule yields, and the words that several rules share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from engine.model.chain.model import Element, Flow, Process


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found: where, and what to do. `file` is set by rules that look at a whole chain."""

    message: str
    element: str | None = None
    line: int | None = None
    path: tuple[str, ...] = ()
    file: str | None = None


def at(place: Element | Flow | Process, message: str, path: tuple[str, ...] = (), file: str | None = None) -> Found:
    """A finding at an element, a flow or a process."""
    return Found(message, place.id, place.line, path, file)


def nearest(name: str, known: Iterable[str]) -> str:
    """ " Did you mean …?" with the nearest of the known names, or a list of them where none is near."""
    names = sorted(known)
    close = get_close_matches(name, names, 1, 0.6)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known are: {', '.join(names)}." if 0 < len(names) <= 12 else ""


def described(element: Element) -> str:
    """How a message calls an element: its kind, and its name where it has one."""
    return f"The {element.kind} '{element.name or element.id}'"
