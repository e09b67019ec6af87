"""Errors as answers, in the page's language and in the shape that was asked for: page, fragment or JSON."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from engine.base.errors import LicetError
from webui import sentences
from webui.answers import is_fragment, wants_json
from webui.house import look_away
from webui.security import login

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """An error in words for a page: a headline, and what to do."""

    title: Any
    advice: Any


BY_STATUS = {
    400: Said(_l("请求有误"), _l("请返回上一页，检查后重试。")),
    401: Said(_l("请先登录"), _l("登录已失效。请在新窗口登录后回到本页重试，已填内容不会丢失。")),
    403: Said(_l("没有权限"), _l("您的岗位不能进行此操作。如有疑问，请联系管理员。")),
    404: Said(_l("没有找到"), _l("该页面不存在，或不在您的查看范围内。")),
    405: Said(_l("请求有误"), _l("请从页面上的按钮进入。")),
    409: Said(_l("未能办理"), _l("办件的状态已经变化，没有作任何改动。请刷新后查看。")),
    413: Said(_l("文件过大"), _l("请压缩或拆分后重新上传。")),
    422: Said(_l("内容有误"), _l("请按提示修改，没有作任何改动。")),
    429: Said(_l("操作过于频繁"), _l("请一分钟后再试。")),
    500: Said(_l("系统故障"), _l("本次操作没有保存。请稍后重试，仍不成功请将编号告知管理员。")),
    503: Said(_l("服务暂不可用"), _l("数据库暂时无法连接，本次操作没有保存。请稍后重试。")),
}

BY_CODE = {
    "conflict": Said(_l("已由他人办理"), _l("他人先于您办理，没有作任何改动。请刷新后查看。")),
    "key_reused": Said(_l("重复提交"), _l("本页已提交过其他内容。请重新打开页面再填写。")),
    "not_open": Said(_l("该待办已结束"), _l("该待办已办结或已撤销，没有作任何改动。")),
    "illegal_move": Said(_l("当前状态不能这样办理"), _l("办件的状态不允许此操作，没有作任何改动。请刷新后查看。")),
    "no_way_out": Said(_l("流程无法继续"), _l("所填内容没有对应的后续环节，没有作任何改动。请检查所选结论。")),
    "file_refused": Said(_l("文件不符合要求"), _l("请检查文件的格式、大小和内容。")),
    "csrf": Said(_l("页面已过期"), _l("请刷新页面后重试。")),
}


def said(status: int, code: str = "") -> Said:
    """Return headline and advice for an error: by its code if the table has it, else by its status."""
    return BY_CODE.get(code) or BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]


def install(app: Flask) -> None:
    """Answer every error of the engine, of HTTP and of ours."""
    app.jinja_env.globals.update(sentence=sentences.say_as)
    app.register_error_handler(LicetError, _engine)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _ours)
    login.unauthorized_handler(_stranger)


def _engine(error: LicetError) -> ResponseReturnValue:
    if error.status >= 500:
        return _fault(error, error.status, error.code)
    fields = error.fields | {"errors": sentences.say_fields(error)}
    return answer(error.status, error.code, sentences.say(error), fields, sentences.quotation(error))


def _forged(error: CSRFError) -> ResponseReturnValue:
    return answer(400, "csrf")


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is not None and 300 <= error.code < 400:
        return error.get_response()
    return answer(error.code or 500, "")


def _ours(error: Exception) -> ResponseReturnValue:
    return _fault(error, 500, "fault")


def _fault(error: Exception, status: int, code: str) -> ResponseReturnValue:
    """Answer a fault of the software: the log gets the trace, the page a number by which to find it there."""
    number = uuid.uuid4().hex[:8]
    log.error("fault", number=number, path=request.path, exc_info=error)
    return answer(status, code, fields={"number": number})


def _stranger() -> ResponseReturnValue:
    if wants_json() or is_fragment():
        return answer(401, "")
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.sign_in", next=target))


def answer(
    status: int, code: str, sentence: str = "", fields: dict[str, Any] | None = None, quotation: str = ""
) -> ResponseReturnValue:
    """Return the error as JSON, as a fragment for htmx, or as a page.

    `sentence` is in the page's language; if it is empty, the advice of the headline is shown instead.
    `fields["errors"]`: the sentence of each wrong field. `quotation`: an English text that the page shows as a
    quotation.
    """
    fields = fields or {}
    words = said(status, code)
    if wants_json():
        stop = gettext("。")
        message = f"{words.title}{stop}{sentence or words.advice}"
        return jsonify(code=code, message=message, fields=_json_like(fields)), status
    look_away()  # an error may have broken the look that the menu would be read with
    template = "parts/alert.html" if is_fragment() else "error.html"
    page = render_template(template, status=status, words=words, sentence=sentence, fields=fields, quotation=quotation)
    return page, status


def _json_like(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an error that a browser can use: texts, numbers, lists and field errors."""
    return {name: value for name, value in fields.items() if isinstance(value, (str, int, dict, list))}
