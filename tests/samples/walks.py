"""Random histories: what people might do to a case next, and the proofs that hold after each command."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.base.canonical import canonical
from engine.base.errors import LicetError, NotFound
from engine.case.authority import lasting
from engine.case.journal import read as read_entry
from engine.case.normal_form import core_of, state_digest
from engine.case.records import Command, CompleteTask, Personal, effect_from_json, given, read_command
from engine.case.state import Case, evolve
from engine.hall.door import Engine, Receipt
from engine.hall.door.derived import Standing, differing
from engine.hall.door.stored import stored_case
from engine.hall.ports import Handler, TryLater
from engine.hall.proof import History, personal_of
from engine.hall.scheduler import Scheduler
from engine.hall.store import Reading, Store
from engine.reading.scenarios import ANYBODY, Rehearsal, VirtualClock
from tests.samples import halls

COLD = 0.5
"""Share of commands given to an engine that has nothing in memory."""


# ------------------------------------------------------------------ the proofs


@dataclass
class ProvingDoor:
    """A door that gives each command to an engine with or without the case in memory, and proves what it did:

    a refusal has changed nothing; the stored state, the live state and the folded journal are equal; the tables of
    tasks,
    deadlines, messages, claims and incidents follow from that state.
    """

    engine: Engine
    clock: VirtualClock
    rng: random.Random
    folded: dict[str, Case] = field(default_factory=dict)
    kept: dict[str, frozenset[str]] = field(default_factory=dict)
    accepted: int = 0
    refused: int = 0
    log: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.engine.store

    def execute(self, command: Command) -> Receipt:
        before = self._picture(command.case)
        cold = self.rng.random() < COLD
        self.log.append(f"{'cold' if cold else 'hot'} {command}")
        try:
            receipt = (self._cold() if cold else self.engine).execute(command)
        except LicetError as error:
            self.refused += 1
            self.log.append(f"  {error.code}: {error}")
            assert self._picture(command.case) == before, f"a refusal changed something: {command}"
            raise
        if receipt.again:
            assert self._picture(command.case) == before, f"a command that came again changed something: {command}"
        else:
            self.accepted += 1
            self._prove(receipt)
        return receipt

    def _cold(self) -> Engine:
        """Return a new engine. Now and then it also reads the published versions anew; they never change."""
        fresh = Engine(self.store, self.clock, seed=b"walk")
        if self.rng.random() < 0.98:
            fresh.library = self.engine.library
        return fresh

    def _picture(self, case: str | None) -> Any:
        with self.store.reading() as reading:
            if case is None:
                return dict(reading.heads(None))
            row = reading.case(case)
            return row, reading.facts(case), reading.personal(case), reading.tasks(case), reading.deadlines(case)

    def _prove(self, receipt: Receipt) -> None:
        number = receipt.case
        with self.store.reading() as reading:
            row = reading.case(number)
            assert row is not None
            loaded = stored_case(reading, row)
            (last,) = reading.entries(number, after=receipt.sequence - 1)
            personal = personal_of(reading, number)
        entry = read_entry(last.body)

        def find(digest: str) -> Any:
            return personal.get(digest) or Personal.erased(digest)

        effects = [effect_from_json(effect, find) for effect in entry.effects]
        before = self.folded.get(number, Case(number))
        fold = evolve(before, effects)
        self.folded[number] = fold
        self.kept[number] = self.kept.get(number, frozenset()) | lasting(before, fold, entry.actor)
        with self.store.reading() as reading:
            same_tables(reading, number, self.kept[number])
        assert state_digest(loaded) == entry.state, "the stored rows have another digest than the entry says"
        assert state_digest(fold) == entry.state, "the fold of the effects has another digest than the entry says"
        assert canonical(core_of(loaded)).decode() == row.core == canonical(core_of(fold)).decode()
        live = self.engine._live._cases.get(number)
        if live is not None and live.row.head == row.head:
            assert live.row == row
            assert live.case == loaded, difference(live.case, loaded)
            assert live.case == fold, difference(live.case, fold)
            if live.run is not None:
                assert live.run.normal_form() == loaded.normal_form(), "the live run isn't the stored normal form"


def same_tables(reading: Reading, number: str, kept: frozenset[str] | None = None) -> None:
    """The tables of tasks, deadlines, messages, claims, incidents and materials follow from the stored case.

    `kept`: whom the case has concerned on the way; None: as its journal says.
    """
    if kept is None:
        history = History(reading, number)
        for entry in reading.entries(number):
            history.step(read_entry(entry.body))
        kept = history.kept
    row = reading.case(number)
    assert row is not None
    standing = Standing(stored_case(reading, row), row.sequence, row.recorded_at, kept)
    assert list(differing(reading, {number: standing})) == []


def difference(one: Case, other: Case) -> str:
    """The fields in which two cases differ."""
    names = Case.__dataclass_fields__
    return "; ".join(
        f"{name}: {getattr(one, name)!r} / {getattr(other, name)!r}"
        for name in names
        if getattr(one, name) != getattr(other, name)
    )


# ------------------------------------------------------------------ walking

Answers = Mapping[str, Callable[[random.Random], dict[str, Any]]]


def _outcome(*choices: str, **more: Any) -> Callable[[random.Random], dict[str, Any]]:
    return lambda rng: {"outcome": rng.choice(choices), **more}


def _intake(rng: random.Random) -> dict[str, Any]:
    found = dict(halls.APPLICATION)
    found |= {"employees": rng.randint(1, 9), "register_housing_fund": rng.random() < 0.7}
    found["book_bank_account"] = rng.random() < 0.7
    found["registered_capital"] = rng.choice([100, Decimal("0.01"), Decimal("33.30")])
    if rng.random() < 0.3:
        found |= {"delivery": "courier", "address": "示范县示范路2号"}
    if not found["register_housing_fund"]:
        del found["fund_ratio"]
    if not found["book_bank_account"]:
        del found["preferred_bank"]
    return found


def _check(rng: random.Random) -> dict[str, Any]:
    outcome = rng.choice(["accept"] * 8 + ["correct", "correct", "return", "refuse", "not_required", "wrong_office"])
    found: dict[str, Any] = {"outcome": outcome}
    if outcome == "correct":
        found["missing"] = "住所使用证明"
    elif outcome == "wrong_office":
        found |= {"office": "示范市", "reason": "不属本级"}
    elif outcome == "accept":
        found |= rng.choice([{}, {"decision": "grant"}, {"decision": "grant"}, {"decision": "deny", "reason": "不符"}])
    else:
        found["reason"] = "不符合条件"
    return found


def _review(rng: random.Random) -> dict[str, Any]:
    outcome = rng.choice(["grant"] * 6 + ["deny", "site_check", "special", "extend"])
    more = {
        "grant": {},
        "deny": {"reason": "不符合法定条件"},
        "site_check": {},
        "special": {"special_kind": rng.choice(["hearing", "expert_review"]), "special_workdays": rng.randint(1, 10)},
        "extend": {"extension_workdays": rng.randint(1, 4), "extension_reason": "情况复杂"},
    }
    return {"outcome": outcome, **more[outcome]}


def _bank(rng: random.Random) -> dict[str, Any]:
    if rng.random() < 0.3:
        return {"outcome": "failed", "reason": "银行无号"}
    booked = {"bank": "示范银行", "branch": "示范路支行", "appointment_at": "2026-03-05T10:00:00+08:00"}
    return {"outcome": "booked", **booked}


BUSINESS: Answers = {
    "intake": _intake,
    "check_completeness": _check,
    "supply_correction": lambda rng: {"complete": True},
    "check_correction": lambda rng: rng.choice([{"outcome": "accept"}, {"outcome": "refuse", "reason": "仍不齐全"}]),
    "review": _review,
    "sign_off": lambda rng: rng.choice(
        [{"outcome": "agree"}] * 4 + [{"outcome": "disagree", "sign_off_opinion": "请补充"}]
    ),
    "approve_extension": _outcome("approve", "reject", opinion="已阅"),
    "site_check": lambda rng: {"conforms": rng.choice(["yes", "yes", "no"]), "record": "现场核查记录"},
    "record_result": _outcome("passed", "passed", "failed", opinion="通过"),
    "book_bank_appointment": _bank,
    "collect": lambda rng: {"received_by": "示范申请人甲", "signed": True},
}

ODD_VALUES: Sequence[Any] = (
    None, 0, -1, 2**60, Decimal("1.50"), Decimal("3"), "", "汉字 \u2028 \U0001f600", "$date", True, [], {},
    [[1], {"a": None}], {"$date": "not one"}, {"b": 2, "a": {"$personal": "x"}}, date(2026, 2, 28), timedelta(hours=36),
    datetime(2026, 3, 29, 2, 30, tzinfo=halls.MONDAY.tzinfo), [Decimal("0.10"), "x"],
)  # fmt: skip

_FLAGS = ("x", "y", "extra", "redo", "again", "deeper", "broken")


def _free(rng: random.Random) -> dict[str, Any]:
    """Variables of a bare model, whose tasks have no forms."""
    found: dict[str, Any] = {name: rng.random() < 0.35 for name in rng.sample(_FLAGS, rng.randint(0, len(_FLAGS)))}
    found["vote"] = rng.choice(["agree", "agree", "agree", "reject"])
    found["remark"] = rng.choice(ODD_VALUES)
    if rng.random() < 0.3:
        found[rng.choice(["note", "votes", "finding", "n$"])] = rng.choice(ODD_VALUES)
    return found


PEOPLE = ("window1", "market_reviewer1", "market_head", "police_reviewer1", "tax_reviewer2", "supervisor", "admin",
          "applicant1", "nobody")  # fmt: skip
MESSAGES = ("paid", "delivered", "cancelled", "withdraw", "unheard")
DURATIONS = ("PT20M", "PT3H", "PT13H", "P1D", "P1D", "P2D", "P3D", "P8D", "P30D")


@dataclass
class Walk:
    """One case, walked at random. The same name and seed walk the same way."""

    stage: Rehearsal
    door: ProvingDoor
    rng: random.Random
    number: str = ""
    keyed: list[Command] = field(default_factory=list)

    @classmethod
    def begin(cls, store: Store, name: str, seed: int) -> Walk:
        rng = random.Random(f"{name}/{seed}")
        at = halls.MONDAY + timedelta(days=rng.randint(-60, 200), minutes=rng.randint(0, 600))
        plain = halls.hall(store, name, at)
        door = ProvingDoor(Engine(store, plain.clock, seed=b"walk"), plain.clock, rng)
        handlers = {name: _flaky(handler, rng) for name, handler in halls.outside().items()}
        stage = Rehearsal(door, Scheduler(door, handlers, plain.clock), plain.organisation, plain.clock)  # type: ignore[arg-type]
        walk = cls(stage, door, rng)
        payload: dict[str, Any] = {"chain": halls.chain(name)[0].digest, "title": f"{name} {seed}"}
        if plain.organisation is None:
            payload["variables"] = _free(rng)
        else:
            payload["applicant"] = {"name": "示范申请人甲", "person": "applicant1"}
        today = at.date() - timedelta(days=rng.choice([0, 0, 0, 1, 7]))
        command = read_command("StartCase", stage.starter(), None, payload, f"start-{seed}", today)
        walk.number = walk.give(command)
        return walk

    def give(self, command: Command) -> str:
        receipt = self.door.execute(command)
        self.stage.scheduler.drain()
        return receipt.case

    def case(self) -> Case:
        return self.stage.case(self.number)

    def go(self, commands: int) -> None:
        """Walk until so many commands have been accepted, or the case has ended."""
        for _ in range(commands * 4):
            case = self.case()
            if self.door.accepted >= commands or not case.is_open:
                break
            self._step(case)
        self._afterwards(self.case())

    def _step(self, case: Case) -> None:
        weights, steps = zip(*_STEPS, strict=True)
        command = self.rng.choices(steps, weights)[0](self, case)
        if command is None:
            return
        if self.rng.random() < 0.1:
            command = replace(command, key=f"key-{self.door.accepted}")
            self.keyed.append(command)
        try:
            self.give(command)
        except LicetError:
            return
        if command.key is not None and self.rng.random() < 0.5:
            assert self.door.execute(command).again

    def _afterwards(self, case: Case) -> None:
        """Do what may still be done to a case that has ended, or that shall end now."""
        if case.is_open and self.rng.random() < 0.3:
            self._try("CancelCase", self.admin(), {"reason": "演练结束"})
        for incident in list(self.case().incidents):
            self._try("ResolveIncident", self.admin(), {"incident": incident, "reason": "已处理"})
        self._try("ClaimTask", self.admin(), {"task": 1})

    def _try(self, type: str, actor: str, payload: dict[str, Any]) -> None:
        try:
            self.give(read_command(type, actor, self.number, payload))
        except LicetError:
            return

    # ---------------------------------------------------------------- what might be done next

    def anybody(self) -> str:
        return ANYBODY if self.stage.organisation is None else self.rng.choice(PEOPLE)

    def admin(self) -> str:
        return ANYBODY if self.stage.organisation is None else "admin"

    def command(self, type: str, actor: str, payload: Mapping[str, Any]) -> Command:
        return read_command(type, actor, self.number, payload)

    def complete(self, case: Case) -> Command | None:
        if not case.tasks:
            return None
        task = case.tasks[self.rng.choice(sorted(case.tasks))]
        rng = self.rng
        actor = self.stage.somebody(case, task) if rng.random() < 0.93 else self.anybody()
        answer = BUSINESS.get(task.element) if self.stage.organisation is not None else None
        variables = (answer or _free)(rng) if rng.random() < 0.96 else {"outcome": "nonsense", "unheard": 1}
        day = self.stage.clock.now().date() - timedelta(days=rng.choice([1, 2])) if rng.random() < 0.06 else None
        return Command(actor, self.number, CompleteTask(task=task.token, variables=variables), None, day)

    def claim(self, case: Case) -> Command | None:
        if not case.tasks:
            return None
        task = case.tasks[self.rng.choice(sorted(case.tasks))]
        actor = self.stage.somebody(case, task) if self.rng.random() < 0.8 else self.anybody()
        type = self.rng.choice(["ClaimTask", "ClaimTask", "ReleaseTask", "TransferTask"])
        payload: dict[str, Any] = {"task": task.token}
        if type == "TransferTask":
            payload["to"] = self.anybody()
        return self.command(type, actor, payload)

    def wait(self, case: Case) -> None:
        self.stage.advance(self.number, self.rng.choice(DURATIONS))

    def message(self, case: Case) -> Command:
        payload = {"name": self.rng.choice(MESSAGES), "variables": {"told": self.rng.choice(ODD_VALUES), "as": "x"}}
        if self.rng.random() < 0.9:
            payload["correlation_key"] = self.rng.choice(["K-1", "K-1", "K-1", "K-2", 7])
        return self.command("DeliverMessage", "system:outbox", payload)

    def signal(self, case: Case) -> Command:
        return self.command("BroadcastSignal", "system:outbox", {"name": "weather", "variables": {"b": 1, "a": 2}})

    def clock_of(self, case: Case) -> Command | None:
        if not case.matters:
            return None
        matter = case.matters[self.rng.choice(sorted(case.matters))]
        kind = self.rng.choice(["SuspendClock", "ResumeClock", "ResumeClock", "ExtendClock"])
        payload: dict[str, Any] = {"matter": matter.number}
        if kind != "ResumeClock":
            payload["reason"] = self.rng.choice(["专家评审", "情况复杂", " "])
        if kind == "ExtendClock":
            payload["amount"] = self.rng.choice([1, 2, 3, Decimal("1.5"), 0])
        heads = {"market_regulation": "market", "public_security": "police", "human_resources": "social", "tax": "tax"}
        return self.command(kind, f"{heads.get(matter.department, 'fund')}_head", payload)

    def withdraw(self, case: Case) -> Command | None:
        if not case.matters:
            return None
        payload = {"matter": self.rng.choice(sorted(case.matters))} | self.rng.choice([{}, {"reason": "不办了"}])
        return self.command("WithdrawMatter", self.rng.choice(["window1", "applicant1", "applicant2"]), payload)

    def material(self, case: Case) -> Command:
        material = self.rng.choice(["application", "articles", "domicile_proof", "business_licence", "unheard"])
        digest = f"sha256:{self.rng.randint(1, 3):064d}"
        if self.rng.random() < 0.2:
            return self.command("RemoveMaterial", self.window(), {"material": material, "file": digest})
        file = {"file": digest, "name": "材料.pdf", "size": 1000, "media_type": "application/pdf"}
        return self.command("SupplyMaterial", self.window(), {"material": material, **file})

    def window(self) -> str:
        return ANYBODY if self.stage.organisation is None else self.rng.choice(["window1", "applicant1", "tax_head"])

    def correct_fact(self, case: Case) -> Command:
        scope, name = self.rng.choice([*sorted(case.facts), (0, "note"), (999, "note")])
        payload = {"scope": scope, "name": name, "value": self.rng.choice(ODD_VALUES), "reason": "更正"}
        if name in ("matter", "item_key", "item_keys", "key") or self.rng.random() < 0.5:
            payload |= {"scope": 0, "name": "note"}
        return self.command("SetFact", self.admin(), payload)

    def move(self, case: Case) -> Command | None:
        if self.stage.organisation is not None or not case.tasks:
            return None
        processes = halls.chain(case.process)[0].processes.values()
        elements = [element for process in processes for element in process.elements]
        payload = {"token": self.rng.choice(sorted(case.tokens)), "target": self.rng.choice(sorted(elements))}
        return self.command("MoveToken", self.admin(), payload | {"reason": "移动"})

    def change_the_way(self, case: Case) -> Command | None:
        """Send back, add or remove a signer, or skip: with a target or an item that may be allowed or not."""
        if not case.tasks:
            return None
        rng, task = self.rng, case.tasks[self.rng.choice(sorted(case.tasks))]
        signed = sorted({element for _, element in case.signers})
        items, places = ["丁", "market_reviewer1", {"role": "head", "round": 1}, 4], ["before", "after", "beside"]
        type, payload = rng.choice(
            [
                ("SendBack", {"target": rng.choice([*signed, task.element])}),
                ("SendBack", {"target": rng.choice([*signed, task.element])}),
                ("AddSigner", {"signer": rng.choice(items), "place": rng.choice(places)}),
                ("RemoveSigner", rng.choice([{}, {"index": rng.randint(0, 3)}])),
                ("SkipTask", {"variables": _free(rng)} if self.stage.organisation is None else {}),
            ]
        )
        actor = self.admin() if type == "SkipTask" else self.stage.somebody(case, task)
        return self.command(type, actor, {"task": task.token, "reason": "演练", **payload})

    def incident(self, case: Case) -> Command | None:
        number = self.rng.choice([*sorted(case.incidents), 9999])
        if self.rng.random() < 0.8:
            return self.command("RetryIncident", self.admin(), {"incident": number})
        return self.command("ResolveIncident", self.admin(), {"incident": number, "reason": "人工处理"})

    def stale(self, case: Case) -> Command:
        """Name a thing that was open once, or never."""
        number = self.rng.randint(0, max(case.counter, 1))
        due = self.stage.clock.now().isoformat()
        return self.rng.choice(
            [
                self.command("CompleteTask", self.anybody(), {"task": number if number not in case.tasks else 0}),
                self.command("FireDeadline", "system:clock", {"deadline": f"token:{number}:urge", "due": due}),
                self.command("FireDeadline", "system:clock", {"deadline": f"clock:{number}:warn", "due": due}),
                self.command("ConfirmDeadline", "supervisor", {"deadline": f"token:{number}:urge", "due": due}),
                self.command("RecountClocks", "system:clock", {}),
                self.command("AnswerJob", "system:outbox", {"token": number, "variables": {}}),
                self.command("SettleMessage", "system:outbox", {"message": number + 5000}),
                self.command("FailJob", "system:outbox", {"message": number + 5000, "reason": "无"}),
                self.command("EraseValues", self.admin(), {"digests": [], "reason": "无"}),
            ]
        )

    def again(self, case: Case) -> None:
        """Repeat a command under its key: it gives the same receipt; with another payload it is refused."""
        if not self.keyed:
            return
        command = self.rng.choice(self.keyed)
        asked = given(command.order)
        for payload in (asked, asked | {"variables": {"quite": "another"}}):
            try:
                self.door.execute(
                    read_command(command.type, command.actor, command.case, payload, command.key, command.effective_on)
                )
            except (LicetError, NotFound):
                continue


_STEPS: Sequence[tuple[float, Callable[[Walk, Case], Command | None]]] = (
    (50, Walk.complete),
    (8, Walk.claim),
    (10, Walk.wait),
    (8, Walk.message),
    (1, Walk.signal),
    (4, Walk.clock_of),
    (1, Walk.withdraw),
    (4, Walk.material),
    (3, Walk.correct_fact),
    (2, Walk.move),
    (5, Walk.change_the_way),
    (3, Walk.incident),
    (4, Walk.stale),
    (2, Walk.again),
)


def _flaky(handler: Handler, rng: random.Random) -> Handler:
    """Return handlers that sometimes can't be reached, and sometimes refuse."""

    def handle(message: Any) -> Any:
        luck = rng.random()
        if luck < 0.04:
            raise TryLater("The other side is busy.")
        if luck < 0.06:
            raise NotFound("The other side doesn't know it.")
        return handler(message)

    return handle
