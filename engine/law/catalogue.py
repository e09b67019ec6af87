"""The published catalogue 事项清单: items, what they ask for, how long they take, what they give.

Pure: bytes in, frozen values out. Knows no case and no calendar; what a limit means when counted is
`workdays`' business. Reading refuses a wrong shape; everything that a well-formed catalogue says wrong is a
`Problem`, so that a designer sees all of them at once.

Sources: 行政许可法 (2019) art. 30, 32, 42, 44; the guide's eight fields (办事指南: name, basis, conditions,
materials, limits, flow, fees, result, without catch-all clauses); 四个一律取消, four rules to drop a proof.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, Literal

from engine.base import terms
from engine.base.canonical import canonical, digest
from engine.base.errors import InvalidInput, NotFound
from engine.base.shapes import STRICT, Amount, Count, Key, Text, plain, reader

Source = Literal["applicant", "certificate", "department", "matter"]
"""Who supplies a material: the applicant, the certificate library, another department, another matter."""

Unit = Literal["workday", "day", "hour"]
Sensitive = Literal[
    "state_security", "public_safety", "financial_prudence", "environment", "life_health", "foreign_matters"
]
"""Why neither tolerant acceptance nor a commitment is possible. Source: 国办发〔2020〕42号."""
Subject = Literal["safety", "environment"]
"""What a consulted department watches over where its silence is no consent. Source: `chains.md`, joint review."""
Severity = Literal["error", "warning"]

RECEIPT_CHECK_WORKDAYS = 5  # 行政许可法 32 (4): told within five days, or it counts as accepted
DELIVERY_WORKDAYS = 10  # 行政许可法 44
PROMISED_SHARE = Decimal(2) / 3  # what a promised limit should at most be of the statutory one


@dataclass(frozen=True, slots=True)
class Basis:
    """The law and the article that give the department the power."""

    __pydantic_config__ = STRICT
    law: Text
    article: Text = ""


@dataclass(frozen=True, slots=True)
class PublishedLimit:
    """`amount` of `unit`; `extension` = how much more of it the law allows, once (0 = none).

    `article`: the law that sets it, in short (不动产登记暂行条例 20), where it isn't 行政许可法.
    """

    __pydantic_config__ = STRICT
    amount: Amount
    unit: Unit = "workday"
    extension: Amount = Decimal(0)
    article: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Clocks of an item: `statutory` and `promised` to decide, `receipt_check` and `delivery` around it.

    `correction`: the applicant's, to answer a correction; `supply`: to hand in what was tolerated as missing; `step`,
    `hearing`, `intermediary`: of parts of the procedure, started by the model.
    """

    __pydantic_config__ = STRICT
    statutory: PublishedLimit | None = None
    promised: PublishedLimit | None = None
    receipt_check: PublishedLimit | None = None
    delivery: PublishedLimit | None = None
    correction: PublishedLimit | None = None
    supply: PublishedLimit | None = None
    step: PublishedLimit | None = None
    hearing: PublishedLimit | None = None
    intermediary: PublishedLimit | None = None

    def each(self) -> Iterator[tuple[str, PublishedLimit]]:
        """The limits that are given, with their names."""
        for entry in fields(self):
            limit = getattr(self, entry.name)
            if limit is not None:
                yield entry.name, limit


@dataclass(frozen=True, slots=True)
class Fee:
    """What the applicant pays. No fee at all is an empty list 不收费."""

    __pydantic_config__ = STRICT
    name: Text
    amount: Amount
    unit: Text = "元"
    basis: Text = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a grant gives: its name, and the kind of certificate if it goes into the library."""

    __pydantic_config__ = STRICT
    name: Text
    certificate: Key | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """A document that items ask for. `types` are media types; `max_mb` is the size of one file."""

    __pydantic_config__ = STRICT
    key: Key
    name: Text
    types: tuple[str, ...] = ("application/pdf", "image/png", "image/jpeg")
    max_mb: Count = 20
    personal: bool = False


@dataclass(frozen=True, slots=True)
class _Need:
    """A material as an item's entry asks for it."""

    __pydantic_config__ = STRICT
    material: Key
    required: bool = True
    tolerable: bool = False
    source: Source = "applicant"
    certificate: Key | None = None


