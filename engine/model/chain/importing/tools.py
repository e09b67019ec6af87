"""All that import knows of other tools, in one table: what they say → what it becomes here, or why it can't be said.

What isn't in the table is lost, and told so. `docs/importing.md` shows the table; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.model.chain.importing import forms, loops, machines, people
from engine.model.chain.importing.outcome import Carry
from engine.model.chain.importing.process import condition_language, documented, property_of, version_tag
from engine.model.chain.model import Severity


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a tool says. `name`: that of an attribute, or of an element in angle brackets.

    `becomes`: what it is here, or why it is lost. `carry`: None where it is lost. `weight`: how grave the loss is.
    `once`: told once for a file, with all elements that have it. `late`: carried after all others.
    """

    name: str
    becomes: str
    carry: Carry | None = None
    weight: Severity = "error"
    once: bool = False
    late: bool = False


_LISTENER = "listeners aren't run. Use a service task"
_ENGINE = "how the other engine works; no case goes by it"
_START = "who may start a case is set by the organisation"
_PINNED = "a chain version holds the process, decision and form of that name"


def _lost(becomes: str, *names: str) -> tuple[Row, ...]:
    return tuple(Row(name, becomes) for name in names)


def _idle(becomes: str, *names: str) -> tuple[Row, ...]:
    return tuple(Row(name, becomes, weight="warning", once=True) for name in names)


_JAVA = (
    Row("assignee", "zeebe:assignmentDefinition assignee", people.assignment("assignee")),
    Row("candidateUsers", "zeebe:assignmentDefinition candidateUsers", people.assignment("candidateUsers")),
    Row("candidateGroups", "zeebe:assignmentDefinition candidateGroups", people.assignment("candidateGroups")),
    Row("dueDate", "zeebe:taskSchedule dueDate", people.due),
    Row("formRef", "zeebe:formDefinition formId", forms.by_reference),
    Row("formKey", "lost, with its name: forms of other kinds aren't shown", forms.by_key),
    Row("<formData>", "a form-js form beside the model", forms.fields),
    Row("<formProperty>", "a form-js form beside the model", forms.property_field),
    Row("collection", "zeebe:loopCharacteristics inputCollection", loops.collection),
    Row("elementVariable", "zeebe:loopCharacteristics inputElement", loops.element_variable),
    Row("type", "external: the job; dmn: a business rule task; mail, http …: an outside job", machines.kind_of_work),
    Row("decisionRef", "zeebe:calledDecision decisionId", machines.decision),
    Row("topic", "the type of the job", machines.job),
    Row("class", "an outside job of that name", machines.code, late=True),
    Row("delegateExpression", "an outside job of that name", machines.code, late=True),
    Row("expression", "an outside job of that name", machines.code, late=True),
    Row("<field>", "a header of the job; the key of a decision", machines.field, late=True),
    Row("<connector>", "an outside job, with headers", machines.connector),
    Row("resultVariable", "resultVariable of a decision or a script; an output of a job", machines.result, late=True),
    Row("resultVariableName", "the same", machines.result, late=True),
    Row("mapDecisionResult", "told: the result has the shape that the decision gives it", machines.decision_shape),
    Row("<inputParameter>", "zeebe:input (texts, expressions, lists, maps)", machines.mapping("input")),
    Row("<outputParameter>", "zeebe:output", machines.mapping("output")),
    Row("<in>", "zeebe:input of a call; all facts: propagateAllParentVariables", machines.call_mapping("input")),
    Row("<out>", "zeebe:output of a call; all facts: propagateAllChildVariables", machines.call_mapping("output")),
    Row("<failedJobRetryTimeCycle>", "retries of the job (a number)", machines.retries, late=True),
    Row("versionTag", "zeebe:versionTag", version_tag),
    Row("<property>", "zeebe:property, where Licet has one of that name", property_of),
    Row("resource", "lost: scripts and conditions in other files aren't read", condition_language),
    *_lost(_LISTENER, "<taskListener>", "<executionListener>", "<eventListener>"),
    *_lost("tasks are ordered by their due date", "priority"),
    *_lost("nothing reminds of a task before its due date but its light", "followUpDate"),
    *_lost("applicant() is who applied; who took the case in is in its journal", "initiator"),
    *_lost(_START, "candidateStarterUsers", "candidateStarterGroups", "<potentialStarter>"),
    *_lost("a task can't be passed over. Draw a gateway", "skipExpression"),
    *_lost("days are those of the hall's calendar", "businessCalendarName"),
    *_lost("a task belongs to whoever claimed it", "owner"),
    *_lost("a call takes a process by its id alone", "caseRef", "calledElementType", "variableMappingClass",
           "variableMappingDelegateExpression", "inheritVariables"),
    *_lost("an event by its code gives no facts to others", "errorCodeVariable", "errorMessageVariable",
           "escalationCodeVariable", "<errorEventDefinition>"),
    *_lost("count from 1 with loopCounter", "elementIndexVariable"),
    *_lost("use outputCollection and outputElement", "<variableAggregation>"),
    *_lost("a form is checked as form-js says", "formHandlerClass", "formFieldValidation"),
    *_idle(_PINNED, "calledElementBinding", "calledElementVersion", "calledElementVersionTag",
           "decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "formRefBinding", "formRefVersion",
           "sameDeployment", "fallbackToDefaultTenant"),
    *_idle("there is one hall to a database", "calledElementTenantId", "decisionRefTenantId", "tenantId"),
    *_idle(_ENGINE, "asyncBefore", "asyncAfter", "async", "exclusive", "asyncLeave", "asyncLeaveExclusive",
           "jobPriority", "taskPriority", "triggerable", "completeAsync", "historyTimeToLive",
           "isStartableInTasklist", "storeResultVariableAsTransient", "useLocalScopeForResultVariable",
           "autoStoreVariables", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon",
           "taskIdVariableName", "isEagerExecutionFetching", "diagramRelationId", "exporter", "exporterVersion"),
)  # fmt: skip

