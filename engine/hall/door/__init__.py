"""The door: `Engine.execute(command) -> Receipt`, the one place through which a case changes."""

from engine.hall.door.engine import Engine
from engine.hall.door.receipt import Receipt

__all__ = ["Engine", "Receipt"]
