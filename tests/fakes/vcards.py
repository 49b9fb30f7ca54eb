"""Cards as phones and programs write them: 15 people in 24 handwritings, with what each card says.

The writer here shares nothing with `addressbook.vcard`; it is as loose as the programs it stands for.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace

from addressbook.contact import Address, Contact, Name, Organisation, Photo, Value

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(range(256)) * 5 + b"\xff\xd9"
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@dataclass(frozen=True)
class Style:
    """How a program writes cards."""

    name: str
    version: str
    charset: str = "utf-8"
    names_charset: bool = True  # 2.1: CHARSET= beside quoted-printable or 8-bit text
    quoted: bool = True  # 2.1: quoted-printable, else 8-bit
    breaks: int = 76  # where lines of quoted-printable break; inside characters too
    fold: int = 75  # 3.0, 4.0; 0: not at all; in octets, inside characters too
    types: str = "bare"  # bare | each | list | quoted | lower
    base64: str = "ENCODING=BASE64"
    blank_after: bool = True
    base64_indent: bytes = b" "
    line_end: bytes = b"\r\n"
    mark: bytes = b""  # byte order mark
    extra: tuple[str, ...] = ()  # lines that only this program knows
    has_fn: bool = True
    labels: bool = False  # Apple's item groups
    agent: bool = False
    whole: str = ""  # charset of the whole file
    telephone_uri: bool = False
    late_version: bool = False


STYLES = (
    Style("nokia_s40", "2.1", has_fn=False, extra=("X-NOKIA-PND-GROUP:1",), breaks=70),
    Style(
        "nokia_s60",
        "2.1",
        extra=("X-CLASS:PRIVATE", "X-SIP;POC:sip:a@b"),
        breaks=60,
        base64="ENCODING=BASE64;TYPE=JPEG",
    ),
    Style("sony_ericsson", "2.1", blank_after=False, breaks=72, extra=("X-IRMC-LUID:0001000003F8",)),
    Style("samsung", "2.1", breaks=73, base64="BASE64", extra=("X-SAMSUNGADR;HOME:;;x;;;;",)),
    Style("mtk", "2.1", charset="gb18030", quoted=False, names_charset=False, blank_after=False),
    Style("mtk_labelled", "2.1", charset="gb2312", names_charset=True, breaks=65),
    Style(
        "outlook_zh",
        "2.1",
        charset="gb18030",
        quoted=True,
        extra=("X-MS-OL-DEFAULT-POSTAL-ADDRESS:0", "X-MS-CARDPICTURE:"),
    ),
    Style("outlook_8bit", "2.1", charset="gb18030", quoted=False, names_charset=True, base64_indent=b"\t"),
    Style(
        "android_2", "2.1", breaks=76, extra=("X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Zoe;1;;;;;;;;;;;;;",)
    ),
    Style("motorola", "2.1", breaks=40, line_end=b"\n"),
    Style("siemens", "2.1", charset="utf-8", quoted=False, names_charset=True, base64_indent=b"", blank_after=True),
    Style("agent", "2.1", agent=True, extra=("LABEL;HOME:somewhere",)),
    Style("big5_phone", "2.1", charset="big5", names_charset=True),
    Style("utf16_pim", "2.1", whole="utf-16", quoted=False, names_charset=False),
    Style(
        "android_3", "3.0", types="each", fold=0, extra=("X-ANDROID-CUSTOM:vnd.android.cursor.item/relation;Zoe;1;",)
    ),
    Style(
        "iphone",
        "3.0",
        types="lower",
        labels=True,
        extra=("PRODID:-//Apple Inc.//iPhone OS 17.0//EN", "item9.X-ABADR:cn"),
    ),
    Style("mac_old", "3.0", types="lower", labels=True, mark=b"\xef\xbb\xbf", line_end=b"\n"),
    Style("google", "3.0", types="each", extra=("X-PHONETIC-FIRST-NAME-X:ab",), late_version=True),
    Style("evolution", "3.0", types="list", extra=("X-EVOLUTION-FILE-AS:x", "X-EVOLUTION-VIDEO-URL:"), fold=74),
    Style("folded_inside", "3.0", types="list", fold=20),
    Style("foxmail", "3.0", types="list", whole="gb18030", fold=0),
    Style("thunderbird", "4.0", types="list", extra=("CLIENTPIDMAP:1;urn:uuid:3df403f4-5924-4bb7-b077-3c711d9eb34b",)),
    Style("davx5", "4.0", types="quoted", extra=("PRODID:+//IDN bitfire.at//DAVx5", "LANG;PREF=1:zh"), fold=75),
    Style("tel_uris", "4.0", types="lower", telephone_uri=True, extra=("GENDER:F", 'X-UNKNOWN;A=1;B="x;y":z\\,z')),
)

_WORK = Address("", "", "长安街1号", "北京", "北京", "100000", "中国", ("work",))
PEOPLE = (
    Contact(uid="p1", shown="张三", name=Name("张", "三"), numbers=(Value("13800138000", ("cell",), preferred=True),)),
    Contact(
        uid="p2",
        shown="李四",
        name=Name("李", "四"),
        organisation=Organisation("彩邮科技有限公司", ("研发部", "短信组")),
        title="高级经理",
        numbers=(
            Value("+8613900139000", ("cell",)),
            Value("010-62345678", ("work",)),
            Value("62345679", ("work", "fax")),
        ),
        mails=(Value("li.si@example.cn", ("work",)), Value("lisi@home.example", ("home",))),
        addresses=(_WORK,),
        note='第一行\n第二行，有逗号, 分号; 和"引号"',
        birthday="1985-04-12",
        categories=("同事", "朋友"),
    ),
    Contact(
        uid="p3",
        shown="Müller, Jürgen",
        name=Name("Müller", "Jürgen", "A.", "Dr.", "jr."),
        organisation=Organisation("Größe & Söhne"),
    ),
    Contact(
        uid="p4",
        shown="Public; John, Q",
        name=Name("Public;", "John,Q"),
        note="back\\slash and = sign =3D",
        title="a;b,c",
    ),
    Contact(
        uid="p5",
        shown="王五",
        name=Name("王", "五"),
        photo=Photo(JPEG, "image/jpeg"),
        numbers=(Value("13700137000", ("home",)),),
    ),
    Contact(
        uid="p6",
        shown="Ana",
        name=Name("", "Ana"),
        photo=Photo(GIF, "image/gif"),
        urls=(Value("http://x.example/?a=1&b=2"),),
    ),
    Contact(uid="p7", shown="赵六", name=Name("赵", "六"), note="很长的备注，" * 40, nicknames=("小赵", "六子")),
    Contact(uid="p8", shown="Long Ascii", name=Name("Ascii", "Long"), note="word " * 60 + "end"),
    Contact(
        uid="p9",
        shown="中国移动",
        name=Name(given="中国移动"),
        numbers=tuple(Value(str(10000 + n), ("cell",)) for n in range(25)),
    ),
    Contact(
        uid="p10",
        shown="陈七",
        name=Name("陈", "七"),
        mails=(Value("chen@x.example"),),
        anniversary="2010-10-10",
        role="dev",
        messengers=(Value("qq:12345678"),),
    ),
    Contact(uid="p11", shown="No Birthday Year", name=Name("Year", "No"), birthday="--04-15", note="x"),
    Contact(
        uid="p12",
        shown="车",
        name=Name("车", ""),
        numbers=(Value("13600136000", ("cell",), "车载电话"), Value("13600136001", ("home",))),
    ),
    Contact(
        uid="p13", shown="镕喆", name=Name("朱", "镕喆"), organisation=Organisation("", ("只有部门",)), note="=\n="
    ),
    Contact(uid="p14", shown="  spaces  kept", name=Name("spaces", "kept"), note="line\n\n\nblank lines\n\tand a tab"),
    Contact(uid="p15", shown="Zoë 🎉", name=Name("Zoë", "🎉"), note="emoji 👩‍👩‍👧 and 𠮷"),
)


def corpus() -> Iterator[tuple[str, bytes, Contact]]:
    """Every person in every handwriting that can write them: a name, the octets, what they say."""
    for style in STYLES:
        for person in PEOPLE:
            said = _as_said(person, style)
            card = _card(said, style)
            if card is not None:
                yield f"{style.name}-{person.uid}", card, said


def _as_said(person: Contact, style: Style) -> Contact:
    """What of a person this handwriting says."""
    person = replace(person, shown=person.shown.strip())
    if not style.has_fn:
        joined = person.name.family + person.name.given
        words = (person.name.prefix, person.name.given, person.name.additional, person.name.family, person.name.suffix)
        cjk = all(char >= "\u2e80" for char in joined)
        person = replace(person, shown=joined if cjk else " ".join(filter(None, words)))
    if not style.labels:
        person = replace(person, numbers=tuple(replace(one, label="") for one in person.numbers))
    return person


def _card(person: Contact, style: Style) -> bytes | None:
    lines: list[bytes] = [b"BEGIN:VCARD"]
    version = f"VERSION:{style.version}".encode()
    if not style.late_version:
        lines.append(version)
    try:
        for line in _properties(person, style):
            lines += line
    except UnicodeEncodeError:
        return None  # a charset that cannot write this person's name
    if style.agent:
        lines += [
            b"AGENT:",
            b"BEGIN:VCARD",
            b"VERSION:2.1",
            b"N:Friday;Fred",
            b"TEL;WORK:+1-213-555-1234",
            b"END:VCARD",
        ]
    lines += [line.encode() for line in style.extra]
    if style.late_version:
        lines.append(version)
    octets = style.mark + style.line_end.join([*lines, b"END:VCARD", b""])
    return octets.decode().encode(style.whole) if style.whole else octets


def _properties(person: Contact, style: Style) -> Iterator[list[bytes]]:
    new = style.version == "4.0"
    name = person.name
    yield _text(style, "UID", person.uid)
    yield _parts(style, "N", (name.family, name.given, name.additional, name.prefix, name.suffix))
    if style.has_fn:
        yield _text(style, "FN", person.shown)
    if person.nicknames:
        yield _parts(style, "NICKNAME", person.nicknames, ",")
    if person.organisation:
        yield _parts(style, "ORG", (person.organisation.name, *person.organisation.units))
    for key, value in (("TITLE", person.title), ("ROLE", person.role), ("NOTE", person.note)):
        if value:
            yield _text(style, key, value)
    for number, one in enumerate(person.numbers, 1):
        group = f"item{number}." if one.label else ""
        types = (*one.types, *(("pref",) if one.preferred else ()))
        if new and style.telephone_uri:
            yield _line(style, f"{group}TEL{_types(style, types)};VALUE=uri", f"tel:{one.value}")
        else:
            yield _text(style, f"{group}TEL{_types(style, types)}", one.value)
        if one.label:
            yield _text(style, f"{group}X-ABLabel", one.label)
    for one in person.mails:
        yield _text(style, f"EMAIL{_types(style, one.types if new else ('internet', *one.types))}", one.value)
    for address in person.addresses:
        yield _parts(style, f"ADR{_types(style, address.types)}", address.parts)
    for one in person.urls:
        yield _text(style, "URL", one.value)
    for one in person.messengers:
        if style.version == "2.1" or style.name == "google":
            yield _text(style, "X-QQ", one.value.removeprefix("qq:"))
        elif style.labels:
            yield _text(style, "IMPP;X-SERVICE-TYPE=QQ", "x-apple:" + one.value.removeprefix("qq:"))
        else:
            yield _text(style, "IMPP", one.value)
    if person.birthday:
        yield _birthday(person.birthday, style)
    if person.anniversary:
        key = "ANNIVERSARY" if new else "X-EVOLUTION-ANNIVERSARY" if style.name == "evolution" else "X-ANNIVERSARY"
        yield _text(style, key, person.anniversary.replace("-", "") if new else person.anniversary)
    if person.categories:
        yield _parts(style, "CATEGORIES", person.categories, ",")
    if person.photo is not None:
        yield _photo(person.photo, style)


def _birthday(birthday: str, style: Style) -> list[bytes]:
    if style.version == "4.0":
        return _text(
            style, "BDAY", birthday.replace("-", "") if birthday[0].isdigit() else f"--{birthday[2:].replace('-', '')}"
        )
    if birthday.startswith("--") and style.labels:
        return _text(style, "BDAY;X-APPLE-OMIT-YEAR=1604", f"1604{birthday[1:]}")
    return _text(style, "BDAY", birthday)


def _photo(photo: Photo, style: Style) -> list[bytes]:
    octets = base64.b64encode(photo.data)
    kind = photo.media_type.partition("/")[2].upper()
    if style.version == "4.0":
        return _line(style, "PHOTO", f"data:{photo.media_type};base64,{octets.decode()}")
    if style.version == "3.0":
        return _line(style, f"PHOTO;ENCODING=b;TYPE={kind}", octets.decode())
    head = (
        f"PHOTO;{style.base64}:"
        if "TYPE=" in style.base64 and kind == "JPEG"
        else f"PHOTO;{kind};{style.base64.partition(';')[0]}:"
    )
    lines = [head.encode(), *(style.base64_indent + octets[at : at + 72] for at in range(0, len(octets), 72))]
    return [*lines, b""] if style.blank_after else lines


def _types(style: Style, types: tuple[str, ...]) -> str:
    if style.version == "4.0":
        pref = ";PREF=1" if "pref" in types else ""
        types = tuple(kind for kind in types if kind != "pref")
        if not types:
            return pref
        return f';TYPE="{",".join(types)}"{pref}' if style.types == "quoted" else f";TYPE={','.join(types)}{pref}"
    if style.types == "bare":
        return "".join(f";{kind.upper()}" for kind in types)
    if style.types == "list":
        return f";TYPE={','.join(types).upper()}" if types else ""
    key = "type" if style.types == "lower" else "TYPE"
    return "".join(f";{key}={kind.upper()}" for kind in types)


def _escape(text: str, style: Style, *, in_parts: bool = False) -> str:
    if style.version == "2.1":
        text = text.replace("\\", "\\\\")
        return text.replace(";", "\\;") if in_parts else text
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return text.replace("\n", "\\n")


def _text(style: Style, head: str, text: str) -> list[bytes]:
    return _line(style, head, _escape(text, style))


def _parts(style: Style, head: str, parts: tuple[str, ...], separator: str = ";") -> list[bytes]:
    return _line(style, head, separator.join(_escape(part, style, in_parts=True) for part in parts))


def _line(style: Style, head: str, value: str) -> list[bytes]:
    if style.version != "2.1":
        octets = f"{head}:{value}".encode()
        if not style.fold:
            return [octets]
        first, rest = octets[: style.fold], octets[style.fold :]
        step = style.fold - 1
        if (
            first.endswith(b" ") or style.whole
        ):  # a folded blank is hard to see, and hard to get right in a whole charset
            return [octets]
        return [first, *(b" " + rest[at : at + step] for at in range(0, len(rest), step))]
    charset = f";CHARSET={style.charset.upper()}" if style.names_charset and not value.isascii() else ""
    raw = value.encode(style.charset if not style.whole else "utf-8")
    if (value.isascii() or not style.quoted) and "\n" not in value and len(value) < 200:
        return [f"{head}{charset}:".encode() + raw]
    plain = set(range(0x20, 0x7F)) - {0x3D}
    octets = raw.replace(b"\n", b"\r\n")
    text = b"".join(bytes((octet,)) if octet in plain else b"=%02X" % octet for octet in octets)
    out = f"{head}{charset};ENCODING=QUOTED-PRINTABLE:".encode()
    lines = []
    while text:
        cut = max(8, style.breaks - len(out))
        if cut < len(text):
            while text[cut - 1 : cut] == b"=" or text[cut - 2 : cut - 1] == b"=":
                cut -= 1  # not inside =XX; inside a character it may be
            lines.append(out + text[:cut] + b"=")
        else:
            lines.append(out + text)
        text, out = text[cut:], b""
    return lines or [out]
