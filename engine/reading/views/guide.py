"""The guide 办事指南: what the hall's published chains offer, item by item, for anybody.

Eight fields are published of each item: name, basis, conditions, materials, limits, flow, fees, result, without
catch-all clauses (行政许可法 30). They are the catalogue's; nothing here is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.base.errors import NotFound
from engine.law.catalogue import Item, Material, Need, PublishedLimit
from engine.model.chain import ChainVersion
from engine.reading.views.sight import Sight, Viewer

_BETWEEN_STEPS = "、"
"""Parts the steps of an item's flow in the catalogue."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as the newest version that names it publishes it; `within`: what it may be applied for as part of."""

    item: Item
    materials: Mapping[str, Material]
    within: tuple[str, ...]


Offers = Mapping[str, Offer]


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit; `unit`: workday | day | hour, `extension` what the law allows on top of it."""

    amount: Decimal
    unit: str
    extension: Decimal


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """A limit by the name of its clock in `engine.case.clocks`."""

    name: str
    amount: Decimal
    unit: str
    extension: Decimal


@dataclass(frozen=True, slots=True)
class OfferedItem:
    """An item in the index. `kind`: instant | committed | service; `visits`: how often the applicant has to come."""

    key: str
    code: str
    name: str
    kind: str
    tags: tuple[str, ...]
    promised: Limit | None
    statutory: Limit | None
    visits: int
    within: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferingDepartment:
    """A department with its items."""

    key: str
    name: str | None
    items: tuple[OfferedItem, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """Items in force by department, those that were searched for."""

    text: str
    count: int
    departments: tuple[OfferingDepartment, ...]


@dataclass(frozen=True, slots=True)
class LawBasis:
    """An article of a law."""

    law: str
    article: str


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee; `amount` in yuan or as its unit says."""

    name: str
    amount: Decimal
    unit: str
    basis: str | None


@dataclass(frozen=True, slots=True)
class GuideMaterial:
    """A material; `source`: applicant | certificate | department | matter; each file at most `max_mb` MB."""

    key: str
    name: str
    required: bool
    tolerable: bool
    source: str
    types: tuple[str, ...]
    max_mb: int | None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All that is published of an item.

    starts_on    what the limits are counted from: receipt | acceptance
    sign_off     names of the roles that sign, in order
    commitment   whether it may be decided on the applicant's promise
    sensitive    whether that, and tolerant acceptance, are ruled out
    """

    key: str
    code: str
    name: str
    kind: str
    tags: tuple[str, ...]
    visits: int
    within: tuple[str, ...]
    department: str | None
    valid_from: str
    valid_to: str | None
    in_force: bool
    basis: tuple[LawBasis, ...]
    conditions: tuple[str, ...]
    materials: tuple[GuideMaterial, ...]
    limits: tuple[NamedLimit, ...]
    starts_on: str
    flow: tuple[str, ...]
    sign_off: tuple[str, ...]
    consults: tuple[str, ...]
    fees: tuple[Fee, ...]
    result: str | None
    is_certificate: bool
    commitment: bool
    sensitive: bool


def search(sight: Sight, text: str = "") -> Index:
    """The items that the hall offers; those in which every word of `text` occurs."""
    return index(sight.viewer, _offered(sight), text)


def item(sight: Sight, key: str) -> ItemPage:
    """All that is published of an item, be it only by a former version. Raises NotFound."""
    offered = _offered(sight)
    return page(sight.viewer, offered if key in offered else _offered(sight, former=True), key)


def _offered(sight: Sight, former: bool = False) -> Offers:
    """Of the newest version of each chain, or of all; the one that was published last has the last word."""
    rows = sight.reading.chains()
    chosen = rows if former else {row.name: row for row in rows}.values()
    return offers(sight.version(row.digest) for row in sorted(chosen, key=lambda row: row.published_at))


def offers(versions: Iterable[ChainVersion]) -> Offers:
    """The items of the versions by key; of an item that several publish, the last one's words count."""
    offered: dict[str, Offer] = {}
    for version in versions:
        for process in version.starts:
            published = version.items_of(process)
            for one in published.items.values() if published is not None else ():
                former = offered[one.key].within if one.key in offered else ()
                within = tuple(dict.fromkeys((*former, version.title_of(process))))
                offered[one.key] = Offer(one, published.materials if published is not None else {}, within)
    return offered


