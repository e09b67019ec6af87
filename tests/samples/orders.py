"""Orders of every kind with made-up values, for tests to which only the kind or the subject of an order matters."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from engine.case.records import COMMANDS, Order, made

SAMPLES = {"str": "2026-03-02T00:00:00+08:00", "Sequence[str]": ()}
"""Values by the type of the field; others are 1."""


def sample(name: str, **known: Any) -> Order:
    """Return an order of this kind: with `known` for the fields that it has, and made-up values for the others it
    needs.
    """
    kind = COMMANDS[name]
    needed = {field.name: SAMPLES.get(str(field.type), 1) for field in fields(kind) if field.default is MISSING}
    given = {field.name: known[field.name] for field in fields(kind) if field.name in known}
    return made(kind, needed | given)
