"""The demonstration hall: chains, organisation, accounts and cases that are plainly fictional.

Everything goes through the door, under the time at which it would have happened: no row is written by hand.
"""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters import certificates, identity, registers
from engine.base.errors import InvalidInput, LicetError, ModelError
from engine.case import timers
from engine.case.context import Settings
from engine.case.records import Command, SupplyMaterial
from engine.hall.ports import StoredFile
from engine.law import organisation as organisations
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain import INSTALLED
from engine.reading import scenarios
from engine.reading.scenarios import Player, Rehearsal, Unexpected, VirtualClock
from engine.reading.views import materials
from webui.cli.compose import Hall

BY = "system:demo"
WINDOW = "window1"  # the person who takes in the cases of the demonstration
A_STEP = timedelta(minutes=7)  # between two steps of people, where the scenario lets no time pass
OPENING = 9  # o'clock, when the window takes in


def chain_folder(name: str) -> Path:
    """Return the folder of a shipped chain's present version. Raises InvalidInput, naming the chains that there are."""
    folder = INSTALLED / name / "after"
    if not folder.is_dir():
        known = ", ".join(path.parent.name for path in chain_folders())
        raise InvalidInput(f"Expected a chain ({known}); found {name!r}.", chain=name)
    return folder


def main_scenario(name: str) -> Path:
    """Return the scenario that `licet demo` plays of a shipped chain. Raises InvalidInput."""
    return chain_folder(name) / "scenarios" / "main.json"


def chain_folders() -> Iterator[Path]:
    return (path.parent for path in sorted(INSTALLED.glob("*/after/chain.bpmn")))


def organisation() -> Organisation:
    """Return the county hall's organisation that ships with Licet."""
    return organisations.read((INSTALLED / "organisation.json").read_bytes())


def set_up(hall: Hall) -> None:
    """Put calendar, organisation and chains in force. A second call changes nothing."""
    hall.engine.set_up(Calendar.shipped(), organisation(), Settings())
    for folder in chain_folders():
        reading = chains.read(folder)
        if reading.version is None:
            wrong = [f"{f.file}:{f.line} {f.message}" for f in reading.findings if f.severity == "error"]
            raise ModelError(f"Expected the shipped chain {folder.parent.name} to be right: {'; '.join(wrong[:3])}")
        hall.engine.publish(reading.version, BY)


def open_accounts(hall: Hall) -> list[str]:
    """Make accounts with random passwords and fill the certificate library and registers; return the new accounts."""
    at = datetime.now(UTC)
    certificates.demonstration(hall.adapters.library, at)
    registers.open_demonstration(hall.adapters.registers)
    people = {person.key: person.name for person in organisation().people}
    return identity.open_demonstration(hall.adapters.identity, people, hall.settings.demonstration_accounts, at)


# ------------------------------------------------------------------ cases


@dataclass(frozen=True)
class Planned:
    """One case of the demonstration: a scenario of a chain, when it began, and how far it has come.

    `own`: text of the scenario → the text that this case has instead. `steps`: how many steps are done (None: all).
    """

    scenario: scenarios.Scenario
    at: datetime
    steps: int | None
    own: Mapping[str, str]

    def hands_in_itself(self) -> bool:
        """Return whether its steps say which papers are handed in, and when."""
        return any(step.get("command") == "SupplyMaterial" for step in self.scenario.steps)


def play(hall: Hall, clock: VirtualClock, now: datetime) -> int:
    """Let the planned cases happen side by side, each at its own times up to `now`; return how many were started."""
    stage = Rehearsal(hall.engine, hall.scheduler, organisation(), clock)
    plans = list(_plans(now))
    queue: list[tuple[datetime, int, int]] = [(plan.at, number, -1) for number, plan in enumerate(plans)]
    players = [Player(stage, plan.scenario) for plan in plans]
    papers = _Papers(hall)
    _register(hall, plans)
    heapq.heapify(queue)
    while queue and queue[0][0] <= now:
        at, number, step = heapq.heappop(queue)
        stage.until(at)
        following = _next(players[number], plans[number], papers, step, at)
        if following is not None:
            heapq.heappush(queue, (following, number, step + 1))
    stage.until(now)
    return sum(player.case is not None for player in players)


def _next(player: Player, plan: Planned, papers: _Papers, step: int, at: datetime) -> datetime | None:
    """Do step number `step` (-1: the start); return the time of the next one, or None after the last."""
    steps = plan.scenario.steps[: plan.steps]
    following = at + A_STEP
    try:
        if step < 0:
            player.begin()
            if not plan.hands_in_itself():
                papers.hand_in(player)
        elif "advance" in steps[step]:
            following = timers.duration(str(steps[step]["advance"])).after(at)
        else:
            player.act(papers.in_place_of(steps[step], player))
    except (LicetError, Unexpected):
        if step < 0 or not (steps[step].get("expect") or {}).get("refused"):
            return None  # the step was refused, as happens in a real hall; the case stays where it is
    return following if step + 1 < len(steps) else None


def _register(hall: Hall, plans: Iterable[Planned]) -> None:
    """Enter into the registers, under the cases' own texts, the same entries as for the texts of their scenarios."""
    for row, own in {(row["register"], key): (row, plan.own)
                     for plan in plans for row in registers.shipped()
                     if (key := plan.own.get(row["key"])) is not None}.values():  # fmt: skip
        renamed = _renamed(row, own)
        registers.enter(hall.adapters.registers, renamed)


