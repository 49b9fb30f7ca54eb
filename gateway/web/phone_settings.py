"""What goes to a phone by SMS for its address book: settings that set it up, and the wish that it synchronises."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Final

from addressbook.syncml.alerts import BY_SERVER
from addressbook.syncml.notification import APPLICATION, TYPE_1_1, TYPE_1_2, Notification, old_form
from gateway.core.data_sms import WAP_PUSH_PORT
from gateway.core.errors import BadRequest, ConfigError, NotFound
from gateway.core.outbox import NewSms, Purpose
from gateway.store.desk import BooksOfStore
from gateway.store.sync_devices import SyncDevice
from mms.codec import provisioning
from mms.codec.provisioning import Application, Characteristic, Database, Settings
from mms.codec.push import Push
from mms.codec.push_contents import push_of_settings

#: Where phones synchronise, and what the book is called there.
PATH: Final = "/syncml"
BOOK: Final = "./contacts"
NAME: Final = "caiyou"
_CARDS: Final = "text/x-vcard"
_PIN_DIGITS: Final = 6
_ACCESS_POINT: Final = "caiyou"
_PROXY: Final = "caiyou-proxy"
_SERVERS: Final = (("smtp", Application.SMTP), ("pop3", Application.POP3), ("imap", Application.IMAP4))


@dataclass(frozen=True, slots=True)
class PhonesConfig:
    """What phones are set up with by SMS, beside the address book. What is empty is left out."""

    #: Server for outgoing mail, "host:port".
    smtp: str = ""
    #: Server for mail over POP3, "host:port".
    pop3: str = ""
    #: Server for mail over IMAP, "host:port".
    imap: str = ""
    #: Address of the MMS centre: "http://mms.example.cn/mm1".
    mmsc: str = ""
    #: Proxy that phones reach the MMS centre by, "host:port".
    mms_proxy: str = ""
    #: Access point of the mobile network: "cmnet", "3gnet".
    apn: str = ""

    def __post_init__(self) -> None:
        for name in ("smtp", "pop3", "imap", "mms_proxy"):
            if getattr(self, name):
                _host_and_port(getattr(self, name), name)
        if self.mmsc and not self.mmsc.startswith(("http://", "https://")):
            raise ConfigError('mmsc must begin with "http://" or "https://"')


@dataclass(frozen=True, slots=True)
class SentSettings:
    """A device that waits for its phone, and the PIN that the phone asks for."""

    device: SyncDevice
    pin: str
    message_id: int


def set_up_by_sms(
    books: BooksOfStore, account_id: int, number: str, name: str, config: PhonesConfig, page_url: str
) -> SentSettings:
    """Make a secret for a phone and send it all it needs. `number` is E.164, checked. Raises NotFound."""
    account = books.accounts.by_id(account_id)
    if account is None:
        raise NotFound("there is no such account")
    books.address_books.default(account_id)
    device = books.sync_devices.add_secret(account_id, name, number)
    pin = "".join(secrets.choice("0123456789") for _ in range(_PIN_DIGITS))
    settings = settings_of(config, page_url, account.address, device.secret)
    push = push_of_settings(settings, pin=pin)
    return SentSettings(device, pin, _send(books, account_id, number, push))


def settings_of(config: PhonesConfig, page_url: str, address: str, secret: str) -> Settings:
    """Address book, mail and MMS in one document. Passwords of mail are not known: the phone asks for them."""
    found: list[Characteristic] = []
    point = ""
    if config.apn:
        point = _ACCESS_POINT
        found.append(provisioning.access_point(point, config.apn, name=NAME))
    if config.mms_proxy:
        host, port = _host_and_port(config.mms_proxy, "mms_proxy")
        found.append(provisioning.proxy(_PROXY, host, port, [point] if point else [], name=NAME))
    found.append(
        provisioning.synchronisation(
            page_url.rstrip("/") + PATH,
            [Database(BOOK, _CARDS, "Contacts")],
            name=NAME,
            login=address,
            secret=secret,
            to_access_point=point,
        )
    )
    for key, application in _SERVERS:
        if given := getattr(config, key):
            host, port = _host_and_port(given, key)
            sender = address if application is Application.SMTP else ""
            found.append(
                provisioning.mail_server(
                    application, host, port, provider=NAME, name=NAME, login=address, sender=sender,
                    to_access_point=point,
                )
            )  # fmt: skip
    if config.mmsc:
        by_proxy = _PROXY if config.mms_proxy else ""
        to_point = "" if by_proxy else point
        found.append(provisioning.mms(config.mmsc, name=NAME, to_proxy=by_proxy, to_access_point=to_point))
    return Settings(tuple(found))


def ask_to_sync(books: BooksOfStore, device: SyncDevice, *, is_old: bool = False) -> int:
    """Send a phone the wish that it synchronises; returns the message's id. `is_old`: it speaks 1.1 or 1.0.

    Raises BadRequest for a device without a number.
    """
    if not device.number:
        raise BadRequest(f"{device.shown} has no number; say where it takes SMS")
    session_id = secrets.randbelow(0xFFFF) + 1
    kinds = ((BY_SERVER, BOOK),)
    if is_old:
        data, content_type = old_form(NAME, device.device_id, session_id, kinds, None), TYPE_1_1
    else:
        data, content_type = Notification(NAME, session_id, kinds).encode(device.secret, _nonce(device)), TYPE_1_2
    push = Push(content_type, data, APPLICATION)
    return _send(books, device.account_id, device.number, push)


def _nonce(device: SyncDevice) -> bytes:
    try:
        return base64.b64decode(device.nonce)
    except binascii.Error:
        return b""


def _send(books: BooksOfStore, account_id: int, number: str, push: Push) -> int:
    sms = NewSms(number, "", Purpose.PUSH, account_id=account_id, data=push.encode(), port=WAP_PUSH_PORT)
    return books.outbox.add(sms)


def _host_and_port(text: str, key: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ConfigError(f'{key} must be "host:port", not {text!r}')
    return host.strip("[]"), int(port)
