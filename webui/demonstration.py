"""The demonstration hall: chains, organisation, accounts and cases that are plainly fictional.

Everything goes through the door, at the time at which it would have happened: no row is written by hand.
"""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters import certificates, identity, registers
from engine import chain as chains
from engine import organisation as organisations
from engine import scenarios
from engine.case import Settings, timers
from engine.chain import INSTALLED
from engine.errors import InvalidInput, LicetError, ModelError
from engine.organisation import Organisation
from engine.ports import StoredFile
from engine.records import Command
from engine.scenarios import Player, Rehearsal, Unexpected, VirtualClock
from engine.workdays import Calendar
from webui.compose import Hall

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
    """One case of the demonstration: a scenario of a chain, begun some days ago, and how far it has come."""

    scenario: scenarios.Scenario
    at: datetime
    steps: int | None


def play(hall: Hall, clock: VirtualClock, now: datetime) -> int:
    """Let the planned cases happen side by side, each at its own times up to `now`; how many there are."""
    stage = Rehearsal(hall.engine, hall.scheduler, organisation(), clock)
    plans = list(_plans(now))
    queue: list[tuple[datetime, int, int]] = [(plan.at, number, -1) for number, plan in enumerate(plans)]
    players = [Player(stage, plan.scenario) for plan in plans]
    papers = _Papers(hall)
    heapq.heapify(queue)
    while queue and queue[0][0] <= now:
        at, number, step = heapq.heappop(queue)
        stage.until(at)
        following = _next(players[number], plans[number], step, at)
        if step < 0:
            papers.hand_in(players[number])
        if following is not None:
            heapq.heappush(queue, (following, number, step + 1))
    stage.until(now)
    return sum(player.case is not None for player in players)


def _next(player: Player, plan: Planned, step: int, at: datetime) -> datetime | None:
    """Do step number `step` (-1: the start); when the next one is, or None after the last."""
    steps = plan.scenario.steps[: plan.steps]
    pause = A_STEP
    try:
        if step < 0:
            player.begin()
        elif "advance" in steps[step]:
            return timers.duration(str(steps[step]["advance"])).after(at) if step + 1 < len(steps) else None
        else:
            player.act(steps[step])
    except (LicetError, Unexpected):
        return None  # somebody was refused, as it happens in a hall; the case stays where it is
    return at + pause if step + 1 < len(steps) else None


class _Papers:
    """Fictional papers of an application: one PDF a material, handed in for every case."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._made: dict[str, StoredFile] = {}

    def hand_in(self, player: Player) -> None:
        """Hand in at the window what the items of the case ask of the applicant."""
        catalogue = player.scenario.version.catalogue
        if catalogue is None or player.case is None:
            return
        asked = (need for item in catalogue.items.values() for need in item.materials if need.source == "applicant")
        for need in {need.material: need for need in asked}.values():
            paper = self._paper(need.material, need.name)
            payload = {
                "material": need.material,
                "file": paper.file,
                "name": paper.name,
                "size": paper.size,
                "media_type": paper.type,
            }
            self._hall.engine.execute(Command("SupplyMaterial", WINDOW, player.case, payload))

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
    """The cases of `bpmn/demonstration.json`: {"own": {chain: {text: [texts..]}}, "cases": [{"scenario", "days_ago":
    [..], "steps"?, "first"?}]}.

    Each case has its own of the texts of `own`: the next of each list, or those from number `first` on, where cases
    belong together (the stages of a project).
    """
    plan = json.loads((INSTALLED / "demonstration.json").read_text("utf-8"))
    models: scenarios.Models = {}
    counters: dict[str, Iterator[int]] = defaultdict(count)
    for entry in plan["cases"]:
        scenario = scenarios.read(INSTALLED / entry["scenario"], models=models)
        chain = entry["scenario"].partition("/")[0]
        numbers = counters[chain] if entry.get("first") is None else count(entry["first"])
        for days_ago, number in zip(entry["days_ago"], numbers, strict=False):
            own = {text: texts[number % len(texts)] for text, texts in plan["own"][chain].items()}
            yield Planned(_renamed_scenario(scenario, own), _workday_before(now, days_ago), entry.get("steps"))


def _workday_before(now: datetime, days: int) -> datetime:
    """The opening of the hall on the last workday that is at least so many days ago."""
    calendar, local = Calendar.shipped(), now.astimezone(ZoneInfo("Asia/Shanghai"))
    day = local.date() - timedelta(days=days)
    while not calendar.is_workday(day):
        day -= timedelta(days=1)
    return datetime.combine(day, local.time().replace(hour=OPENING, minute=0, second=0, microsecond=0), local.tzinfo)


def _renamed_scenario(scenario: scenarios.Scenario, own: Mapping[str, str]) -> scenarios.Scenario:
    """The scenario with texts of its own, taken in at the window for a fictional applicant."""
    start = {**_renamed(scenario.start, own), "by": WINDOW}
    name = next(iter(own.values()))
    start.setdefault("title", f"{name}·{scenario.version.title}")
    start.setdefault("applicant", {"kind": "organisation", "name": name, "agent": "示范申请人甲"})
    return replace(scenario, start=start, steps=_renamed(scenario.steps, own))


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
