"""Reading mail by the pages: lists, letters, files; and what hostile mail and strangers may not."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio

from gateway.web.picture_fetching import PictureFetching
from mms.assembly import assemble
from mms.content import Content, Part, Slide
from mms.letters import Letter, write_letter
from tests.fakes.letters import PIXEL, file, mixed, plain
from tests.fakes.site import Browser, SiteHub, site_hub

TUNE = b"BEGIN:IMELODY\r\nVERSION:1.2\r\nFORMAT:CLASS1.0\r\nBEAT:120\r\nMELODY:c2d2e2\r\nEND:IMELODY\r\n"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SiteHub]:
    async with site_hub(tmp_path_factory.mktemp("webmail")) as made:
        yield made


class Reader:
    """A member with a mailbox, and the browser they sit at."""

    made = 0

    def __init__(self, hub: SiteHub) -> None:
        Reader.made += 1
        self.hub = hub
        self.name = f"reader{Reader.made}"
        self.account_id = hub.member(self.name)
        self.browser = hub.browser()

    async def gets(self, data: bytes, **options: object) -> int:
        return await file(self.hub, self.account_id, data, **options)


@pytest_asyncio.fixture(loop_scope="module")
async def ann(hub: SiteHub) -> Reader:
    made = Reader(hub)
    await made.browser.sign_in(made.name)
    return made


async def status(browser: Browser, path: str) -> int:
    await browser.get(path)
    return browser.status


async def test_the_inbox_lists_mails_and_a_click_reads_one(ann: Reader) -> None:
    await ann.gets(plain("First", "the beginning of it"))
    newest = await ann.gets(plain("合同评审 <b>&", "请看"))
    page = await ann.browser.get("/mail")
    assert page.index("合同评审 &lt;b&gt;&amp;") < page.index("First")
    assert "the beginning of it" in page
    assert re.search(r'Inbox <span class="count">.*2</span>', page)
    page = await ann.browser.get(f"/mail/INBOX/{newest}")
    assert "请看" in page
    assert "zhang@else.example" in page
    page = await ann.browser.get("/mail?only=unread")
    assert "合同" not in page
    assert "First" in page
    await ann.browser.get(f"/mail/Sent/{newest}")
    assert ann.browser.path == f"/mail/INBOX/{newest}"


async def test_an_empty_mailbox_says_so_and_there_are_no_strange_folders(ann: Reader) -> None:
    assert "There is nothing here." in await ann.browser.get("/mail")
    assert await status(ann.browser, "/mail/Trash") == 200
    for path in ("/mail/Nowhere", "/mail/INBOX/1", "/mail/INBOX/x", "/mail/body/1", "/mail/part/1/0", "/mail/header/1"):
        assert await status(ann.browser, path) == 404, path


async def test_long_lists_have_older_pages(ann: Reader) -> None:
    for n in range(45):
        await ann.gets(plain(f"mail number {n:02d}"))
    page = await ann.browser.get("/mail")
    assert "mail number 44" in page
    assert "mail number 04" not in page
    older = re.search(r'href="(/mail\?before=[^"]*)"', page)
    assert older is not None
    page = await ann.browser.get(older[1])
    assert page.count('name="mail"') == 5
    assert "mail number 00" in page


async def test_ticked_mails_are_starred_moved_and_deleted(ann: Reader) -> None:
    ids = [await ann.gets(plain(f"to move {n}")) for n in range(3)]
    await ann.browser.get("/mail")
    await ann.browser.post("/mail/act", {"act": "star", "mail": str(ids[0]), "back": "/mail?only=starred"})
    assert ann.browser.page.count('name="mail"') == 1
    await ann.browser.post("/mail/folders", {"act": "add", "name": "项目 甲"})
    assert ann.browser.path == "/mail/项目 甲"
    await ann.browser.get("/mail")
    await ann.browser.post("/mail/act", {"act": "move", "to": "项目 甲", "mail": str(ids[1]), "back": "/mail"})
    assert "One mail was moved." in ann.browser.page
    assert "to move 1" in await ann.browser.get("/mail/" + quote("项目 甲"))
    await ann.browser.post("/mail/folders", {"act": "remove", "folder": "项目 甲"})
    assert ann.browser.status == 409
    await ann.browser.get("/mail")
    await ann.browser.post("/mail/act", {"act": "delete", "mail": str(ids[0]), "back": "//evil.example"})
    assert ann.browser.path == "/mail"
    assert "to move 0" in await ann.browser.get("/mail/Trash")
    await ann.browser.post("/mail/empty")
    assert "There is nothing here." in await ann.browser.get("/mail/Trash")
    await ann.browser.get("/mail")
    await ann.browser.post("/mail/act", {"act": "explode", "mail": str(ids[2])})
    assert ann.browser.status == 400


async def test_html_is_shown_in_a_frame_that_can_do_nothing(ann: Reader) -> None:
    html = (
        '<p onclick="steal()">Dear Ann</p><script>steal()</script><img src="cid:dot">'
        '<img src="https://spy.example/1.gif"><img src="https://spy.example/2.gif"><a href="javascript:steal()">x</a>'
    )
    mail_id = await ann.gets(mixed("With pictures", html))
    page = await ann.browser.get(f"/mail/INBOX/{mail_id}")
    assert "2 pictures are elsewhere" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "spy.example" not in page
    body = await ann.browser.get(f"/mail/body/{mail_id}")
    policy = ann.browser.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "Dear Ann" in body
    for gone in ("steal", "onclick", "spy.example", "javascript"):
        assert gone not in body
    inline = re.search(r'src="(/mail/inline/[^"]*)"', body)
    assert inline is not None
    stranger = ann.hub.browser()  # as the frame asks: without a cookie
    assert await status(stranger, inline[1]) == 200
    assert stranger.headers["Content-Type"] == "image/png"
    assert await status(stranger, inline[1].replace(f"/{mail_id}/0", f"/{mail_id}/1")) == 404
    assert await status(stranger, inline[1].replace(".", ".1", 1)) == 404
    text = await ann.browser.get(f"/mail/INBOX/{mail_id}?as=text")
    assert "Dear Ann" in text
    assert "<iframe" not in text
    shown = await ann.browser.get(f"/mail/body/{mail_id}?pictures=1")
    assert shown.count("/mail/picture/") == 2
    await ann.browser.get("/mail")
    await ann.browser.post("/logout")
    assert await status(stranger, inline[1]) == 404


async def test_pictures_elsewhere_are_fetched_by_the_hub_and_only_those_of_the_mail(
    ann: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def fetch(self: PictureFetching, address: str) -> tuple[bytes, str]:
        asked.append(address)
        return b"\x89PNG\r\n\x1a\n", "image/png"

    monkeypatch.setattr(PictureFetching, "fetch", fetch)
    mail_id = await ann.gets(mixed("Far", '<img src="https://spy.example/1.gif?a=1&amp;b=%20">'))
    body = await ann.browser.get(f"/mail/body/{mail_id}?pictures=1")
    found = re.search(r'src="(/mail/picture/[^"]*)"', body)
    assert found is not None
    path = found[1].replace("&amp;", "&")
    stranger = ann.hub.browser()
    for wrong in (
        path.replace("spy.example", "10.0.0.1"),
        path + "x",
        path.replace(f"/{mail_id}?", f"/{mail_id + 1}?"),
    ):
        assert await status(stranger, wrong) == 404
    assert asked == []
    assert await status(stranger, path) == 200
    assert stranger.headers["Content-Type"] == "image/png"
    assert asked == ["https://spy.example/1.gif?a=1&b=%20"]
    await ann.browser.get("/mail")
    await ann.browser.post("/mail/act", {"act": "delete", "mail": str(mail_id)})
    await ann.browser.post("/mail/empty")
    assert await status(stranger, path) == 404


async def test_files_are_handed_out_as_files(ann: Reader) -> None:
    evil = base64.b64encode(b"<script>alert(1)</script>").decode()
    mail_id = await ann.gets(
        mixed("Files", "<p>see</p>", (('we"ird<b>.html', "text/html", evil), ("图.svg", "image/svg+xml", evil)))
    )
    page = await ann.browser.get(f"/mail/INBOX/{mail_id}")
    assert "<b>.html" not in page
    numbers = re.findall(rf"/mail/part/{mail_id}/(\d+)", page)
    assert len(numbers) == 2
    for number in numbers:
        data = await ann.browser.get(f"/mail/part/{mail_id}/{number}")
        assert data == "<script>alert(1)</script>"
        assert ann.browser.headers["Content-Disposition"].startswith("attachment; filename=")
        assert ann.browser.headers["Content-Type"] == "application/octet-stream"
        assert "sandbox" in ann.browser.headers["Content-Security-Policy"]
    assert await status(ann.browser, f"/mail/part/{mail_id}/99") == 404
    whole = await ann.browser.get(f"/mail/whole/{mail_id}")
    assert whole.startswith("From: Li Si")


async def test_files_are_looked_into(ann: Reader) -> None:
    text = base64.b64encode("说明 <script>".encode("gbk")).decode()
    mail_id = await ann.gets(
        mixed("Looks", "<p>x</p>", (("说明.txt", "text/plain", text), ("dot.png", "image/png", PIXEL)))
    )
    assert "说明 &lt;script&gt;" in await ann.browser.get(f"/mail/view/{mail_id}/1")
    assert f'src="/mail/shown/{mail_id}/2"' in await ann.browser.get(f"/mail/view/{mail_id}/2")
    assert await status(ann.browser, f"/mail/shown/{mail_id}/2") == 200
    assert ann.browser.headers["Content-Type"] == "image/png"
    assert await status(ann.browser, f"/mail/shown/{mail_id}/1") == 404
    assert await status(ann.browser, f"/mail/view/{mail_id}/9") == 404


async def test_an_mms_is_shown_slide_by_slide(ann: Reader) -> None:
    picture = Part("image/png", base64.b64decode(PIXEL), "a.png")
    sound, words = (
        Part("audio/imelody", TUNE, "b.imy"),
        Part("text/plain", "祝你快乐 <b>".encode(), "c.txt", charset="utf-8"),
    )
    locked = Part("application/vnd.oma.drm.message", b"x", "d.dm")
    body = assemble(
        Content((picture, words, sound, locked), (Slide("a.png", "c.txt"), Slide(audio="b.imy"), Slide("d.dm"))),
        screen=(176, 220),
    )
    letter = Letter("生日", "+8613900139000", ("+8613800138000",), body, 1_772_323_200_000, "<mms.1@example.cn>")
    mail_id = await ann.gets(write_letter(letter), kind="mms")
    page = await ann.browser.get(f"/mail/INBOX/{mail_id}")
    assert "祝你快乐 &lt;b&gt;" in page
    assert "<iframe" not in page
    assert page.count('class="slide"') == 3
    assert "Download the sound" in page
    assert "may only be shown by the phone" in page
    shown = re.search(rf'<img src="(/mail/slide/{mail_id}/\d+)"', page)
    assert shown is not None
    assert await status(ann.browser, shown[1]) == 200
    assert ann.browser.headers["Content-Type"] == "image/png"
    played = re.search(rf'<audio [^>]*src="(/mail/sound/{mail_id}/\d+)"', page)
    assert played is not None
    heard = await ann.browser.get(played[1])
    assert heard.startswith("RIFF")
    assert ann.browser.headers["Content-Type"] == "audio/wav"
    assert await status(ann.browser, shown[1].replace("slide", "sound")) == 404
    statuses = [await status(ann.browser, f"/mail/slide/{mail_id}/{number}") for number in range(5)]
    assert sorted(statuses) == [200, 200, 200, 404, 404]
    assert "<iframe" in await ann.browser.get(f"/mail/INBOX/{mail_id}?as=mail")


async def test_mails_are_found_by_their_words(ann: Reader) -> None:
    await ann.gets(plain("项目进度", "下周三评审合同"))
    await ann.gets(plain("Quarterly numbers", "see the file"))
    await ann.gets(mixed("Files", "<p>see</p>", (("预算表.xlsx", "application/octet-stream", "AAAA"),)))
    page = await ann.browser.get("/mail/search?q=" + quote("评审"))
    assert "项目进度" in page
    assert page.count('name="mail"') == 1
    assert "预算" not in page
    assert (await ann.browser.get("/mail/search?q=" + quote("预算"))).count('name="mail"') == 1
    assert (await ann.browser.get("/mail/search?q=" + quote("预算") + "&where=subject")).count('name="mail"') == 0
    assert (await ann.browser.get("/mail/search?q=see&only=attachments")).count('name="mail"') == 1
    assert (await ann.browser.get("/mail/search?q=see&in=Trash")).count('name="mail"') == 0
    assert "No mail has these words." in await ann.browser.get("/mail/search?q=%3Cscript%3Enothing")
    assert "<script>nothing" not in ann.browser.page
    for odd in ("q=", "q=%22", "q=a&before=99999999999999999999&where=x&only=y&in=z", "q=" + "a%20" * 300):
        assert await status(ann.browser, f"/mail/search?{odd}") == 200


async def test_a_folder_goes_out_as_a_file_and_comes_in_again(hub: SiteHub, ann: Reader) -> None:
    for n in range(3):
        await ann.gets(plain(f"To keep {n}", f"line\nFrom here on\n>From there\n{n}"))
    first = re.search(r'name="mail" value="(\d+)"', await ann.browser.get("/mail"))
    assert first is not None
    await ann.browser.post("/mail/act", {"act": "star", "mail": first[1]})
    data = await ann.browser.get("/mail/export/INBOX")
    assert data.count("\nSubject: To keep") == 3
    assert ">From here on" in data
    assert ann.browser.headers["Content-Disposition"].startswith("attachment")
    other = Reader(hub)
    await other.browser.sign_in(other.name)

    async def bring(into: str) -> str:
        await other.browser.get("/mail/folders")
        form = aiohttp.FormData()
        form.add_field("csrf", other.browser.csrf)
        form.add_field("folder", into)
        form.add_field("file", data.encode(), filename="inbox.mbox")
        return await other.browser.post("/mail/import", form)

    assert "3 mails came in." in await bring("INBOX")
    assert "0 mails came in. 3 were there already." in await bring("INBOX")
    await bring("Nowhere")
    assert other.browser.status == 404
    page = await other.browser.get("/mail?only=starred")
    assert page.count('name="mail"') == 1
    again = await other.browser.get("/mail/export/INBOX")
    assert sorted(re.sub("(?m)^From .*", "", again).split("\n")) == sorted(re.sub("(?m)^From .*", "", data).split("\n"))


async def test_the_header_and_the_story_are_shown(ann: Reader) -> None:
    mail_id = await ann.gets(plain("Header", more="X-Odd: <script>\r\n"))
    page = await ann.browser.get(f"/mail/header/{mail_id}")
    assert "X-Odd: &lt;script&gt;" in page
    assert "Hello" not in page.partition("<pre")[2]
    assert "Filed" in await ann.browser.get(f"/mail/story/{mail_id}")


async def test_strangers_find_nothing(hub: SiteHub, ann: Reader) -> None:
    mail_id = await ann.gets(mixed("Private", "<p>secret</p>"))
    eve = Reader(hub)
    await eve.browser.sign_in(eve.name)
    for path in ("INBOX", "body", "header", "story", "whole", "find"):
        assert await status(eve.browser, f"/mail/{path}/{mail_id}") == 404, path
    assert await status(eve.browser, f"/mail/part/{mail_id}/0") == 404
    await eve.browser.get("/mail")
    await eve.browser.post("/mail/act", {"act": "delete", "mail": str(mail_id)})
    assert "secret" in await ann.browser.get(f"/mail/body/{mail_id}")
    nobody = hub.browser()
    await nobody.get(f"/mail/INBOX/{mail_id}")
    assert nobody.path == "/login"


async def test_odd_mail_never_breaks_a_page(ann: Reader) -> None:
    for data in (
        b"",
        b"\0\xff\xfe",
        b"Subject: =?utf-8?B?////?=\r\n\r\n\xff",
        b"Content-Type: text/html\r\n\r\n" + b"<b>" * 500,
    ):
        mail_id = await ann.gets(data)
        assert await status(ann.browser, f"/mail/INBOX/{mail_id}") == 200
        assert await status(ann.browser, f"/mail/header/{mail_id}") == 200
    assert await status(ann.browser, "/mail?before=x.y&only=nonsense") == 200


async def test_every_page_is_there_in_chinese(ann: Reader) -> None:
    mail_id = await ann.gets(plain("中文"))
    await ann.browser.post("/language", {"language": "zh", "back": "/mail"})
    await ann.browser.get("/mail")
    assert "收件箱" in ann.browser.page
    for path in (f"/mail/INBOX/{mail_id}", f"/mail/header/{mail_id}", f"/mail/story/{mail_id}"):
        page = await ann.browser.get(path)
        assert "文件夹" in page
