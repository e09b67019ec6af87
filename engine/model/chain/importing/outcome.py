"""How one thing that another tool said came out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.model.chain.model import Severity
from engine.model.chain.reader import Node


@dataclass(frozen=True, slots=True)
class Outcome:
    """`text` ends the sentence that begins with the thing itself: "camunda:assignee='x' …". Others as in Change."""

    text: str
    decide: bool = False
    lost: Severity | None = None


Carry = Callable[[Node, Any], Outcome]
"""From the BPMN element that has it, and the value of the attribute or the foreign element: carried over, or not."""


def carried(text: str, ask: str = "") -> Outcome:
    """`ask`: what a person has to see to."""
    return Outcome(f"is {text} now" + (f". {ask}" if ask else ""), bool(ask))


def lost(reason: str) -> Outcome:
    """A loss that a case would have gone by."""
    return Outcome(f"was removed: {reason}", True, "error")


def idle(reason: str) -> Outcome:
    """A loss that no case would have gone by."""
    return Outcome(f"was removed: {reason}", False, "warning")


NOT_SIMPLE = "it is no simple expression. Write it anew in FEEL"
