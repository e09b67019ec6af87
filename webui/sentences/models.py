"""Sentences for a chain, form, decision or file that is wrong as written. The page quotes the message itself."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webui.sentences import values
from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {
    "place_failed": Sentence(
        _l(
            "“%(name)s”（%(element)s）的%(place)s%(target)s没有得出可用的值：%(expression)s%(facts)s。没有作任何改动，请核对所填内容，或者联系流程设计人员。"
        ),
        {"place": values.place, "target": values.target, "facts": values.facts},
        quotes=True,
    ),
    "no_condition_true": Sentence(
        _l(
            "“%(name)s”（%(element)s）之后的条件都不成立，也没有默认的去向：%(expression)s%(facts)s。没有作任何改动，请核对所填内容，或者联系流程设计人员。"
        ),
        {"facts": values.facts},
    ),
    "timer_loop": Sentence(
        _l("定时“%(name)s”（%(element)s）连续 %(times)s 次一设就到，流程空转：%(loop)s。请更正时间%(facts)s后重试。"),
        {"facts": values.facts, "loop": values.quoted},
    ),
    "value_unfit": Sentence(_l("有一个值不是要素可以取的值。"), quotes=True),
    "fact_unfit": Sentence(_l("“%(fact)s”的值不能用作要素：类型不符，或者数字过大。"), quotes=True),
    "number_unfit": Sentence(_l("有一个数字过大或者不是数字。"), quotes=True),
    "model_wrong": Sentence(_l("审批链的流程、表单或规则有错误，请联系流程设计人员。"), quotes=True),
    "decision_unknown": Sentence(_l("没有决策“%(decision)s”，请联系流程设计人员。")),
    "budget_exceeded": Sentence(_l("表达式的运算超出上限，请减少所填内容或者联系流程设计人员。"), quotes=True),
}
