"""What is said where a chain, a form, a decision or a file is wrong as written. The message itself is quoted."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webui.sentences.sentence import Sentence

SENTENCES: Mapping[str, Sentence] = {
    "model_wrong": Sentence(_l("审批链的流程、表单或规则有错误，请联系流程设计人员。"), quotes=True),
}
