"""Whether one name may be another, misspelt. Pure; knows names alone."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_LIKE = 0.75
"""Likeness of two names from which one is taken for the other, misspelt."""
_SHORT = 3
"""Letters of the shortest name in which a slip is told: two of two letters are as often different names."""


def is_near(name: str, known: Iterable[str]) -> bool:
    """Return whether a name is one slip away from another that is known, or much like it."""
    return any(other != name and (_is_slip(name, other) or _is_like(name, other)) for other in known)


def slipped_from(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is one slip away; one and many of a thing, `seal` and `seals`, are two names."""
    return next((other for other in known if _is_slip(name, other) and name.rstrip("s") != other.rstrip("s")), None)


def _is_like(name: str, meant: str) -> bool:
    if 2 * min(len(name), len(meant)) < _LIKE * (len(name) + len(meant)):
        return False
    likeness = SequenceMatcher(None, meant, name)
    return likeness.quick_ratio() >= _LIKE and likeness.ratio() >= _LIKE


def _is_slip(name: str, meant: str) -> bool:
    """Return whether a letter is left out, put in or changed, or two neighbours are swapped."""
    less, more = sorted((name, meant), key=len)
    if len(more) < _SHORT or len(more) - len(less) > 1 or name == meant:
        return False
    start = next((at for at, letter in enumerate(less) if letter != more[at]), len(less))
    if len(less) < len(more):
        return less[start:] == more[start + 1 :]
    if less[start + 1 :] == more[start + 1 :]:
        return len(less) > _SHORT
    return less[start : start + 2] == more[start : start + 2][::-1] and less[start + 2 :] == more[start + 2 :]