_JBPM = (
    Row("taskName", "a service task with an outside job of that name", machines.work_item),
    *_lost(_LISTENER, "<onEntry-script>", "<onExit-script>"),
    *_lost("rules of Drools aren't run. Use a decision table", "ruleFlowGroup"),
    *_lost("ad-hoc processes aren't run", "adHoc"),
    *_lost("scripts aren't run, so that nothing reads it", "<import>", "<global>"),
    *_lost("a call waits for what it calls, within the case", "waitForCompletion", "independent"),
    *_lost("ways of a choice are tried in their order", "priority"),
    *_lost("who does the work outside is no matter of the model", "serviceimplementation", "serviceinterface",
           "serviceoperation"),
    Row("<metaData>", "elementname: the name is told already; others are lost", documented),
    *_idle(_ENGINE, "packageName", "version", "dtype", "selectable", "scriptFormat", "docker"),
)  # fmt: skip

_SPIFF = (
    Row("<calledDecisionId>", "zeebe:calledDecision decisionId",
        lambda owner, stated: machines.decision(owner, stated.text or "")),
    Row("<serviceTaskOperator>", "an outside job, its parameters are headers", machines.operator),
    Row("<preScript>", "zeebe:input, where each line sets a fact simply", machines.around("input")),
    Row("<postScript>", "zeebe:output, where each line sets a fact simply", machines.around("output")),
    Row("<instructionsForEndUser>", "the documentation of the task", forms.described_by),
    Row("<property>", "zeebe:property, where Licet has one of that name; forms by file name are lost", property_of),
    *_lost("what a message carries is said with the message", "<messagePayload>", "<messageVariable>",
           "<processVariableCorrelation>"),
    *_lost("who may do a task is set by candidateGroups", "<allowGuest>", "<guestConfirmation>"),
    *_lost("a signal comes from outside, not from a button", "<signalButtonLabel>"),
    *_idle("write scenarios instead (licet chain test)", "<unitTests>"),
    *_idle(_ENGINE, "<isOutputSynced>", "isMatchingCorrelation", "<scriptsOnInstances>"),
)  # fmt: skip

_SIGNAVIO = (
    Row("<signavioMetaData>", "colours are dropped; attributes of your own are lost", documented),
    *_idle("labels in other languages and kinds of data aren't shown", "<signavioLabel>", "<signavioType>",
           "<signavioDiagramMetaData>", "<signavioStencil>", "<signavioDictionaryLink>", "alignment"),
)  # fmt: skip

TABLE: Mapping[str, tuple[Row, ...]] = MappingProxyType(
    {"Camunda 7, Flowable, Activiti": _JAVA, "jBPM": _JBPM, "SpiffArena": _SPIFF, "Signavio": _SIGNAVIO}
)

_JAVA_TOOLS = ("camunda", "operaton", "activiti", "flowable", "kp")

TOOLS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(_JAVA_TOOLS, "Camunda 7, Flowable, Activiti")
    | {"drools": "jBPM", "spiffworkflow": "SpiffArena", "signavio": "Signavio"}
)
"""Prefix of a tool → the rows of the table that it has."""

IDLE: Mapping[str, str] = MappingProxyType(
    {
        "http://www.bpsim.org/schemas/1.0": "parameters of a simulation",
        "http://www.w4.eu/spec/BPMN/20110930/GRAPH": "how it was drawn",
        "http://www.w4.eu/spec/DataComposer/20120927/Diagram/Style": "how it was drawn",
        "http://trisotech.com/feed": "comments of an editor",
        "http://purl.org/rss/2.0/": "comments of an editor",
        "http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0": "labels in other languages",
    }
)
"""Namespace of which nothing bears on a case → what it says."""

CONTAINERS = frozenset({"inputOutput", "properties"})
"""Elements that only hold others, which are looked up one by one."""

BY_NAME: Mapping[str, Mapping[str, Row]] = MappingProxyType(
    {tool: MappingProxyType({row.name: row for row in rows}) for tool, rows in TABLE.items()}
)
