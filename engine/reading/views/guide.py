"""The guide 办事指南: what the hall's published chains offer, item by item, for anybody. Pure.

Eight fields are published of each item: name, basis, conditions, materials, limits, flow, fees, result, without
catch-all clauses (行政许可法 30). They are the catalogue's; nothing here is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.base.errors import NotFound
from engine.law.catalogue import Item, Material, PublishedLimit
from engine.model.chain import ChainVersion
from engine.reading.views.present import CLOCK_TITLES, SOURCES, View, Viewer

_BETWEEN_STEPS = "、"


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as the newest version that names it publishes it; `within`: what it may be applied for as part of."""

    item: Item
    materials: Mapping[str, Material]
    within: tuple[str, ...]


Offers = Mapping[str, Offer]


def offers(versions: Iterable[ChainVersion]) -> Offers:
    """The items of the versions by key; of an item that several publish, the last one's words count."""
    found: dict[str, Offer] = {}
    for version in versions:
        for process in version.starts:
            published = version.items_of(process)
            for item in published.items.values() if published is not None else ():
                former = found[item.key].within if item.key in found else ()
                within = tuple(dict.fromkeys((*former, version.title_of(process))))
                found[item.key] = Offer(item, published.materials if published is not None else {}, within)
    return found


def index(viewer: Viewer, offered: Offers, text: str = "") -> View:
    """Items in force by department: those in which every word of `text` occurs, or all."""
    words = text.casefold().split()
    departments: dict[str, list[View]] = {}
    for offer in offered.values():
        if offer.item.holds_on(viewer.today) and all(word in _searched(viewer, offer) for word in words):
            departments.setdefault(offer.item.department, []).append(_card(offer))
    return {
        "text": text,
        "count": sum(map(len, departments.values())),
        "departments": [
            {"key": key, "name": viewer.department(key), "items": items} for key, items in departments.items()
        ],
    }


def _searched(viewer: Viewer, offer: Offer) -> str:
    """What a search looks through."""
    item = offer.item
    materials = (need.name for need in item.materials)
    parts = (item.name, item.code, viewer.department(item.department) or "", *offer.within, *materials)
    return "\n".join(parts).casefold()


def _card(offer: Offer) -> View:
    item = offer.item
    return {
        "key": item.key,
        "code": item.code,
        "name": item.name,
        "kind": item.kind,
        "tags": list(item.tags),
        "promised": _limit(item.limits.promised),
        "statutory": _limit(item.limits.statutory),
        "visits": item.visits,
        "within": list(offer.within),
    }


def page(viewer: Viewer, offered: Offers, key: str) -> View:
    """All that is published of an item. Raises NotFound."""
    offer = offered.get(key)
    if offer is None:
        raise NotFound(f"Expected an item that the hall offers; found {key!r}. See /guide.", item=key)
    item = offer.item
    return _card(offer) | {
        "department": viewer.department(item.department),
        "valid_from": item.valid_from.isoformat(),
        "valid_to": item.valid_to.isoformat() if item.valid_to else None,
        "in_force": item.holds_on(viewer.today),
        "basis": [{"law": basis.law, "article": basis.article} for basis in item.basis],
        "conditions": list(item.conditions),
        "materials": [_material(offer, need) for need in item.materials],
        "limits": [
            {"name": name, "title": CLOCK_TITLES.get(name, name), **_given(limit)} for name, limit in item.limits.each()
        ],
        "starts_on": item.starts_on,
        "flow": [step.strip() for step in item.flow.split(_BETWEEN_STEPS) if step.strip()],
        "sign_off": [viewer.role(role) for role in item.sign_off],
        "consults": [viewer.department(one.department) for one in item.consults],
        "fees": [{"name": fee.name, "amount": fee.amount, "unit": fee.unit, "basis": fee.basis} for fee in item.fees],
        "result": item.result.name if item.result else None,
        "is_certificate": bool(item.result and item.result.certificate),
        "commitment": item.commitment,
        "sensitive": item.sensitive,
    }


def _material(offer: Offer, need: Any) -> View:
    published = offer.materials.get(need.material)
    return {
        "key": need.material,
        "name": need.name,
        "required": need.required,
        "tolerable": need.tolerable,
        "source": need.source,
        "source_name": SOURCES[need.source],
        "types": list(published.types) if published and need.source == "applicant" else [],
        "max_mb": published.max_mb if published else None,
    }


def _limit(limit: PublishedLimit | None) -> View | None:
    return _given(limit) if limit is not None else None


def _given(limit: PublishedLimit) -> dict[str, Decimal | str]:
    return {"amount": limit.amount, "unit": limit.unit, "extension": limit.extension}
