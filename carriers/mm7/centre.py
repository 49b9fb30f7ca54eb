"""The centre's side of MM7: takes requests of service providers and brings them reports and MMS. The shell.

Whoever has a centre gives it `take`, which decides and answers when it has stored what was asked.
"""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from carriers.mm7.authorisation import Guard
from carriers.mm7.client import Access, Client, Lost, Unreachable
from carriers.mm7.config import Network
from carriers.mm7.door import Door, Gate, Take
from carriers.mm7.status import SUCCESS
from gateway.core.errors import CaiyouError, MalformedPdu
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import CancelReq, Fault, ReplaceReq, Response, SubmitReq


class Told(NamedTuple):
    """What a service provider said to something that was brought."""

    is_taken: bool
    code: int = 0
    reason: str = ""


class Centre:
    """Listens for service providers, and calls them."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        scheme: str,
        passwords: Mapping[str, str],
        take: Take,
        clock: Callable[[], datetime],
        misbehaved: Callable[[str], None],
        networks: Sequence[Network] = (),
        max_octets: int = packaging.MAX_OCTETS,
        gate: Gate | None = None,
    ) -> None:
        self._dialect = dialect
        self._clock = clock
        self._misbehaved = misbehaved
        self._clients: dict[Access, Client] = {}
        self._door = Door(
            dialect,
            Guard(scheme, passwords, secrets.token_bytes(16)),
            (SubmitReq, CancelReq, ReplaceReq),
            take,
            networks=networks,
            max_octets=max_octets,
            is_vasp=False,
            misbehaved=misbehaved,
            gate=gate,
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._door.port

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen. Raises OSError when that address cannot be had."""
        await self._door.open(host, port, tls)

    async def close(self) -> None:
        """Close the door and all connections."""
        await self._door.close()
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()

    async def tell(self, access: Access, envelope: Envelope) -> Told:
        """Bring a report or an MMS to the service provider there, once; never raises for what it does."""
        client = self._clients.get(access)
        if client is None:
            client = self._clients[access] = Client(access, self._clock, lambda: secrets.token_hex(8))
            client.open()
        try:
            answer = await client.ask(packaging.pack(envelope, self._dialect))
            found = packaging.unpack(answer.content_type, answer.body, self._dialect)
        except (Unreachable, Lost) as error:
            return Told(False, 0, str(error))
        except MalformedPdu as error:
            return Told(False, 0, f"an answer that is no MM7: {error.reason}")
        except CaiyouError as error:
            return Told(False, 0, str(error))
        if found.transaction_id != envelope.transaction_id:
            self._misbehaved(f"the answer to {envelope.transaction_id} names {found.transaction_id[:64]}")
        if not isinstance(found.message, Response | Fault):
            return Told(False, 0, f"answered with {type(found.message).__name__}")
        given = found.message.status
        is_taken = given.code == SUCCESS and not isinstance(found.message, Fault)
        return Told(is_taken, given.code, given.text)
