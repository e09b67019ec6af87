"""Events: timers, messages, errors and escalations, boundaries, event subprocesses, links and ends."""

import pytest

from engine.base.errors import ModelError, NotOpen, Refused
from engine.model.runtime.changes import Arm
from tests.unit.model.runtime.bpmn_text import (
    E,
    S,
    boundary,
    call,
    definition,
    document,
    element,
    event,
    flow,
    flows,
    mapping,
    multi,
    process,
    program,
    service,
    subprocess,
    timer,
    user,
)
from tests.unit.model.runtime.walking import Walk

MESSAGE = definition("message", "m", name="paper", key="=number")
ERROR = definition("error", "e42", errorCode="42")


def end(id: str, *inner: str) -> str:
    return element("endEvent", id, *inner)


def watched_task(*boundaries: str) -> bytes:
    return document(
        MESSAGE,
        ERROR,
        process("P", S, user("A"), *boundaries, user("B"), E, end("E2"), flows("S>A A>E Ev>B B>E2")),
    )


def test_an_interrupting_timer_takes_the_task_away():
    walk = Walk(program(watched_task(boundary("Ev", "A", timer("P1D")))))
    assert walk.host.tokens[walk.at("A")].arms == {"Ev": Arm("timer", due="now+P1D")}

    walk.fire("Ev")

    assert walk.open == ["B"] and walk.host.terminated() == ["A"]


def test_a_cycle_fires_as_often_as_it_says_beside_the_task():
    walk = Walk(program(watched_task(boundary("Ev", "A", timer("R2/P2D", "timeCycle"), interrupting=False))))

    walk.fire("Ev")
    assert walk.host.tokens[walk.at("A")].arms["Ev"].left == 1
    walk.fire("Ev")
    assert walk.open == ["A", "B", "B"] and walk.host.tokens[walk.at("A")].arms == {}
    with pytest.raises(NotOpen):
        walk.run.fire(walk.at("A"), "Ev")


def test_a_message_is_awaited_by_name_and_key_and_may_come_again():
    walk = Walk(program(watched_task(boundary("Ev", "A", event("message", "m"), interrupting=False))), number=7)
    assert walk.host.tokens[walk.at("A")].arms == {"Ev": Arm("message", name="paper", key="7")}

    walk.fire("Ev", page=1)
    walk.fire("Ev", page=2)

    assert walk.open == ["A", "B", "B"] and walk.facts["page"] == 2


def test_a_key_that_is_null_is_refused():
    with pytest.raises(Refused, match="correlation key"):
        Walk(program(watched_task(boundary("Ev", "A", event("message", "m")))))


def test_a_timer_follows_its_clock_and_parks_while_it_is_suspended():
    built = program(watched_task(boundary("Ev", "A", timer("=clock decision", "timeDate"))))
    walk = Walk(built)
    walk.host.clocks["decision"] = "2026-03-20"
    walk.do("retime")
    assert walk.host.tokens[walk.at("A")].arms["Ev"].due == "2026-03-20"

    walk.host.clocks["decision"] = None
    walk.do("retime")

    assert walk.host.tokens[walk.at("A")].arms["Ev"].due is None
    with pytest.raises(NotOpen, match="parked"):
        walk.run.fire(walk.at("A"), "Ev")


def test_catch_and_throw_on_the_way():
    model = document(
        MESSAGE,
        process(
            "P",
            S,
            element("intermediateThrowEvent", "Th", event("message", "m")),
            element(
                "intermediateCatchEvent", "Ca", event("message", "m"), extensions=(mapping(None, {"got": "=doc"}),)
            ),
            element("receiveTask", "Re", messageRef="m"),
            element("intermediateCatchEvent", "Ti", timer("P1D")),
            user("A"),
            E,
            flows("S>Th Th>Ca Ca>Re Re>Ti Ti>A A>E"),
        ),
    )
    walk = Walk(program(model), number="N7")
    assert walk.host.calls == [("throw", "paper", "N7")]

    walk.fire("Ca", doc=5, noise=1)
    walk.fire("Re", paid=True)
    walk.fire("Ti")

    assert walk.facts == {"number": "N7", "got": 5, "paid": True} and walk.open == ["A"]


