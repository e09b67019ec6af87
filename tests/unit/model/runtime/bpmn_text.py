"""BPMN text for the tests, in few words: `process("P", start, user("A"), end, flows("S>A A>E"))`."""

from xml.sax.saxutils import escape, quoteattr

from engine.model.chain import read_bpmn
from engine.model.runtime import Program

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions'
    ' xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="urn:test">'
)


def _attributes(values: dict[str, object]) -> str:
    return "".join(f" {k}={quoteattr(str(v))}" for k, v in values.items() if v is not None)


def zeebe(tag: str, inner: str = "", **attributes: object) -> str:
    return f"<zeebe:{tag}{_attributes(attributes)}>{inner}</zeebe:{tag}>"


def element(tag: str, id: str, *inner: str, extensions: tuple[str, ...] = (), **attributes: object) -> str:
    box = f"<bpmn:extensionElements>{''.join(extensions)}</bpmn:extensionElements>" if extensions else ""
    return f"<bpmn:{tag} id={quoteattr(id)}{_attributes(attributes)}>{box}{''.join(inner)}</bpmn:{tag}>"


def mapping(inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    """Target name → source expression."""
    rows = [zeebe("input", source=s, target=t) for t, s in (inputs or {}).items()]
    rows += [zeebe("output", source=s, target=t) for t, s in (outputs or {}).items()]
    return zeebe("ioMapping", "".join(rows))


def user(id: str, *inner: str, extensions: tuple[str, ...] = ()) -> str:
    return element("userTask", id, *inner, extensions=(zeebe("userTask"), *extensions))


def service(id: str, job: str, *inner: str, extensions: tuple[str, ...] = ()) -> str:
    return element("serviceTask", id, *inner, extensions=(zeebe("taskDefinition", type=job), *extensions))


def script(id: str, expression: str, result: str, *inner: str, extensions: tuple[str, ...] = ()) -> str:
    stated = zeebe("script", expression=expression, resultVariable=result)
    return element("scriptTask", id, *inner, extensions=(stated, *extensions))


def call(
    id: str, process: str, *inner: str, extensions: tuple[str, ...] = (), up: bool = False, down: bool = False
) -> str:
    stated = zeebe(
        "calledElement",
        processId=process,
        propagateAllParentVariables=str(down).lower(),
        propagateAllChildVariables=str(up).lower(),
    )
    return element("callActivity", id, *inner, extensions=(stated, *extensions))


def multi(
    items: str,
    item: str | None = None,
    *,
    into: str | None = None,
    out: str | None = None,
    sequential: bool = False,
    until: str | None = None,
) -> str:
    stated = zeebe(
        "loopCharacteristics",
        inputCollection=items,
        inputElement=item,
        outputCollection=into,
        outputElement=out,
    )
    condition = f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"<bpmn:extensionElements>{stated}</bpmn:extensionElements>{condition}</bpmn:multiInstanceLoopCharacteristics>"
    )


def timer(text: str, form: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{form}>{escape(text)}</bpmn:{form}></bpmn:timerEventDefinition>"


def event(kind: str, reference: str | None = None, name: str | None = None) -> str:
    attributes = _attributes({f"{kind}Ref": reference, "name": name})
    return f"<bpmn:{kind}EventDefinition{attributes}/>"


def boundary(id: str, host: str, definition: str, interrupting: bool = True) -> str:
    return element("boundaryEvent", id, definition, attachedToRef=host, cancelActivity=str(interrupting).lower())


def flow(id: str, source: str, target: str, condition: str | None = None) -> str:
    inner = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
    return f'<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'


def flows(text: str) -> str:
    """`A>B` makes the flow with the id `A-B`."""
    return "".join(flow(f"{a}-{b}", a, b) for a, b in (pair.split(">") for pair in text.split()))


def process(id: str, *body: str) -> str:
    return f'<bpmn:process id="{id}" isExecutable="true">{"".join(body)}</bpmn:process>'


def subprocess(id: str, *body: str, triggered: bool = False, extensions: tuple[str, ...] = ()) -> str:
    return element("subProcess", id, *body, extensions=extensions, triggeredByEvent=str(triggered).lower())


def definition(tag: str, id: str, *, key: str | None = None, **attributes: object) -> str:
    stated = (zeebe("subscription", correlationKey=key),) if key else ()
    return element(tag, id, extensions=stated, **attributes)


def document(*parts: str) -> bytes:
    return (_HEAD + "".join(parts) + "</bpmn:definitions>").encode()


def program(*documents: bytes) -> Program:
    """Read the text as a chain, as the engine does; findings fail the test."""
    processes = {}
    for number, data in enumerate(documents):
        found, findings = read_bpmn(data, f"{number}.bpmn")
        assert findings == []
        processes |= found
    return Program(processes, documents)


S = element("startEvent", "S")
E = element("endEvent", "E")
