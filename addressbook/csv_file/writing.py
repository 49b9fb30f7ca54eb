"""Contacts as a table for Google, Outlook (English and Chinese) and Foxmail, safe to open in a spreadsheet. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from addressbook.contact import Address, Contact, Value
from addressbook.csv_file.labels import said

#: Programs a table can be written for.
PROGRAMS: Final = ("google", "outlook", "outlook-zh", "foxmail")
#: The charset each of them expects where a file says none.
CHARSETS: Final = {"google": "utf-8-sig", "outlook": "utf-8-sig", "outlook-zh": "gb18030", "foxmail": "gb18030"}
# What makes a cell a formula for a spreadsheet (OWASP, CSV injection); a tab or a line end hides one behind it.
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+(]?[0-9][0-9 ()./-]*")
_MAX_VALUES: Final = 10
#: Characters gathered before they are handed on.
_AT_ONCE: Final = 1 << 16

Row = dict[str, str]


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like it gets an apostrophe in front.

    A plain phone number stays: what a spreadsheet makes of +86138… is that number, and other programs read it as it is.
    """
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def table(contacts: Callable[[], Iterable[Contact]], program: str) -> Iterator[bytes]:
    """The lines of a table of people (groups are told by the categories of their members), in the program's charset.

    The contacts are gone through twice: how many columns Google's has depends on the fullest.
    """
    make, charset = _MAKERS[program], CHARSETS[program]
    headings = _headings(contacts(), program)
    yield "\ufeff".encode() if charset == "utf-8-sig" else b""
    codec = charset.removesuffix("-sig")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(headings)
    for contact in contacts():
        if not contact.is_group:
            row = make(contact)
            writer.writerow([harmless(row.get(heading, "")) for heading in headings])
        if buffer.tell() > _AT_ONCE:
            yield buffer.getvalue().encode(codec, "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode(codec, "replace")


def _headings(contacts: Iterable[Contact], program: str) -> Sequence[str]:
    if program != "google":
        return _FIXED[program]
    most = dict.fromkeys((attribute for attribute, _, _ in _GOOGLE_MANY), 0)
    for contact in contacts:
        for attribute in most:
            most[attribute] = max(most[attribute], len(getattr(contact, attribute)))
    found = list(_GOOGLE_FIRST)
    for attribute, name, parts in _GOOGLE_MANY:
        numbers = range(1, min(_MAX_VALUES, most[attribute]) + 1)
        found += [f"{name} {number} - {part}" for number in numbers for part in parts]
    return found


# --- Google ----------------------------------------------------------------------------------------------------

_GOOGLE_FIRST: Final = (
    "First Name", "Middle Name", "Last Name", "Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name",
    "Name Prefix", "Name Suffix", "Nickname", "File As", "Organization Name", "Organization Title",
    "Organization Department", "Birthday", "Notes", "Photo", "Labels",
)  # fmt: skip
_GOOGLE_ADDRESS: Final = (
    "Label", "Formatted", "Street", "City", "PO Box", "Region", "Postal Code", "Country", "Extended Address",
)  # fmt: skip
_GOOGLE_MANY: Final = (
    ("mails", "E-mail", ("Label", "Value")),
    ("numbers", "Phone", ("Label", "Value")),
    ("addresses", "Address", _GOOGLE_ADDRESS),
    ("messengers", "IM", ("Service", "Value")),
    ("related", "Relation", ("Label", "Value")),
    ("urls", "Website", ("Label", "Value")),
)


def _google(contact: Contact) -> Row:
    name = contact.name
    row = {
        "First Name": name.given if name else contact.call_name,
        "Middle Name": name.additional,
        "Last Name": name.family,
        "Phonetic First Name": contact.phonetic.given,
        "Phonetic Last Name": contact.phonetic.family,
        "Name Prefix": name.prefix,
        "Name Suffix": name.suffix,
        "Nickname": ", ".join(contact.nicknames),
        "File As": contact.shown if name else "",
        "Organization Name": contact.organisation.name,
        "Organization Title": contact.title,
        "Organization Department": ", ".join(contact.organisation.units),
        "Birthday": contact.birthday,
        "Notes": contact.note,
        "Labels": " ::: ".join([*contact.categories, "* myContacts"]),
    }
    for attribute, what, _ in _GOOGLE_MANY:
        for number, one in enumerate(getattr(contact, attribute)[:_MAX_VALUES], 1):
            row |= {f"{what} {number} - {part}": text for part, text in _google_parts(attribute, one).items()}
    return row


def _google_parts(attribute: str, one: Value | Address) -> Row:
    label = ("* " if one.preferred else "") + said(one.types, one.label)
    if isinstance(one, Address):
        words = (one.street, one.extended, " ".join(filter(None, (one.locality, one.region, one.code))), one.country)
        return {
            "Label": label, "Formatted": "\n".join(filter(None, words)), "Street": one.street, "City": one.locality,
            "PO Box": one.po_box, "Region": one.region, "Postal Code": one.code, "Country": one.country,
            "Extended Address": one.extended,
        }  # fmt: skip
    if attribute == "messengers":
        service, colon, account = one.value.partition(":")
        return {"Service": service, "Value": account} if colon else {"Service": "", "Value": one.value}
    return {"Label": label, "Value": one.value}


# --- Outlook, Foxmail --------------------------------------------------------------------------------------------


def _pick(values: Sequence[Value], *kinds: tuple[frozenset[str], str]) -> Row:
    """Values in columns: each in the first free one whose types it has; the last columns take any."""
    row: Row = {}
    for one in values:
        types = set(one.types)
        for wanted, heading in kinds:
            if heading not in row and wanted <= types and not ("fax" in types and "fax" not in wanted):
                row[heading] = one.value
                break
    return row


def _types(*types: str) -> frozenset[str]:
    return frozenset(types)


def _numbers(values: Sequence[Value], names: Mapping[str, str]) -> Row:
    return _pick(
        values,
        (_types("home", "fax"), names["home fax"]),
        (_types("fax"), names["fax"]),
        (_types("pager"), names["pager"]),
        (_types("cell"), names["cell"]),
        (_types("home"), names["home"]),
        (_types("home"), names["home 2"]),
        (_types("work"), names["work"]),
        (_types("work"), names["work 2"]),
        (_types(), names["any"]),
        (_types(), names["any 2"]),
        (_types(), names["cell"]),
        (_types(), names["home"]),
        (_types(), names["work"]),
    )


def _addresses(addresses: Sequence[Address], names: Mapping[str, Sequence[str]]) -> Row:
    row: Row = {}
    for one in addresses:
        place = next((kind for kind in ("home", "work") if kind in one.types), "other")
        headings = names.get(place, names["home"])
        if headings[0] in row:
            continue
        street = " ".join(filter(None, (one.extended, one.street)))
        texts = (street, one.locality, one.region, one.code, one.country)
        row |= dict(zip(headings, texts, strict=True))
    return row


_OUTLOOK_PARTS: Final = ("Street", "City", "State", "Postal Code", "Country/Region")
_OUTLOOK_ADDRESSES: Final = {
    kind: tuple(f"{word} {part}" for part in _OUTLOOK_PARTS)
    for kind, word in (("work", "Business"), ("home", "Home"), ("other", "Other"))
}
_OUTLOOK_NUMBERS: Final = {
    "home fax": "Home Fax", "fax": "Business Fax", "pager": "Pager", "cell": "Mobile Phone", "home": "Home Phone",
    "home 2": "Home Phone 2", "work": "Business Phone", "work 2": "Business Phone 2", "any": "Primary Phone",
    "any 2": "Other Phone",
}  # fmt: skip
_OUTLOOK: Final = (
    "Title", "First Name", "Middle Name", "Last Name", "Suffix", "Company", "Department", "Job Title",
    *_OUTLOOK_ADDRESSES["work"], *_OUTLOOK_ADDRESSES["home"], *_OUTLOOK_ADDRESSES["other"], "Business Fax",
    "Business Phone", "Business Phone 2", "Home Fax", "Home Phone", "Home Phone 2", "Mobile Phone", "Other Phone",
    "Pager", "Primary Phone", "Anniversary", "Birthday", "Categories", "E-mail Address", "E-mail 2 Address",
    "E-mail 3 Address", "Notes", "Spouse", "Web Page",
)  # fmt: skip

_ZH_PARTS: Final = ("街道", "市/县", "省/市/自治区", "邮政编码", "国家/地区")
_ZH_ADDRESSES: Final = {
    kind: tuple(f"{word}地址 {part}" for part in _ZH_PARTS)
    for kind, word in (("work", "商务"), ("home", "住宅"), ("other", "其他"))
}
_ZH_NUMBERS: Final = {
    "home fax": "住宅传真", "fax": "商务传真", "pager": "寻呼机", "cell": "移动电话", "home": "住宅电话",
    "home 2": "住宅电话 2", "work": "商务电话", "work 2": "商务电话 2", "any": "主要电话", "any 2": "其他电话",
}  # fmt: skip
_ZH_NAMES: Final = {
    "Title": "英文称谓", "First Name": "名", "Middle Name": "中间名", "Last Name": "姓", "Suffix": "中文称谓",
    "Company": "单位", "Department": "部门", "Job Title": "职务", "Anniversary": "纪念日", "Birthday": "生日",
    "Categories": "类别", "E-mail Address": "电子邮件地址", "E-mail 2 Address": "电子邮件 2 地址",
    "E-mail 3 Address": "电子邮件 3 地址", "Notes": "附注", "Spouse": "配偶", "Web Page": "网页",
    **{_OUTLOOK_NUMBERS[kind]: heading for kind, heading in _ZH_NUMBERS.items()},
    **{en: zh for kind, names in _OUTLOOK_ADDRESSES.items() for en, zh in zip(names, _ZH_ADDRESSES[kind], strict=True)},
}  # fmt: skip

_FOXMAIL_ADDRESSES: Final = {
    "home": ("家庭所在街道", "家庭所在市", "家庭所在省", "家庭所在地邮政编码", "家庭所在国家"),
    "work": ("公司所在街道", "公司所在市", "公司所在省", "公司所在地邮政编码", "公司所在国家"),
}
_FOXMAIL_NUMBERS: Final = {
    "home fax": "家庭传真", "fax": "公司传真", "pager": "寻呼机", "cell": "手机", "home": "家庭电话1",
    "home 2": "家庭电话2",
    "work": "办公电话1", "work 2": "办公电话2", "any": "家庭电话1", "any 2": "办公电话1",
}  # fmt: skip
_FOXMAIL: Final = (
    "名", "姓", "姓名", "昵称", "电子邮件地址", "手机", "个人主页", "生日", "QQ", "公司", "部门", "职位",
    *_FOXMAIL_ADDRESSES["work"], "办公电话1", "办公电话2", "公司传真", *_FOXMAIL_ADDRESSES["home"], "家庭电话1",
    "家庭电话2",
    "家庭传真", "附注",
)  # fmt: skip


def _outlook(contact: Contact) -> Row:
    name = contact.name
    mails = [one.value for one in contact.mails]
    row = {
        "Title": name.prefix,
        "First Name": name.given if name else contact.call_name,
        "Middle Name": name.additional,
        "Last Name": name.family,
        "Suffix": name.suffix,
        "Company": contact.organisation.name,
        "Department": ", ".join(contact.organisation.units),
        "Job Title": contact.title,
        "Anniversary": contact.anniversary,
        "Birthday": contact.birthday,
        "Categories": ";".join(contact.categories),
        "Notes": contact.note,
        "Spouse": next((one.value for one in contact.related if "spouse" in one.types), ""),
        "Web Page": next((one.value for one in contact.urls), ""),
        **dict(zip(("E-mail Address", "E-mail 2 Address", "E-mail 3 Address"), mails, strict=False)),
    }
    return {**_addresses(contact.addresses, _OUTLOOK_ADDRESSES), **_numbers(contact.numbers, _OUTLOOK_NUMBERS), **row}


def _outlook_zh(contact: Contact) -> Row:
    return {_ZH_NAMES[heading]: text for heading, text in _outlook(contact).items()}


def _foxmail(contact: Contact) -> Row:
    qq = next((one.value.partition(":")[2] for one in contact.messengers if one.value.startswith("qq:")), "")
    return {
        "名": contact.name.given,
        "姓": contact.name.family,
        "姓名": contact.call_name,
        "昵称": next(iter(contact.nicknames), ""),
        "电子邮件地址": next((one.value for one in contact.mails), ""),
        "个人主页": next((one.value for one in contact.urls), ""),
        "生日": contact.birthday,
        "QQ": qq,
        "公司": contact.organisation.name,
        "部门": ", ".join(contact.organisation.units),
        "职位": contact.title,
        "附注": contact.note,
        **_addresses(contact.addresses, _FOXMAIL_ADDRESSES),
        **_numbers(contact.numbers, _FOXMAIL_NUMBERS),
    }


_FIXED: Final = {
    "outlook": _OUTLOOK,
    "outlook-zh": tuple(_ZH_NAMES[heading] for heading in _OUTLOOK),
    "foxmail": _FOXMAIL,
}
_MAKERS: Final[dict[str, Callable[[Contact], Row]]] = {
    "google": _google, "outlook": _outlook, "outlook-zh": _outlook_zh, "foxmail": _foxmail,
}  # fmt: skip