def test_the_first_event_after_an_event_gateway_wins():
    model = document(
        MESSAGE,
        process(
            "P",
            S,
            element("eventBasedGateway", "G"),
            element("intermediateCatchEvent", "M", event("message", "m")),
            element("intermediateCatchEvent", "T1", timer("P30D")),
            element("intermediateCatchEvent", "T2", timer("P1D")),
            user("A"),
            user("B"),
            user("C"),
            E,
            flows("S>G G>M G>T1 G>T2 M>A T1>B T2>C A>E B>E C>E"),
        ),
    )
    walk = Walk(program(model), number=1)
    arms = walk.host.tokens[walk.at("G")].arms
    assert {e: a.due or a.key for e, a in arms.items()} == {"M": "1", "T1": "now+P30D", "T2": "now+P1D"}

    walk.fire("M", doc=5)

    assert walk.open == ["A"] and walk.facts["doc"] == 5 and walk.host.completed()[-2:] == ["G", "M"]


def test_links_jump():
    model = process(
        "P",
        S,
        user("A"),
        element("intermediateThrowEvent", "T", event("link", name="L")),
        element("intermediateCatchEvent", "C", event("link", name="L")),
        user("B"),
        E,
        flows("S>A A>T C>B B>E"),
    )
    walk = Walk(program(document(model)))

    walk.complete("A")

    assert walk.open == ["B"] and walk.host.completed() == ["S", "A", "T", "C"]


def test_a_terminate_end_ends_its_level_only():
    inner = subprocess(
        "Sub",
        element("startEvent", "s"),
        user("A"),
        user("B"),
        end("t", event("terminate")),
        end("e"),
        flows("s>A s>B A>t B>e"),
    )
    walk = Walk(program(document(process("P", S, inner, user("C"), E, flows("S>Sub Sub>C C>E")))))

    walk.complete("A")

    assert walk.open == ["C"] and walk.host.terminated() == ["B"]


# ---------------------------------------------------------------- errors and escalations

CALLED = document(
    ERROR,
    process(
        "Q",
        S,
        user("U"),
        element("exclusiveGateway", "G", default="G-E"),
        end("X", event("error", "e42")),
        E,
        flows("S>U U>G G>E"),
        flow("bad", "G", "X", "=bad"),
    ),
)


def caller(*boundaries: str, inner: str = "") -> bytes:
    body = call("K", "Q", inner) + "".join(boundaries)
    return document(
        MESSAGE,
        ERROR,
        process(
            "P",
            S,
            body,
            user("Z"),
            user("R"),
            user("T"),
            E,
            end("E1"),
            end("E2"),
            flows("S>K K>Z Z>E R>E1 T>E2"),
            *(flows(f"{i}>{t}") for i, t in (("Er", "R"), ("Ti", "T")) if f'"{i}"' in body),
        ),
    )


@pytest.mark.parametrize("inner", ["", multi("=[1,2]", "x")], ids=["one", "many"])
def test_an_error_goes_up_through_the_called_process(inner):
    built = program(
        caller(boundary("Er", "K", event("error", "e42")), boundary("Ti", "K", timer("P1D"), False), inner=inner),
        CALLED,
    )
    walk = Walk(built)
    walk.fire("Ti")
    walk.complete("U", bad=True)

    assert walk.open == ["T", "R"] and walk.only_root_scope
    assert "X" in walk.host.completed() and walk.host.terminated()[-1] == "K"


def test_an_error_that_nothing_catches_is_refused():
    walk = Walk(program(caller(), CALLED))

    with pytest.raises(Refused, match="caught nowhere"):
        walk.complete("U", bad=True)
    assert walk.host.calls[-1] == ("unhandled", "error", "42")


def test_the_arm_that_names_the_code_comes_before_the_one_that_catches_all():
    built = program(caller(boundary("Ti", "K", event("error")), boundary("Er", "K", event("error", "e42"))), CALLED)
    walk = Walk(built)

    walk.complete("U", bad=True)

    assert walk.open == ["R"]


def test_a_job_may_fail_with_an_error_that_its_own_boundary_catches():
    model = document(
        ERROR,
        process(
            "P",
            S,
            service("Job", "outside"),
            boundary("Er", "Job", event("error", "e42")),
            user("R"),
            E,
            end("E2"),
            flows("S>Job Job>E Er>R R>E2"),
        ),
    )
    walk = Walk(program(model))

    walk.do("fail", walk.at("Job"), "42")

    assert walk.open == ["R"]


