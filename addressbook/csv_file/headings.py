"""What the headings of a table mean, in the words of the programs that write such tables. Pure.

Headings are compared without case, blanks and marks: programs disagree about these from version to version (Windows
ends some with a blank). A number in a heading ("Home Phone 2") counts for nothing, except where it ties columns
together, as Google's do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from addressbook.csv_file.targets import Target, read_target

#: Columns that are known and say nothing of a person that a contact could hold.
LEFT_OUT: Final = ""

_MEANINGS: Final[dict[str, tuple[str, ...]]] = {
    "shown": (
        "name", "full name", "display name", "contact name", "file as", "formatted name", "cn",
        "姓名", "显示名称", "名称", "联系人", "联系人姓名", "全名", "客户姓名", "表示名", "氏名",
    ),
    "family": ("last name", "family name", "surname", "sn", "姓", "姓氏"),
    "given": ("first name", "given name", "forename", "名", "名字"),
    "additional": ("middle name", "additional name", "中间名"),
    "prefix": ("name prefix", "prefix", "前缀", "称谓", "英文称谓"),
    "suffix": ("suffix", "name suffix", "后缀", "中文称谓"),
    "phonetic_family": (
        "phonetic last name", "family name yomi", "yomi last name", "姓拼音", "姓氏拼音", "姓 (拼音)",
        "last name phonetic",
    ),
    "phonetic_given": (
        "phonetic first name", "given name yomi", "yomi first name", "名拼音", "名字拼音", "名 (拼音)",
        "first name phonetic",
    ),
    "nicknames": ("nickname", "nick name", "nick", "alias", "昵称", "别名", "绰号"),
    "company": (
        "company", "organization", "organisation", "organization name", "company name", "employer",
        "单位", "公司", "公司名称", "单位名称", "工作单位", "企业", "会社",
    ),
    "department": ("department", "organization department", "部门", "部署"),
    "title": ("job title", "position", "organization title", "职务", "职位", "头衔", "役職"),
    "role": ("profession", "occupation", "职业"),
    "birthday": ("birthday", "birth date", "date of birth", "bday", "生日", "出生日期", "誕生日"),
    "birthday.year": ("birth year",),
    "birthday.month": ("birth month",),
    "anniversary": ("anniversary", "纪念日", "周年纪念日"),
    "note": (
        "notes", "note", "comments", "comment", "remark", "remarks", "memo", "附注", "备注", "注释", "说明", "メモ",
    ),
    "categories": (
        "categories", "category", "labels", "group membership", "group", "groups", "tags",
        "类别", "分组", "群组", "组", "组名", "联系组", "分类", "标签", "qq同步助手 分组",
    ),
    "uid": ("uid",),
    "mail": (
        "e-mail", "email", "e-mail address", "email address", "mail", "primary email", "secondary email",
        "mail address",
        "电子邮件地址", "电子邮件", "邮件地址", "电邮地址", "电邮", "邮箱", "邮箱地址", "电子邮箱", "常用邮箱",
        "email 地址", "e-mail 地址",
        "additional email", "メールアドレス", "电子邮件 2 地址",
    ),
    "mail:home": ("home e-mail", "personal email", "private email", "家庭邮箱", "私人邮箱", "个人邮箱"),
    "mail:work": ("work e-mail", "business email", "工作邮箱", "商务邮箱", "公司邮箱", "单位邮箱"),
    "mail:other": ("other email", "其他邮箱"),
    "number": (
        "phone", "phone number", "telephone", "tel", "telephone number", "number", "contact number", "primary phone",
        "电话", "电话号码", "号码", "联系电话", "联系方式", "主要电话", "常用电话", "固定电话", "固话", "座机", "電話",
    ),
    "number:cell": (
        "mobile", "mobile phone", "cell", "cell phone", "mobile number", "cellular", "手机", "手机号", "手机号码",
        "移动电话",
        "移动电话号码", "常用手机", "其他手机", "小灵通", "手機", "行動電話", "携帯電話",
    ),
    "number:home": ("home phone", "home telephone", "住宅电话", "家庭电话", "家庭电话号码", "住宅電話", "宅电"),
    "number:work": (
        "business phone", "work phone", "office phone", "company main phone", "商务电话", "业务电话", "公司电话",
        "单位电话",
        "办公电话", "工作电话", "单位主要电话", "商務電話",
    ),
    "number:cell,work": ("work mobile", "商务手机", "工作手机"),
    "number:home,fax": ("home fax", "住宅传真", "家庭传真"),
    "number:work,fax": (
        "business fax", "work fax", "商务传真", "业务传真", "公司传真", "单位传真", "工作传真", "办公传真",
    ),
    "number:fax": ("fax", "fax number", "传真", "传真号码", "传真电话", "常用传真", "other fax", "其他传真"),
    "number:pager": ("pager", "pager number", "寻呼机", "传呼机"),
    "number:car": ("car phone", "车载电话"),
    "number:other": ("other phone", "other", "其他电话", "callback", "回电话", "radio phone", "无绳电话", "无线电话"),
    "number:isdn": ("isdn",),
    "number:assistant": ("assistant's phone", "助理的电话"),
    "number:tty": ("tty/tdd phone", "tty/tdd 电话"),
    "address.text": ("address", "地址", "联系地址", "通讯地址", "通信地址", "住址", "住所"),
    "address.text:home": ("home address", "家庭地址", "家庭住址", "住宅地址"),
    "address.text:work": ("business address", "work address", "公司地址", "单位地址", "办公地址", "商务地址"),
    "address.code": ("postal code", "zip", "zip code", "postcode", "邮编", "邮政编码", "郵便番号"),
    "address.city": ("city", "城市", "市"),
    "address.region": ("state", "province", "省", "省份", "省/市"),
    "address.country": ("country", "国家", "国家/地区"),
    "address.street": ("street", "街道"),
    "website": ("web page", "website", "url", "web", "homepage", "网页", "网址", "网站", "主页", "主页地址"),
    "website:home": ("personal web page", "个人网页", "个人主页", "web page 2"),
    "website:work": ("business web page", "business home page", "业务网页", "公司网页", "公司主页", "web page 1"),
    "messenger:qq": ("qq", "qq 号", "qq 号码", "oicq"),
    "messenger:wechat": ("wechat", "weixin", "微信", "微信号"),
    "messenger:msn": ("msn", "msn id"),
    "messenger:skype": ("skype", "skype id"),
    "messenger:xmpp": ("jabber", "xmpp", "google talk"),
    "messenger:icq": ("icq",),
    "messenger:aim": ("aim", "screen name", "aim screen name"),
    "messenger:yahoo": ("yahoo", "yahoo! id"),
    "messenger:fetion": ("fetion", "飞信", "飞信号"),
    "messenger:im": ("im address", "instant messaging address"),
    "related:spouse": ("spouse", "配偶"),
    "related:child": ("children", "子女", "孩子"),
    "related:manager": ("manager's name", "经理姓名"),
    "related:assistant": ("assistant's name", "助理的姓名"),
    LEFT_OUT: (
        "e-mail type", "e-mail display name", "电子邮件类型", "电子邮件显示名称", "电子邮件显示名", "电子邮件 2 类型",
        "电子邮件 2 显示名", "电子邮件 2 显示名称", "initials", "缩写", "gender", "性别", "sensitivity", "敏感度",
        "priority", "优先级",
        "private", "私有", "language", "语言", "internet free busy", "internet 忙闲", "directory server",
        "目录服务器", "photo",
        "name prefix yomi", "additional name yomi", "phonetic middle name", "phonetic name", "yomi name", "maiden name",
        "short name", "directory", "phonetic display name", "序号", "编号", "no", "id", "always trust",
    ),
}  # fmt: skip

# Addresses: each place with each of its parts, as programs put the two together.
_PLACES: Final = {
    "home": ("home", "住宅地址", "住宅", "家庭", "住宅所在", "家庭所在", "家庭地址"),
    "work": (
        "business", "work", "company", "商务地址", "商务", "公司", "公司所在", "业务所在", "单位", "业务", "单位地址",
        "公司地址",
    ),
    "other": ("other", "其他地址", "其他"),
}  # fmt: skip
_PARTS: Final = {
    "street": ("street", "address", "街道", "街道地址"),
    "city": ("city", "市/县", "城市", "市", "所在城市"),
    "region": ("state", "state/province", "province", "省/市/自治区", "省/自治区", "省", "省份"),
    "code": ("postal code", "zip code", "zipcode", "zip", "邮政编码", "地的邮政编码", "地邮政编码", "邮编"),
    "country": ("country", "country/region", "国家/地区", "国家"),
    "po_box": ("po box", "address po box", "- 邮箱", "邮政信箱"),
}  # fmt: skip

_GOOGLE: Final = re.compile(
    r"(e-mail|phone|address|website|relation|im|event|organization|custom field|jot|language) (\d{1,2}) - ([\w -]+)"
)
_GOOGLE_FIELDS: Final = {
    "e-mail": "mail", "phone": "number", "website": "website", "relation": "related", "im": "messenger",
    "address": "address",
}  # fmt: skip
_GOOGLE_ADDRESS: Final = {
    "formatted": "text", "street": "street", "city": "city", "po box": "po_box", "region": "region",
    "postal code": "code", "country": "country", "extended address": "extended",
}  # fmt: skip
_GOOGLE_ORGANISATION: Final = {"name": "company", "title": "title", "department": "department"}
#: The columns Outlook has for the salutation are called as others call a position.
_OUTLOOK_TITLES: Final = {"title": "prefix"}


def key_of(heading: str) -> str:
    """A heading without case, blanks and marks."""
    text = unicodedata.normalize("NFKC", heading[:200]).casefold()
    return "".join(char for char in text if char.isalnum())


def _made() -> dict[str, Target | None]:
    known: dict[str, Target | None] = {}
    for place, words in _PLACES.items():
        for part, endings in _PARTS.items():
            for word in words:
                for ending in endings:
                    known.setdefault(key_of(word + ending), Target("address", part, (place,)))
    for text, headings in _MEANINGS.items():
        for heading in headings:
            known[key_of(heading)] = read_target(text)
    # Thunderbird says "Home Address" of the street and has the city beside it: `meanings` sees to that.
    return known


_KNOWN: Final = _made()


def meaning(heading: str) -> tuple[Target | None, bool]:
    """What one heading means (None: it is left out), and whether it is known at all."""
    google = _GOOGLE.fullmatch(" ".join(heading.casefold().split()))
    if google is not None:
        return _google(google[1], google[2], google[3].strip()), True
    key = key_of(heading)
    for form in (key, re.sub(r"[0-9一二三四五]+$", "", key), re.sub(r"[0-9]+", "", key)):
        if form in _KNOWN:
            return _KNOWN[form], True
    return None, False


def meanings(headings: Sequence[str]) -> tuple[list[Target | None], list[bool]]:
    """What each heading of a table means, in the light of the others; and which are known."""
    found = [meaning(heading) for heading in headings]
    targets = [target for target, _ in found]
    known = [is_known for _, is_known in found]
    keys = [key_of(heading) for heading in headings]
    for number, key in enumerate(keys):
        if key == "title":  # of a person where there is a job title beside it
            targets[number], known[number] = Target("prefix" if {"jobtitle", "职务"} & set(keys) else "title"), True
        elif key in ("homeaddress", "workaddress", "homeaddress2", "workaddress2"):
            place = key[:4]
            if f"{place}city" in keys:
                targets[number] = Target("address", "street", (place,))
        elif key == "birthday" and "birthmonth" in keys:
            targets[number] = Target("birthday", "day")
        elif key == "称谓" and "英文称谓" in keys:  # Outlook's salutation stands before the name, this one behind it
            targets[number] = Target("suffix")
    if sum(target == Target("shown") for target in targets) > 1:
        _one_shown(targets, keys)
    return targets, known


def _one_shown(targets: list[Target | None], keys: list[str]) -> None:
    """Of several columns with the whole name one is taken: "File As" of Google is empty where it is as the name."""
    best = min(
        (number for number, target in enumerate(targets) if target == Target("shown")),
        key=lambda number: (keys[number] == "fileas", number),
    )
    for number, target in enumerate(targets):
        if target == Target("shown") and number != best:
            targets[number] = None


def _google(what: str, slot: str, part: str) -> Target | None:
    if what == "organization":
        return read_target(_GOOGLE_ORGANISATION.get(part, "")) if slot == "1" else None
    field = _GOOGLE_FIELDS.get(what)
    if field is None:
        return None
    if part in ("label", "type"):
        return Target(field, "label", (), slot)
    if field == "address":
        address_part = _GOOGLE_ADDRESS.get(part)
        return Target(field, address_part, (), slot) if address_part else None
    if part == "service":
        return Target(field, "service", (), slot)
    return Target(field, "", (), slot) if part == "value" else None


def program_of(headings: Sequence[str]) -> str:
    """Which program wrote a table with these headings; "table" where it could be any."""
    keys = {key_of(heading) for heading in headings}
    for name, signs in _SIGNS:
        if signs <= keys:
            return name
    return "table"


# The first whose headings are all there.
_SIGNS: Final = tuple(
    (name, frozenset(key_of(heading) for heading in headings))
    for name, headings in (
        ("google", ("First Name", "E-mail 1 - Value", "E-mail 1 - Label")),
        ("google", ("First Name", "Phone 1 - Value", "Phone 1 - Label")),
        ("google", ("First Name", "Organization Name", "Labels")),
        ("google-old", ("Given Name", "Group Membership")),
        ("outlook", ("First Name", "E-mail Address", "E-mail Display Name")),
        ("outlook", ("First Name", "E-mail 2 Address")),
        ("outlook", ("First Name", "Business Street", "Business Phone", "E-mail Address", "Categories")),
        ("outlook-zh", ("电子邮件地址", "电子邮件类型")),
        ("outlook-zh", ("商务地址 街道", "商务电话")),
        ("windows", ("E-mail Address", "Personal Web Page")),
        ("windows", ("E-mail Address", "Home Street", "Home Phone")),
        ("windows-zh", ("电子邮件地址", "住宅所在街道")),
        ("windows-zh", ("电子邮件地址", "个人网页")),
        ("foxmail", ("电子邮件地址", "手机", "家庭所在街道")),
        ("foxmail", ("电子邮件地址", "手机", "个人主页")),
        ("thunderbird", ("Primary Email", "Display Name")),
    )
)
