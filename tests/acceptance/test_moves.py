"""Moves by hand: sending back, adding and removing signers, skipping, moving; the preview names what is cancelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import InvalidInput, LicetError, NoWayOut, Refused
from engine.case import moves
from engine.case.journal import read as read_entry
from engine.case.records import plain
from engine.case.state import Case
from engine.hall.proof import verify
from engine.model import chain
from engine.reading.scenarios import ANYBODY, Rehearsal, rehearsal
from engine.reading.views.sending_back import targets

SAMPLES = Path(__file__).parents[1] / "samples"
MORNING = datetime.fromisoformat("2026-03-02T09:00:00+08:00")


class Walk:
    """One case of a model, driven by element ids."""

    def __init__(self, stage: Rehearsal, model: str, **variables: Any) -> None:
        version = chain.read(SAMPLES / f"{model}.bpmn").version
        assert version is not None
        self.stage, self.version = stage, version
        stage.engine.publish(version, "system:rehearsal")
        payload = {"chain": version.digest, "variables": variables}
        self.number = stage.give("StartCase", ANYBODY, None, payload).case

    @property
    def case(self) -> Case:
        return self.stage.case(self.number)

    @property
    def open(self) -> list[str]:
        return sorted(task.element for task in self.case.tasks.values())

    def task(self, element: str, nth: int = 1) -> int:
        return [t for t, task in sorted(self.case.tasks.items()) if task.element == element][nth - 1]

    def complete(self, element: str, nth: int = 1, **variables: Any) -> Walk:
        return self.give("CompleteTask", task=self.task(element, nth), variables=variables)

    def back(self, element: str, target: str, nth: int = 1) -> Walk:
        return self.give("SendBack", task=self.task(element, nth), target=target, reason="材料有误")

    def give(self, command: str, **payload: Any) -> Walk:
        self.stage.give(command, ANYBODY, self.number, payload)
        return self

    def facts(self) -> Mapping[str, Any]:
        return {name: plain(value) for (scope, name), value in self.case.facts.items() if scope == 0}

    def choices(self, element: str, nth: int = 1) -> dict[str, Any]:
        """Return the preview of a page: by target the elements that are cancelled, or a text if the move can't be
        made.
        """
        case = self.case
        found = moves.choices(case, self.version, case.tasks[self.task(element, nth)])
        return {
            c.target: c.refused.message if c.refused else sorted(case.tokens[n].element for n in c.cancels)
            for c in found
        }

    def proves(self) -> bool:
        return verify(self.stage.engine.store, self.stage.engine.library, [self.number]).proves()


NewWalk = Callable[..., Walk]


@pytest.fixture
def walk(empty_database: Path) -> Iterator[NewWalk]:
    with rehearsal(None, MORNING, lambda shelf, folder: {}, empty_database) as stage:
        yield lambda model, **variables: Walk(stage, model, **variables)


# ------------------------------------------------------------------ sending back


def test_sending_back_inside_a_branch_cancels_nothing_else_and_the_join_still_fires(walk: NewWalk) -> None:
    case = walk("moves/branches").complete("P").complete("A1")
    assert case.choices("A2")["A1"] == ["A2"]

    case.back("A2", "A1")

    assert case.open == ["A1", "B1"]
    case.complete("B1").complete("A1").complete("B2").complete("A2")
    assert case.open == ["C"]
    assert case.complete("C").case.status == "completed"
    assert case.proves()


@pytest.mark.parametrize("other", ["B1", "B2", "join"])
def test_sending_back_to_before_the_branches_cancels_the_other_one_wherever_it_is(walk: NewWalk, other: str) -> None:
    case = walk("moves/branches").complete("P").complete("A1")
    for element in ("B1", "B2")[: ("B1", "B2", "join").index(other)]:
        case.complete(element)
    assert case.choices("A2")["P"] == sorted(["A2", other])

    case.back("A2", "P")

    assert case.open == ["P"]
    for element in ("P", "B1", "A1", "A2", "B2"):
        case.complete(element)
    assert case.open == ["C"]
    assert case.proves()


def test_a_page_shows_what_sending_back_cancels(walk: NewWalk) -> None:
    case = walk("moves/branches").complete("P").complete("A1")
    case.give("ClaimTask", task=case.task("B1"))

    shown = targets(case.case, case.version, case.case.tasks[case.task("A2")])

    assert [(one.target, one.refused) for one in shown] == [("P", None), ("A1", None)]
    assert [(one.element, one.holder and one.holder.key) for one in shown[0].cancels] == [("B1", ANYBODY), ("A2", None)]


def test_sending_back_past_a_join_into_one_branch_is_refused(walk: NewWalk) -> None:
    case = walk("moves/branches")
    for element in ("P", "A1", "A2", "B1", "B2"):
        case.complete(element)

    assert "before the branches split" in case.choices("C")["A1"]
    with pytest.raises(Refused, match="A1"):
        case.back("C", "A1")
    assert case.back("C", "P").open == ["P"]


def test_sending_back_out_of_a_called_process_takes_the_call_away(walk: NewWalk) -> None:
    case = walk("moves/calls").complete("P").complete("X")
    assert case.choices("Y") == {"P": ["Y", "call", "sub"], "X": ["Y", "sub"]}

    case.back("Y", "P")

    assert case.open == ["P"]
    assert case.complete("P").complete("X").complete("Y").complete("Z").complete("C").case.status == "completed"
    assert case.proves()


def test_sending_back_into_a_called_process_is_refused(walk: NewWalk) -> None:
    case = walk("moves/calls")
    for element in ("P", "X", "Y", "Z"):
        case.complete(element)

    with pytest.raises(Refused):
        case.back("C", "X")


def test_sending_back_inside_an_instance_leaves_the_others_alone(walk: NewWalk) -> None:
    case = walk("moves/instances", items=[1, 2]).complete("P").complete("X", 2)

    assert case.choices("Y") == {"P": ["X", "Y", "each", "each", "each"], "X": ["Y"]}
    case.back("Y", "X")

    assert case.open == ["X", "X"]
    assert case.back("X", "P", 2).open == ["P"]
    assert case.proves()


def test_a_signature_of_many_goes_back_as_a_whole(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b"]).complete("P").complete("K", opinion=1)

    assert case.choices("K") == {"P": ["K", "K"]}
    assert case.back("K", "P").open == ["P"]


def test_what_is_final_is_never_sent_back_across(walk: NewWalk) -> None:
    case = walk("moves/final").complete("P")
    job = next(m.token for m in case.case.outbox.values())
    case.stage.give("AnswerJob", "system:outbox", case.number, {"token": job, "variables": {}})

    assert "issue" in case.choices("Q")["P"]
    with pytest.raises(Refused, match="issue"):
        case.back("Q", "P")
    assert case.open == ["Q"]


def test_a_model_may_name_the_tasks_to_send_back_to(walk: NewWalk) -> None:
    case = walk("moves/final").complete("P")
    job = next(m.token for m in case.case.outbox.values())
    case.stage.give("AnswerJob", "system:outbox", case.number, {"token": job, "variables": {}})
    case.complete("Q")

    assert case.choices("R") == {"Q": ["R"]}
    with pytest.raises(Refused, match="found 'P'"):
        case.back("R", "P")
    assert case.back("R", "Q").open == ["Q"]


def test_a_task_that_was_never_completed_is_nothing_to_send_back_to(walk: NewWalk) -> None:
    case = walk("moves/branches").complete("P")

    with pytest.raises(Refused, match="completed before"):
        case.back("A1", "A2")
    with pytest.raises(Refused):
        case.back("A1", "nowhere")
    with pytest.raises(InvalidInput):
        case.give("SendBack", task=case.task("A1"), target="P", reason=" ")


def test_rounds_are_counted_and_the_journal_tells_of_them(walk: NewWalk) -> None:
    case = walk("moves/branches").complete("P").complete("A1").back("A2", "A1").complete("A1").back("A2", "A1")

    assert case.case.tasks[case.task("A1")].round == 3
    with case.stage.engine.store.reading() as reading:
        last = read_entry(reading.entries(case.number)[-1].body)
    told = [(e["type"], e.get("element")) for e in last.effects]
    assert last.command["payload"]["reason"] == "材料有误"
    assert told == [
        ("task_closed", "A2"),
        ("element_terminated", "A2"),
        ("element_entered", "A1"),
        ("task_opened", "A1"),
    ]


@pytest.mark.parametrize("orders", list(product(("AB", "BA"), repeat=3)), ids="-".join)
def test_a_rework_loop_through_a_join_is_right_in_every_order(walk: NewWalk, orders: tuple[str, ...]) -> None:
    case = walk("constructs/parallel_gateway_loop")
    for number, (first, second) in enumerate(orders):
        assert case.open == ["A", "B"]
        case.complete(first, more=number < 2)
        assert case.open == [second]
        case.complete(second, more=number < 2)

    assert case.case.status == "completed"


# ------------------------------------------------------------------ signers


def signers(case: Walk) -> list[Any]:
    tasks = sorted(case.case.tasks.items())
    return [task.users[0] for _, task in tasks]


def test_a_signer_before_takes_the_turn_and_the_one_whose_it_was_comes_after(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b"]).complete("P").complete("K", opinion="A")
    case.give("AddSigner", task=case.task("K"), signer="n", place="before", reason="加签")

    seen = []
    while case.open == ["K"]:
        seen += signers(case)
        case.complete("K", opinion=seen[-1].upper())

    assert seen == ["n", "b"]
    assert case.facts()["opinions"] == ["A", "N", "B"]
    assert case.proves()


def test_a_signer_after_comes_next(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b"]).complete("P")
    case.give("AddSigner", task=case.task("K"), signer="n", place="after", reason="加签")

    seen = []
    while case.open == ["K"]:
        seen += signers(case)
        case.complete("K", opinion=seen[-1].upper())

    assert seen == ["a", "n", "b"]
    assert case.facts()["opinions"] == ["A", "N", "B"]


def test_a_signer_beside_signs_at_once_and_one_that_is_removed_is_no_part_of_it(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b"]).complete("P").complete("K").complete("K")
    case.give("AddSigner", task=case.task("M"), signer="n", place="beside", reason="加签")
    assert signers(case) == ["a", "b", "n"]
    case.give("RemoveSigner", task=case.task("M", 2), reason="减签")
    assert signers(case) == ["a", "n"]

    case.complete("M", 2, vote="N").complete("M", vote="A")

    assert case.facts()["votes"] == ["A", "N"]
    assert case.open == ["C"]
    assert case.proves()


def test_a_signer_whose_turn_has_not_come_is_removed_by_number(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b", "c"]).complete("P")
    case.give("RemoveSigner", task=case.task("K"), index=1, reason="减签")

    assert signers(case.complete("K")) == ["c"]


def test_the_last_one_who_has_to_sign_is_not_removed(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b"]).complete("P")
    case.give("RemoveSigner", task=case.task("K"), reason="减签")

    with pytest.raises(Refused, match="nobody would") as refused:
        case.give("RemoveSigner", task=case.task("K"), reason="减签")

    assert refused.value.sentence == "signer_last" and signers(case) == ["b"]
    assert case.proves()


def test_who_was_skipped_has_not_signed_so_the_other_is_not_removed(walk: NewWalk) -> None:
    case = walk("moves/signers", signers=["a", "b"]).complete("P").complete("K").complete("K")
    case.give("SkipTask", task=case.task("M"), reason="系统外已办")

    with pytest.raises(Refused, match="nobody would") as refused:
        case.give("RemoveSigner", task=case.task("M"), reason="减签")

    assert refused.value.sentence == "signer_last" and signers(case) == ["b"]
    assert case.complete("M").open == ["C"] and case.proves()


@pytest.mark.parametrize(("element", "place"), [("K", "beside"), ("M", "before"), ("M", "after")])
def test_places_that_make_no_sense_are_refused(walk: NewWalk, element: str, place: str) -> None:
    case = walk("moves/signers", signers=["a"]).complete("P")
    if element == "M":
        case.complete("K")

    with pytest.raises(InvalidInput, match="place"):
        case.give("AddSigner", task=case.task(element), signer="n", place=place, reason="加签")


def test_a_task_of_one_has_no_signers_to_add(walk: NewWalk) -> None:
    case = walk("moves/branches")

    with pytest.raises(Refused, match="signed by one"):
        case.give("AddSigner", task=case.task("P"), signer="n", place="after", reason="加签")


# ------------------------------------------------------------------ skipping and moving


def test_a_skipped_task_counts_as_no_round_and_was_done_by_nobody(walk: NewWalk) -> None:
    case = walk("moves/branches").give("SkipTask", task=2, reason="系统外已办")

    assert case.open == ["A1", "B1"]
    assert case.case.signers == {}
    assert case.proves()


def test_a_skipped_task_that_leaves_a_choice_open_is_refused(walk: NewWalk) -> None:
    case = walk("constructs/exclusive_gateway_no_default")

    with pytest.raises(NoWayOut):
        case.give("SkipTask", task=case.task("A"), reason="跳过")
    assert case.give("SkipTask", task=case.task("A"), reason="跳过", variables={"x": 1}).open == ["B"]


def test_a_token_moves_only_where_one_may_stand(walk: NewWalk) -> None:
    case = walk("moves/branches").complete("P")

    assert case.give("MoveToken", token=case.task("A1"), target="A2", reason="移动").open == ["A2", "B1"]
    assert case.give("MoveToken", token=case.task("A2"), target="C", reason="移动").open == ["C"]
    with pytest.raises(LicetError):
        case.give("MoveToken", token=case.task("C"), target="B1", reason="移动")
    assert case.open == ["C"]
    assert case.proves()


def test_what_would_be_cancelled_and_is_not_clear_is_refused(walk: NewWalk) -> None:
    case = walk("constructs/implicit_split").complete("A")

    with pytest.raises(Refused):
        case.give("MoveToken", token=case.task("B"), target="end", reason="移动")
