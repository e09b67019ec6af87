"""Sentences for refusals of a case: its tasks, matters, clocks, claims and moves."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webui.sentences import values
from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {
    # the catalogue
    "item_unlisted": Sentence(_l("事项目录中没有“%(item)s”，清单之外无审批。")),
    "item_not_yet": Sentence(_l("“%(name)s”自%(begins)s起方可办理，现在不能收件。"), {"begins": values.on}),
    "item_ended": Sentence(_l("“%(name)s”自%(since)s起不再办理，不能收件。"), {"since": values.on}),
    "department_gone": Sentence(
        _l(
            "“%(name)s”的承办部门“%(department_name)s”已不在本厅的机构设置中，不能收件。请先由管理员核对事项目录和机构设置。"
        )
    ),
    "department_dissolved": Sentence(
        _l(
            "“%(name)s”的承办部门“%(department_name)s”自%(since)s起已不在本厅的机构设置中，不能收件。请先由管理员核对事项目录和机构设置。"
        ),
        {"since": values.on},
    ),
    "area_wrong": Sentence(_l("行政区划代码应为6至12位数字，现为“%(area)s”。")),
    # acceptance and decision
    "item_sensitive": Sentence(
        _l("“%(name)s”涉及%(sensitive)s，不适用%(way)s。"), {"sensitive": values.sensitive, "way": values.way}
    ),
    "applicant_discredited": Sentence(_l("申请人有严重不良信用记录，不适用%(way)s。"), {"way": values.way}),
    "item_without_commitment": Sentence(_l("“%(name)s”未列入告知承诺事项，不适用告知承诺。")),
    "nothing_missing": Sentence(_l("申请材料已经齐全，无须容缺，请直接受理。")),
    "missing_not_tolerable": Sentence(_l("缺少的%(names)s不可容缺，请一次性告知补正。"), {"names": values.quoted}),
    "supply_unlimited": Sentence(_l("“%(name)s”未公布容缺补交的期限，不能容缺受理。")),
    "tolerated_still_missing": Sentence(
        _l("容缺受理的%(names)s尚未补交，不能作出准予决定。"), {"names": values.quoted}
    ),
    "acceptance_before_grants": Sentence(
        _l("“%(name)s”须在取得%(names)s之后方可受理；本办件及其项目中尚未取得。"), {"names": values.quoted}
    ),
    "decision_before_grants": Sentence(
        _l("“%(name)s”须在取得%(names)s之后方可准予；本办件及其项目中尚未取得。"), {"names": values.quoted}
    ),
    "ways_of_acceptance": Sentence(_l("视为受理、容缺受理、告知承诺只能选择其一。")),
    "outcome_wrong": Sentence(_l("决定只能是准予或者不予。")),
    "matter_unknown": Sentence(_l("本办件没有编号为 %(given)s 的事项。")),
    "illegal_move": Sentence(_l("事项现在的状态是“%(state)s”，不能进行此步骤。"), {"state": values.state}),
    "matters_open": Sentence(_l("还有事项没有办结，不能结束办件：%(matters)s。"), {"matters": values.listed}),
    # clocks
    "clock_runs_already": Sentence(_l("本事项的“%(clock)s”已在计时。"), {"clock": values.clock}),
    "clock_not_running": Sentence(_l("本事项没有正在计时的时限，不能延长。")),
    "extension_too_long": Sentence(
        _l("“%(clock)s”最多延长 %(allowed)s。"), {"clock": values.clock, "allowed": values.limit}
    ),
    "extension_refused": Sentence(
        _l("“%(clock)s”不能延长：%(reason)s。"), {"clock": values.clock, "reason": values.extension_reason}
    ),
    "suspension_reason": Sentence(
        _l("暂停计时的原因“%(given)s”不在法定之列，可选：%(known)s。"), {"known": values.suspensions}
    ),
    "amount_not_positive": Sentence(_l("延长的数量须大于零。")),
    "limit_wrong": Sentence(_l("时限应写明数量和单位。")),
    # claims and the project
    "claimed_already": Sentence(_l("%(kind)s“%(key)s”已由本办件占用，不必重复占用。"), {"kind": values.thing}),
    "until_past": Sentence(_l("预留的期限应为将来的日期或时间。")),
    "project_other": Sentence(_l("本办件已归入项目 %(project)s，不能再归入 %(code)s。")),
    "project_none": Sentence(_l("本办件尚未归入项目，没有可移交要素的后续阶段。")),
    "facts_wrong": Sentence(_l("移交的要素应为一组命名的值。")),
    # inputs of actions, which the model gives
    "input_missing": Sentence(_l("自动环节“%(action)s”缺少输入“%(input)s”，请联系流程设计人员。")),
    "text_missing": Sentence(_l("“%(input)s”须为非空文本。")),
    "department_unknown": Sentence(
        _l("“%(task)s”应由“%(department)s”办理，但现行机构设置中没有该部门，请管理员核对。")
    ),
    "error_uncaught": Sentence(_l("“%(element)s”发生错误“%(error)s”，流程没有规定如何处理，请联系流程设计人员。")),
    "messages_loop": Sentence(_l("消息之间循环触发，已停止办理。请联系流程设计人员。")),
    # who may
    "four_eyes": Sentence(_l("“%(task_name)s”须由他人独立办理，您已办理过相关环节。")),
    "transfer_unfit": Sentence(_l("接收人不能办理“%(task_name)s”，请另选人员。")),
    "command_not_yours": Sentence(_l("您没有“%(command)s”的职权。"), {"command": values.command}),
    "administration_not_yours": Sentence(_l("您没有此项管理职权。")),
    # moving tokens
    "case_over": Sentence(_l("办件已经结束，没有作任何改动。")),
    "token_gone": Sentence(_l("该环节已经结束。")),
    "states_uncountable": Sentence(_l("流程状态过多，无法判断能否移到该环节。")),
    "move_beside": Sentence(_l("“%(name)s”不能与其他分支的当前环节并存。请选择分支之前或汇合之后的环节。")),
    "move_ambiguous": Sentence(_l("移到“%(name)s”须同时撤销其他环节，但撤销哪一个不明确。请先移动其中之一。")),
    "move_elsewhere": Sentence(_l("目标环节不在当前环节所在的流程中。")),
    "move_many_branches": Sentence(_l("并行分支过多，请逐个移动。")),
    "back_not_allowed": Sentence(_l("流程不允许退回到该环节。")),
    "back_never_done": Sentence(_l("只能退回到已经办理过的环节。")),
    "back_over_final": Sentence(_l("其间的“%(name)s”已生效，不能退回撤销。请依法撤回、更正或者撤销。")),
    # going on in another version
    "migration_no_process": Sentence(_l("新版本没有流程“%(process)s”。")),
    "migration_no_item": Sentence(_l("新版本没有正在办理的事项“%(item)s”。")),
    "migration_no_element": Sentence(
        _l("新版本的“%(body)s”中没有环节“%(element)s”。请指定取代它的环节，或先移动该环节。")
    ),
    "migration_other_kind": Sentence(
        _l("“%(element)s”在新版本中类型不同（原为 %(former)s，现为 %(now)s）。请先移动该环节。")
    ),
    "migration_no_flow": Sentence(_l("汇合处“%(element)s”在新版本中没有连线“%(flow)s”。请指定取代它的连线。")),
    "migration_uncountable": Sentence(_l("“%(body)s”的流程状态过多，无法判断当前环节在新版本中能否并存。")),
    "migration_marking": Sentence(_l("在新版本的“%(body)s”中，%(names)s 不能单独并存。"), {"names": values.quoted}),
    "migration_fact_taken": Sentence(_l("要素“%(name)s”不能改名为“%(new)s”：同一范围内已有该名称的要素。")),
    "migration_lost_field": Sentence(_l("新版本的表单都没有字段“%(name)s”。")),
    "migration_lost_fact": Sentence(_l("新版本不再使用要素“%(name)s”。")),
    "map_unknown": Sentence(_l("版本中没有“%(name)s”，请检查对应关系。")),
    "map_unknown_near": Sentence(_l("版本中没有“%(name)s”，是否指“%(near)s”？")),
    "map_doubled": Sentence(_l("两个要素的新名称相同，请分别命名。")),
    # signers
    "signer_place": Sentence(_l("加签的位置不存在：已经开始签署的，不能排在其后。")),
    "signers_side_by_side": Sentence(_l("各方同时签署，没有先后。")),
    "signer_gone": Sentence(_l("该签署人已签、已减或者不存在。")),
    "signer_unknown": Sentence(_l("组织机构中没有“%(signer)s”：请填写人员、部门，或者部门的岗位。")),
    "candidates_of_several": Sentence(_l("“%(task)s”的办理人分属多个部门，请每个部门各设一个环节。")),
    "signer_last": Sentence(_l("“%(element)s”只剩这一位签署人，减去后无人签署。请先加签，或者退回。")),
    # scenarios of real cases
    # tokens
    "move_target_unfit": Sentence(_l("不能移到“%(element)s”，请选择其后的环节。")),
    "event_not_awaited": Sentence(_l("该环节不再等待此事件。")),
    "timer_parked": Sentence(_l("期限所依据的时限正在暂停，请先恢复计时。")),
    "steps_exceeded": Sentence(_l("一次办理经过的环节过多，流程可能循环。请联系流程设计人员。")),
    "item_out_of_force": Sentence(_l("“%(name)s”在 %(on)s 不办理。"), {"on": values.on}),
    # tasks and deadlines
    "process_unknown": Sentence(_l("审批链“%(chain)s”中没有流程“%(process)s”。")),
    "task_gone": Sentence(_l("该待办已办结或已撤销，请刷新待办列表。")),
    "task_held": Sentence(_l("“%(task_name)s”已由%(holder_name)s签收。")),
    "task_unclaimed": Sentence(_l("“%(task_name)s”尚未签收。")),
    "deadline_moved": Sentence(_l("该期限已经变化或者不再存在。")),
    "deadline_not_due": Sentence(_l("该期限尚未到期。")),
    "deadline_not_waiting": Sentence(_l("该到期效力不在等待确认。")),
    "clocks_unaffected": Sentence(_l("没有需要按新日历重算的时限。")),
    # what comes from outside
    "answer_not_awaited": Sentence(_l("流程不再等待这一外部回复。")),
    "answer_wrong": Sentence(_l("外部回复的“%(name)s”有误。")),
    "message_settled": Sentence(_l("该外发消息已有结果。")),
    # materials and matters
    "material_unknown": Sentence(_l("事项目录没有要求材料“%(material)s”。")),
    "material_absent": Sentence(_l("该材料中没有这个文件。")),
    "material_received": Sentence(_l("材料已随收件登记，不能撤下；请提交新的文件。")),
    "matter_decided": Sentence(_l("该事项已经决定或者已经办结，不能撤回申请。")),
    "matter_takes_no_withdrawal": Sentence(_l("该事项的办理流程在当前环节不接受撤回申请。")),
    "scope_gone": Sentence(_l("要素所在的流程已经结束。")),
    # repairs
    "version_same": Sentence(_l("办件使用的已是该版本。")),
    "migration_obstructed": Sentence(_l("有 %(obstacles)s 处障碍，办件不能改用该版本。"), {"obstacles": values.count}),
    "signed_by_one": Sentence(_l("该环节由一人办理，不能加签、减签。")),
    "incident_gone": Sentence(_l("该异常已经处理。")),
    "incident_of_officer": Sentence(_l("该异常是法定效力，须由承办部门人员确认。")),
    "incident_still_waits": Sentence(_l("该异常处还有环节在等待，不能关闭。请重试，或更正要素、移动环节。")),
    "digests_missing": Sentence(_l("请指明要删除的个人信息。")),
    "values_on_their_way": Sentence(_l("外发消息还带有这些信息，送达或者放弃之后方可删除。")),
}
