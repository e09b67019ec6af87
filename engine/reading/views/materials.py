"""The materials that a case asks for, with the files that were handed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.base.errors import NotFound
from engine.case.records import MaterialSupplied
from engine.case.state import Case
from engine.law.catalogue import Item, Need
from engine.model.chain import ChainVersion
from engine.reading.views.sight import Sight, Viewer

_DEFAULT_MB = 20
"""The largest file of a material that the catalogue doesn't describe."""


@dataclass(frozen=True, slots=True)
class SuppliedFile:
    """A file or certificate that was supplied for a material.

    A file has a `digest`, a certificate that was fetched has its identifier in `certificate`. `size` in bytes; `by` is
    a name; `origin` is the case that it was taken over from.
    """

    digest: str | None
    certificate: str | None
    name: str
    size: int
    media_type: str
    by: str
    at: str
    source: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class MaterialCard:
    """A material of a case.

    items      names of the items that ask for it
    source     who supplies it: applicant | certificate | department | matter
    types      media types that may be handed in, each file at most `max_mb` MB
    asked      whether the matters of the case ask for it, and not only items that it might still have
    needed     always | some | never; see `needed`
    """

    key: str
    name: str
    required: bool
    tolerable: bool
    items: tuple[str, ...]
    source: str
    types: tuple[str, ...]
    max_mb: int
    files: tuple[SuppliedFile, ...]
    supplied: bool
    may: tuple[str, ...]
    asked: bool
    needed: str


_Asking = tuple[Item, Need]


def materials(viewer: Viewer, version: ChainVersion, case: Case) -> tuple[MaterialCard, ...]:
    """The materials that the items of the case's process ask for, each once.

    What the case's matters ask for comes first; before the first matter, all items of the process count as the case's.
    Once a decision table has chosen among items, what only those that it passed over ask for is left out, unless it is
    at hand.
    """
    published = version.items_of(case.process)
    if published is None:
        return ()
    came, held = {matter.item for matter in case.matters.values()}, {material for material, _ in case.materials}
    choices = version.choices(case.process)
    passed_over = {key for choice in choices if choice & came for key in choice - came}
    asking: dict[str, list[_Asking]] = {}
    for item in sorted(published.items.values(), key=lambda item: (item.key not in came, item.key in passed_over)):
        for need in item.materials:
            if item.key not in passed_over or (need.material in held and need.material not in asking):
                asking.setdefault(need.material, []).append((item, need))
    commands = ("SupplyMaterial",) if case.matters else ("SupplyMaterial", "RemoveMaterial")
    may = viewer.may(case, commands) if case.is_open else ()
    open_choices = () if came else choices
    return tuple(_card(viewer, version, case, key, one, open_choices, may) for key, one in asking.items())


def needed(required_by: set[str], choices: Iterable[frozenset[str]] = ()) -> str:
    """Whether a case needs a material that these items require: `always`, `never` or `some`.

    `some`: only items among which a decision table has still to choose require it, and not all that it may choose.
    """
    if not required_by:
        return "never"
    chosen = list(choices)
    sure = required_by.difference(*chosen) or any(choice <= required_by for choice in chosen)
    return "always" if sure else "some"


def _card(
    viewer: Viewer,
    version: ChainVersion,
    case: Case,
    key: str,
    asking: list[_Asking],
    choices: Iterable[frozenset[str]],
    may: tuple[str, ...],
) -> MaterialCard:
    came = {matter.item for matter in case.matters.values()}
    own = [(item, need) for item, need in asking if item.key in came] if came else asking
    shown = own or asking
    published = version.catalogue.materials.get(key) if version.catalogue else None
    source = shown[0][1].source
    files = tuple(_file(viewer, supplied) for (material, _), supplied in case.materials.items() if material == key)
    return MaterialCard(
        key=key,
        name=published.name if published else key,
        required=any(need.required for _, need in shown),
        tolerable=all(need.tolerable for _, need in shown),
        items=tuple(item.name for item, _ in shown),
        source=source,
        types=tuple(published.types) if published else (),
        max_mb=published.max_mb if published else _DEFAULT_MB,
        files=files,
        supplied=bool(files),
        may=may if source == "applicant" else (),
        asked=bool(own),
        needed=needed({item.key for item, need in shown if need.required}, choices),
    )


def _file(viewer: Viewer, supplied: MaterialSupplied) -> SuppliedFile:
    return SuppliedFile(
        digest=supplied.file if supplied.size else None,
        certificate=None if supplied.size else supplied.file,
        name=supplied.name,
        size=supplied.size,
        media_type=supplied.media_type,
        by=viewer.name(supplied.by),
        at=supplied.at,
        source=supplied.source,
        origin=supplied.origin,
    )


def of_case(sight: Sight, case: str) -> tuple[MaterialCard, ...]:
    """The materials of a case."""
    opened = sight.opened(case)
    return materials(sight.viewer, opened.version, opened.case)


def one(sight: Sight, case: str, material: str) -> MaterialCard:
    """One material of a case. Raises NotFound."""
    for card in of_case(sight, case):
        if card.key == material:
            return card
    raise NotFound(
        f"Expected a material that case {case} asks for; found {material!r}.", sentence="material_unseen", case=case
    )
