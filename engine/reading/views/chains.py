"""The chains that a person may start: each in its newest version, and each stage of one by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.base.errors import NotFound
from engine.case.authority import About
from engine.law.catalogue import Item, Material, PublishedLimit
from engine.model.chain import ChainVersion
from engine.reading.views.guide import Limit, limit_of
from engine.reading.views.materials import needed
from engine.reading.views.sight import Sight


@dataclass(frozen=True, slots=True)
class StartedItem:
    """An item that a case may be about, with its limits; `kind`: instant | committed | service."""

    key: str
    name: str
    department: str | None
    kind: str
    promised: Limit | None
    statutory: Limit | None


@dataclass(frozen=True, slots=True)
class NeededMaterial:
    """A material that the applicant brings; `needed`: always | some | never."""

    name: str
    needed: str


@dataclass(frozen=True, slots=True)
class ChainCard:
    """A chain, or one of its stages, that may be started. `place`: (number of the stage from 1 on, all stages).

    in_person   whether an application of the viewer's is their own, and not taken in for somebody else
    identity    whether the applicant gives an identity number: required | optional | none
    """

    key: str
    stage: str | None
    name: str
    place: tuple[int, int] | None
    items: tuple[StartedItem, ...]
    materials: tuple[NeededMaterial, ...]
    in_person: bool
    identity: str


def page(sight: Sight) -> tuple[ChainCard, ...]:
    """Return the chains and stages that the person may start."""
    versions = _newest(sight)
    return tuple(
        _card(sight, version, process)
        for version in versions
        for process in version.starts
        if _may_start(sight, version, process, own=True)
    )


def any_to_start(sight: Sight) -> bool:
    """Whether the person may start a case of some chain."""
    return any(
        _may_start(sight, version, process, own=True) for version in _newest(sight) for process in version.starts
    )


def _newest(sight: Sight) -> list[ChainVersion]:
    newest = {row.name: row for row in sight.reading.chains()}
    return [sight.version(row.digest) for row in newest.values()]


def _may_start(sight: Sight, version: ChainVersion, process: str, own: bool) -> bool:
    """Whether the viewer may start a case of the process: `own`, for themselves; else for anybody."""
    applicant = {"person": sight.viewer.person} if own else None
    return bool(
        sight.viewer.may(None, ("StartCase",), About(applicant=applicant, intake=version.processes[process].intake))
    )


def one(sight: Sight, chain: str, stage: str | None = None) -> ChainCard:
    """One of them; without a stage the main process of the chain. Raises NotFound."""
    for card in page(sight):
        if (card.key, card.stage) == (chain, stage):
            return card
    raise NotFound(
        f"Expected a chain that {sight.viewer.person} may start; found {chain!r}.",
        sentence="chain_not_offered",
        chain=chain,
        stage=stage,
    )


def _card(sight: Sight, version: ChainVersion, process: str) -> ChainCard:
    published = version.items_of(process)
    items = tuple(published.items.values()) if published else ()
    materials = published.materials if published else {}
    return ChainCard(
        key=version.name,
        stage=process if process in version.stages else None,
        name=version.title_of(process),
        place=(version.starts.index(process) + 1, len(version.starts)) if version.stages else None,
        items=tuple(
            StartedItem(
                key=item.key,
                name=item.name,
                department=sight.viewer.department(item.department),
                kind=item.kind,
                promised=_limit(item.limits.promised),
                statutory=_limit(item.limits.statutory),
            )
            for item in items
        ),
        materials=_materials(items, materials, version.choices(process)),
        in_person=not _may_start(sight, version, process, own=False),
        identity=version.processes[process].identity or "required",
    )


def _materials(
    items: tuple[Item, ...], materials: Mapping[str, Material], choices: tuple[frozenset[str], ...]
) -> tuple[NeededMaterial, ...]:
    required_by: dict[str, set[str]] = {}
    for item in items:
        for need in item.materials:
            if need.source == "applicant" and need.material in materials:
                required_by.setdefault(need.material, set()).update([item.key] if need.required else [])
    return tuple(NeededMaterial(materials[key].name, needed(by, choices)) for key, by in required_by.items())


def _limit(published: PublishedLimit | None) -> Limit | None:
    """Return the limit without its extension, which only the guide tells."""
    limit = limit_of(published)
    return None if limit is None else replace(limit, extension=Decimal(0))
