"""The dialect as tables: which BPMN elements and Camunda 8 extensions a model may have, and why others are refused.

Data only: no XML, no checks. The reader, the rules and the documentation read these tables.
Sources: BPMN 2.0.2 (formal/2013-12-09) tables 10.x; zeebe-bpmn-moddle 1.x (Camunda 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

EDITORS = frozenset(
    {
        BPMN, BPMNDI, ZEEBE,
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://camunda.org/schema/modeler/1.0",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://bpmn.io/schema/bpmn",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    }
)  # fmt: skip
"""Namespaces of what a model may hold: BPMN, the extensions below, and the marks that editors draw by."""

OTHER_TOOLS: Mapping[str, str] = MappingProxyType(
    {
        "http://camunda.org/schema/1.0/bpmn": "camunda",
        "http://operaton.org/schema/1.0/bpmn": "operaton",
        "http://activiti.org/bpmn": "activiti",
        "http://flowable.org/bpmn": "flowable",
        "http://flowable.org/design": "flowable",
        "http://knowprocess.com/bpmn": "kp",
        "http://www.jboss.org/drools": "drools",
        "http://spiffworkflow.org/bpmn/schema/1.0/core": "spiffworkflow",
        "http://www.signavio.com": "signavio",
    }
)
"""Namespaces of other tools, which have no effect → their prefix in messages. `licet chain import` reads them."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TASKS = _names("task userTask manualTask serviceTask sendTask receiveTask scriptTask businessRuleTask")
BODIES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
"""Activities that hold elements of their own."""
ACTIVITIES = TASKS | BODIES | {"callActivity"}
GATEWAYS = _names("exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway")
CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})
THROWING = frozenset({"intermediateThrowEvent", "endEvent"})
EVENTS = CATCHING | THROWING
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS

REFUSED_ELEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "complexGateway": "what a complex gateway waits for isn't run. Use an inclusive gateway",
        "transaction": "transactions aren't run. Use a subprocess with boundary events",
        "adHocSubProcess": "ad-hoc subprocesses aren't run. Use an inclusive gateway or a loop",
        "choreographyTask": "choreographies aren't run. Use a process",
        "subChoreography": "choreographies aren't run. Use a process",
        "callChoreography": "choreographies aren't run. Use a process",
        "standardLoopCharacteristics": "standard loops aren't run. Use a gateway that leads back",
        "dataStoreReference": "data stores aren't read or written. Use facts of the case",
        "incomingConversationLink": "conversations aren't run",
    }
)
"""Element that a model can't have → the reason, and what to do."""

REFUSED_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "compensation": "compensation isn't run. Model what has to be undone as a path of its own",
        "conditional": "conditional events aren't run. Use a message, a timer, or a gateway after the task",
        "cancel": "cancel events belong to transactions, which aren't run. Use an error event",
        "multiple": "several event definitions in one event aren't run. Use one event each",
    }
)

EVENT_KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "startEvent": frozenset({"none"}),
        "intermediateCatchEvent": frozenset({"timer", "message", "signal", "link"}),
        "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation", "link"}),
        "endEvent": frozenset({"none", "message", "signal", "error", "escalation", "terminate"}),
        "boundaryEvent": frozenset({"timer", "message", "signal", "error", "escalation"}),
    }
)
"""Element kind → kinds of event that it may be (BPMN 2.0.2 table 10.93); starts of event subprocesses are below."""

EVENT_SUBPROCESS_STARTS = frozenset({"timer", "message", "signal", "error", "escalation"})


@dataclass(frozen=True, slots=True)
class ZeebeElement:
    """One zeebe element: the attributes that it may and must have, its children, and the elements on which it may
    stand.

    `on` None: any element. `values`: the allowed values of an attribute of which only some are supported.
    """

    attributes: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    on: frozenset[str] | None = None
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)


_BINDING = {"bindingType": _names("latest deployment")}  # a chain version pins the version of all that it refers to
_BOOLEAN = _names("true false")
_JOBS = _names("serviceTask sendTask scriptTask businessRuleTask intermediateThrowEvent endEvent")
_MAPPED = ACTIVITIES | EVENTS

