"""A catalogue read from one file or several. Raises for a wrong shape; keeps everything else as problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

from engine.base.canonical import canonical, digest
from engine.base.errors import NotFound
from engine.base.shapes import plain, reader
from engine.law.catalogue.items import AskedMaterial, CatalogueFile, CatalogueProblem, Entry, Item, Material, Need
from engine.law.catalogue.rules import problems


@dataclass(frozen=True)
class Catalogue:
    """Items and materials by key, in the order of the files. Where a key is given twice, the first one counts.

    `files` names the file in which each item stands.
    """

    items: Mapping[str, Item]
    materials: Mapping[str, Material]
    problems: tuple[CatalogueProblem, ...] = field(default=(), compare=False)
    files: Mapping[str, str] = field(default_factory=dict, compare=False)

    def item(self, key: str, on: date) -> Item:
        """The item, if it is in force on that day. Raises NotFound: outside the catalogue nothing can be decided."""
        item = self.items.get(key)
        if item is None:
            known = "、".join(self.items) or "none"
            raise NotFound(
                f"Expected an item of the catalogue, found {key!r}. It has: {known}.",
                sentence="item_unlisted",
                item=key,
            )
        if not item.holds_on(on):
            until = item.valid_to or "further notice"
            raise NotFound(
                f"Item {key} ({item.name}) holds from {item.valid_from} until {until}, not on {on}.",
                sentence="item_out_of_force",
                item=key,
                name=item.name,
                on=on.isoformat(),
            )
        return item

    def subset(self, keys: Iterable[str]) -> Catalogue:
        """The catalogue of these items alone, with the materials that they ask for. Unknown keys are left out.

        The order stays: the digest of a chain version depends on it.
        """
        wanted = set(keys)
        items = {key: item for key, item in self.items.items() if key in wanted}
        asked = {need.material for item in items.values() for need in item.materials}
        materials = {key: material for key, material in self.materials.items() if key in asked}
        problems = tuple(problem for problem in self.problems if problem.item is None or problem.item in wanted)
        return replace(self, items=_frozen(items), materials=_frozen(materials), problems=problems)

    def to_json(self) -> bytes:
        """The catalogue as canonical JSON; `read` gives an equal catalogue back."""
        entries = [_as_entry(item) for item in self.items.values()]
        return canonical({"items": entries, "materials": plain(tuple(self.materials.values()))})

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of `to_json()`: the same for files that hold the same values in the same order."""
        return digest(self.to_json())


def _frozen(values: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(values)


_LATER: Mapping[str, object] = {"commitment": False, "unsupplied": "withdrawn", "consults": [], "requires": []}
"""Fields that were added later, with their defaults. JSON leaves out a default, so that older digests stay."""


def _as_entry(item: Item) -> dict[str, Any]:
    entry = {k: v for k, v in plain(item).items() if k not in _LATER or v != _LATER[k]}
    entry["materials"] = [{k: v for k, v in need.items() if k != "name"} for need in entry["materials"]]
    return entry


parsed = reader(CatalogueFile, "catalogue")
"""Reads the bytes of one file. Raises ModelError for a wrong shape, with its path: `items[3].limits.promised`."""


def read(data: bytes) -> Catalogue:
    """The catalogue in the bytes of a single file, with its problems. Raises ModelError for a wrong shape."""
    return assembled({"": parsed(data)})


def assembled(files: Mapping[str, CatalogueFile]) -> Catalogue:
    """The catalogue that these files make together, in their order. `files` gives each by the name for its problems."""
    materials: dict[str, Material] = {}
    for material in (material for read in files.values() for material in read.materials):
        materials.setdefault(material.key, material)
    items: dict[str, Item] = {}
    places: dict[str, str] = {}
    for name, entry in ((name, entry) for name, read in files.items() for entry in read.items):
        if entry.key not in items:
            items[entry.key], places[entry.key] = _resolved(entry, materials), name
    return Catalogue(_frozen(items), _frozen(materials), tuple(problems(files)), _frozen(places))


def _resolved(entry: Entry, materials: Mapping[str, Material]) -> Item:
    needs = tuple(
        Need(n.material, n.required, n.tolerable, n.source, n.certificate, _name(n, materials)) for n in entry.materials
    )
    values = {f.name: getattr(entry, f.name) for f in fields(entry)}
    return Item(**values | {"materials": needs})


def _name(need: AskedMaterial, materials: Mapping[str, Material]) -> str:
    material = materials.get(need.material)
    return material.name if material else need.material
