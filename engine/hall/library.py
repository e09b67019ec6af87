"""Published versions by digest: chains, calendars, organisations, settings. Read from the store, kept in memory.

A version never changes, so that a copy in memory is never out of date. Settings of the store say which versions are in
force. Writes only when something is published.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.base.canonical import canonical, digest, digest_of, parsed
from engine.base.errors import NotFound
from engine.case.context import Context, Salts, Settings
from engine.case.records import SEMANTICS
from engine.case.working import text_of
from engine.hall.store import Store
from engine.hall.store.session import Session, Transaction
from engine.law import organisation as organisations
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model.chain import TEMPLATES, ChainVersion
from engine.model.chain import load as load_chain
from engine.model.runtime import Program

CALENDAR, ORGANISATION, SETTINGS = "calendar", "organisation", "settings"
RECOUNT = "recount"
"""Key of the request to recount open cases by a calendar that was loaded: see `engine.hall.door.recount`."""
_FORCED = "forced:"
"""Beginning of the keys that tell of versions published in spite of what was found; the digest follows."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The digests of the versions in force. Every entry keeps them in its context."""

    calendar: str
    organisation: str | None
    settings: str


class Library:
    """The versions in one store. Threads may share a library."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._chains: dict[str, tuple[ChainVersion, Program]] = {}
        self._values: dict[str, Any] = {}

    # ---------------------------------------------------------------- what is in force

    def versions(self, session: Session) -> Versions:
        """The versions in force now. Raises NotFound if the hall hasn't been set up."""
        return self.in_force(session.settings())

    def in_force(self, stored: Mapping[str, str]) -> Versions:
        """The versions that these settings of the store put in force. Raises NotFound."""
        calendar, organisation, settings = (_value(stored.get(key)) for key in (CALENDAR, ORGANISATION, SETTINGS))
        if calendar is None or settings is None:
            raise NotFound(
                "Expected a database that has been set up; it has no calendar. Run `licet init`.",
                sentence="hall_not_set_up",
            )
        return Versions(calendar, organisation, settings)

    def current_chain(self, session: Session, name: str) -> str:
        """The digest of a chain's newest version. A digest instead of a name is returned as it is. Raises NotFound."""
        if name.startswith("sha256:"):
            return name
        row = session.chain(name)
        if row is None:
            raise NotFound(
                f"Expected a published chain; found {name!r}. See `licet chain list`.",
                sentence="chain_unpublished",
                chain=name,
            )
        return row.digest

    # ---------------------------------------------------------------- by digest

    def chain(self, digest: str) -> tuple[ChainVersion, Program]:
        """A chain version and its compiled processes. Raises NotFound."""
        known = self._chains.get(digest)
        if known is None:
            manifest = json.loads(self._document(digest))
            files = {name: self._document(part) for name, part in manifest["files"].items()}
            known = self.compiled(load_chain(files))
        return known

    def compiled(self, version: ChainVersion) -> tuple[ChainVersion, Program]:
        """Compile the processes of a version, and keep both in memory."""
        with self._lock:
            if version.digest not in self._chains:
                self._chains[version.digest] = (version, Program(version.processes, version.documents))
            return self._chains[version.digest]

    def calendar(self, digest: str) -> Calendar:
        """The calendar with this digest. Raises NotFound."""
        calendar: Calendar = self._read(digest, Calendar.from_json)
        return calendar

    def organisation(self, digest: str) -> Organisation:
        """The organisation with this digest. Raises NotFound."""
        organisation: Organisation = self._read(digest, organisations.read)
        return organisation

    def settings(self, digest: str) -> Settings:
        """The settings with this digest. Raises NotFound."""
        settings: Settings = self._read(digest, _settings)
        return settings

    def _read(self, digest: str, read: Any) -> Any:
        if digest not in self._values:
            self._values[digest] = read(self._document(digest))
        return self._values[digest]

    def _document(self, digest: str) -> bytes:
        with self._store.reading() as reading:
            found = reading.document(digest)
        if found is None:
            raise NotFound(
                f"Expected version {digest} in the database; it isn't there.", sentence="version_unknown", digest=digest
            )
        return found

    # ---------------------------------------------------------------- publishing

    def publish_chain(self, tx: Transaction, version: ChainVersion, at: datetime, by: str) -> int:
        """Keep a checked version for ever, and make it the newest of its name. Returns its number within the name."""
        for content in version.files.values():
            tx.keep_document(digest(content), content)
        manifest = {"files": {name: digest(content) for name, content in version.files.items()}}
        tx.keep_document(version.digest, canonical(manifest))
        self.compiled(version)
        last = tx.chain(version.name)
        if last is not None and last.digest == version.digest:
            return last.number
        return tx.publish_chain(version.name, version.digest, at.isoformat(), by).number

    def keep_force(self, tx: Transaction, version: ChainVersion, at: datetime, by: str, reason: str) -> None:
        """Keep who published a version in spite of what was found, when, and why."""
        told = {"at": at.isoformat(), "by": by, "reason": text_of(reason, "reason")}
        tx.set(f"{_FORCED}{version.digest}", canonical(told).decode())

    def forced(self, session: Session) -> Mapping[str, Mapping[str, str]]:
        """Return {at, by, reason} of each version that was published in spite of what was found, by its digest."""
        settings = session.settings().items()
        return {key.removeprefix(_FORCED): json.loads(told) for key, told in settings if key.startswith(_FORCED)}

    def put(self, tx: Transaction, key: str, content: bytes, name: str) -> str:
        """Keep a document under its digest `name`, and put it in force under `key`. Returns the digest."""
        tx.keep_document(name, content)
        tx.set(key, json.dumps(name))
        return name

    def put_calendar(self, tx: Transaction, calendar: Calendar) -> str:
        return self.put(tx, CALENDAR, calendar.to_json().encode(), calendar.digest)

    def put_organisation(self, tx: Transaction, organisation: Organisation) -> str:
        return self.put(tx, ORGANISATION, organisation.to_json(), organisation.digest)

    def put_settings(self, tx: Transaction, settings: Settings) -> str:
        values = settings.as_dict()
        return self.put(tx, SETTINGS, canonical(values), digest_of(values))

    # ---------------------------------------------------------------- the context of a decision

    def context(
        self, versions: Versions, chain: str, case: str, at: datetime, effective_on: date, salts: Salts
    ) -> Context:
        """The context of a decision, with the versions of these digests. Raises NotFound."""
        version, program = self.chain(chain)
        return Context(
            recorded_at=at,
            effective_on=effective_on,
            case=case,
            chain=version,
            program=program,
            calendar=self.calendar(versions.calendar),
            organisation=self.organisation(versions.organisation) if versions.organisation else None,
            settings=self.settings(versions.settings),
            salts=salts,
        )


