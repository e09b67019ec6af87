"""A small real hall for tests of pages: two shipped chains, and cases in every state that a page distinguishes.

Everything goes through the door, under the time at which it would have happened. Building takes seconds: `furnish` does
it once, and a test that changes something works on a copy of the folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.hall.ports import Handler, OutboxMessage, TryLater
from engine.hall.scheduler import Scheduler
from engine.reading import scenarios
from engine.reading.scenarios import Player, Rehearsal
from tests.samples import site
from tests.samples.clocks import at
from tests.samples.halls import BPMN
from tests.samples.site import Site
from webui.cli import demonstration

NOW = "2026-03-04 10:20"
"""A Wednesday; the Spring Festival of 2026 is over."""

PROJECT = "2602-990101-47-01-500012"
OUTAGE = "2026-02-24"
CHAINS = ("business_startup", "construction")
PEOPLE = (
    "window1", "window2", "market_reviewer1", "fund_reviewer1", "market_head", "police_head", "leader",
    "supervisor", "designer", "auditor", "admin", "applicant1",
)  # fmt: skip
"""Who has an account: each role of the hall."""

PAPER = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@dataclass(frozen=True)
class Played:
    """A case played from a scenario: when it is taken in, and how many steps are done (None: all).

    `title` is the title of the case, and replaces the company's name in the values of the scenario's steps.
    """

    name: str
    at: str
    scenario: str
    steps: int | None
    title: str
    changes: Mapping[str, Any] = field(default_factory=dict)


CASES = (
    Played("land", "2026-01-05 09:00", "construction/after/scenarios/land_main.json", None, "示范精密制造二期·用地"),
    Played("planning", "2026-02-10 09:00", "construction/after/scenarios/planning_main.json", 5,
           "示范精密制造二期·规划", {"project": None}),
    Played("unsupervised", "2026-02-24 09:00", "business_startup/after/scenarios/main.json", None,
           "示范县青禾农业科技有限公司"),
    Played("late", "2026-02-26 09:00", "business_startup/after/scenarios/late_department.json", 9,
           "示范县白露食品有限公司"),
    Played("returned", "2026-02-27 09:00", "business_startup/after/scenarios/returned.json", None,
           "示范县芒种种业有限公司"),
    Played("denied", "2026-03-02 09:00", "business_startup/after/scenarios/denial.json", 7, "示范县谷雨餐饮有限公司"),
    Played("correcting", "2026-03-02 11:00", "business_startup/after/scenarios/correction_once.json", 11,
           "示范县立夏纺织有限公司"),
    Played("review", "2026-03-02 15:00", "business_startup/after/scenarios/main.json", 3, "示范县秋分物流有限公司"),
    Played("again", "2026-03-02 16:00", "business_startup/after/scenarios/main.json", 4, "示范县大雪印务有限公司"),
    Played("suspended", "2026-03-03 09:00", "business_startup/after/scenarios/main.json", 3, "示范县小满建材有限公司"),
    Played("received", "2026-03-03 15:00", "business_startup/after/scenarios/main.json", 1, "示范县寒露茶业有限公司"),
    Played("intake", "2026-03-04 09:12", "business_startup/after/scenarios/main.json", 0, "示范县惊蛰文化有限公司"),
)  # fmt: skip


def furnish(folder: Path) -> None:
    """Build the hall in an empty folder: database, files, passwords, and the numbers of its cases by name."""
    with site.site(folder, "2026-01-05 08:30", people=PEOPLE) as here:
        for name in CHAINS:
            here.publish(BPMN / name / "after")
        numbers = _play(here)
        _by_hand(here, numbers)
        numbers |= _models(here)
        (folder / "cases.json").write_text(json.dumps(numbers))


@contextmanager
def opened(folder: Path, moment: str = NOW, **pages: Any) -> Iterator[Site]:
    """Open the hall in that folder. `pages`: settings of its pages that differ."""
    with site.opened(folder, moment, **pages) as here:
        here.cases = json.loads((folder / "cases.json").read_text())
        yield here


def address(here: Site, page: str) -> str:
    """Return the address of a page: `/cases/{intake}/tasks/{intake:intake}` with the numbers of the case and its
    open task.
    """

    def number(named: re.Match[str]) -> str:
        case = here.cases[named[1]]
        return str(here.task(case, named[2])) if named[2] else case

    return re.sub(r"\{(\w+)(?::(\w+))?\}", number, page)


def _play(here: Site) -> dict[str, str]:
    """Play the cases one after the other. From `OUTAGE` on, the supervision platform doesn't answer."""
    stage, outage = (_stage(here, handlers) for handlers in (here.hall.adapters.handlers, _without_supervision(here)))
    models: scenarios.Models = {}
    numbers = {}
    for plan in CASES:
        here_and_now = outage if plan.at >= OUTAGE else stage
        here_and_now.until(at(plan.at))
        player = Player(here_and_now, _scenario(plan, models))
        player.begin()
        for step in player.scenario.steps[: plan.steps]:
            player.play({**step, "expect": {"refused": (step.get("expect") or {}).get("refused", False)}})
        assert player.case is not None
        numbers[plan.name] = player.case
    outage.until(at(NOW))
    return numbers


