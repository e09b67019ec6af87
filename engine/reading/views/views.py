"""The readings that pages, API and command line share: worklist, task, case, history, incidents, outbox.

Each takes the person who looks, and raises NotFound for what isn't theirs to see. JSON-like answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.errors import NotAllowed, NotFound
from engine.case import authority
from engine.case.execution import LATE_CALENDAR
from engine.case.journal import read as read_entry
from engine.case.records import ResultAdded, encode, plain
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.library import RECOUNT, Library
from engine.hall.ports import Clock
from engine.hall.store import CaseRow, EntryRow, Grant, IncidentRow, Reading, Store, Waiting
from engine.law.organisation import Holding
from engine.law.workdays.calendar import EARLIEST_YEAR, LATEST_YEAR
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import scope_of
from engine.reading.views import days, moves, present, projects
from engine.reading.views import guide as guides
from engine.reading.views.application import stated
from engine.reading.views.present import View, Viewer
from engine.reading.views.progress import Journals, pictures
from engine.reading.views.seen import sees

COUNTED = 100
"""The navigation counts waiting tasks up to here."""
LONGEST_TOKEN = 18
"""Digits of a token's number that a database takes; a longer one is nobody's."""
MOST_MIGRATED = 1000
"""Cases that are migrated at a time."""
LATEST = 20
"""Lines of history that the case page shows at once."""


@dataclass(frozen=True)
class Sight:
    """One reading by one person: a view of one moment of the database."""

    viewer: Viewer
    reading: Reading


class Views:
    """Read-only. Threads may share it."""

    def __init__(self, store: Store, library: Library, clock: Clock) -> None:
        self._store, self._library, self._clock = store, library, clock
        self._journals = Journals()

    @contextmanager
    def _looking(self, person: str) -> Iterator[Sight]:
        with self._store.reading() as reading:
            versions = self._library.versions(reading)
            settings = self._library.settings(versions.settings)
            organisation = self._library.organisation(versions.organisation) if versions.organisation else None
            now = self._clock.now().astimezone(ZoneInfo(settings.zone))
            calendar = self._library.calendar(versions.calendar)
            yield Sight(Viewer(person, now, organisation, calendar, settings), reading)

    def _version(self, digest: str) -> ChainVersion:
        return self._library.chain(digest)[0]

    def _case(self, sight: Sight, number: str) -> tuple[CaseRow, Case, ChainVersion]:
        """A case that the person may see. Raises NotFound: whether it exists is nobody's business who may not."""
        row = sight.reading.case(number)
        if row is not None:
            case = stored_case(sight.reading, row)
            viewer = sight.viewer
            if authority.may_see(viewer.organisation, viewer.person, case, viewer.today):
                return row, case, self._version(row.chain)
        raise NotFound(f"Expected a case {number} that {sight.viewer.person} may see; there is none.", case=number)

    # ---------------------------------------------------------------- who may open what

    def abilities(self, person: str) -> View:
        """What the navigation offers, and how much waits."""
        with self._looking(person) as sight:
            viewer, organisation = sight.viewer, sight.viewer.organisation
            holdings = organisation.roles_of(person, viewer.today) if organisation else ()
            roles = {holding.role for holding in holdings}
            grants = self._grants(sight)
            open_tasks = sight.reading.count_waiting(grants, COUNTED)
            mine = sight.reading.count_held(person)
            incidents = sight.reading.count_incidents() if "administrator" in roles else 0
            return {
                "person": viewer.person_of(person),
                "hall": organisation.name if organisation else "",
                "roles": [
                    {"key": h.role, "name": viewer.role(h.role), "department": viewer.department(h.department)}
                    for h in holdings
                ],
                "may": list(_menu(roles)),
                "applies_in_person": authority.APPLICANT in roles and "window" not in roles,
                "addresses": [f"person:{person}", *_addresses(holdings)],
                "counts": {"mine": mine, "open": open_tasks, "incidents": incidents},
            }

    # ---------------------------------------------------------------- worklist and tasks

    def worklist(self, person: str, group: str = "open", after: str | None = None, limit: int = 25) -> View:
        """`open`: what the person may take; `mine`: what they hold. By due date, those without one last."""
        with self._looking(person) as sight:
            if group == "mine":
                waiting, more = sight.reading.held([person]), None
            else:
                waiting, more = self._open_page(sight, after, limit)
            rows = [self._row(sight, found) for found in waiting]
            return {"group": group, "rows": rows, "next": more}

    def _open_page(self, sight: Sight, after: str | None, limit: int) -> tuple[list[Waiting], str | None]:
        last = None
        if after:
            number, _, token = after.rpartition(".")
            known = token.isdecimal() and len(token) <= LONGEST_TOKEN
            last = sight.reading.task(number, int(token)) if known else None
        found = sight.reading.worklist(self._grants(sight), after=last, limit=limit + 1)
        page = found[:limit]
        more = f"{page[-1].task.case}.{page[-1].task.token}" if len(found) > limit else None
        return page, more

    def _grants(self, sight: Sight) -> list[Grant]:
        """The person's roles as probes of the worklist's index; hall-wide ones reach into every department."""
        viewer = sight.viewer
        if viewer.organisation is None:
            return []
        everywhere = ["", *(department.key for department in viewer.organisation.departments)]
        found = [Grant(f"person:{viewer.person}", place) for place in everywhere]
        for holding in viewer.organisation.roles_of(viewer.person, viewer.today):
            if holding.role == authority.APPLICANT:
                continue  # applicants have their own cases, not a share of everybody's
            places = everywhere if holding.department is None else ["", holding.department]
            found += [Grant(f"role:{holding.role}", place, holding.items) for place in places]
            moved = viewer.organisation.elsewhere(holding.department, viewer.today) if holding.department else ()
            for place, item in moved:
                if holding.items is None or item in holding.items:
                    found.append(Grant(f"role:{holding.role}", place, (item,)))
        return list(dict.fromkeys(found))

    def _row(self, sight: Sight, found: Waiting) -> View:
        row = sight.reading.case(found.task.case)
        if row is None:
            raise NotFound(f"Expected case {found.task.case} of an open task; it isn't there.")
        case = stored_case(sight.reading, row)
        return present.task(sight.viewer, self._version(row.chain), case, case.tasks[found.task.token])

    def task(self, person: str, case: str, token: int) -> View:
        """A task with its form, the values that the form sees, and the materials of the case."""
        with self._looking(person) as sight:
            _, found, version = self._case(sight, case)
            opened = found.tasks.get(token)
            if opened is None:
                raise NotFound(f"Expected task {token} of case {case} to be open; it isn't any more.", case=case)
            viewer = sight.viewer
            card = present.task(viewer, version, found, opened)
            matter = found.matters.get(opened.matter) if opened.matter is not None else None
            form = version.forms.get(opened.form) if opened.form else None
            barred = viewer.person in found.barred(opened)
            return card | {
                "form": json.loads(version.files[f"forms/{form.id}.form"]) if form is not None else None,
                "variables": self._variables(found, token),
                "documentation": _documentation(version, opened.element),
                "read_only": card["claimed_by"] is None or card["claimed_by"]["key"] != viewer.person,
                "materials": present.materials(viewer, version, found),
                "stated": stated(version, found),
                "moves": moves.offered(viewer, found, opened),
                "matter_card": present.matter(viewer, version, found, matter) if matter else None,
                "barred_reason": "您已办理过须由他人独立办理的环节，不能再办理本环节。" if barred else None,
            }

    def _variables(self, case: Case, token: int) -> dict[str, Any]:
        """The facts that the task sees, as plain JSON, without what other matters know."""
        found: dict[str, Any] = {}
        scope: int | None = scope_of(case.tokens, token)
        while scope is not None:
            for (owner, name), value in case.facts.items():
                if owner == scope and name not in found:
                    found[name] = _shown(plain(value))
            scope = case.scopes.get(scope)
        return found

    # ---------------------------------------------------------------- cases

    def cases(
        self, person: str, text: str = "", state: str | None = None, after: str | None = None, limit: int = 25
    ) -> View:
        """Cases that the person may see, the youngest first."""
        with self._looking(person) as sight:
            last = sight.reading.case(after) if after else None
            seen_by = sees(sight.reading, sight.viewer.organisation, person, sight.viewer.today)
            found = sight.reading.cases(status=state, text=text or None, seen_by=seen_by, after=last, limit=limit + 1)
            page = found[:limit]
            rows = [self._case_row(sight, row, stored_case(sight.reading, row)) for row in page]
            return {"rows": rows, "next": page[-1].id if len(found) > limit else None}

    def _case_row(self, sight: Sight, row: CaseRow, case: Case) -> View:
        due = min((task.due for task in case.tasks.values() if task.due), default=None)
        return {
            "case": row.id,
            "number": row.id,
            "title": row.title,
            "applicant": row.applicant,
            "chain": self._version(row.chain).title_of(case.process),
            "project": row.project,
            "started_at": row.opened_at,
            "ended_at": row.closed_at,
            "outcome": None if row.status == "open" else row.status,
            "open_tasks": len(case.tasks),
            "light": sight.viewer.light(due)[0],
        }

    def project(self, person: str, code: str) -> View:
        """The cases of a project that the person may see, the eldest first, with what each has brought it."""
        with self._looking(person) as sight:
            cases = [
                self._case_row(sight, row, case) | projects.stage(self._version(row.chain), case)
                for row, case in self._of_project(sight, code)
            ]
            if not cases:
                raise NotFound(f"Expected a project {code} with cases that {person} may see; there is none.")
            return {"code": code, "cases": cases}

    def _of_project(self, sight: Sight, code: str) -> Iterator[tuple[CaseRow, Case]]:
        viewer = sight.viewer
        for row, case in projects.stored(sight.reading, code):
            if authority.may_see(viewer.organisation, viewer.person, case, viewer.today):
                yield row, case

    def _siblings(self, sight: Sight, case: Case) -> View | None:
        """The project of a case, with its other cases."""
        if case.project is None:
            return None
        others = (found for found in self._of_project(sight, case.project) if found[0].id != case.id)
        return {"code": case.project, "cases": [self._case_row(sight, row, other) for row, other in others]}

    def case(self, person: str, case: str) -> View:
        """All that the case page shows."""
        with self._looking(person) as sight:
            row, found, version = self._case(sight, case)
            viewer = sight.viewer
            with self._journals.followed(sight.reading, version, found) as journal:
                processes = pictures(version, found, journal.progress)
                results = [_result(version, found, journal.results, result) for result in found.results.values()]
            return {
                "case": row.id,
                "number": row.id,
                "title": row.title,
                "chain": {"key": version.name, "name": version.title_of(found.process), "digest": row.chain},
                "applicant": _shown(plain(found.applicant)),
                "channel": found.channel,
                "project": self._siblings(sight, found),
                "started_at": found.started_at,
                "ended_at": found.ended_at,
                "outcome": None if found.is_open else found.status,
                "matters": [present.matter(viewer, version, found, m) for m in found.matters.values()],
                "tasks": [present.task(viewer, version, found, task) for task in found.tasks.values()],
                "materials": present.materials(viewer, version, found),
                "stated": stated(version, found),
                "results": results,
                "processes": processes,
                "incidents": self._incidents(sight, found, version),
                "overdue": list(present.overdue(viewer, version, found)),
                "history": list(islice(self._told(sight, version, found), LATEST)),
                "may": viewer.may(found, moves.OF_A_CASE, {}) if found.is_open else [],
            }

    def diagram(self, person: str, case: str, key: str) -> bytes:
        """The BPMN file of one process of the case, as stored in its chain version."""
        with self._looking(person) as sight:
            _, _, version = self._case(sight, case)
            process = key.rpartition(".")[0] or key
            if process not in version.processes:
                raise NotFound(f"Expected a process of case {case}; found {process!r}.", case=case)
            return version.document_of(process)

    def history(self, person: str, case: str, before: int | None = None, limit: int = 50) -> View:
        """Entries of the journal in words, the latest first."""
        with self._looking(person) as sight:
            _, found, version = self._case(sight, case)
            rows = sight.reading.latest(case, before, limit + 1)
            page = rows[:limit]
            more = page[-1].sequence if len(rows) > limit else None
            return {"rows": [self._entry(sight, version, found, row) for row in page], "next": more}

    def _told(self, sight: Sight, version: ChainVersion, case: Case) -> Iterator[View]:
        """Entries that somebody made or that did something to tell of, the latest first."""
        before: int | None = None
        while rows := sight.reading.latest(case.id, before, LATEST):
            for row in rows:
                found = self._entry(sight, version, case, row)
                if found["summary"] or found["actor"]["key"] not in present.SYSTEM_PEOPLE:
                    yield found
            before = rows[-1].sequence

    def _entry(self, sight: Sight, version: ChainVersion, case: Case, row: EntryRow) -> View:
        return present.entry(sight.viewer, version, case, read_entry(row.body)) | {"hash": row.hash}

    def material(self, person: str, case: str, material: str) -> View:
        """One material of a case, with what may be handed in for it."""
        with self._looking(person) as sight:
            _, found, version = self._case(sight, case)
            for card in present.materials(sight.viewer, version, found):
                if card["key"] == material:
                    return card
        raise NotFound(f"Expected a material that case {case} asks for; found {material!r}.", case=case)

    def file(self, person: str, case: str, digest: str) -> View:
        """A file of the case: {digest, name, media_type, size}, handed in or issued."""
        with self._looking(person) as sight:
            _, found, _ = self._case(sight, case)
            for (_, file), handed_in in found.materials.items():
                if file == digest:
                    name, kind, size = handed_in.name, handed_in.media_type, handed_in.size
                    return {"digest": file, "name": name, "media_type": kind, "size": size}
            for result in found.results.values():
                document = _document(plain(result.value))
                if document is not None and document.get("file") == digest:
                    return {
                        "digest": digest,
                        "name": document.get("name", result.title),
                        "media_type": document.get("type", "application/pdf"),
                        "size": document.get("size", 0),
                    }
        raise NotFound(f"Expected a file of case {case}; there is none with that digest.", case=case)

    # ---------------------------------------------------------------- moves by hand

    def moves(self, person: str, case: str, token: int) -> View:
        """What may be done with a task beside completing it, and what that takes. Raises NotFound."""
        with self._looking(person) as sight:
            _, found, version = self._case(sight, case)
            if token not in found.tasks:
                raise NotFound(f"Expected task {token} of case {case} to be open; it isn't any more.", case=case)
            return moves.of_task(sight.viewer, version, found, found.tasks[token])

    def repairs(self, person: str, case: str) -> View:
        """Where a case stands, and what can be set right by hand; for administrators."""
        with self._looking(person) as sight:
            _administrator(sight)
            row, found, version = self._case(sight, case)
            return moves.of_case(sight.viewer, version, found) | {
                "case": row.id,
                "title": row.title,
                "chain": {"name": version.title, "digest": row.chain},
                "incidents": self._incidents(sight, found, version),
                "versions": [
                    {"number": other.number, "digest": other.digest, "published_at": other.published_at}
                    for other in sight.reading.chains()
                    if other.name == version.name and other.digest != row.chain
                ],
            }

    def foreseen(self, person: str, case: str, effects: Sequence[Mapping[str, Any]]) -> View:
        """What rehearsed effects on a case would mean, in words."""
        with self._looking(person) as sight:
            _, found, version = self._case(sight, case)
            return moves.foreseen(sight.viewer, version, found, effects)

    def versions(self, person: str) -> list[View]:
        """Chain versions with their open cases, the newest of each chain first; for administrators."""
        with self._looking(person) as sight:
            _administrator(sight)
            rows = sorted(sight.reading.chains(), key=lambda row: (row.name, -row.number))
            return [
                {
                    "name": row.name,
                    "title": self._version(row.digest).title,
                    "number": row.number,
                    "digest": row.digest,
                    "published_at": row.published_at,
                    "open": sight.reading.count_open(row.digest),
                }
                for row in rows
            ]

    def migration(self, person: str, former: str, to: str, case: str | None = None) -> View:
        """The open cases of a version (or one of them), and where they wait, seen from another; for administrators."""
        with self._looking(person) as sight:
            _administrator(sight)
            known = {row.digest: row for row in sight.reading.chains()}
            if former not in known or to not in known or known[former].name != known[to].name:
                raise NotFound("Expected two versions of one chain.", former=former, to=to)
            rows = sight.reading.cases(status="open", chain=former, limit=MOST_MIGRATED)
            found = [row for row in rows if case in (None, row.id)]
            cases = [stored_case(sight.reading, row) for row in found]
            return {
                "former": {"digest": former, "number": known[former].number, "name": self._version(former).title},
                "to": {"digest": to, "number": known[to].number, "name": self._version(to).title},
                "cases": [{"case": row.id, "title": row.title} for row in found],
                "waiting": moves.waiting(self._version(former), self._version(to), cases),
            }

    # ---------------------------------------------------------------- what may be started

    def chains(self, person: str) -> list[View]:
        """What the person may start: each chain in its newest version, and each stage of one by itself."""
        with self._looking(person) as sight:
            newest = {row.name: row for row in sight.reading.chains()}
            if not sight.viewer.may(None, ("StartCase",), {"applicant": {"person": person}}):
                return []
            versions = [self._version(row.digest) for row in newest.values()]
            return [self._start(sight, version, process) for version in versions for process in version.starts]

    def chain(self, person: str, chain: str, stage: str | None = None) -> View:
        """One of them; without a stage the main process of the chain. Raises NotFound."""
        for card in self.chains(person):
            if card["key"] == chain and card["stage"] == stage:
                return card
        raise NotFound(f"Expected a chain that {person} may start; found {chain!r}.", chain=chain, stage=stage)

    def _start(self, sight: Sight, version: ChainVersion, process: str) -> View:
        published = version.items_of(process)
        items = list(published.items.values()) if published else []
        materials = published.materials if published else {}
        asked: dict[str, set[str]] = {}
        for item in items:
            for need in item.materials:
                if need.source == "applicant" and need.material in materials:
                    asked.setdefault(need.material, set()).update([item.key] if need.required else [])
        choices = version.choices(process)
        return {
            "key": version.name,
            "stage": process if process in version.stages else None,
            "name": version.title_of(process),
            "place": [version.starts.index(process) + 1, len(version.starts)] if version.stages else None,
            "description": "",
            "items": [
                {
                    "key": item.key,
                    "name": item.name,
                    "department": sight.viewer.department(item.department),
                    "kind": item.kind,
                    "promised": _limit(item.limits.promised),
                    "statutory": _limit(item.limits.statutory),
                }
                for item in items
            ],
            "materials": [
                {"name": materials[key].name, "needed": present.needed(by, choices)} for key, by in asked.items()
            ],
        }

    # ---------------------------------------------------------------- the guide, for anybody

    def guide(self, text: str = "") -> View:
        """The items that the hall offers, by department; those in which every word of `text` occurs."""
        with self._looking("") as sight:
            return guides.index(sight.viewer, self._offers(sight), text)

    def guide_item(self, item: str) -> View:
        """What is published of an item. Raises NotFound."""
        with self._looking("") as sight:
            offered = self._offers(sight)
            return guides.page(sight.viewer, offered if item in offered else self._offers(sight, former=True), item)

    def _offers(self, sight: Sight, former: bool = False) -> guides.Offers:
        """Of the newest version of each chain, or of all; the one that was published last has the last word."""
        rows = sight.reading.chains()
        chosen = rows if former else {row.name: row for row in rows}.values()
        return guides.offers(self._version(row.digest) for row in sorted(chosen, key=lambda row: row.published_at))

    # ---------------------------------------------------------------- administration

    def incidents(self, person: str, resolved: bool = False, after: str | None = None) -> View:
        """Incidents of the hall, the youngest first; for administrators."""
        with self._looking(person) as sight:
            _administrator(sight)
            rows = []
            for row in sight.reading.incidents(resolved=resolved):
                case_row = sight.reading.case(row.case)
                if case_row is not None:
                    found = stored_case(sight.reading, case_row)
                    rows.append(self._incident(sight, row, found, self._version(case_row.chain)))
            return {"rows": rows, "next": None}

    def _incidents(self, sight: Sight, case: Case, version: ChainVersion) -> list[View]:
        return [self._incident(sight, r.incident, case, version) for r in sight.reading.incidents_of(case.id)]

    def _incident(self, sight: Sight, row: IncidentRow, case: Case, version: ChainVersion) -> View:
        named = (e.name for p in version.processes.values() for e in p.elements.values() if e.id == row.element)
        technical = row.resolved_at is None and row.code != LATE_CALENDAR
        commands = ("RetryIncident", "ResolveIncident") if technical else ()
        return {
            "incident": row.number,
            "case": row.case,
            "number": row.case,
            "title": case.title,
            "element": row.element,
            "element_name": next(named, row.element),
            "code": row.code,
            "cause": row.cause,
            "at": row.opened_at,
            "resolved": None if row.resolved_at is None else "closed",
            "may": sight.viewer.may(case, commands, {"incident": row.number}),
        }

    def calendar(self, person: str, year: int | None = None) -> View:
        """A year of the calendar in force at a glance, and which years are published; for administrators."""
        with self._looking(person) as sight:
            _administrator(sight)
            calendar, today = sight.viewer.calendar, sight.viewer.today
            number = today.year if year is None else year
            if not EARLIEST_YEAR < number < LATEST_YEAR:
                raise NotFound(f"Expected a year after {EARLIEST_YEAR} and before {LATEST_YEAR}; found {number}.")
            return {
                **days.year(calendar, number, today),
                "first_year": calendar.first_year,
                "last_year": calendar.last_year,
                "region": calendar.region,
                "digest": calendar.digest,
                "counting": sight.reading.setting(RECOUNT) not in (None, "null"),
            }

    def outbox(self, person: str, after: str | None = None) -> View:
        """What still has to go outside, by when it is tried next; for administrators."""
        with self._looking(person) as sight:
            _administrator(sight)
            rows = [
                {
                    "case": row.case,
                    "message": row.number,
                    "destination": row.destination,
                    "action": row.action,
                    "at": row.next_at,
                    "attempts": row.attempts,
                    "next_at": row.next_at,
                    "state": "failed" if row.status == "parked" else "leased" if row.leased_by else "waiting",
                    "error": row.last_error,
                }
                for row in sight.reading.messages()
            ]
            return {"rows": rows, "next": None}


