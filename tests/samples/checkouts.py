"""Small checkouts, made up for the scripts that count and draw the house."""

from __future__ import annotations

from pathlib import Path

from docs.house.figures import House

STOREYS = '"""The engine.\n\n    base  ground\n    hall  roof\n"""\n'
CONTRACT = "[importlinter:contract:s]\ntype = layers\ncontainers = engine\nlayers =\n    hall\n    base\n"


def checkout(folder: Path, contracts: str = CONTRACT, **modules: str) -> House:
    """A house of two storeys, `hall` over `base`. Its modules are named `storey_name`, each with its source."""
    (folder / "setup.cfg").write_text(contracts, "utf-8")
    for package, source in {"": STOREYS, "base/": "", "hall/": ""}.items():
        (folder / "engine" / package).mkdir()
        (folder / "engine" / package / "__init__.py").write_text(source, "utf-8")
    for name, source in modules.items():
        (folder / "engine" / f"{name.replace('_', '/', 1)}.py").write_text(source, "utf-8")
    return House(folder)
