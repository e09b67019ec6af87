"""The remarks that rules yield, and the words that rules share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from engine.model.chain.model import Element, Flow, Process, Severity


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a rule reports: where it is, and what to do. `file` is set by rules that look at a whole chain.

    `element`: the id of the element. `path`: ids of the elements that lead there. `severity`: if not the rule's.
    """

    message: str
    element: str | None = None
    line: int | None = None
    path: tuple[str, ...] = ()
    file: str | None = None
    severity: Severity | None = None


def at(place: Element | Flow | Process, message: str, path: tuple[str, ...] = (), file: str | None = None) -> Remark:
    """Return a remark at an element, a flow or a process."""
    return Remark(message, place.id, place.line, path, file)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean …?" with the known name that is nearest to `name`.

    Where none is near: a list of the known names if there are up to twelve, else an empty text.
    """
    names = sorted(known)
    close = get_close_matches(name, names, 1, 0.6)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known are: {', '.join(names)}." if 0 < len(names) <= 12 else ""


def described(element: Element) -> str:
    """Return what a message calls an element: its kind and its name, or its id where it has no name."""
    return f"The {called(element)}"


def called(element: Element) -> str:
    """Return `described` without its article."""
    return f"{element.kind} '{element.name or element.id}'"
