"""Sentences for refusals of the door, the store, the library and the adapters."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webui.sentences import values
from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {
    # the store
    "case_moved_on": Sentence(_l("本办件刚刚有新的办理，没有作任何改动。请刷新后重试。")),
    "thing_just_taken": Sentence(_l("另一办件在同一时刻占用了相同的名称或不动产单元，请刷新后核对。")),
    "thing_registered": Sentence(_l("%(kind)s“%(key)s”已被登记使用，请另行选择。"), {"kind": values.thing}),
    "thing_in_other_case": Sentence(
        _l("%(kind)s“%(key)s”已有办件正在办理，办结之前不能重复申请。"), {"kind": values.thing}
    ),
    "thing_reserved": Sentence(
        _l("%(kind)s“%(key)s”已被预留至%(last)s，请另行选择，或在预留期满后再申请。"),
        {"kind": values.thing, "last": values.on},
    ),
    "value_unstorable": Sentence(_l("所填内容含有无法保存的字符，请删除后重试。")),
    "time_unreadable": Sentence(_l("“%(given)s”不是有效的时间。")),
    "time_without_zone": Sentence(_l("时间“%(given)s”缺少时区。")),
    # files
    "file_too_large": Sentence(_l("文件“%(name)s”超过上限 %(most_mb)s MB。")),
    "file_empty": Sentence(_l("文件“%(name)s”是空文件。")),
    "file_unknown": Sentence(_l("文件“%(name)s”是 无法识别的格式，此处接受 %(wanted)s。"), {"wanted": values.listed}),
    "file_unwanted": Sentence(_l("文件“%(name)s”是 %(found)s，此处接受 %(wanted)s。"), {"wanted": values.listed}),
    "file_misnamed": Sentence(_l("文件“%(name)s”的内容是 %(found)s，与扩展名不符。")),
    "file_misdeclared": Sentence(_l("文件“%(name)s”的内容是 %(found)s，与声明的类型不符。")),
    "file_gone": Sentence(_l("没有这个文件，或文件已不在库中。")),
    # accounts, letters, registers
    "account_exists": Sentence(_l("“%(person)s”已有账号。")),
    "account_unknown": Sentence(_l("“%(person)s”没有账号。")),
    "password_unfit": Sentence(_l("新密码不符合要求。")),
    "sign_in_denied": Sentence(_l("用户名或密码不正确；连续 %(attempts)s 次错误后须等待 %(minutes)s 分钟。")),
    "letter_unknown": Sentence(_l("没有这条消息。")),
    "register_unknown": Sentence(_l("没有登记簿“%(register)s”。")),
    # identifiers
    "identifier_wrong": Sentence(
        _l("%(kind)s有误：%(reason)s，应如 %(example)s，请核对。"),
        {"kind": values.identifier, "reason": values.identifier_reason},
    ),
    "certificate_parts": Sentence(_l("电子证照标识的组成部分只能是字母和数字。")),
    # what a page was sent
    "body_unreadable": Sentence(_l("提交的内容无法识别。")),
    "fields_wrong": Sentence(_l("有内容需要修改。")),
    "file_missing": Sentence(_l("请选择要上传的文件。")),
    "page_unknown": Sentence(_l("没有这一页。")),
    "clock_not_suspended": Sentence(_l("时限没有暂停，不需要恢复。")),
    # the library and the database
    "hall_not_set_up": Sentence(_l("系统尚未初始化，请联系管理员。")),
    "chain_unpublished": Sentence(_l("没有已发布的审批链“%(chain)s”。")),
    "version_unknown": Sentence(_l("数据库中没有该流程版本。")),
    "database_address": Sentence(_l("数据库地址应以 sqlite:/// 或 postgresql:// 开头。")),
    "due_without_end": Sentence(_l("到期事项循环触发，已停止处理。请联系流程设计人员。")),
    "anchor_signature": Sentence(_l("锚定文件的签名不符。")),
    "person_unknown": Sentence(_l("机构设置中没有“%(key)s”。")),
    # the calendar
    "days_out_of_range": Sentence(_l("日期超出可以计算的年份（%(earliest)s–%(latest)s）。")),
    "workdays_out_of_range": Sentence(_l("工作日数须在 0 至 %(most)s 之间。")),
    "calendar_wrong": Sentence(_l("日历或时限的“%(field)s”有误。"), quotes=True),
    # values that have no place in a journal
    "text_broken": Sentence(_l("文本含有无法保存的字符。")),
    "key_no_text": Sentence(_l("名称须为文本。")),
    "names_same": Sentence(_l("有两个名称只是写法不同，请保留一个。")),
    "integer_too_large": Sentence(_l("数字过大。")),
    "value_no_json": Sentence(_l("所填内容的类型无法保存。")),
    # the door
    "command_wrong": Sentence(_l("提交的命令有误。"), quotes=True),
    "case_unknown": Sentence(_l("没有办件 %(case)s，或者不在您的查看范围内。")),
    "key_reused": Sentence(_l("本页已用于办件 %(case)s 的其他操作。")),
    "day_out_of_reach": Sentence(
        _l("生效日期须在%(earliest)s至%(latest)s之间。"), {"earliest": values.on, "latest": values.on}
    ),
    "rehearsal_without_case": Sentence(_l("只能试算已有办件的操作。")),
    # what may be seen
    "material_unseen": Sentence(_l("没有这项材料，或者不在您的查看范围内。")),
    "project_unknown": Sentence(_l("没有项目 %(project)s，或者不在您的查看范围内。")),
    "chain_not_offered": Sentence(_l("没有您可以申办的“%(chain)s”。")),
    "versions_unrelated": Sentence(_l("请选择同一审批链的两个版本。")),
    "year_out_of_range": Sentence(_l("没有 %(year)s 年的日历。")),
    "item_not_offered": Sentence(_l("本厅不办理“%(item)s”。")),
    "process_unseen": Sentence(_l("本办件没有流程“%(process)s”。")),
}
