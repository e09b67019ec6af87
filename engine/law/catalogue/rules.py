"""The rules for a catalogue, by which `licet chain check` checks its items and materials.

Each rule takes an item and yields one `_Said` for each thing that is wrong with it.

Sources: 行政许可法 (2019) art. 30, 32, 42, 44; the guide's eight fields 办事指南; 四个一律取消, four rules by
which a proof is no longer asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import NamedTuple

from engine.base import terms
from engine.base.errors import InvalidInput
from engine.law.catalogue.items import AskedMaterial, CatalogueFile, CatalogueProblem, Entry, PublishedLimit, Severity

RECEIPT_CHECK_WORKDAYS = 5  # 行政许可法 32 (4): told within five days, or it counts as accepted
DELIVERY_WORKDAYS = 10  # 行政许可法 44
PROMISED_SHARE = Decimal(2) / 3  # of the statutory limit: the most that should be promised

_Said = Iterator[tuple[str, str, Severity, str]]
"""(path inside the item, rule, severity, message) of each thing that is wrong."""

_CATCH_ALL = re.compile(
    r"其[他它][^，。；、]{0,12}(材料|文件|证明|证件|资料|条件|情形|手续)"
    r"|等(有关|相关|其[他它])?(材料|文件|证明|证件|资料)"
    r"|认为(需要|必要|应当)|视情况"
)


class _Place(NamedTuple):
    """Where an item or a material stands: the name of the file, the path inside the file, and its key."""

    file: str
    path: str
    key: str


def problems(files: Mapping[str, CatalogueFile]) -> Iterator[CatalogueProblem]:
    """Everything that is wrong in a catalogue made of these files, which are given by name."""
    items = [(_Place(file, f"items[{n}]", e.key), e) for file, read in files.items() for n, e in enumerate(read.items)]
    materials = [
        (_Place(file, f"materials[{n}]", m.key), m)
        for file, read in files.items()
        for n, m in enumerate(read.materials)
    ]
    yield from _doubled([place for place, _ in items], of_items=True)
    yield from _doubled([place for place, _ in materials], of_items=False)
    for place, material in materials:
        if _CATCH_ALL.search(material.name):
            yield CatalogueProblem(None, f"{place.path}.name", *_catch_all(material.name), place.file)
    known = {place.key for place, _ in materials}
    entries = [entry for _, entry in items]
    shared = _supplied_elsewhere(entries)
    before = {entry.key: entry.requires for entry in entries}
    for place, entry in items:
        rules = (_guide(entry), _limits(entry), _needs(entry, known, shared), _identity(entry), _leniency(entry),
                 _consults(entry), _requires(entry, before))  # fmt: skip
        for path, rule, severity, message in chain.from_iterable(rules):
            yield CatalogueProblem(entry.key, f"{place.path}.{path}", rule, severity, message, place.file)


def _doubled(places: Iterable[_Place], of_items: bool) -> Iterator[CatalogueProblem]:
    """Keys that are given more than once, in one file or in several; the problem stands at the last place."""
    by_key: dict[str, list[_Place]] = {}
    for place in places:
        by_key.setdefault(place.key, []).append(place)
    for key, given in by_key.items():
        if len(given) > 1:
            files = list(dict.fromkeys(place.file for place in given))
            where = f", in {' and '.join(files)}" if len(files) > 1 else ""
            message = f"Key {key!r} is given {len(given)} times{where}; give each one a key of its own."
            last = given[-1]
            item, path = key if of_items else None, f"{last.path}.key"
            yield CatalogueProblem(item, path, "double_key", "error", message, last.file)


def _catch_all(text: str) -> tuple[str, Severity, str]:
    message = f"Catch-all clause in {text!r}: the guide names every document and condition (行政许可法 30)."
    return "catch_all", "error", message


def _identity(entry: Entry) -> _Said:
    try:
        terms.check("item_code", entry.code)
    except InvalidInput as error:
        yield "code", "item_code", "error", error.message
    if not entry.department.strip():
        yield "department", "department_missing", "error", "Name the department whose power the item is."
    if entry.valid_to is not None and entry.valid_to < entry.valid_from:
        message = f"Holds until {entry.valid_to}, which is before it begins on {entry.valid_from}."
        yield "valid_to", "dates", "error", message


def _guide(entry: Entry) -> _Said:
    """The eight fields of the guide are given. A service is no power: it needs neither basis nor result."""
    needed: dict[str, object] = {
        "name": entry.name.strip(),
        "conditions": entry.conditions,
        "limits.promised": entry.limits.promised,
        "flow": entry.flow.strip(),
    }
    if entry.kind != "service":
        needed |= {
            "basis": entry.basis,
            "limits.statutory": entry.limits.statutory,
            "result": entry.result and entry.result.name.strip(),
            "sign_off": entry.sign_off,
        }
    for path, value in needed.items():
        if not value:
            yield path, "guide_field", "error", f"The guide of {entry.key} must say it; it is empty."
    for path, text in _texts(entry):
        if _CATCH_ALL.search(text):
            yield path, *_catch_all(text)


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "name", entry.name
    yield "flow", entry.flow
    yield from ((f"conditions[{i}]", text) for i, text in enumerate(entry.conditions))
    yield from ((f"fees[{i}].name", fee.name) for i, fee in enumerate(entry.fees))


def _limits(entry: Entry) -> _Said:
    statutory, promised = entry.limits.statutory, entry.limits.promised
    for name, most in (("receipt_check", RECEIPT_CHECK_WORKDAYS), ("delivery", DELIVERY_WORKDAYS)):
        limit: PublishedLimit | None = getattr(entry.limits, name)
        if limit is not None and limit.unit == "workday" and limit.amount > most:
            article = 32 if name == "receipt_check" else 44
            message = f"{limit.amount} workdays, but 行政许可法 {article} allows {most}."
            yield f"limits.{name}", "over_the_law", "error", message
    if promised is None:
        return
    if entry.kind == "instant" and promised.amount != 0:
        message = f"An instant item is decided on the spot: promise 0, not {promised.amount} {promised.unit}."
        yield "limits.promised", "instant", "warning", message
    if statutory is not None:
        yield from _promise(promised, statutory)


def _promise(promised: PublishedLimit, statutory: PublishedLimit) -> _Said:
    path, given = "limits.promised", f"{promised.amount} {promised.unit}"
    if promised.unit != statutory.unit:
        message = f"Promised in {promised.unit}s, statutory in {statutory.unit}s: give both in the same unit."
        yield path, "units_differ", "warning", message
    elif promised.amount > statutory.amount:
        message = f"Promised {given}, which is more than the statutory {statutory.amount}."
        yield path, "promised_over_statutory", "error", message
    elif promised.amount > statutory.amount * PROMISED_SHARE:
        message = f"Promised {given}: more than two thirds of the statutory {statutory.amount}."
        yield path, "promised_share", "warning", message


def _supplied_elsewhere(entries: Iterable[Entry]) -> dict[str, str]:
    """Materials that some item gets from the certificate library or another department: {material: that item}."""
    return {
        need.material: entry.key
        for entry in entries
        for need in entry.materials
        if need.source in ("certificate", "department")
    }


def _needs(entry: Entry, known: set[str], shared: Mapping[str, str]) -> _Said:
    """Materials are in the catalogue, asked for once, and not of the applicant where they can be got elsewhere."""
    seen: set[str] = set()
    for place, need in enumerate(entry.materials):
        path = f"materials[{place}]"
        if need.material not in known:
            message = f"No material has the key {need.material!r}; add it under `materials`."
            yield f"{path}.material", "unknown_material", "error", message
        if need.material in seen:
            yield f"{path}.material", "asked_twice", "error", f"{need.material!r} is asked for twice."
        seen.add(need.material)
        if need.source == "certificate" and need.certificate is None:
            message = f"{need.material!r} comes from the certificate library: name the kind of certificate."
            yield f"{path}.certificate", "certificate_missing", "error", message
        if need.source == "applicant":
            yield from _asked_of_the_applicant(path, need, shared)
        if need.tolerable and entry.sensitive is not None:
            message = f"Not tolerable where {entry.sensitive.replace('_', ' ')} is concerned."
            yield f"{path}.tolerable", "not_tolerable", "error", message


def _leniency(entry: Entry) -> _Said:
    """A tolerated material is supplied within the promised limit; a sensitive item has no commitment."""
    if entry.sensitive is not None:
        message = f"No commitments where {entry.sensitive.replace('_', ' ')} is concerned."
        for path, said in (("commitment", entry.commitment), ("tags", "commitment" in entry.tags)):
            if said:
                yield path, "no_commitment", "error", message
    supply, promised = entry.limits.supply, entry.limits.promised
    if supply is None:
        if any(need.tolerable for need in entry.materials):
            message = "Materials may be supplied later: say by when, within the promised limit."
            yield "limits.supply", "supply_missing", "error", message
    elif promised is not None and supply.unit != promised.unit:
        message = f"Supplied in {supply.unit}s, promised in {promised.unit}s: give both in the same unit."
        yield "limits.supply", "units_differ", "error", message
    elif promised is not None and supply.amount > promised.amount:
        message = f"{supply.amount} {supply.unit}s to supply what was tolerated, but {promised.amount} are promised."
        yield "limits.supply", "supply_over_promised", "error", message


def _consults(entry: Entry) -> _Said:
    """Each department is consulted once, and there is a limit after which its silence counts as consent."""
    seen = {entry.department}
    for place, consulted in enumerate(entry.consults):
        if consulted.department in seen:
            message = f"{consulted.department!r} takes part already."
            yield f"consults[{place}].department", "asked_twice", "error", message
        seen.add(consulted.department)
    if entry.consults and entry.limits.step is None:
        message = "Departments are consulted: say by when they answer; silence counts from then on."
        yield "limits.step", "step_missing", "warning", message


def _requires(entry: Entry, before: Mapping[str, tuple[str, ...]]) -> _Said:
    """The items that must be granted first are in the catalogue, and don't require this one in turn."""
    for place, key in enumerate(entry.requires):
        path = f"requires[{place}]"
        if key not in before:
            yield path, "unknown_item", "error", f"No item has the key {key!r}; add it, or correct it."
        elif entry.key in _needed_first(key, before):
            yield path, "requires_itself", "error", f"{key!r} requires {entry.key!r} in turn: neither could begin."


def _needed_first(key: str, before: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The key, and the keys of all items that must be granted before it."""
    needed, todo = {key}, [key]
    while todo:
        new = [need for need in before.get(todo.pop(), ()) if need not in needed]
        needed.update(new)
        todo += new
    return needed


def _asked_of_the_applicant(path: str, need: AskedMaterial, shared: Mapping[str, str]) -> _Said:
    """The four rules, as far as data can tell: nothing is asked for that a certificate or another department gives."""
    if need.certificate is not None:
        message = f"Certificate {need.certificate!r} proves it: take it from the library, don't ask."
        yield f"{path}.source", "certificate_proves", "error", message
    elif need.material in shared:
        message = f"Item {shared[need.material]!r} gets it without the applicant: share it, don't ask."
        yield f"{path}.source", "sharing_replaces", "error", message