@dataclass(frozen=True, slots=True)
class Need(_Need):
    """A material that an item asks for; `tolerable` = may be supplied later 容缺; `name` is its name."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Consulted:
    """A department that takes part in a joint review 并联审批; no answer counts as consent where no `subject` is."""

    __pydantic_config__ = STRICT
    department: Key
    subject: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """An item as the file has it."""

    __pydantic_config__ = STRICT
    key: Key
    code: str
    name: Text
    department: str
    kind: Literal["instant", "committed", "service"]
    valid_from: date
    valid_to: date | None = None
    basis: tuple[Basis, ...] = ()
    conditions: tuple[Text, ...] = ()
    materials: tuple[_Need, ...]
    limits: Limits
    starts_on: Literal["acceptance", "receipt"] = "acceptance"
    sign_off: tuple[Key, ...] = ()
    fees: tuple[Fee, ...]
    result: Result | None = None
    flow: Text = ""
    visits: Count = 0
    tags: tuple[Key, ...] = ()
    sensitive: Sensitive | None = None
    commitment: bool = False
    unsupplied: Literal["withdrawn", "terminated"] = "withdrawn"
    consults: tuple[Consulted, ...] = ()
    requires: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(_Entry):
    """One power of one department 事项. Holds from `valid_from` to `valid_to`, both included.

    `sign_off` are the roles that sign the decision, one after another; `visits` how often the applicant
    has to come. `commitment`: may be decided on a commitment 告知承诺; `unsupplied`: what becomes of a matter whose
    tolerated materials don't come; `consults`: who takes part in a joint review; `requires`: items that have to be
    granted before this one is accepted.
    """

    materials: tuple[Need, ...]

    def holds_on(self, on: date) -> bool:
        """Whether the item is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def as_facts(self) -> dict[str, Any]:
        """What `item(key)` gives in FEEL: plain values; `promised` and `statutory` are amounts.

        `limits` has every given limit whole, in the shape that `clock.start` takes.
        """
        limits = dict(self.limits.each())
        return {
            "key": self.key,
            "code": self.code,
            "name": self.name,
            "department": self.department,
            "kind": self.kind,
            "sign_off": list(self.sign_off),
            "promised": limits["promised"].amount if "promised" in limits else None,
            "statutory": limits["statutory"].amount if "statutory" in limits else None,
            "limits": {
                name: {"amount": limit.amount, "unit": limit.unit, "extension": limit.extension}
                for name, limit in limits.items()
            },
            "starts_on": self.starts_on,
            "materials": [_need_facts(need) for need in self.materials],
            "fees": [{"name": f.name, "amount": f.amount, "unit": f.unit} for f in self.fees],
            "result": None
            if self.result is None
            else {"name": self.result.name, "certificate": self.result.certificate},
            "tags": list(self.tags),
            "visits": Decimal(self.visits),
            "sensitive": self.sensitive,
            "commitment": self.commitment,
            "unsupplied": self.unsupplied,
            "consults": [{"department": c.department, "subject": c.subject} for c in self.consults],
            "requires": list(self.requires),
        }


def _need_facts(need: Need) -> dict[str, Any]:
    return {
        "key": need.material,
        "name": need.name,
        "required": need.required,
        "tolerable": need.tolerable,
        "source": need.source,
        "certificate": need.certificate,
    }


@dataclass(frozen=True, slots=True)
class Problem:
    """What the catalogue says wrong, and where: `path` is like `items[3].limits.promised`."""

    item: str | None
    path: str
    rule: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class _File:
    """The shape of `catalogue.json`."""

    __pydantic_config__ = STRICT
    items: tuple[_Entry, ...]
    materials: tuple[Material, ...]