def _documentation(version: ChainVersion, element: str) -> str | None:
    """What the designer tells whoever does the task."""
    found = (p.elements[element].documentation for p in version.processes.values() if element in p.elements)
    return next(found, "") or None


def _addresses(holdings: Sequence[Holding]) -> Iterator[str]:
    """Where notices to the person's roles go."""
    for holding in holdings:
        yield f"role:{holding.role}"
        if holding.department is not None:
            yield f"role:{holding.role}@{holding.department}"


def _menu(roles: set[str]) -> Iterator[str]:
    """Pages that somebody with these roles may open."""
    working = roles - {"applicant", "auditor", "designer"}
    if working:
        yield "worklist"
    if "window" in roles or "applicant" in roles:
        yield "intake"
    yield "cases"
    yield "mailbox"
    if "administrator" in roles:
        yield from ("incidents", "outbox", "calendar", "versions")


def _administrator(sight: Sight) -> None:
    organisation, viewer = sight.viewer.organisation, sight.viewer
    if organisation is not None and not organisation.may(viewer.person, ("administrator",), None, None, viewer.today):
        raise NotAllowed(f"Expected an administrator; {viewer.person} is not.", actor=viewer.person)


def _limit(limit: Any) -> View | None:
    return {"amount": limit.amount, "unit": limit.unit} if limit is not None else None