def test_only_what_comes_from_outside_is_fired():
    model = document(
        ERROR,
        process(
            "P",
            S,
            service("Job", "outside"),
            boundary("Er", "Job", event("error", "e42")),
            E,
            end("E2"),
            flows("S>Job Job>E Er>E2"),
        ),
    )
    walk = Walk(program(model))

    for element_id in ("Er", "Job", "E"):
        with pytest.raises(NotOpen, match="waits for nothing"):
            walk.run.fire(walk.at("Job"), element_id)


def test_an_error_that_interrupts_nothing_is_refused():
    model = document(
        ERROR,
        process(
            "P", S, user("A"), boundary("Er", "A", event("error", "e42"), False), E, end("E2"), flows("S>A A>E Er>E2")
        ),
    )

    with pytest.raises(ModelError, match="always interrupts"):
        program(model)


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_reaches_the_caller_and_may_go_on(interrupting):
    escalation = definition("escalation", "up", escalationCode="up")
    called = document(
        escalation,
        process(
            "Q",
            S,
            element("intermediateThrowEvent", "Up", event("escalation", "up")),
            user("U"),
            E,
            flows("S>Up Up>U U>E"),
        ),
    )
    model = document(
        escalation,
        process(
            "P",
            S,
            call("K", "Q"),
            boundary("Es", "K", event("escalation", "up"), interrupting),
            user("Told"),
            E,
            end("E2"),
            flows("S>K K>E Es>Told Told>E2"),
        ),
    )

    walk = Walk(program(model, called))

    assert walk.open == (["Told"] if interrupting else ["U", "Told"])


def test_an_escalation_that_nobody_hears_changes_nothing():
    escalation = definition("escalation", "up", escalationCode="up")
    model = document(escalation, process("P", S, user("A"), end("E", event("escalation", "up")), flows("S>A A>E")))
    walk = Walk(program(model))

    walk.complete("A")

    assert walk.run.ended and ("unhandled", "escalation", "up") in walk.host.calls


# ---------------------------------------------------------------- event subprocesses


def with_event_subprocess(start: str, interrupting: bool) -> bytes:
    inner = subprocess(
        "Es",
        element("startEvent", "Ev", start, isInterrupting=str(interrupting).lower()),
        user("W"),
        end("ee"),
        flows("Ev>W W>ee"),
        triggered=True,
    )
    return document(
        MESSAGE,
        ERROR,
        definition("signal", "halt", name="halt"),
        process(
            "P",
            S,
            element("parallelGateway", "G"),
            user("A"),
            user("B", multi("=[1,2]", "x")),
            element("parallelGateway", "J"),
            E,
            flows("S>G G>A G>B A>J B>J J>E"),
            inner,
        ),
    )


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("start", [event("message", "m"), event("signal", "halt"), timer("P5D")])
def test_an_event_subprocess_runs_beside_or_instead_of_its_level(start, interrupting):
    walk = Walk(program(with_event_subprocess(start, interrupting)), number=1)
    assert list(walk.host.tokens[0].arms) == ["Ev"]
    walk.complete("B")

    walk.fire("Ev", why="because")

    assert walk.facts["why"] == "because"
    assert walk.open == (["W"] if interrupting else ["A", "B", "W"])
    again = "timer" not in start and not interrupting
    assert list(walk.host.tokens[0].arms) == (["Ev"] if again else [])
    while walk.open:
        walk.complete(walk.open[0])
    assert walk.run.ended


def test_an_error_event_subprocess_catches_what_its_level_throws():
    inner = subprocess(
        "Es",
        element("startEvent", "Ev", event("error", "e42")),
        user("W"),
        end("ee"),
        flows("Ev>W W>ee"),
        triggered=True,
    )
    called = document(
        ERROR,
        process("Q", S, user("U"), user("V"), end("X", event("error", "e42")), E, flows("S>U S>V U>X V>E"), inner),
    )
    walk = Walk(program(document(process("P", S, call("K", "Q"), user("Z"), E, flows("S>K K>Z Z>E"))), called))

    walk.complete("U")
    assert walk.open == ["W"]
    walk.complete("W")
    assert walk.open == ["Z"] and walk.only_root_scope
