"""The values of a catalogue: items, materials, limits, fees, results; and the shape of its files.

`STRICT` dataclasses are read from JSON as they stand here: a field more or less is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from engine.base.shapes import STRICT, Amount, Count, Day, Key, Text

Source = Literal["applicant", "certificate", "department", "matter"]
"""Who supplies a material: the applicant, the certificate library, another department, another matter of the case."""

Unit = Literal["workday", "day", "hour"]
Sensitive = Literal[
    "state_security", "public_safety", "financial_prudence", "environment", "life_health", "foreign_matters"
]
"""Why neither tolerant acceptance nor a commitment is possible. Source: 国办发〔2020〕42号."""
Subject = Literal["safety", "environment"]
"""Why a consulted department's silence is no consent: what it watches over. Source: 国办发〔2019〕11号."""
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Basis:
    """The law, and the article of it, that gives the department the power."""

    __pydantic_config__ = STRICT
    law: Text
    article: Text = ""


@dataclass(frozen=True, slots=True)
class PublishedLimit:
    """A limit: `amount` of `unit`, which the law allows to extend once by `extension` of the same unit (0: never).

    `article` names the law that sets the limit, in short (不动产登记暂行条例 20), where that isn't 行政许可法.
    """

    __pydantic_config__ = STRICT
    amount: Amount
    unit: Unit = "workday"
    extension: Amount = Decimal(0)
    article: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an item; None where it has no such limit.

    The department's: `receipt_check` to check what was handed in, `statutory` and `promised` to decide, `delivery` to
    hand over the result. The applicant's: `correction` to answer a correction, `supply` to hand in a material that was
    tolerated as missing. `step`, `hearing` and `intermediary` are limits of parts of the procedure; the model starts
    their clocks.
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
        """The name and the limit of each that isn't None."""
        for entry in fields(self):
            limit = getattr(self, entry.name)
            if limit is not None:
                yield entry.name, limit


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee that the applicant pays. An item without any fee 不收费 has an empty list of them."""

    __pydantic_config__ = STRICT
    name: Text
    amount: Amount
    unit: Text = "元"
    basis: Text = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a grant: its name; its kind of certificate if it goes into the certificate library."""

    __pydantic_config__ = STRICT
    name: Text
    certificate: Key | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """A document that items ask for. Files of the media types `types` are taken, each of at most `max_mb` megabytes."""

    __pydantic_config__ = STRICT
    key: Key
    name: Text
    types: tuple[str, ...] = ("application/pdf", "image/png", "image/jpeg")
    max_mb: Count = 20
    personal: bool = False


@dataclass(frozen=True, slots=True)
class AskedMaterial:
    """A material as the file of the catalogue asks for it: by key alone."""

    __pydantic_config__ = STRICT
    material: Key
    required: bool = True
    tolerable: bool = False
    source: Source = "applicant"
    certificate: Key | None = None


@dataclass(frozen=True, slots=True)
class Need(AskedMaterial):
    """A material that an item asks for, with its `name`. A `tolerable` one may be supplied later 容缺."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Consulted:
    """A department that takes part in a joint review 并联审批. Its silence is consent, unless a `subject` is given."""

    __pydantic_config__ = STRICT
    department: Key
    subject: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as the file of the catalogue has it."""

    __pydantic_config__ = STRICT
    key: Key
    code: str
    name: Text
    department: str
    kind: Literal["instant", "committed", "service"]
    valid_from: Day
    valid_to: Day | None = None
    basis: tuple[Basis, ...] = ()
    conditions: tuple[Text, ...] = ()
    materials: tuple[AskedMaterial, ...]
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
class Item(Entry):
    """One power of one department 事项, in force from `valid_from` to `valid_to`, both days included.

    sign_off    roles that sign the decision, one after another
    visits      how often the applicant has to come
    commitment  whether it may be decided on a commitment 告知承诺
    unsupplied  the state of a matter whose tolerated materials weren't supplied in time
    consults    departments that take part in a joint review
    requires    keys of items that must be granted before this one is accepted
    """

    materials: tuple[Need, ...]

    def holds_on(self, on: date) -> bool:
        """Whether the item is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def as_facts(self) -> dict[str, Any]:
        """The value of `item(key)` in FEEL. `promised` and `statutory` are amounts without their units.

        `limits` holds each limit with its unit and extension, in the shape that the action `clock.start` takes.
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
class CatalogueProblem:
    """Something wrong in a well-formed catalogue. `item` is None where a material is meant.

    `path` says where inside the file: `items[3].limits.promised`. `file` is the name that the file was read under.
    """

    item: str | None
    path: str
    rule: str
    severity: Severity
    message: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """The shape of one file of a catalogue."""

    __pydantic_config__ = STRICT
    items: tuple[Entry, ...]
    materials: tuple[Material, ...]