@dataclass(frozen=True)
class Catalogue:
    """Items and materials by key, in the order of the file. Of doubled keys the first one counts."""

    items: Mapping[str, Item]
    materials: Mapping[str, Material]
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    def item(self, key: str, on: date) -> Item:
        """The item as it holds on that day. Raises NotFound: outside the catalogue nothing can be decided."""
        item = self.items.get(key)
        if item is None:
            known = "、".join(self.items) or "none"
            raise NotFound(f"Expected an item of the catalogue, found {key!r}. It has: {known}.", item=key)
        if not item.holds_on(on):
            until = item.valid_to or "further notice"
            raise NotFound(
                f"Item {key} ({item.name}) holds from {item.valid_from} until {until}, not on {on}.", item=key
            )
        return item

    def subset(self, keys: Iterable[str]) -> Catalogue:
        """Only these items, and only the materials that they ask for. Unknown keys are left out."""
        wanted = set(keys)
        items = {key: item for key, item in self.items.items() if key in wanted}
        asked = {need.material for item in items.values() for need in item.materials}
        materials = {key: material for key, material in self.materials.items() if key in asked}
        problems = tuple(problem for problem in self.problems if problem.item is None or problem.item in wanted)
        return replace(self, items=_frozen(items), materials=_frozen(materials), problems=problems)

    def to_json(self) -> bytes:
        """Canonical bytes; `read` gives an equal catalogue back."""
        entries = [_as_entry(item) for item in self.items.values()]
        return canonical({"items": entries, "materials": plain(tuple(self.materials.values()))})

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of `to_json()`: the same for files that say the same."""
        return digest(self.to_json())


def _frozen(values: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(values)


_LATER: Mapping[str, object] = {"commitment": False, "unsupplied": "withdrawn", "consults": [], "requires": []}
"""Fields that came later, with their defaults: left out where they hold them, so that digests of old files stay."""


def _as_entry(item: Item) -> dict[str, Any]:
    entry = {k: v for k, v in plain(item).items() if k not in _LATER or v != _LATER[k]}
    entry["materials"] = [{k: v for k, v in need.items() if k != "name"} for need in entry["materials"]]
    return entry


_read_file = reader(_File, "catalogue")


def read(data: bytes) -> Catalogue:
    """The catalogue in these bytes (`catalogue.json`), with its problems.

    Raises ModelError for a wrong shape, naming the path: `items[3].limits.promised.amount`.
    """
    file = _read_file(data)
    materials = {material.key: material for material in reversed(file.materials)}
    materials = {material.key: materials[material.key] for material in file.materials}
    items: dict[str, Item] = {}
    for entry in file.items:
        items.setdefault(entry.key, _resolved(entry, materials))
    return Catalogue(_frozen(items), _frozen(materials), tuple(_problems(file)))


def _resolved(entry: _Entry, materials: Mapping[str, Material]) -> Item:
    needs = tuple(
        Need(n.material, n.required, n.tolerable, n.source, n.certificate, _name(n, materials)) for n in entry.materials
    )
    values = {f.name: getattr(entry, f.name) for f in fields(entry)}
    return Item(**values | {"materials": needs})


def _name(need: _Need, materials: Mapping[str, Material]) -> str:
    material = materials.get(need.material)
    return material.name if material else need.material


# What a catalogue must say. Each rule takes an entry and yields (path inside it, rule, severity, message).

_Said = Iterator[tuple[str, str, Severity, str]]

_CATCH_ALL = re.compile(
    r"其[他它][^，。；、]{0,12}(材料|文件|证明|证件|资料|条件|情形|手续)"
    r"|等(有关|相关|其[他它])?(材料|文件|证明|证件|资料)"
    r"|认为(需要|必要|应当)|视情况"
)


def _problems(file: _File) -> Iterator[Problem]:
    yield from _doubled("items", [entry.key for entry in file.items])
    yield from _doubled("materials", [material.key for material in file.materials])
    for place, material in enumerate(file.materials):
        if _CATCH_ALL.search(material.name):
            yield _catch_all(None, f"materials[{place}].name", material.name)
    known = {material.key for material in file.materials}
    shared = _supplied_elsewhere(file.items)
    before = {entry.key: entry.requires for entry in file.items}
    for place, entry in enumerate(file.items):
        rules = (_guide(entry), _limits(entry), _needs(entry, known, shared), _identity(entry), _leniency(entry),
                 _consults(entry), _requires(entry, before))  # fmt: skip
        for path, rule, severity, message in chain.from_iterable(rules):
            yield Problem(entry.key, f"items[{place}].{path}", rule, severity, message)


def _doubled(part: str, keys: list[str]) -> Iterator[Problem]:
    for key, times in Counter(keys).items():
        if times > 1:
            last = len(keys) - 1 - keys[::-1].index(key)
            item = key if part == "items" else None
            message = f"Key {key!r} is given {times} times; give each one a key of its own."
            yield Problem(item, f"{part}[{last}].key", "double_key", "error", message)


def _catch_all(item: str | None, path: str, text: str) -> Problem:
    return Problem(item, path, *_catch_all_said(text))


def _catch_all_said(text: str) -> tuple[str, Severity, str]:
    message = f"Catch-all clause in {text!r}: the guide names every document and condition (行政许可法 30)."
    return "catch_all", "error", message


def _identity(entry: _Entry) -> _Said:
    try:
        terms.check("item_code", entry.code)
    except InvalidInput as error:
        yield "code", "item_code", "error", error.message
    if not entry.department.strip():
        yield "department", "department_missing", "error", "Name the department whose power the item is."
    if entry.valid_to is not None and entry.valid_to < entry.valid_from:
        message = f"Holds until {entry.valid_to}, which is before it begins on {entry.valid_from}."
        yield "valid_to", "dates", "error", message


def _guide(entry: _Entry) -> _Said:
    """The eight fields of the guide. A service is no power: it needs neither basis nor result."""
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
            yield path, *_catch_all_said(text)


def _texts(entry: _Entry) -> Iterator[tuple[str, str]]:
    yield "name", entry.name
    yield "flow", entry.flow
    yield from ((f"conditions[{i}]", text) for i, text in enumerate(entry.conditions))
    yield from ((f"fees[{i}].name", fee.name) for i, fee in enumerate(entry.fees))


def _limits(entry: _Entry) -> _Said:
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


def _supplied_elsewhere(entries: Iterable[_Entry]) -> dict[str, str]:
    """Materials that some item takes from the library or another department: {material: that item}."""
    return {
        need.material: entry.key
        for entry in entries
        for need in entry.materials
        if need.source in ("certificate", "department")
    }


def _needs(entry: _Entry, known: set[str], shared: Mapping[str, str]) -> _Said:
    """References, the four rules as far as data can tell, and what may be supplied later."""
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


def _leniency(entry: _Entry) -> _Said:
    """Tolerant acceptance within the promised limit; no commitment where the item is sensitive."""
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


def _consults(entry: _Entry) -> _Said:
    """Each department is asked once, and silence counts as consent at the end of a step clock."""
    seen = {entry.department}
    for place, consulted in enumerate(entry.consults):
        if consulted.department in seen:
            message = f"{consulted.department!r} takes part already."
            yield f"consults[{place}].department", "asked_twice", "error", message
        seen.add(consulted.department)
    if entry.consults and entry.limits.step is None:
        message = "Departments are consulted: say by when they answer; silence counts from then on."
        yield "limits.step", "step_missing", "warning", message


def _requires(entry: _Entry, before: Mapping[str, tuple[str, ...]]) -> _Said:
    """What must be granted first is in the catalogue, and doesn't wait for this item in turn."""
    for place, key in enumerate(entry.requires):
        path = f"requires[{place}]"
        if key not in before:
            yield path, "unknown_item", "error", f"No item has the key {key!r}; add it, or correct it."
        elif entry.key in _needed_first(key, before):
            yield path, "requires_itself", "error", f"{key!r} requires {entry.key!r} in turn: neither could begin."


def _needed_first(key: str, before: Mapping[str, tuple[str, ...]]) -> set[str]:
    """`key`, and all that must be granted before it."""
    found, todo = {key}, [key]
    while todo:
        new = [need for need in before.get(todo.pop(), ()) if need not in found]
        found.update(new)
        todo += new
    return found


def _asked_of_the_applicant(path: str, need: _Need, shared: Mapping[str, str]) -> _Said:
    if need.certificate is not None:
        message = f"Certificate {need.certificate!r} proves it: take it from the library, don't ask."
        yield f"{path}.source", "certificate_proves", "error", message
    elif need.material in shared:
        message = f"Item {shared[need.material]!r} gets it without the applicant: share it, don't ask."
        yield f"{path}.source", "sharing_replaces", "error", message
