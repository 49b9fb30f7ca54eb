"""Pushes of the things phones know: MMS notifications, service indications and loadings, settings. Pure."""

from __future__ import annotations

from typing import Final

from mms.codec import provisioning, si, sl
from mms.codec.provisioning import Settings
from mms.codec.provisioning_mac import prove
from mms.codec.push import Push
from mms.codec.si import ServiceIndication
from mms.codec.sl import ServiceLoading

MMS_MESSAGE: Final = "application/vnd.wap.mms-message"

_UTF_8: Final = 106

Content = ServiceIndication | ServiceLoading | Settings


def push_of_notification(pdu: bytes, *, transaction: int = 1) -> Push:
    """The push that tells a phone of an MMS: `pdu` is an m-notification-ind.

    The content type is written by its name, as MMSCs do; some phones look for nothing else.
    """
    return Push(MMS_MESSAGE, pdu, "mms.ua", transaction=transaction, by_name=True)


def push_of_indication(indication: ServiceIndication, *, transaction: int = 1) -> Push:
    """The push of a text with a link, for the browser. Raises NotEncodable."""
    return Push(si.CONTENT_TYPE, indication.encode(), "wml.ua", _UTF_8, transaction=transaction)


def push_of_loading(loading: ServiceLoading, *, transaction: int = 1) -> Push:
    """The push of an address to open, for the browser. Raises NotEncodable."""
    return Push(sl.CONTENT_TYPE, loading.encode(), "wml.ua", transaction=transaction)


def push_of_settings(settings: Settings, *, pin: str = "", imsi: str = "", transaction: int = 1) -> Push:
    """The push of settings, proved by a PIN, an IMSI or both; without, most phones refuse them. Raises NotEncodable."""
    document = settings.encode()
    proof = prove(document, pin=pin, imsi=imsi) if pin or imsi else None
    return Push(provisioning.CONTENT_TYPE, document, proof=proof, transaction=transaction)


def is_notification(push: Push) -> bool:
    """Whether a push is for the MMS program; the application it names is not looked at, others name none."""
    return push.content_type == MMS_MESSAGE


def content_of(push: Push) -> Content | None:
    """What is in a push; None for what is read elsewhere, or by nobody here. Raises MalformedPdu."""
    match push.content_type:
        case si.CONTENT_TYPE:
            return ServiceIndication.decode(push.data)
        case sl.CONTENT_TYPE:
            return ServiceLoading.decode(push.data)
        case provisioning.CONTENT_TYPE:
            return Settings.decode(push.data)
        case _:
            return None