EXTENSIONS: Mapping[str, ZeebeElement] = MappingProxyType(
    {
        "userTask": ZeebeElement(on=_names("userTask")),
        "formDefinition": ZeebeElement(
            _names("formId formKey externalReference bindingType"), on=_names("userTask"), values=_BINDING
        ),
        "assignmentDefinition": ZeebeElement(_names("assignee candidateGroups candidateUsers"), on=_names("userTask")),
        "taskSchedule": ZeebeElement(_names("dueDate followUpDate"), on=_names("userTask")),
        "taskDefinition": ZeebeElement(_names("type retries"), _names("type"), on=_JOBS),
        "taskHeaders": ZeebeElement(children=_names("header"), on=_JOBS | {"userTask"}),
        "header": ZeebeElement(_names("key value"), _names("key")),
        "calledElement": ZeebeElement(
            _names("processId propagateAllChildVariables propagateAllParentVariables bindingType"),
            _names("processId"),
            on=_names("callActivity"),
            values={
                **_BINDING,
                "propagateAllChildVariables": _BOOLEAN,
                "propagateAllParentVariables": _BOOLEAN,
            },
        ),
        "calledDecision": ZeebeElement(
            _names("decisionId resultVariable bindingType"),
            _names("decisionId resultVariable"),
            on=_names("businessRuleTask"),
            values=_BINDING,
        ),
        "script": ZeebeElement(
            _names("expression resultVariable"), _names("expression resultVariable"), on=_names("scriptTask")
        ),
        "ioMapping": ZeebeElement(children=_names("input output"), on=_MAPPED),
        "input": ZeebeElement(_names("source target"), _names("source target")),
        "output": ZeebeElement(_names("source target"), _names("source target")),
        "loopCharacteristics": ZeebeElement(
            _names("inputCollection inputElement outputCollection outputElement"),
            _names("inputCollection"),
            on=_names("multiInstanceLoopCharacteristics"),
        ),
        "subscription": ZeebeElement(_names("correlationKey"), _names("correlationKey"), on=_names("message")),
        "properties": ZeebeElement(children=_names("property")),
        "property": ZeebeElement(_names("name value"), _names("name")),
        "versionTag": ZeebeElement(_names("value"), on=_names("process")),
    }
)
"""The zeebe elements that a model may have. Everything else in that namespace is an error."""

REFUSED_EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "executionListeners": "listeners aren't run. Use a service task",
        "taskListeners": "listeners aren't run. Use a service task",
        "userTaskForm": "embedded forms aren't read. Save it as a .form file and give its formId",
        "adHoc": "ad-hoc subprocesses aren't run",
        "priorityDefinition": "tasks are ordered by their due date. Remove the priority",
        "jobPriorityDefinition": "jobs have no priority. Remove it",
        "linkedResources": "linked resources aren't read. Remove them",
        "conditionalFilter": "conditional events aren't run",
        "publishMessage": "a thrown message takes its correlation key from the message. Remove it",
    }
)

ATTRIBUTES = _names("modelerTemplate modelerTemplateVersion modelerTemplateIcon")
"""zeebe attributes that a BPMN element itself may have: the modeler writes them for its element templates."""

ACTIVITY_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "step": "a step 环节 that the applicant has to go through",
        "visit": "needs the applicant at a window",
        "window": "name of the window",
        "fourEyes": "ids of tasks: whoever completed them may not do this one",
        "sendBack": "ids of tasks that it may be sent back to",
        "milestone": "label in the progress of the case",
        "department": "key of the department that the task belongs to, instead of its matter's; literal or FEEL",
    }
)
PROCESS_PROPERTIES: Mapping[str, str] = MappingProxyType(
    {
        "chain": "main process of the chain of this name",
        "procedure": "a licensing procedure: a matter is bound to its instance",
        "stage": "a case of a project may be started with it 阶段, beside the main process",
        "follows": "id of the stage before: its days come before the days of this one",
        "intake": "roles that take a case in, separated by commas; `applicant`: whoever applies, in person",
        "identity": "whether the applicant gives an identity number: required, optional or none",
    }
)
FLAGS = _names("step visit procedure stage")
"""Properties whose value is true or false."""
IDENTITIES = ("required", "optional", "none")
"""Values of the property `identity`. `none`: no number is taken at all, and no name or telephone number need be."""
ELEMENT_LISTS = _names("fourEyes sendBack")
"""Properties that list ids of elements, separated by commas."""

NEEDED_EXTENSION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "serviceTask": ("taskDefinition",),
        "sendTask": ("taskDefinition",),
        "scriptTask": ("script", "taskDefinition"),
        "businessRuleTask": ("calledDecision", "taskDefinition"),
        "callActivity": ("calledElement",),
    }
)
"""Element kind → extensions of which it needs one."""

FEEL_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "workdays": "workdays(n): the end of the n-th workday from now on",
        "workdays before": "workdays before(day, n): the latest workday from which day is at least n workdays away",
        "due": 'due("decision"): when that clock of the matter in scope is due; null while it is suspended',
        "item": 'item("key"): the item of the catalogue as a context',
        "missing": 'missing("item"): keys of the required materials that the applicant has not handed in yet',
        "granted": 'granted("item"): whether it was granted in this case, or in an earlier one of its project',
        "supplied": 'supplied("material"): whether it was handed in or taken from the library in this case',
        "matters": "matters(): the matters of the case as a list of {item, state, decision, number}",
        "matter": "matter(n): one of them",
        "applicant": "applicant(): the applicant of the case",
        "name of": "name of(key): how the hall calls a department, role or person; null if it has none of that key",
        "case": "case(): {number, title, chain} of the case",
    }
)
"""Functions that expressions may call beside those of FEEL, with their explanation; `case.functions` has their code."""
