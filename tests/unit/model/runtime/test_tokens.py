"""Activities, gateways and scopes: where tokens go, loaded from the normal form before every command."""

import itertools

import pytest

from engine.base.errors import BudgetExceeded, ModelError, NotOpen, NoWayOut
from engine.model.runtime.changes import Armed, Completed, Entered, ScopeOpened, Taken, scope_of, scope_of_level
from tests.unit.model.runtime.bpmn_text import (
    E,
    S,
    call,
    document,
    element,
    flow,
    flows,
    mapping,
    process,
    program,
    script,
    service,
    subprocess,
    timer,
    user,
    zeebe,
)
from tests.unit.model.runtime.walking import Walk


def test_a_run_begins_with_the_case_itself_as_token_0():
    walk = Walk(program(document(process("P", S, user("A"), E, flows("S>A A>E")))))

    assert walk.host.changes == [
        Entered(0, "P", -1),
        ScopeOpened(0, None, 0),
        Entered(1, "S", 0),
        Completed(1, "S"),
        Taken("S-A"),
        Entered(2, "A", 0),
    ]
    assert walk.open == ["A"]


def test_completing_the_last_task_ends_the_run_and_keeps_the_facts():
    walk = Walk(program(document(process("P", S, user("A"), E, flows("S>A A>E")))), amount=1)

    walk.complete("A", outcome="yes")

    assert walk.run.ended and walk.facts == {"amount": 1, "outcome": "yes"}
    assert walk.host.calls == [("left", 0, ("P",))]


def test_a_task_is_completed_once():
    walk = Walk(program(document(process("P", S, user("A"), user("B"), E, flows("S>A A>B B>E")))))
    token = walk.at("A")
    walk.complete("A")

    with pytest.raises(NotOpen):
        walk.run.complete(token)


def test_plain_and_manual_tasks_pass_and_services_answer_now_or_later():
    model = process(
        "P",
        S,
        element("task", "T"),
        element("manualTask", "M"),
        service("Now", "inside"),
        service("Later", "outside"),
        script("Sc", "=amount + 1", "more"),
        user("A"),
        E,
        flows("S>T T>M M>Now Now>Later Later>Sc Sc>A A>E"),
    )
    walk = Walk(program(document(model)), amount=2)
    assert walk.host.elements() == ["Later"]
    assert [c.arm.name for c in walk.host.changes if isinstance(c, Armed)] == ["outside"]

    walk.do("answer", walk.at("Later"), {"amount": 5})

    assert walk.open == ["A"] and walk.facts == {"amount": 5, "more": 6}


def test_a_decision_becomes_a_result_variable():
    stated = zeebe("calledDecision", decisionId="risk", resultVariable="level")
    model = process("P", S, element("businessRuleTask", "R", extensions=(stated,)), user("A"), E, flows("S>R R>A A>E"))

    assert Walk(program(document(model))).facts == {"level": "risk!"}


def test_flows_out_of_a_task_split_and_flows_into_one_merge():
    model = process("P", S, user("A"), user("B"), user("C"), user("D"), E, flows("S>A A>B A>C B>D C>D D>E"))
    walk = Walk(program(document(model)))

    walk.complete("A")
    assert walk.open == ["B", "C"]
    walk.complete("B")
    assert walk.open == ["C", "D"]
    walk.complete("C")
    assert walk.open == ["D", "D"]
    walk.complete("D")
    walk.complete("D")
    assert walk.run.ended


# ---------------------------------------------------------------- gateways


def choice(tag: str, default: str | None) -> bytes:
    gateway = element(tag, "G", default=default)
    return document(
        process(
            "P",
            S,
            gateway,
            user("A"),
            user("B"),
            user("C"),
            E,
            flow("f0", "S", "G"),
            flow("fa", "G", "A", None if default == "fa" else "=a"),
            flow("fb", "G", "B", "=b"),
            flow("fc", "G", "C", "=c"),
            flows("A>E B>E C>E"),
        )
    )


@pytest.mark.parametrize(
    ("facts", "taken"),
    [({"a": True, "b": True}, ["A"]), ({"b": True, "c": True}, ["B"]), ({"a": "true", "c": True}, ["C"])],
)
def test_an_exclusive_gateway_takes_the_first_condition_that_is_true(facts, taken):
    assert Walk(program(choice("exclusiveGateway", None)), **facts).open == taken


def test_the_default_flow_is_last_wherever_it_is_drawn():
    built = program(choice("exclusiveGateway", "fa"))

    assert Walk(built, b=True).open == ["B"]
    assert Walk(built).open == ["A"]


@pytest.mark.parametrize("tag", ["exclusiveGateway", "inclusiveGateway"])
def test_no_way_out_is_refused(tag):
    with pytest.raises(NoWayOut, match="fb: =b"):
        Walk(program(choice(tag, None)))


def test_an_inclusive_gateway_takes_all_conditions_that_are_true():
    built = program(choice("inclusiveGateway", "fa"))

    assert Walk(built, b=True, c=True).open == ["B", "C"]
    assert Walk(built).open == ["A"]


