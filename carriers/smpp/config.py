"""What an SMPP link can be told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from carriers.smpp.receipts import IdForm
from gateway.core.errors import ConfigError

Bind = Literal["transceiver", "transmitter", "receiver"]
DefaultAlphabet = Literal["gsm7", "latin1", "ascii"]
LongMessage = Literal["udh", "sar", "payload"]


@dataclass(frozen=True, slots=True)
class SmppConfig:
    """One link to a carrier that speaks SMPP 3.4. The password never shows in a repr."""

    #: Host name or address of the carrier's SMSC.
    host: str
    #: TCP port; 2775 is the registered one.
    port: int = 2775
    #: Speak TLS; SMPP itself sends the password in clear.
    tls: bool = False
    #: File with the certificate authority of the carrier; "" takes those of the system.
    tls_ca: str = ""
    #: File with our own certificate, where the carrier wants one.
    tls_certificate: str = ""
    #: File with the key of our own certificate; "" when it is in the same file.
    tls_key: str = ""
    #: Account name the carrier gave, at most 15 characters.
    system_id: str = ""
    #: Password the carrier gave; 8 characters by the specification, longer ones are sent as they are.
    password: str = field(default="", repr=False)
    #: Kind of system, at most 12 characters; most carriers want it empty.
    system_type: str = ""
    #: What the session is for: both ways, submitting only, or receiving only.
    bind: Bind = "transceiver"
    #: Address range served (regular expression); most carriers ignore it.
    address_range: str = ""
    #: Requests that may wait for their responses at once.
    window: int = 32
    #: Seconds to wait for a response before its fate counts as uncertain.
    response_timeout_s: float = 30.0
    #: Seconds of silence before the carrier is asked for a sign of life.
    enquire_link_s: float = 30.0
    #: What data_coding 0 means at this carrier: GSM 7-bit (one septet an octet), Latin-1 or ASCII.
    default_alphabet: DefaultAlphabet = "gsm7"
    #: Send Latin-1 text as data_coding 3; off for carriers that take it as data_coding 0.
    latin1_as_coding_3: bool = True
    #: Type of number of the source: "auto" (5 for names, 1 with +, else 0) or a number.
    source_ton: str = "auto"
    #: Numbering plan of the source: "auto" (0 for names, else 1) or a number.
    source_npi: str = "auto"
    #: Type of number of the destination: "auto" (1 with +, else 0) or a number.
    dest_ton: str = "auto"
    #: Numbering plan of the destination: "auto" (1) or a number.
    dest_npi: str = "auto"
    #: service_type of every submit, at most 5 characters; "" is the carrier's default.
    service_type: str = ""
    #: How segments of a long SMS say that they belong together; "payload" sends text too long for one SMS whole
    #: and lets the carrier split it, segments that were split already go with a header.
    long_message: LongMessage = "udh"
    #: Always use 16-bit references in the header; else only for references above 255.
    wide_reference: bool = False
    #: How ids in reports differ from ids in responses: the same, or hexadecimal against decimal.
    message_id_form: IdForm = "as-is"
    #: Number phones see when a message names no sender.
    access_number: str = ""
    #: registered_delivery of messages that want a report: 1 always, 2 on failure only; 17 adds notices on the way.
    registered_delivery: int = 1

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key, for values the protocol has no room for."""
        for key, most in (("system_id", 15), ("password", 64), ("system_type", 12), ("address_range", 40),
                          ("service_type", 5), ("access_number", 20)):  # fmt: skip
            value = getattr(self, key)
            if len(value) > most or not value.isascii() or "\0" in value:
                raise ConfigError(f"{key}: at most {most} ASCII characters")
        for key, words in (("bind", Bind), ("default_alphabet", DefaultAlphabet), ("long_message", LongMessage),
                           ("message_id_form", IdForm)):  # fmt: skip
            if getattr(self, key) not in get_args(words):
                raise ConfigError(f"{key}: one of {', '.join(get_args(words))}")
        for key in ("source_ton", "source_npi", "dest_ton", "dest_npi"):
            value = getattr(self, key)
            if value != "auto" and not (re.fullmatch("[0-9]{1,3}", value) and int(value) <= 255):
                raise ConfigError(f'{key}: "auto" or a number up to 255')
        if not 0 <= self.registered_delivery <= 255:
            raise ConfigError("registered_delivery: a number up to 255")
        if self.window < 1 or not 1 <= self.port <= 65535:
            raise ConfigError("window, port: a positive number, the port at most 65535")
        if self.response_timeout_s <= 0 or self.enquire_link_s <= 0:
            raise ConfigError("response_timeout_s, enquire_link_s: more than 0 seconds")