def index(viewer: Viewer, offered: Offers, text: str = "") -> Index:
    """Items in force by department: those in which every word of `text` occurs, or all."""
    words = text.casefold().split()
    departments: dict[str, list[OfferedItem]] = {}
    for offer in offered.values():
        if offer.item.holds_on(viewer.today) and all(word in _searched(viewer, offer) for word in words):
            departments.setdefault(offer.item.department, []).append(_line(offer))
    return Index(
        text=text,
        count=sum(map(len, departments.values())),
        departments=tuple(
            OfferingDepartment(key, viewer.department(key), tuple(items)) for key, items in departments.items()
        ),
    )


def _searched(viewer: Viewer, offer: Offer) -> str:
    """The text that a search looks through."""
    one = offer.item
    materials = (need.name for need in one.materials)
    parts = (one.name, one.code, viewer.department(one.department) or "", *offer.within, *materials)
    return "\n".join(parts).casefold()


def _line(offer: Offer) -> OfferedItem:
    one = offer.item
    return OfferedItem(
        key=one.key,
        code=one.code,
        name=one.name,
        kind=one.kind,
        tags=tuple(one.tags),
        promised=limit_of(one.limits.promised),
        statutory=limit_of(one.limits.statutory),
        visits=one.visits,
        within=offer.within,
    )


def page(viewer: Viewer, offered: Offers, key: str) -> ItemPage:
    """All that is published of an item. Raises NotFound."""
    offer = offered.get(key)
    if offer is None:
        raise NotFound(
            f"Expected an item that the hall offers; found {key!r}. See /guide.", sentence="item_not_offered", item=key
        )
    one = offer.item
    return ItemPage(
        key=one.key,
        code=one.code,
        name=one.name,
        kind=one.kind,
        tags=tuple(one.tags),
        visits=one.visits,
        within=offer.within,
        department=viewer.department(one.department),
        valid_from=one.valid_from.isoformat(),
        valid_to=one.valid_to.isoformat() if one.valid_to else None,
        in_force=one.holds_on(viewer.today),
        basis=tuple(LawBasis(basis.law, basis.article) for basis in one.basis),
        conditions=tuple(one.conditions),
        materials=tuple(_material(offer, need) for need in one.materials),
        limits=tuple(NamedLimit(name, each.amount, each.unit, each.extension) for name, each in one.limits.each()),
        starts_on=one.starts_on,
        flow=tuple(step.strip() for step in one.flow.split(_BETWEEN_STEPS) if step.strip()),
        sign_off=tuple(viewer.role(role) for role in one.sign_off),
        consults=tuple(viewer.name(asked.department) for asked in one.consults),
        fees=tuple(Fee(fee.name, fee.amount, fee.unit, fee.basis) for fee in one.fees),
        result=one.result.name if one.result else None,
        is_certificate=bool(one.result and one.result.certificate),
        commitment=bool(one.commitment),
        sensitive=bool(one.sensitive),
    )


def _material(offer: Offer, need: Need) -> GuideMaterial:
    published = offer.materials.get(need.material)
    return GuideMaterial(
        key=need.material,
        name=need.name,
        required=need.required,
        tolerable=need.tolerable,
        source=need.source,
        types=tuple(published.types) if published and need.source == "applicant" else (),
        max_mb=published.max_mb if published else None,
    )


def limit_of(published: PublishedLimit | None) -> Limit | None:
    return None if published is None else Limit(published.amount, published.unit, published.extension)
