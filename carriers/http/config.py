"""What a link to a provider behind HTTP can be told."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from carriers.http import description
from gateway.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """One account at a provider behind HTTP. Options and token never show in a repr."""

    #: Description of the provider: the name of one that comes with the hub (docs/http-providers.md), or the path of a
    #: file of your own.
    provider: str
    #: What the description asks for: keys, names of templates and the like; `{ api_key = "…" }`.
    options: dict[str, str] = field(default_factory=dict, repr=False)
    #: Scheme and host in place of the description's: another region, a proxy of your own.
    base_url: str = ""
    #: Number phones see when a message names no sender; what follows it in a sender is the extension.
    access_number: str = ""
    #: Requests under way at the same time.
    parallel: int = 16
    #: SMS with the same text in one request at most; 0 = as many as the description allows.
    batch: int = 1
    #: Give the provider whole texts, which it splits itself; a long SMS is one request and is billed by its segments.
    whole_messages: bool = True
    #: Seconds for name, TCP and TLS.
    connect_timeout_s: float = 10.0
    #: Seconds for the answer; after that nobody knows whether the SMS was taken.
    response_timeout_s: float = 30.0
    #: Connections that fail in a row before the link counts as down.
    failures: int = 3
    #: File with the certificate authority of the provider; "" takes those of the system.
    tls_ca: str = ""
    #: Address to listen on for what the provider tells us.
    webhook_host: str = "127.0.0.1"
    #: Port for it; 0 takes a free one, -1 does not listen.
    webhook_port: int = -1
    #: Address under which the provider reaches that port, as https://sms.example.cn/hooks; name of the webhook and
    #: token are put behind it. "" = host and port above.
    webhook_url: str = ""
    #: Secret that must stand in the address the provider calls, as ?token=…; needed where it does not sign.
    webhook_token: str = field(default="", repr=False)
    #: Addresses and networks that may call; [] = all. Behind a proxy it is the proxy that calls.
    webhook_allow: tuple[str, ...] = ()
    #: Seconds between questions for reports and SMS, where the description knows how to ask; 0 = never.
    poll_every_s: float = 0.0
    #: Octets of a call at most.
    webhook_max_octets: int = 1_000_000

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key or the file with its key."""
        found = description.load(self.provider)
        values = found.option_values(self.options)
        found.request.base_url(values, self.base_url)
        for key, least in (("parallel", 1), ("batch", 0), ("failures", 1), ("webhook_max_octets", 1000)):
            if getattr(self, key) < least:
                raise ConfigError(f"{key}: at least {least}")
        if self.connect_timeout_s <= 0 or self.response_timeout_s <= 0:
            raise ConfigError("connect_timeout_s, response_timeout_s: more than 0 seconds")
        if self.batch > found.batch:
            raise ConfigError(f"batch: {found.title} takes {found.batch} in one request")
        if self.poll_every_s < 0 or (self.poll_every_s and not found.polls):
            raise ConfigError("poll_every_s: 0 or more seconds, and 0 where the description has no [[poll]]")
        if not -1 <= self.webhook_port <= 65535:
            raise ConfigError("webhook_port: a port, 0 for a free one, -1 for none")
        self._check_webhooks(found, values)

    def _check_webhooks(self, found: description.Description, values: dict[str, str]) -> None:
        if self.webhook_url and not self.webhook_url.startswith(("https://", "http://")):
            raise ConfigError("webhook_url: https:// and so on, as the provider is to call it")
        try:
            self.networks()
        except ValueError as error:
            raise ConfigError(f"webhook_allow: {error}") from error
        if self.webhook_port < 0 or self.webhook_token or self.webhook_allow:
            return
        for hook in found.webhooks:
            when = hook.option_of_check()
            if hook.check is None or (when and not values[f"option:{when}"]):
                hint = f", or options.{when}" if when else ""
                raise ConfigError(
                    f"webhook_token: anybody could invent what comes to {hook.name}; give a webhook_token or "
                    f"webhook_allow{hint}"
                )

    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Who may call. Raises ValueError."""
        return tuple(ipaddress.ip_network(text, strict=False) for text in self.webhook_allow)
