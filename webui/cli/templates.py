"""Element templates for Camunda Modeler: everything that permits need on top of BPMN, offered in the modeler's own
panel.

Made from the same tables that the check and the engine read (`matter.ACTIONS`, `dialect.ACTIVITY_PROPERTIES`), so that
a designer is offered exactly what runs. Written to `bpmn/.camunda/element-templates/licet.json`, where the modeler
looks beside the chains: `python -m webui.cli.templates > FILE`.

A template can't set multi-instance (the modeler leaves that to the designer): `COUNTERSIGNING` says how many sign, and
in which order, and docs/templates.md shows it.

Source: @camunda/zeebe-element-templates-json-schema 0.46.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from engine.law.matter import ACTIONS, SUSPENSIONS, Action
from engine.model.chain.dialect import ACTIVITY_PROPERTIES, FLAGS, IDENTITIES, PROCESS_PROPERTIES
from webui.sentences.values import THINGS

Template = dict[str, Any]

SCHEMA = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
VERSION = 1
"""Version of the templates, increased when a change should update elements made from them."""

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "matter": "办件",
        "clock": "时限",
        "claim": "占用",
        "notice": "通知",
        "document": "文书",
        "certificate": "证照",
        "courier": "送达",
        "register": "共享登记簿",
        "project": "项目",
        "supervision": "监管",
        "task": "环节",
        "call": "公用流程",
        "process": "流程",
    }
)
"""First part of an action's name → the group of the modeler's list in which it stands."""

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "matter.receive": "收件",
        "matter.correct": "一次性告知补正",
        "matter.supply": "补正材料已收",
        "matter.accept": "受理",
        "matter.not_required": "告知无需许可",
        "matter.wrong_office": "告知向有关机关申请",
        "matter.refuse": "不予受理",
        "matter.return": "退件",
        "matter.review": "转入审查",
        "matter.decide": "作出决定",
        "matter.hand_over": "送达",
        "matter.withdraw": "撤回",
        "matter.lapse": "逾期未补，视为撤回",
        "matter.terminate": "终止",
        "matter.rectify": "责令整改",
        "matter.rectified": "整改合格",
        "matter.revoke": "撤销",
        "matter.annul": "注销",
        "clock.start": "计时开始",
        "clock.suspend": "停表",
        "clock.resume": "恢复计时",
        "clock.extend": "延长时限",
        "clock.stop": "计时结束",
        "claim.take": "占用",
        "claim.keep": "永久占用",
        "claim.release": "解除占用",
        "notice.send": "发送通知",
        "document.render": "生成文书",
        "certificate.find": "调取证照",
        "certificate.issue": "签发证照",
        "courier.dispatch": "快递寄送",
        "register.find": "查询共享登记簿",
        "register.record": "登记共享登记簿",
        "project.join": "归入项目",
        "project.hand_on": "项目要素移交后续阶段",
        "supervision.push": "推送监管",
    }
)
"""Built-in action → its name in the modeler's list."""

