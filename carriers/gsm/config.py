"""What a pool of modems can be told."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.gsm.answers import Identity
from carriers.gsm.events import ModemSettings
from carriers.gsm.pool_health import HealthRules
from carriers.gsm.sims import SimTerms, read_terms
from gateway.core.errors import ConfigError
from gateway.core.phone import REGIONS

#: Terms of SIMs that have none of their own stand under this name.
ALL_SIMS = "all"
_SHORTEST_NAME = 4


@dataclass(frozen=True, slots=True)
class GsmConfig:
    """A pool of GSM modems with their SIMs: one link, whatever the number of modems."""

    #: Ports of modems: paths like `/dev/ttyUSB2`, or patterns like `/dev/serial/by-id/*-if02-*`. What appears later is
    #: taken in.
    ports: tuple[str, ...] = ()
    #: Modems on USB that are looked for among all that is plugged in: vendor and product like `12d1:1506`, a serial
    #: number, or `*` for every one. Of the ports of a device the right ones are found by asking.
    usb: tuple[str, ...] = ()
    #: SIMs by the end of their card number, of their IMSI or of their own number (4 digits at least), or `all`: number,
    #: operator, prefixes, only_prefixes, day_cap, month_cap, rest_s, price, ban_after, ban_h, balance_code,
    #: balance_pattern, balance_every_h, balance_least, expires, warn_days. docs/modems.md says what each does.
    sims: dict = field(default_factory=dict)  # type: ignore[type-arg]
    #: PIN of every SIM; tried once, never again when it was wrong. "" = none.
    pin: str = field(default="", repr=False)
    #: PINs of single modems in place of `pin`, by IMEI or by port as it stands in `ports`.
    pins: dict[str, str] = field(default_factory=dict, repr=False)
    #: Country whose national numbers message centres may write into reports.
    region: str = "CN"
    #: Where a day and a month begin for the caps.
    zone: str = "Asia/Shanghai"
    #: Bits a second on real serial lines.
    baud: int = 115200
    #: Hardware flow control on serial lines that have the wires for it.
    rtscts: bool = False
    #: Seconds from the text of a message to the network's answer; after that nobody knows whether it was taken.
    send_timeout_s: float = 60.0
    #: Seconds a late answer is waited for before such a message counts as uncertain.
    late_s: float = 10.0
    #: Seconds between looks at signal, registration and storages.
    poll_s: float = 60.0
    #: Seconds between looks for modems that were plugged in.
    look_every_s: float = 3.0
    #: Seconds the rest of a long message waits for its SIM when the modem is gone: parts from two numbers do not join.
    patience_s: float = 30.0
    #: Modems that may refuse a message before it goes back to the hub.
    tries: int = 3
    #: Seconds a modem that fails is left alone for the first time; each further pause is twice the last …
    quarantine_s: float = 30.0
    #: … up to this, unless none of the pool is well: then one after the other is tried, every five minutes at least.
    longest_quarantine_s: float = 3600.0

    def __post_init__(self) -> None:
        """Raises ConfigError naming the key."""
        if not self.ports and not self.usb:
            raise ConfigError("ports or usb: where are the modems?")
        if not all(port.startswith("/") for port in self.ports):
            raise ConfigError("ports: paths begin with /, like /dev/ttyUSB2")
        for key in ("send_timeout_s", "poll_s", "look_every_s", "quarantine_s", "longest_quarantine_s"):
            if getattr(self, key) <= 0:
                raise ConfigError(f"{key}: more than 0 seconds")
        if self.late_s < 0 or self.patience_s < 0:
            raise ConfigError("late_s, patience_s: not below 0 seconds")
        if self.tries < 1:
            raise ConfigError("tries: at least 1")
        if self.region not in REGIONS:
            raise ConfigError(f"region: one of {', '.join(REGIONS)}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigError(f"zone: there is no time zone {self.zone!r}") from error
        if not all(isinstance(pin, str) for pin in self.pins.values()):
            raise ConfigError('pins: a PIN is text, like "0123"')
        self.terms()

    def terms(self) -> dict[str, SimTerms]:
        """The terms by name of the SIM; `all` is always there. Raises ConfigError naming SIM and key."""
        found: dict[str, SimTerms] = {}
        for name, table in [(ALL_SIMS, self.sims.get(ALL_SIMS, {})), *self.sims.items()]:
            if not isinstance(table, dict):
                raise ConfigError(f"sims.{name} must be a table")
            if name != ALL_SIMS and (len(name) < _SHORTEST_NAME or not name.lstrip("+").isdigit()):
                raise ConfigError(f"sims.{name}: a SIM is named by {_SHORTEST_NAME} digits or more, or `{ALL_SIMS}`")
            try:
                found[name] = read_terms(table, found.get(ALL_SIMS, SimTerms()))
            except ConfigError as error:
                raise ConfigError(f"sims.{name}: {error}") from error
        return found

    def settings(self, path: str) -> ModemSettings:
        """How the modem on this port is used."""
        pin = self.pins.get(path, "" if self.pins else self.pin)
        return ModemSettings(pin=pin, send_timeout_s=self.send_timeout_s, poll_s=self.poll_s)

    def pin_of(self, imei: str) -> str:
        """The PIN of a modem that was given none for its port; "" = none is known."""
        return str(self.pins.get(imei, self.pin))

    @property
    def health_rules(self) -> HealthRules:
        """How patient the pool is with a modem that fails."""
        return HealthRules(self.quarantine_s, self.longest_quarantine_s)

    def wants_usb(self, maker: str, device: str) -> bool:
        """Is a device on USB, with its vendor and product and with the place and serial number it has, of the pool?"""
        serial = device.partition("/")[2]
        return any(
            pattern == "*" or fnmatch.fnmatchcase(maker, pattern) or (serial != "" and pattern == serial)
            for pattern in self.usb
        )


def terms_of(terms: dict[str, SimTerms], identity: Identity) -> SimTerms:
    """The terms of a SIM: those with the longest name that its card number, IMSI or own number ends in."""
    names = (identity.iccid, identity.imsi, identity.number.lstrip("+"))
    fitting = [name for name in terms if name != ALL_SIMS and any(it.endswith(name.lstrip("+")) for it in names if it)]
    return terms[max(fitting, key=len, default=ALL_SIMS)]


def with_pin(settings: ModemSettings, pin: str) -> ModemSettings:
    """The same with the PIN of one SIM."""
    return replace(settings, pin=pin)