def joined(gateway: str) -> bytes:
    """A loop around a split and a join."""
    condition = "=true" if gateway == "inclusiveGateway" else None
    return document(
        process(
            "P",
            S,
            element("exclusiveGateway", "M"),
            element(gateway, "G"),
            user("A"),
            user("B"),
            element(gateway, "J"),
            user("C"),
            element("exclusiveGateway", "L", default="L-E"),
            E,
            flows("S>M M>G A>J B>J J>C C>L L>E"),
            flow("ga", "G", "A", condition),
            flow("gb", "G", "B", condition),
            flow("again", "L", "M", "=again"),
        )
    )


@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
@pytest.mark.parametrize("orders", list(itertools.product(["AB", "BA"], repeat=3)))
def test_a_join_in_a_loop_waits_for_both_branches_on_every_pass(gateway, orders):
    walk = Walk(program(joined(gateway)))
    for number, order in enumerate(orders):
        walk.complete(order[0])
        assert walk.open == [order[1]]
        walk.complete(order[1])
        assert walk.open == ["C"]
        walk.complete("C", again=number < 2)
    assert walk.run.ended


def test_a_token_that_comes_twice_over_one_flow_waits_for_the_other_flow_twice():
    model = process(
        "P",
        S,
        element("parallelGateway", "G"),
        user("A"),
        user("A2"),
        element("exclusiveGateway", "M"),
        user("B"),
        element("parallelGateway", "J"),
        user("C"),
        E,
        flows("S>G G>A G>A2 G>B A>M A2>M M>J B>J J>C C>E"),
    )
    walk = Walk(program(document(model)))
    walk.complete("A")
    walk.complete("A2")
    assert walk.open == ["B"]

    walk.complete("B")

    assert walk.host.elements() == ["J", "C"]


@pytest.mark.parametrize("order", ["AB", "BA"])
@pytest.mark.parametrize("away", [True, False])
def test_an_inclusive_join_waits_only_for_what_can_still_come(order, away):
    model = process(
        "P",
        S,
        element("inclusiveGateway", "G"),
        user("A"),
        user("B"),
        user("D"),
        element("exclusiveGateway", "X", default="X-J"),
        element("endEvent", "E2"),
        element("inclusiveGateway", "J"),
        user("C"),
        E,
        flow("f", "S", "G"),
        flow("ga", "G", "A", "=a"),
        flow("gb", "G", "B", "=b"),
        flow("gd", "G", "D", "=d"),
        flow("x2", "X", "E2", "=away"),
        flows("A>J D>J B>X X>J J>C C>E"),
    )
    walk = Walk(program(document(model)), a=True, b=True, d=False, away=away)

    walk.complete(order[0])
    assert walk.open == [order[1]]
    walk.complete(order[1])
    assert walk.open == ["C"]


def test_an_inclusive_join_does_not_wait_for_a_token_that_may_come_where_one_waits_already():
    """BPMN 2.0.2 § 13.4.3: a path to an empty flow doesn't count beside one to a flow that has a token."""
    gateways = element("parallelGateway", "G") + element("exclusiveGateway", "X", default="X-J")
    gateways += element("exclusiveGateway", "M") + element("inclusiveGateway", "J")
    links = flows("S>G G>A G>B A>X X>J B>M M>J J>C C>E") + flow("x2", "X", "M", "=over")
    walk = Walk(program(document(process("P", S, gateways, user("A"), user("B"), user("C"), E, links))))

    walk.complete("B")
    assert walk.open == ["A", "C"]

    walk.complete("A")
    assert walk.open == ["C", "C"]


def test_a_loop_without_a_stop_runs_into_the_budget():
    model = process("P", S, element("exclusiveGateway", "M"), element("task", "T"), flows("S>M M>T T>M"))

    with pytest.raises(BudgetExceeded):
        Walk(program(document(model)))


# ---------------------------------------------------------------- scopes


def test_inputs_are_local_and_outputs_pick_what_leaves():
    maps = mapping({"double": "=amount + 2"}, {"granted": "=answer", "seen": "=double"})
    model = process("P", S, user("A", extensions=(maps,)), user("B"), E, flows("S>A A>B B>E"))
    walk = Walk(program(document(model)), amount=2)
    token = walk.at("A")
    assert walk.host.read("double", scope_of(walk.host.tokens, token)) == 4 and "double" not in walk.facts

    walk.complete("A", answer=True, note="n")

    assert walk.facts == {"amount": 2, "granted": True, "seen": 4} and walk.only_root_scope


def test_a_subprocess_sees_the_facts_around_it_and_writes_through():
    inner = subprocess(
        "Sub",
        element("startEvent", "s"),
        user("U"),
        element("endEvent", "e"),
        flows("s>U U>e"),
        extensions=(mapping({"own": "=amount"}, {"out": "=own"}),),
    )
    walk = Walk(program(document(process("P", S, inner, user("A"), E, flows("S>Sub Sub>A A>E")))), amount=2)
    level = walk.at("Sub")
    assert scope_of_level(walk.host.tokens, level) == scope_of(walk.host.tokens, walk.at("U")) != 0

    walk.complete("U", amount=3, own=9)

    assert walk.facts == {"amount": 3, "out": 9} and walk.only_root_scope and walk.open == ["A"]
    assert ("left", level, ("P", "Sub")) in walk.host.calls