REGISTERS: Mapping[str, str] = MappingProxyType(
    {
        "population": "人口信息",
        "enterprise": "法人信息",
        "credit": "信用信息",
        "marriage": "婚姻登记信息",
        "real_estate": "不动产登记簿",
        "regional_assessment": "区域评估成果",
    }
)
"""Names of the shared registers."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "address": "收件地址",
        "amount": "延长工作日",
        "area": "行政区划代码",
        "bad_credit": "失信（真则不予容缺、承诺）",
        "certificate": "证照",
        "channel": "送达方式",
        "clock": "时限名称",
        "code": "项目代码",
        "committed": "告知承诺受理",
        "consent": "申请人同意调取",
        "content": "内容",
        "deemed": "逾期未告知，视为受理",
        "document": "文书",
        "entry": "登记内容",
        "expired": "已过期的证照",
        "expires_on": "有效期至",
        "facts": "移交的要素",
        "holder": "持有人",
        "item": "事项",
        "key": "编号",
        "kind": "类型",
        "limit": "期限",
        "matter": "办件",
        "missing": "缺少的材料",
        "name": "名称",
        "office": "有权机关",
        "outcome": "决定",
        "project": "项目",
        "reason": "理由",
        "register": "登记簿",
        "template": "模板",
        "to": "收件人",
        "tolerated": "容缺受理",
        "until": "保留至",
        "waybill": "运单",
    }
)
"""Input or output of an action → its label in the panel."""


def _listed(words: Mapping[str, object]) -> str:
    return "、".join(f"{key}（{text}）" for key, text in words.items())


HINTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("matter.decide", "outcome"): "granted（准予）或 denied（不予）",
        ("clock.suspend", "reason"): _listed(SUSPENSIONS),
        ("clock.start", "limit"): '例如 ={"amount": 5, "unit": "workday"}',
        ("claim.take", "kind"): _listed(THINGS),
        ("claim.keep", "kind"): _listed(THINGS),
        ("claim.release", "kind"): _listed(THINGS),
        ("register.find", "register"): _listed(REGISTERS),
        ("register.record", "register"): _listed(REGISTERS),
        ("matter.receive", "item"): "事项目录中的编号，例如 establishment_registration",
        ("notice.send", "to"): "applicant、role:head、person:window1 等",
    }
)
"""(action, input) → a hint at the values that the input may have."""

PROPERTIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "step": ("计为办理环节", "申请人须经历的环节，计入对比"),
        "visit": ("需到窗口", "申请人须到场"),
        "window": ("窗口名称", "例如 综合窗口"),
        "fourEyes": ("须由他人办理", "办理过这些环节的人不得办理本环节；环节编号，逗号分隔"),
        "sendBack": ("可退回的环节", "环节编号，逗号分隔；不填则为任何已办理的环节"),
        "milestone": ("进度节点", "申请人在进度中看到的名称"),
        "department": ("所属部门", "不填则为办件的部门；部门编号，或以 = 开头的表达式"),
    }
)
"""Label and hint of the properties of an activity."""

PROCESS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "chain": ("审批链", "本流程为该审批链的主流程；审批链的编号"),
        "procedure": ("许可程序", "一个事项在其中办理一次"),
        "stage": ("阶段", "项目的办件可由此流程开始"),
        "follows": ("前一阶段", "前一阶段流程的编号"),
        "intake": ("收件岗位", "角色编号，逗号分隔；applicant 为申请人自行申办；不填则为 window、applicant"),
        "identity": ("申请人证件号码", "办理此类办件，申请人是否须提供身份证号或统一社会信用代码"),
    }
)
"""Label and hint of the properties of a process."""

_IDENTITY_CHOICES = {"required": "必须提供", "optional": "可以不提供", "none": "不收（匿名或仅留电话）"}

COUNTERSIGNING: Mapping[str, tuple[str, bool, str | None]] = MappingProxyType(
    {
        "all": ("全部同意后继续（并行会签）", False, None),
        "any": ("一人签署即继续（或签）", False, "=numberOfCompletedInstances >= 1"),
        "in_order": ("依次签署（顺序会签）", True, None),
        "veto": ("一人不同意即结束（一票否决）", False, '=some one in opinions satisfies one = "disagree"'),
        "majority": ("过半数签署即继续", False, "=numberOfCompletedInstances * 2 > numberOfInstances"),
    }
)
"""Mode of countersigning → (its name, whether people sign one after another, the completion condition or None)."""


def templates() -> list[Template]:
    """Return all element templates, as the modeler's file has them."""
    return [*map(_of_action, ACTIONS), _process(), *_tasks(), _procedure()]


# ------------------------------------------------------------------ parts of a template


def _template(
    id: str, name: str, description: str, kind: str, category: str, properties: Iterator[Template]
) -> Template:
    return {
        "$schema": SCHEMA,
        "id": f"licet.{id}",
        "name": name,
        "description": description,
        "version": VERSION,
        "category": {"id": f"licet.{category}", "name": f"Licet · {CATEGORIES[category]}"},
        "appliesTo": ["bpmn:Task", f"bpmn:{kind}"] if kind.endswith("Task") else [f"bpmn:{kind}"],
        "elementType": {"value": f"bpmn:{kind}"},
        "groups": [{"id": group, "label": label} for group, label in GROUPS.items()],
        "properties": list(properties),
    }


GROUPS: Mapping[str, str] = MappingProxyType(
    {"what": "办理", "inputs": "输入", "outputs": "输出", "properties": "环节属性"}
)


def _hidden(value: str, binding: Template) -> Template:
    return {"type": "Hidden", "value": value, "binding": binding}


def _text(label: str, group: str, binding: Template, hint: str = "", **more: Any) -> Template:
    described = {"description": hint} if hint else {}
    return {"label": label, "type": "String", "group": group, "binding": binding, **described, **more}


_NEEDED: Template = {"constraints": {"notEmpty": True}}
_OPTIONAL: Template = {"optional": True}


def _input(name: str, needed: bool, hint: str = "") -> Template:
    return _text(
        LABELS[name], "inputs", {"type": "zeebe:input", "name": name}, hint, feel="optional",
        **(_NEEDED if needed else _OPTIONAL),
    )  # fmt: skip


def _output(name: str, label: str) -> Template:
    binding = {"type": "zeebe:output", "source": f"={name}"}
    return _text(f"{label}存入", "outputs", binding, f"要素的名称；不填则为 {name}", **_OPTIONAL)