class _Papers:
    """Fictional papers for applications: one PDF for each material, used in every case."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._made: dict[str, StoredFile] = {}

    def hand_in(self, player: Player) -> None:
        """Hand in at the window the materials that the case asks of the applicant."""
        if player.case is None:
            return
        with self._hall.sights.of(WINDOW) as sight:
            asked = materials.of_case(sight, player.case)
        for material in (one for one in asked if one.source == "applicant"):
            order = SupplyMaterial(**self._supplied(material.key, material.name))
            self._hall.engine.execute(Command(WINDOW, player.case, order))

    def in_place_of(self, step: Mapping[str, Any], player: Player) -> Mapping[str, Any]:
        """Return the step; if it hands in a paper, with one whose file is really in the storage."""
        catalogue, payload = player.scenario.version.catalogue, step.get("payload")
        if step.get("command") != "SupplyMaterial" or catalogue is None or payload is None:
            return step
        material = catalogue.materials.get(payload.get("material"))
        return step if material is None else {**step, "payload": self._supplied(material.key, material.name)}

    def _supplied(self, material: str, name: str) -> dict[str, Any]:
        paper = self._paper(material, name)
        return {
            "material": material,
            "file": paper.file,
            "name": paper.name,
            "size": paper.size,
            "media_type": paper.type,
        }

    def _paper(self, material: str, name: str) -> StoredFile:
        if material not in self._made:
            adapters = self._hall.adapters
            values = {
                "title": name,
                "hall": adapters.settings.hall,
                "fields": {"材料": name, "说明": "示范材料，非真实文件"},
            }
            content = adapters.documents.render("paper", values)
            file = adapters.storage.keep(content, name + adapters.documents.suffix, adapters.documents.type)
            self._made[material] = file
        return self._made[material]


def _plans(now: datetime) -> Iterator[Planned]:
    """Yield the cases of `bpmn/demonstration.json`.

    `{"chains": {chain: {"title", "applicant", "kind", "own": {text: [texts..] | {"each": [[parts..]..]}}}}, "cases":
    [{"scenario", "days_ago": [..], "steps"?, "first"?, "linked"?}]}`. Title and applicant are names of intake
    variables, or
    texts. Each case takes the next text of each list in `own`; where cases belong together (the stages of a project),
    `first` says at which number of the lists they begin. A `linked` case takes over the facts that the stage before has
    handed on, instead of those in its scenario.
    """
    plan = json.loads((INSTALLED / "demonstration.json").read_text("utf-8"))
    lists = {name: {text: _listed(texts) for text, texts in chain["own"].items()}
             for name, chain in plan["chains"].items()}  # fmt: skip
    models: scenarios.Models = {}
    counters: dict[str, Iterator[int]] = defaultdict(count)
    for entry in plan["cases"]:
        scenario = scenarios.read(INSTALLED / entry["scenario"], models=models)
        chain = entry["scenario"].partition("/")[0]
        start = _taken_in(scenario, plan["chains"][chain])
        if entry.get("linked"):
            start.pop("project", None)
        numbers = counters[chain] if entry.get("first") is None else count(entry["first"])
        for days_ago, number in zip(entry["days_ago"], numbers, strict=False):
            own = {text: texts[number % len(texts)] for text, texts in lists[chain].items()}
            mine = replace(scenario, start=_renamed(start, own), steps=_renamed(scenario.steps, own))
            yield Planned(mine, _workday_before(now, days_ago), entry.get("steps"), own)


def _taken_in(scenario: scenarios.Scenario, chain: Mapping[str, str]) -> dict[str, Any]:
    """Return the intake at the window: a title that says what the case is about, and a fictional applicant."""
    stated: Mapping[str, Any] = next((step["variables"] for step in scenario.steps if "complete" in step), {})
    process = scenario.version.processes[scenario.process or scenario.version.main]
    title, name = (stated.get(chain[part], chain[part]) for part in ("title", "applicant"))
    start = {
        "title": f"{title}·{process.name}",
        "applicant": {"kind": chain["kind"], "name": name, "agent": "示范申请人甲"},
    }
    return start | {**scenario.start, "by": WINDOW}


def _listed(texts: Any) -> list[str]:
    """Return a list of texts as it stands; for `{"each": [[parts..], ..]}` every combination of the parts, joined."""
    return list(texts) if isinstance(texts, list) else ["".join(parts) for parts in product(*texts["each"])]


def _workday_before(now: datetime, days: int) -> datetime:
    """Return the hour at which the hall opens on the last workday that is at least so many days ago."""
    calendar, local = Calendar.shipped(), now.astimezone(ZoneInfo("Asia/Shanghai"))
    day = local.date() - timedelta(days=days)
    while not calendar.is_workday(day):
        day -= timedelta(days=1)
    return datetime.combine(day, local.time().replace(hour=OPENING, minute=0, second=0, microsecond=0), local.tzinfo)


def _renamed(value: Any, own: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for text, mine in own.items():
            value = value.replace(text, mine)
        return value
    if isinstance(value, Mapping):
        # Keys too: they hold the texts in register entries.
        return {_renamed(key, own): _renamed(item, own) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, own) for item in value]
    return value
