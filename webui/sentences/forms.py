"""Sentences about one field of a form or of a page. `label` is the name that the model or the page gives the field."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webui.sentences import values
from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {
    "field_required": Sentence(_l("请填写“%(label)s”。")),
    "field_checked": Sentence(_l("请勾选“%(label)s”。")),
    "field_text": Sentence(_l("“%(label)s”应为文本。")),
    "field_too_long": Sentence(_l("“%(label)s”不得超过 %(bound)s 个字符。")),
    "field_too_short": Sentence(_l("“%(label)s”至少需要 %(bound)s 个字符。")),
    "field_characters": Sentence(_l("“%(label)s”含有不可用的控制字符。")),
    "field_pattern": Sentence(_l("“%(label)s”格式不正确。%(hint)s")),
    "field_pattern_time": Sentence(_l("“%(label)s”过长，无法核对格式。")),
    "field_email": Sentence(_l("“%(label)s”应为电子邮箱地址。")),
    "field_phone": Sentence(_l("“%(label)s”应为国际格式的电话号码，例如 +8613800138000。")),
    "field_number": Sentence(_l("“%(label)s”应为数字。")),
    "field_digits": Sentence(_l("“%(label)s”的数字不得超过 %(bound)s 位。")),
    "field_integer": Sentence(_l("“%(label)s”应为整数。")),
    "field_decimals": Sentence(_l("“%(label)s”最多保留 %(bound)s 位小数。")),
    "field_increment": Sentence(_l("“%(label)s”应为 %(bound)s 的倍数。")),
    "field_min": Sentence(_l("“%(label)s”不得小于 %(bound)s。")),
    "field_max": Sentence(_l("“%(label)s”不得大于 %(bound)s。")),
    "field_boolean": Sentence(_l("“%(label)s”应为是或否。")),
    "field_option": Sentence(_l("“%(label)s”的选项不存在。")),
    "field_options": Sentence(_l("“%(label)s”应为选项列表。")),
    "field_doubled": Sentence(_l("“%(label)s”有重复的选项。")),
    "field_date": Sentence(_l("“%(label)s”应为日期，例如 2026-03-02。")),
    "field_time": Sentence(_l("“%(label)s”应为时间，例如 09:30。")),
    "field_datetime": Sentence(_l("“%(label)s”应为日期和时间，例如 2026-03-02T09:30+08:00。")),
    "field_zone": Sentence(_l("“%(label)s”的时间缺少时区。")),
    "field_past": Sentence(_l("“%(label)s”应为今天或以后的日期。")),
    "field_interval": Sentence(_l("“%(label)s”的时间应以 %(bound)s 分钟为单位。")),
    "field_rows_fixed": Sentence(_l("“%(label)s”为 %(bound)s 行，不能增加或删除。")),
    "field_files": Sentence(_l("“%(label)s”应为文件列表。")),
    "field_too_many_files": Sentence(_l("“%(label)s”最多上传 %(bound)s 个文件。")),
    "field_file_kind": Sentence(_l("“%(label)s”只接受 %(bound)s。")),
    "field_readonly": Sentence(_l("“%(label)s”不可修改。")),
    "field_rows": Sentence(_l("“%(label)s”应为列表。")),
    "field_row": Sentence(_l("“%(label)s”的每一行应为一组值。")),
    "field_too_many_rows": Sentence(_l("“%(label)s”最多 %(bound)s 行。")),
    "field_object": Sentence(_l("“%(label)s”应为一组值。")),
    "field_unknown": Sentence(_l("表单没有“%(label)s”这一项。")),
    "field_identifier": Sentence(
        _l("“%(label)s”：%(kind)s有误：%(reason)s，应如 %(example)s，请核对。"),
        {"kind": values.identifier, "reason": values.identifier_reason},
    ),
    "field_too_many_values": Sentence(_l("表单最多 %(bound)s 个值。")),
    # fields of pages, which name their label beside the message
    "field_json": Sentence(_l("%(label)s须为 JSON，文字请加英文双引号。")),
    "value_missing": Sentence(_l("此项必填。")),
    "value_too_long": Sentence(_l("最多填写 %(most)s 个字。")),
    "number_wrong": Sentence(_l("编号无效。")),
    "date_wrong": Sentence(_l("日期无效。")),
    "identity_unwanted": Sentence(_l("此类办件不收身份证号或统一社会信用代码，请勿填写。")),
    "identity_kind": Sentence(_l("证件类型应为身份证号或统一社会信用代码。")),
    "applicant_kind_missing": Sentence(_l("请选择申请人类型。")),
    "password_differs": Sentence(_l("两次输入不一致。")),
    "password_unchanged": Sentence(_l("与原密码相同。")),
    "password_length": Sentence(_l("密码应为 %(least)s 至 %(most)s 个字符。")),
    "password_named": Sentence(_l("密码不能包含用户名。")),
}