def _properties() -> Iterator[Template]:
    """Yield the properties of an activity that Licet reads; flags as a choice of yes and no."""
    for name in ACTIVITY_PROPERTIES:
        label, hint = PROPERTIES[name]
        binding = {"type": "zeebe:property", "name": name}
        if name in FLAGS:
            yield _choice(label, hint, binding, {"true": "是", "false": "否"}, "false")
        else:
            yield _text(label, "properties", binding, hint, **_OPTIONAL)


def _choice(label: str, hint: str, binding: Template, choices: Mapping[str, str], value: str) -> Template:
    listed = [{"name": name, "value": key} for key, name in choices.items()]
    return {
        "label": label, "type": "Dropdown", "choices": listed, "value": value, "group": "properties",
        "description": hint, "binding": binding,
    }  # fmt: skip


# ------------------------------------------------------------------ the templates


def _of_action(job: str) -> Template:
    action = ACTIONS[job]
    category = job.partition(".")[0]
    outside = "由外部系统完成后继续。" if action.outside else "立即完成。"
    return _template(f"action.{job}", TITLES[job], f"{job}：{outside}", "ServiceTask", category, _acts(job, action))


def _acts(job: str, action: Action) -> Iterator[Template]:
    yield _hidden(job, {"type": "zeebe:taskDefinition", "property": "type"})
    for name in (*action.required, *action.optional):
        yield _input(name, name in action.required, HINTS.get((job, name), ""))
    for name in action.outputs:
        yield _output(name, LABELS[name])


def _tasks() -> Iterator[Template]:
    yield _template(
        "task.handling", "办理环节", "由有岗位的人员办理的环节。", "UserTask", "task",
        _task("candidateGroups", "办理岗位", "角色编号，逗号分隔，例如 reviewer"),
    )  # fmt: skip
    yield _template(
        "task.countersigning", "会签环节", "由多人签署：另在“多实例”中设置会签方式，见 docs/templates.md。",
        "UserTask", "task", _task("candidateUsers", "签署人", "本实例的签署人", "=[signer]"),
    )  # fmt: skip


def _task(assignment: str, label: str, hint: str, value: str | None = None) -> Iterator[Template]:
    who = {"value": value} if value is not None else {}
    yield {"type": "Hidden", "binding": {"type": "zeebe:userTask"}}
    form = {"type": "zeebe:formDefinition", "property": "formId"}
    yield _text("表单", "what", form, "表单编号（.form 文件的 id）", **_NEEDED)
    by = {"type": "zeebe:assignmentDefinition", "property": assignment}
    yield _text(label, "what", by, hint, feel="optional", **_NEEDED, **who)
    due = {"type": "zeebe:taskSchedule", "property": "dueDate"}
    within = '例如 =workdays(1)，或随办件时限 =due("decision")'
    yield _text("期限", "what", due, within, feel="optional", value="=workdays(1)", **_NEEDED)
    yield from _properties()


def _procedure() -> Template:
    """Return the call of the procedure that most items go through."""
    return _template(
        "call.licensing_procedure", "许可程序", "收件、受理、审查、决定、送达：对一个事项办理一次。",
        "CallActivity", "call", _calls("licensing_procedure", ("matter", "outcome", "reason", "certificate")),
    )  # fmt: skip


def _calls(process: str, outputs: tuple[str, ...]) -> Iterator[Template]:
    yield _hidden(process, {"type": "zeebe:calledElement", "property": "processId"})
    for name, label, needed in (
        ("item_key", "事项", True),
        ("holder", "证照持有人", False),
        ("certificate_content", "证照内容", False),
        ("area", "行政区划代码", False),
    ):
        binding = {"type": "zeebe:input", "name": name}
        yield _text(label, "inputs", binding, feel="optional", **(_NEEDED if needed else _OPTIONAL))
    yield from (_output(name, LABELS[name]) for name in outputs)
    yield from _properties()


def _process() -> Template:
    """Return the template of a process with which cases start."""
    return _template("process.chain", "审批链", "办件由此流程开始。", "Process", "process", _of_process())


def _of_process() -> Iterator[Template]:
    for name in PROCESS_PROPERTIES:
        label, hint = PROCESS[name]
        binding = {"type": "zeebe:property", "name": name}
        if name in FLAGS:
            yield _choice(label, hint, binding, {"true": "是", "false": "否"}, "false")
        elif name == "identity":
            yield _choice(label, hint, binding, {one: _IDENTITY_CHOICES[one] for one in IDENTITIES}, IDENTITIES[0])
        else:
            yield _text(label, "properties", binding, hint, **_OPTIONAL)


def text() -> str:
    """Return the content of the modeler's file."""
    return json.dumps(templates(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