def template_of(store: Store, case: str, file: str) -> bytes | None:
    """Return the template of this file name in the chain version that a case is pinned to; None where that has none.

    Reads the stored files alone: nothing is compiled for a letter.
    """
    with store.reading() as reading:
        row = reading.case(case)
        manifest = reading.document(row.chain) if row is not None else None
        files = json.loads(manifest)["files"] if manifest is not None else {}
        kept = files.get(f"{TEMPLATES}/{file}")
        return reading.document(kept) if kept is not None else None


def journalled(versions: Versions, chain: str, personal: list[str]) -> dict[str, Any]:
    """The context as an entry keeps it: digests of versions, and of personal values in the order of their salts."""
    return {
        "semantics": SEMANTICS,
        "chain": chain,
        "calendar": versions.calendar,
        "organisation": versions.organisation,
        "settings": versions.settings,
        "personal": personal,
    }


def versions_of(context: Mapping[str, Any]) -> Versions:
    """The versions that an entry was made with."""
    return Versions(context["calendar"], context["organisation"], context["settings"])


def _value(text: str | None) -> Any:
    return None if text is None else parsed(text)


def _settings(data: bytes) -> Settings:
    values = json.loads(data)
    share = values.pop("yellow_share", None)
    return Settings(**values, yellow_share=None if share is None else Decimal(share["$decimal"]))
