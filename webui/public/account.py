"""Signing in and out, passwords, and the language of the pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, login_required

from engine.base.errors import InvalidInput, NotAllowed, wrong_field
from webui import sentences
from webui.house import actor, house
from webui.security import begin, end, limiter, local_path
from webui.text import LANGUAGES

pages = Blueprint("account", __name__)


def _sign_ins() -> str:
    return f"{house().settings.sign_ins_per_minute} per minute"


def _account() -> str:
    return request.form.get("account", "").strip()


def _page(account: str, problem: str | None) -> str:
    demo = house().settings.demo_accounts
    return render_template("public/sign_in.html", account=account, problem=problem, demo_accounts=demo)


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(url_for("desk.home"))
    return _page("", None)


# Two counters: one address may not try many accounts, and one account may not be tried from many addresses.
@pages.post("/sign-in")
@limiter.limit(_sign_ins)
@limiter.limit(_sign_ins, key_func=_account)
def sign_in_now() -> ResponseReturnValue:
    try:
        account = house().identity.sign_in(_account(), request.form.get("password", ""), house().clock.now())
    except NotAllowed:
        # One text for both, so that accounts can't be found by trying.
        problem = gettext("账号或密码不正确。")
        return _page(_account(), problem), 403
    language = session.get("language")
    end()
    session.clear()
    session.permanent = True
    if language:
        session["language"] = language
    begin(account)
    return redirect(local_path(request.args.get("next")) or url_for("desk.home"))


@pages.post("/sign-out")
@login_required
def sign_out() -> ResponseReturnValue:
    end()
    return redirect(url_for("account.sign_in"))


@pages.get("/password")
@login_required
def password() -> ResponseReturnValue:
    return render_template("public/password.html", errors={})


@pages.post("/password")
@login_required
@limiter.limit(_sign_ins)
def change_password() -> ResponseReturnValue:
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    try:
        if new != again:
            message = "Expected the new password twice."
            raise InvalidInput(
                message, sentence="password_unfit", errors={"again": wrong_field("password_differs", message)}
            )
        account = house().identity.change_password(actor(), old, new, house().clock.now())
    except NotAllowed:
        return render_template("public/password.html", errors={"old": gettext("原密码不正确。")}), 403
    except InvalidInput as error:
        return render_template("public/password.html", errors=sentences.say_fields(error)), 422
    begin(account)  # the account's other sessions have ended with the old password
    return redirect(url_for("desk.home"))


@pages.post("/language/<code>")
def language(code: str) -> ResponseReturnValue:
    if code in LANGUAGES:
        session["language"] = code
    return redirect(local_path(request.form.get("back")) or url_for("desk.home"))
