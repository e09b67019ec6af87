"""What is said about a wrong value, in Chinese and English, by code. Knows no field but its label."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, tuple[str, str]] = {
    "required": ("请填写“{label}”。", "'{label}' is required."),
    "checked": ("请勾选“{label}”。", "'{label}' has to be checked."),
    "text": ("“{label}”应为文本。", "'{label}' has to be text."),
    "too_long": ("“{label}”不得超过 {bound} 个字符。", "'{label}' takes at most {bound} characters."),
    "too_short": ("“{label}”至少需要 {bound} 个字符。", "'{label}' needs at least {bound} characters."),
    "characters": ("“{label}”含有不可用的控制字符。", "'{label}' holds a control character."),
    "pattern": ("“{label}”格式不正确。{hint}", "'{label}' doesn't match its pattern. {hint}"),
    "pattern_time": ("“{label}”过长，无法核对格式。", "'{label}' is too long to be matched."),
    "email": ("“{label}”应为电子邮箱地址。", "'{label}' has to be an e-mail address."),
    "phone": (
        "“{label}”应为国际格式的电话号码，例如 +8613800138000。",
        "'{label}' has to be an international phone number, such as +8613800138000.",
    ),
    "term": ("“{label}”：{zh}", "'{label}': {en}"),
    "number": ("“{label}”应为数字。", "'{label}' has to be a number."),
    "digits": ("“{label}”的数字位数过多。", "'{label}' has more than {bound} digits."),
    "integer": ("“{label}”应为整数。", "'{label}' has to be a whole number."),
    "decimals": ("“{label}”最多保留 {bound} 位小数。", "'{label}' takes at most {bound} decimal places."),
    "increment": ("“{label}”应为 {bound} 的倍数。", "'{label}' has to be a multiple of {bound}."),
    "min": ("“{label}”不得小于 {bound}。", "'{label}' has to be at least {bound}."),
    "max": ("“{label}”不得大于 {bound}。", "'{label}' has to be at most {bound}."),
    "boolean": ("“{label}”应为是或否。", "'{label}' has to be true or false."),
    "option": ("“{label}”的选项不存在。", "'{label}' has no such option."),
    "options": ("“{label}”应为选项列表。", "'{label}' has to be a list of options."),
    "doubled": ("“{label}”有重复的选项。", "'{label}' names an option twice."),
    "date": ("“{label}”应为日期，例如 2026-03-02。", "'{label}' has to be a date such as 2026-03-02."),
    "time": ("“{label}”应为时间，例如 09:30。", "'{label}' has to be a time such as 09:30."),
    "datetime": (
        "“{label}”应为日期和时间，例如 2026-03-02T09:30+08:00。",
        "'{label}' has to be a date and time such as 2026-03-02T09:30+08:00.",
    ),
    "zone": ("“{label}”的时间缺少时区。", "'{label}' needs a time with its zone."),
    "files": ("“{label}”应为文件列表。", "'{label}' has to be a list of files."),
    "too_many_files": ("“{label}”最多上传 {bound} 个文件。", "'{label}' takes at most {bound} files."),
    "file_kind": ("“{label}”只接受 {bound}。", "'{label}' takes only {bound}."),
    "readonly": ("“{label}”不可修改。", "'{label}' can't be changed."),
    "rows": ("“{label}”应为列表。", "'{label}' has to be a list of rows."),
    "row": ("“{label}”的每一行应为一组值。", "Each row of '{label}' has to be an object."),
    "too_many_rows": ("“{label}”最多 {bound} 行。", "'{label}' takes at most {bound} rows."),
    "object": ("“{label}”应为一组值。", "'{label}' has to be an object."),
    "unknown": ("表单没有“{label}”这一项。", "The form has no field '{label}'."),
}


class Wrong(Exception):
    """A value is wrong. `code` is one of TEXTS; `facts` fill in its texts."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def texts(self, label: str) -> dict[str, str]:
        """`{"zh", "en"}`, naming the field by its label."""
        zh, en = TEXTS[self.code]
        facts = {"label": label} | self.facts
        return {"zh": zh.format(**facts).strip(), "en": en.format(**facts).strip()}
