"""The door: `Engine.execute(command) -> Receipt`, the one place through which a case changes."""

from engine.hall.door.engine import Engine, Receipt

__all__ = ["Engine", "Receipt"]
