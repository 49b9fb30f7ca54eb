"""Where a mail ends, and where a smuggler would like it to end."""

from __future__ import annotations

import asyncio

import pytest

from gateway.mail.stream import LINE_LIMIT, BareLineEnd, MailStream, MailTooLarge

# (what is sent after 354, the mail, what is left for the next command)
ENDS = [
    (b"a\r\n.\r\n", b"a\r\n", b""),
    (b".\r\n", b"", b""),
    (b"\r\n.\r\n", b"\r\n", b""),
    (b"a\r\n.\r\nQUIT\r\n", b"a\r\n", b"QUIT\r\n"),
    (b"..\r\n.\r\n", b".\r\n", b""),
    (b"..a\r\n...b\r\nc..\r\n.\r\n", b".a\r\n..b\r\nc..\r\n", b""),
    (b".a\r\n.\r\n", b"a\r\n", b""),  # a client that does not stuff: RFC 5321 4.5.2 takes the dot all the same
    (b"\0\xff\x80\r\n.\r\n", b"\0\xff\x80\r\n", b""),
    (b"x" * 100_000 + b"\r\n.\r\n", b"x" * 100_000 + b"\r\n", b""),
    # The smuggling corpus (CVE-2023-51764 to 51766 and what is like them): none of these ends a mail.
    (b"a\n.\nMAIL\r\n.\r\n", b"a\n.\nMAIL\r\n", b""),
    (b"a\n.\r\nMAIL\r\n.\r\n", b"a\n.\r\nMAIL\r\n", b""),
    (b"a\r\n.\nMAIL\r\n.\r\n", b"a\r\n\nMAIL\r\n", b""),
    (b"a\r.\rMAIL\r\n.\r\n", b"a\r.\rMAIL\r\n", b""),
    (b"a\r.\r\nMAIL\r\n.\r\n", b"a\r.\r\nMAIL\r\n", b""),
    (b"a\r\n.\rMAIL\r\n.\r\n", b"a\r\n\rMAIL\r\n", b""),
    (b"a\r\r\n.\r\r\nMAIL\r\n.\r\n", b"a\r\r\n\r\r\nMAIL\r\n", b""),
    (b"a\n\r.\n\rMAIL\r\n.\r\n", b"a\n\r.\n\rMAIL\r\n", b""),
    (b"a\r\n\0.\r\nMAIL\r\n.\r\n", b"a\r\n\0.\r\nMAIL\r\n", b""),
    (b"a\r\n.\0\r\nMAIL\r\n.\r\n", b"a\r\n\0\r\nMAIL\r\n", b""),
    (b"a\r\n. \r\nMAIL\r\n.\r\n", b"a\r\n \r\nMAIL\r\n", b""),
    (b"a\xc2\x85.\xc2\x85MAIL\r\n.\r\n", b"a\xc2\x85.\xc2\x85MAIL\r\n", b""),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "mail", "rest"), ENDS)
@pytest.mark.parametrize("step", [1, 3, 1 << 20])
async def test_only_crlf_dot_crlf_ends_a_mail(sent: bytes, mail: bytes, rest: bytes, step: int) -> None:
    if step < 100 < len(sent):
        step = 4099
    stream = MailStream(limit=LINE_LIMIT)
    reading = asyncio.ensure_future(stream.read_mail(1 << 20))
    for start in range(0, len(sent), step):
        assert not reading.done() or start >= len(sent) - len(rest)
        stream.feed_data(sent[start : start + step])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert await reading == mail
    stream.feed_eof()
    assert await stream.read() == rest


async def test_every_cut_in_two_reads_the_same() -> None:
    sent = b".\r\n..dot\r\n...\r\n.x\r\n\r\n.\r\nNOOP\r\n"
    expected = None
    for cut in range(len(sent)):
        stream = MailStream(limit=LINE_LIMIT)
        stream.feed_data(b"a\r\n" + sent[3 : cut + 3])
        reading = asyncio.ensure_future(stream.read_mail(1000))
        await asyncio.sleep(0)
        stream.feed_data(sent[cut + 3 :])
        mail = await reading
        assert mail == b"a\r\n.dot\r\n..\r\nx\r\n\r\n"
        assert expected in (None, mail)
        expected = mail
        assert await stream.readuntil() == b"NOOP\r\n"


@pytest.mark.parametrize("size", [101, 102, 150, 5000, 200_000])
async def test_a_mail_that_is_too_large_is_read_to_its_end_and_dropped(size: int) -> None:
    stream = MailStream(limit=LINE_LIMIT)
    reading = asyncio.ensure_future(stream.read_mail(100))
    sent = b"x" * (size - 2) + b"\r\n.\r\nRSET\r\n"
    for start in range(0, len(sent), 997):
        stream.feed_data(sent[start : start + 997])
        await asyncio.sleep(0)
    with pytest.raises(MailTooLarge):
        await reading
    assert await stream.readuntil() == b"RSET\r\n"


async def test_a_mail_of_exactly_the_limit_is_taken() -> None:
    stream = MailStream(limit=LINE_LIMIT)
    stream.feed_data(b"x" * 98 + b"\r\n.\r\n")
    assert len(await stream.read_mail(100)) == 100


async def test_stuffed_dots_do_not_count() -> None:
    stream = MailStream(limit=LINE_LIMIT)
    stream.feed_data(b"..\r\n" * 40 + b".\r\n")
    assert await stream.read_mail(120) == b".\r\n" * 40


async def test_a_client_that_goes_away_inside_a_mail() -> None:
    stream = MailStream(limit=LINE_LIMIT)
    stream.feed_data(b"half a mail\r\n.")
    stream.feed_eof()
    with pytest.raises(ConnectionResetError):
        await stream.read_mail(1000)


async def test_progress_is_told_for_each_piece() -> None:
    stream = MailStream(limit=LINE_LIMIT)
    told: list[int] = []
    stream.feed_data(b"a\r\n")
    reading = asyncio.ensure_future(stream.read_mail(1000, lambda: told.append(1)))
    await asyncio.sleep(0)
    stream.feed_data(b".\r\n")
    await reading
    assert len(told) == 2


@pytest.mark.parametrize("line", [b"NOOP\n", b"NO\rOP\r\n", b"\n", b"NOOP\r\r\n", b"MAIL FROM:<a@b.c>\n"])
async def test_a_command_with_a_bare_line_end_is_refused_and_consumed(line: bytes) -> None:
    stream = MailStream(limit=LINE_LIMIT)
    stream.feed_data(line + b"QUIT\r\n")
    with pytest.raises(BareLineEnd):
        await stream.readuntil()
    assert await stream.readuntil() == b"QUIT\r\n"
