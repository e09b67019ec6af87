"""The demonstration hall: chains, organisation, accounts and cases that are plainly fictional.

Everything goes through the door, at the time at which it would have happened: no row is written by hand.
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
from engine.case.records import Command
from engine.hall.ports import StoredFile
from engine.law import organisation as organisations
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain import INSTALLED
from engine.reading import scenarios
from engine.reading.scenarios import Player, Rehearsal, Unexpected, VirtualClock
from webui.cli.compose import Hall

BY = "system:demo"
WINDOW = "window1"  # who takes in the cases of the demonstration
A_STEP = timedelta(minutes=7)  # between two things that people do, where a scenario lets no time pass
OPENING = 9  # o'clock, when the window takes in


def chain_folder(name: str) -> Path:
    """The folder of a shipped chain's present version. Raises InvalidInput, naming those that there are."""
    folder = INSTALLED / name / "after"
    if not folder.is_dir():
        known = ", ".join(path.parent.name for path in chain_folders())
        raise InvalidInput(f"Expected a chain ({known}); found {name!r}.", chain=name)
    return folder


def main_scenario(name: str) -> Path:
    """What `licet demo` plays of a shipped chain. Raises InvalidInput."""
    return chain_folder(name) / "scenarios" / "main.json"


def chain_folders() -> Iterator[Path]:
    return (path.parent for path in sorted(INSTALLED.glob("*/after/chain.bpmn")))


def organisation() -> Organisation:
    """The county hall that ships."""
    return organisations.read((INSTALLED / "organisation.json").read_bytes())


def set_up(hall: Hall) -> None:
    """Calendar, organisation and chains in force. Doing it twice changes nothing."""
    hall.engine.set_up(Calendar.shipped(), organisation(), Settings())
    for folder in chain_folders():
        reading = chains.read(folder)
        if reading.version is None:
            wrong = [f"{f.file}:{f.line} {f.message}" for f in reading.findings if f.severity == "error"]
            raise ModelError(f"Expected the shipped chain {folder.parent.name} to be right: {'; '.join(wrong[:3])}")
        hall.engine.publish(reading.version, BY)


def open_accounts(hall: Hall) -> list[str]:
    """Accounts with made-up passwords and a library of certificates; the accounts that were made."""
    at = datetime.now(UTC)
    certificates.demonstration(hall.adapters.library, at)
    registers.open_demonstration(hall.adapters.registers)
    people = {person.key: person.name for person in organisation().people}
    return identity.open_demonstration(hall.adapters.identity, people, hall.settings.demonstration_accounts, at)


# ------------------------------------------------------------------ cases


@dataclass(frozen=True)
class Planned:
    """One case of the demonstration: a scenario of a chain, begun some days ago, and how far it has come.

    `own`: texts of the scenario that this case has others for. `steps`: how many of its steps are done (None: all).
    """

    scenario: scenarios.Scenario
    at: datetime
    steps: int | None
    own: Mapping[str, str]

    def hands_in_itself(self) -> bool:
        """Whether its steps say which papers come, and when."""
        return any(step.get("command") == "SupplyMaterial" for step in self.scenario.steps)


def play(hall: Hall, clock: VirtualClock, now: datetime) -> int:
    """Let the planned cases happen side by side, each at its own times up to `now`; how many there are."""
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
    """Do step number `step` (-1: the start); when the next one is, or None after the last."""
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
            return None  # somebody was refused, as it happens in a hall; the case stays where it is
    return following if step + 1 < len(steps) else None


def _register(hall: Hall, plans: Iterable[Planned]) -> None:
    """What the registers know of the texts that cases have of their own: the same as of those in their scenarios."""
    for row, own in {(row["register"], key): (row, plan.own)
                     for plan in plans for row in registers.shipped()
                     if (key := plan.own.get(row["key"])) is not None}.values():  # fmt: skip
        renamed = _renamed(row, own)
        registers.enter(hall.adapters.registers, renamed)


class _Papers:
    """Fictional papers of an application: one PDF a material, handed in for every case."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._made: dict[str, StoredFile] = {}

    def hand_in(self, player: Player) -> None:
        """Hand in at the window what the case asks of the applicant."""
        if player.case is None:
            return
        asked = self._hall.views.case(WINDOW, player.case)["materials"]
        for material in (one for one in asked if one["source"] == "applicant"):
            payload = self._supplied(material["key"], material["name"])
            self._hall.engine.execute(Command("SupplyMaterial", WINDOW, player.case, payload))

    def in_place_of(self, step: Mapping[str, Any], player: Player) -> Mapping[str, Any]:
        """The step; where it hands a paper in, with one that is there to be looked at."""
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
    """The cases of `bpmn/demonstration.json`.

    `{"chains": {chain: {"title", "applicant", "kind", "own": {text: [texts..] | {"each": [[parts..]..]}}}}, "cases":
    [{"scenario", "days_ago": [..], "steps"?, "first"?, "linked"?}]}`. Title and applicant name variables of the
    intake, or are texts. Each case has the next of each list of its own, or those from number `first` on, where cases
    belong together: the stages of a project, which are `linked` where they take over what the stage before has handed
    on, not what the scenario says of it.
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
    """How the window takes the case in: titled by what it is about, for a fictional applicant."""
    stated = next((step["variables"] for step in scenario.steps if "complete" in step), {})
    process = scenario.version.processes[scenario.process or scenario.version.main]
    title, name = (stated.get(chain[part], chain[part]) for part in ("title", "applicant"))
    start = {
        "title": f"{title}·{process.name}",
        "applicant": {"kind": chain["kind"], "name": name, "agent": "示范申请人甲"},
    }
    return start | {**scenario.start, "by": WINDOW}


def _listed(texts: Any) -> list[str]:
    """A list of texts as it stands, or each of `{"each": [[parts..], ..]}` joined with each."""
    return list(texts) if isinstance(texts, list) else ["".join(parts) for parts in product(*texts["each"])]


def _workday_before(now: datetime, days: int) -> datetime:
    """The opening of the hall on the last workday that is at least so many days ago."""
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
        return {_renamed(key, own): _renamed(item, own) for key, item in value.items()}  # keys of register entries too
    if isinstance(value, list):
        return [_renamed(item, own) for item in value]
    return value
