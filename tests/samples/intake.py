"""The intake form of business start-up, filled in as a clerk does it in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

TEXTS = {
    "注册资本（万元）": "100",
    "住所": "示范县人民路 1 号",
    "经营范围": "农业科学研究",
    "法定代表人": "张三",
    "法定代表人身份证号码": "11010519491231002X",
    "法定代表人手机号码": "13800138000",
    "职工人数": "3",
    "姓名或者名称": "张三",
    "认缴出资（万元）": "100",
    "缴存比例（%）": "8",
}


def fill_in(page: Page) -> None:
    """Fill in everything that the intake form requires."""
    expect(page.locator("[data-form]")).to_have_attribute("data-shown", "yes")
    host = page.locator("[data-form-host]")
    host.locator(".fjs-form-field-select .fjs-input-group").click()
    host.get_by_text("股份有限公司", exact=True).click()
    expect(host.locator(".fjs-form-field-select")).to_contain_text("股份有限公司")
    for choice in ("公章", "小规模纳税人", "窗口领取"):
        host.get_by_label(choice, exact=True).check()
    for label, value in TEXTS.items():
        # A field hands its value on when it is left; a redraw meanwhile may take the focus away early.
        field = host.get_by_label(f"{label}*", exact=True)
        field.fill(value)
        field.blur()
        expect(field).to_have_value(value)
