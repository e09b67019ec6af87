"""The guide 办事指南, open to everybody: the items that may be applied for, each as a page and as a document to print.

Holds no rule.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext

from adapters.documents import qr_svg
from engine.reading.views import guide as guides
from engine.reading.views.guide import Fee, GuideMaterial, ItemPage
from webui.house import house, sight
from webui.security import limiter
from webui.text import KINDS, LIMITS, SUPPLIERS, TAGS, formats, moment, published, visits

pages = Blueprint("guide", __name__)

LONGEST_SEARCH = 100  # characters


@pages.get("/guide")
@limiter.limit("120 per minute")
def index() -> ResponseReturnValue:
    text = request.args.get("text", "")[:LONGEST_SEARCH].strip()
    return render_template("guide/index.html", found=guides.search(sight(), text))


@pages.get("/guide/<item>")
@limiter.limit("120 per minute")
def item(item: str) -> ResponseReturnValue:
    return render_template("guide/item.html", item=guides.item(sight(), item))


@pages.get("/guide/<item>.pdf")
@limiter.limit("20 per minute")  # a document takes longer to make than a page
def document(item: str) -> ResponseReturnValue:
    """Return the document of an item, in Chinese whatever the language of the pages: it is published in Chinese."""
    page = guides.item(sight(), item)
    with force_locale("zh"):
        made = house().documents.render("guide", _printed(page))
        name = f"{gettext('办事指南')} {page.name}"
    return send_file(
        BytesIO(made), mimetype=house().documents.type, download_name=f"{name}{house().documents.suffix}", etag=False
    )


def _printed(page: ItemPage) -> dict[str, Any]:
    """Return the values of the document: texts, and objects of texts by their labels."""
    address = url_for("guide.item", item=page.key, _external=True)
    return {
        "title": page.name,
        "hall": house().settings.hall,
        "about": _about(page),
        "basis": [f"《{basis.law}》{basis.article}" for basis in page.basis],
        "conditions": page.conditions,
        "materials": {str(n): _material(one) for n, one in enumerate(page.materials, 1)},
        "limits": {str(LIMITS[one.name]): published(one, page.kind) for one in page.limits},
        "counted_from": gettext("自收件之日起计算") if page.starts_on == "receipt" else gettext("自受理之日起计算"),
        "flow": page.flow,
        "sign_off": gettext("、").join(page.sign_off),
        "fees": {fee.name: _fee(fee) for fee in page.fees},
        "result": page.result or gettext("服务完成，不出具证照"),
        "printed_on": moment(house().clock.now())[:10],
        "address": address,
        "qr": qr_svg(address),
    }


def _about(page: ItemPage) -> dict[str, Any]:
    until = page.valid_to or gettext("长期")
    return {
        gettext("事项编码"): page.code,
        gettext("实施部门"): page.department,
        gettext("事项类型"): str(KINDS[page.kind]),
        gettext("办理形式"): gettext("、").join(str(TAGS[tag]) for tag in page.tags if tag in TAGS),
        gettext("到现场次数"): visits(page.visits),
        gettext("征求意见部门"): gettext("、").join(page.consults),
        gettext("所属办理链"): gettext("、").join(page.within),
        gettext("有效期"): gettext("%(since)s 至 %(until)s", since=page.valid_from, until=until),
    }


def _material(one: GuideMaterial) -> dict[str, str]:
    needed = gettext("必需") if one.required else gettext("非必需")
    return {
        "name": one.name,
        "needed": f"{needed}{gettext('（可容缺）')}" if one.tolerable else needed,
        "source": str(SUPPLIERS[one.source]),
        "form": formats(one.types, one.max_mb),
    }


def _fee(fee: Fee) -> str:
    amount = f"{fee.amount:f} {fee.unit}"
    return gettext("%(amount)s（依据：%(basis)s）", amount=amount, basis=fee.basis) if fee.basis else amount