def _stage(here: Site, handlers: Mapping[str, Handler]) -> Rehearsal:
    scheduler = Scheduler(here.hall.engine, handlers, here.clock)
    return Rehearsal(here.hall.engine, scheduler, demonstration.organisation(), here.clock)


def _without_supervision(here: Site) -> Mapping[str, Handler]:
    def handle(message: OutboxMessage) -> Any:
        raise TryLater("The supervision platform does not answer.")

    return {**here.hall.adapters.handlers, "supervision": handle}


def _scenario(plan: Played, models: scenarios.Models) -> scenarios.Scenario:
    found = scenarios.read(BPMN / plan.scenario, models=models)
    steps = json.loads(json.dumps(list(found.steps), ensure_ascii=False).replace("云岭示范科技有限公司", plan.title))
    applicant = {"kind": "person", "name": "示范申请人甲", "id_type": "id_number", "id_number": "11010519491231002X"}
    start = {**found.start, "title": plan.title, "applicant": applicant, "by": "window1", **plan.changes}
    return replace(found, start=start, steps=steps)


def _by_hand(here: Site, numbers: dict[str, str]) -> None:
    """Make states that no scenario makes: claimed tasks, clocks changed by an officer, papers, letters, moves."""
    for name, element, person in (
        ("intake", "intake", "window1"),
        ("review", "review", "market_reviewer1"),
        ("received", "check_completeness", "window2"),
    ):
        here.give("ClaimTask", person, numbers[name], task=here.task(numbers[name], element))
    here.give("SuspendClock", "market_head", numbers["suspended"], matter=_matter(here, numbers["suspended"]),
              reason="hearing", workdays=3)  # fmt: skip
    here.give("ExtendClock", "market_head", numbers["review"], matter=_matter(here, numbers["review"]), amount=2,
              reason="情况复杂")  # fmt: skip
    here.give("SendBack", "market_reviewer2", numbers["again"], task=here.task(numbers["again"], "sign_off"),
              target="review", reason="经营范围表述不规范")  # fmt: skip
    here.give("WithdrawMatter", "window1", numbers["late"], matter=_matter(here, numbers["late"], "bank_appointment"),
              reason="已自行开户")  # fmt: skip
    for name in ("intake", "received"):
        paper = here.hall.adapters.storage.keep(PAPER, "公司章程.pdf", "application/pdf")
        here.give("SupplyMaterial", "window1", numbers[name], material="articles", file=paper.file, name=paper.name,
                  size=paper.size, media_type=paper.type)  # fmt: skip
    applicant = {"kind": "person", "name": "示范申请人甲", "person": "applicant1"}
    numbers["online"] = here.give("StartCase", "applicant1", None, chain=here.case(numbers["intake"]).chain,
                                  title="示范县霜降科技有限公司", applicant=applicant, channel="online")  # fmt: skip
    for person, case in (("window1", "unsupervised"), ("market_head", "review"), ("applicant1", "online")):
        content = {"subject": "系统维护通知", "text": "今日 18 时起系统维护一小时。"}
        here.hall.adapters.mailbox.send(
            f"notice/{person}", f"person:{person}", "message", content, numbers[case], at(NOW)
        )


def _models(here: Site) -> dict[str, str]:
    """Start cases of bare models: a task in its second round, signers, an older version, a cancelled case."""
    branches, signers = here.publish("moves/branches"), here.publish("moves/signers")
    former, _ = here.publish("migration/first"), here.publish("migration/second")
    numbers = {
        "branches": here.case_of(branches, "P", "A1"),
        "signers": here.case_of(signers, "P", signers=["market_reviewer1", "market_head"]),
        "older": here.case_of(former, "P"),
        "cancelled": here.case_of(branches),
    }
    here.give("SendBack", "window1", numbers["branches"], task=here.task(numbers["branches"], "A2"), target="P",
              reason="材料有误")  # fmt: skip
    here.give("CancelCase", "admin", numbers["cancelled"], reason="重复申办")
    return numbers


def _matter(here: Site, number: str, item: str = "establishment_registration") -> int:
    return next(matter.number for matter in here.case(number).matters.values() if matter.item == item)