def _shown(value: Any) -> Any:
    """A value as pages and forms take it: numbers, texts, ISO dates."""
    return json.loads(json.dumps(encode(value)), object_hook=_untagged)


_TAGS = frozenset({"$date", "$datetime", "$time", "$duration", "$months", "$personal"})


def _untagged(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        (tag, inner), *_ = value.items()
        if tag in _TAGS:
            return inner
        if tag == "$decimal":
            return float(inner)
        if tag == "$object":
            return inner
    return value


def _document(value: Any) -> Mapping[str, Any] | None:
    """The file reference in a result: the result itself, or the document of a certificate."""
    if not isinstance(value, Mapping):
        return None
    inner = value.get("document")
    return inner if isinstance(inner, Mapping) else value if "file" in value else None


def _result(version: ChainVersion, case: Case, added: Mapping[int, str], result: ResultAdded) -> View:
    value = plain(result.value)
    document = _document(value) or {}
    number = value.get("number") or value.get("identifier") if isinstance(value, Mapping) else None
    return {
        "number": result.number,
        "kind": result.kind,
        "title": result.title,
        "matter": result.matter,
        "item": present.matter_name(version, case, result.matter) if result.matter is not None else None,
        "at": added.get(result.number),
        "media_type": document.get("type"),
        "digest": document.get("file"),
        "certificate_number": number if result.kind == "certificate" else None,
        "verify": value.get("verify") if isinstance(value, Mapping) else None,
    }