CALLED = document(process("Q", S, user("U"), script("T", "=item", "result"), E, flows("S>U U>T T>E")))


def test_a_called_process_sees_only_what_is_copied_in():
    maps = mapping({"item": "=thing"}, {"got": "=result"})
    model = document(process("P", S, call("K", "Q", extensions=(maps,)), E, flows("S>K K>E")))
    walk = Walk(program(model, CALLED), thing="x", secret=1)
    scope = scope_of(walk.host.tokens, walk.at("U"))
    assert walk.host.visible(scope) == {"item": "x"}

    walk.complete("U", noise=1)

    assert walk.facts == {"thing": "x", "secret": 1, "got": "x"} and walk.only_root_scope and walk.run.ended


def test_a_call_may_hand_all_facts_down_and_up():
    model = document(process("P", S, call("K", "Q", up=True, down=True), E, flows("S>K K>E")))
    walk = Walk(program(model, CALLED), item="x", secret=1)

    walk.complete("U", noise=1)

    assert walk.facts == {"item": "x", "secret": 1, "noise": 1, "result": "x"}


def test_a_call_without_mappings_hands_nothing_up():
    model = document(process("P", S, call("K", "Q"), E, flows("S>K K>E")))
    walk = Walk(program(model, CALLED), item="x")

    walk.complete("U", noise=1)

    assert walk.facts == {"item": "x"} and walk.run.ended


# ---------------------------------------------------------------- size, ids, refusals


def test_a_thousand_tasks_in_a_row_and_back():
    names = [f"T{i}" for i in range(1000)]
    body = "".join(user(name) for name in names)
    links = " ".join(f"{a}>{b}" for a, b in itertools.pairwise(names))
    model = process(
        "P",
        S,
        element("exclusiveGateway", "M"),
        body,
        element("exclusiveGateway", "L", default="L-E"),
        E,
        flows(f"S>M M>T0 {links} T999>L L>E"),
        flow("back", "L", "M", "=again"),
    )
    walk = Walk(program(document(model)), reload=False)
    for name in names:
        walk.run.complete(walk.at(name))
    assert walk.run.ended


def test_a_run_is_as_large_as_what_is_open_whatever_happened_before():
    body = element("exclusiveGateway", "M") + user("A")
    walk = Walk(program(document(process("P", S, body, flows("S>M M>A A>M")))), reload=False)
    for _ in range(200):
        walk.run.complete(walk.at("A"))

    assert len(walk.run.normal_form().tokens) == 2
    assert len(walk.run._stepper.outer.tasks) == 2


def test_any_id_may_be_used():
    model = process(
        "P",
        element("startEvent", "Start"),
        user("Root"),
        element("endEvent", "End"),
        flows("Start>Root Root>End"),
    )
    walk = Walk(program(document(model)))

    walk.complete("Root", typename="x")

    assert walk.run.ended and walk.facts == {"typename": "x"}


REFUSED = {
    "condition that nothing evaluates": user("A") + flow("c", "S", "A", "=x"),
    "condition missing": element("exclusiveGateway", "A") + user("B") + user("C") + flows("S>A A>B A>C"),
    "job missing": element("serviceTask", "A") + flows("S>A"),
    "complex gateway": element("complexGateway", "A") + flows("S>A"),
    "standard loop": user("A", "<bpmn:standardLoopCharacteristics/>") + flows("S>A"),
    "called process": call("A", "Nowhere") + flows("S>A"),
    "timer start": element("startEvent", "A", timer("P1D")),
    "two starts": element("startEvent", "S2") + user("A") + flows("S>A S2>A"),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_run_right_is_refused(body):
    with pytest.raises(ModelError):
        program(document(process("P", S, body)))


def test_a_refusal_names_the_element_however_deep_it_lies():
    inner = subprocess("Inner", element("startEvent", "s2"), element("serviceTask", "Bad"), flows("s2>Bad"))
    outer = subprocess("Outer", element("startEvent", "s"), inner, flows("s>Inner"))

    with pytest.raises(ModelError, match=r"^'Bad' \(serviceTask, line 1\) can't be run: it says nothing"):
        program(document(process("P", S, outer, flows("S>Outer"))))


def test_too_much_nesting_is_refused():
    body = element("startEvent", "s") + user("U") + flows("s>U")
    for depth in range(200):
        body = element("startEvent", f"s{depth}") + subprocess(f"B{depth}", body) + flows(f"s{depth}>B{depth}")

    with pytest.raises(ModelError, match="nested too deeply"):
        program(document(process("P", body)))


def test_a_model_that_lost_an_element_does_not_load():
    walk = Walk(program(document(process("P", S, user("A"), E, flows("S>A A>E")))))
    other = program(document(process("P", S, user("B"), E, flows("S>B B>E"))))

    with pytest.raises(ModelError, match="'A'"):
        other.load("P", walk.host.normal_form(), walk.host)
