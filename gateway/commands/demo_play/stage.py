"""The stage of the demo: the hub as it comes, an operator with two accounts, and the people who use both."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carriers.simulator.config import Account as CarrierAccount
from carriers.simulator.config import SimulatorConfig
from carriers.simulator.handsets import Text
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.commands.demo_play.post import HOST
from gateway.config import read_config
from gateway.core.accounts import Account
from gateway.core.errors import ConfigError
from gateway.core.routing import Route
from gateway.core.sessions import Role
from gateway.passwords import hash_password_now
from gateway.store.desk import BooksOfStore
from gateway.store.entry_links import EntryPurpose
from mms.handsets.evidence import Stated

#: The number all phones see and write to; both carriers have given it to the hub.
ACCESS: Final = "10657000"
DOMAIN: Final = "hub.example"
PASSWORD: Final = "caiyou-demo"  # noqa: S105 - of people who exist on this machine only
MOBILE, UNICOM, CENTRE = "mobile", "unicom", "mms"

LILI, ANN, ZHOU = f"lili@{DOMAIN}", f"ann@{DOMAIN}", "zhouzhe@corp.example"
LILI_PHONE, ANN_PHONE, ZHOU_PHONE, MAMA_PHONE = "+8613800138000", "+8618612345678", "+8618655556666", "+8613900139000"
SISTER_PHONE, DAD_PHONE = "+8613900139001", "+8613900139002"
#: What the phones are that MMS go to, by the keys of the catalogue.
PHONES: Final = {
    LILI_PHONE: "iphone-13",
    SISTER_PHONE: "xiaomi-13",
    MAMA_PHONE: "sony-ericsson-t610",
    DAD_PHONE: "nokia-3310",
}

_CARRIER_SECRET: Final = "secret08"  # noqa: S105 - both sides of it are on this machine
_VASP: Final = "vasp1"
_PREFIXES: Final = (
    (MOBILE, ("134", "135", "136", "137", "138", "139", "150", "151", "152", "158", "159", "182", "187", "188")),
    (UNICOM, ("130", "131", "132", "155", "156", "166", "175", "176", "185", "186")),
)
_CONFIG: Final = """\
# Written by `caiyou demo`; other commands may be used beside it, like
#   caiyou --config {file} trace 13800138000

[store]
data_dir = "{data_dir}"

[smtp]
port = {smtp}
hostname = "{domain}"
disk_reserve_octets = 10000000

[submission]
port = {submission}
hostname = "{domain}"
allow_plain_auth = true
disk_reserve_octets = 10000000

[relay]  # nothing leaves this machine: mail for other servers waits at a port where nobody is
smart_host = "{host}"
smart_host_port = 9
allow_loopback = true

[web]
port = {http}

[notices]
access_number = "{access}"

[mms]
access_number = "{access}"
page_url = "http://{host}:{http}"

[[link]]
name = "mobile"
protocol = "cmpp"
host = "{host}"
port = {cmpp}
sp_id = "900001"
secret = "{secret}"
access_number = "{access}"
service_id = "DEMO"
window = 2
uncertain_wait_s = 1

[[link]]
name = "unicom"
protocol = "smpp"
host = "{host}"
port = {smpp}
system_id = "unicom"
password = "{secret}"
access_number = "{access}"
uncertain_wait_s = 1

[[link]]
name = "mms"
protocol = "mm7"
url = "http://{host}:{mm7}/"
vasp_id = "{vasp}"
auth = "basic"
password = "{secret}"
dialect = "3gpp-rel6"
service_code = "DEMO"
access_number = "{access}"
listen_port = {call}
listen_allow = ["{host}"]
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens; 0 takes a free one."""

    smtp: int = 0
    submission: int = 0
    http: int = 0
    phones: int = 0
    smpp: int = 0
    cmpp: int = 0

    @classmethod
    def friendly(cls) -> Ports:
        """The usual ports, as far as they are free."""
        usual = (2525, 2587, 8080, 8088, 2775, 7890)
        return cls(*(port if _is_free(port) else 0 for port in usual))


class Stage:
    """The hub and the operator of one demo, with everything they keep below one directory."""

    def __init__(self, directory: Path, ports: Ports) -> None:
        self.directory = directory
        self.ports = ports
        self.config_file = directory / "caiyou.toml"
        self.token = ""
        self.way_in = ""  # path that signs the first member in, once
        self.people: dict[str, Account] = {}
        self._call_port = _free_port()
        self.simulator = Simulator(
            SimulatorConfig(
                smpp_port=ports.smpp,
                cmpp_port=ports.cmpp,
                mm7_port=0,
                web_port=ports.phones,
                accounts=(
                    CarrierAccount("smpp", UNICOM, _CARRIER_SECRET),
                    CarrierAccount("cmpp", "900001", _CARRIER_SECRET),
                    CarrierAccount("mm7", _VASP, _CARRIER_SECRET, call_port=self._call_port),
                ),
                access_number=ACCESS,
            )
        )
        self._app: App | None = None

    @property
    def app(self) -> App:
        """The hub, once the stage is open."""
        assert self._app is not None, "the stage is not open"
        return self._app

    async def open(self) -> None:
        """Start the operator, then the hub with its people. Raises ConfigError that says what to do."""
        try:
            await self.simulator.start()
            self._write_config()
            self._app = build(read_config(self.config_file))
            self._app.desk.run_now(self._settle_in)
            await self._app.start()
        except OSError as error:
            raise ConfigError(f"the demo cannot listen: {error}; run it again, it looks for free ports") from error
        doors = {name: port for name, _, port in self.app.doors()}
        self.ports = Ports(
            doors["smtp"],
            doors["submission"],
            doors["http"],
            self.simulator.web_port,
            self.simulator.ports["smpp"],
            self.simulator.ports["cmpp"],
        )

    async def close(self) -> None:
        """Stop whatever is open."""
        if self._app is not None:
            await self._app.stop()
            self._app = None
        await self.simulator.stop()

    def texts(self, number: str) -> list[Text]:
        """What a phone got, oldest first."""
        handset = self.simulator.operator.handsets.get(number)
        return [] if handset is None else [text for text in handset.texts if not text.from_phone]

    def maildir(self, address: str, folder: str = "INBOX") -> Path:
        """The directory that a mail program of this member reads."""
        mailbox_id = self.app.desk.read_now(lambda books: books.mails.mailbox_of(self.people[address].id))
        assert mailbox_id is not None, "every member has a mailbox"
        return self.app.desk.blobs.maildir(mailbox_id, folder)

    def break_line(self, account: str) -> None:
        """The operator drops the lines of one account without a word."""
        for line in list(self.simulator.operator.lines):
            if line.account is not None and line.account.name == account:
                line.drop()
        self.simulator.touch()

    def _write_config(self) -> None:
        simulator, ports = self.simulator, self.ports
        self.config_file.write_text(
            _CONFIG.format(
                file=self.config_file,
                data_dir=self.directory / "data",
                domain=DOMAIN,
                host=HOST,
                access=ACCESS,
                secret=_CARRIER_SECRET,
                smtp=ports.smtp,
                submission=ports.submission,
                http=ports.http or _free_port(),  # links in SMS name it
                mm7=simulator.ports["mm7"],
                vasp=_VASP,
                call=self._call_port,
                cmpp=simulator.ports["cmpp"],
                smpp=simulator.ports["smpp"],
            ),
            encoding="utf-8",
        )

    def _settle_in(self, books: BooksOfStore) -> None:
        password_hash = hash_password_now(PASSWORD)
        books.accounts.add_domain(DOMAIN)
        books.accounts.add_domain("corp.example")
        for address, name, language in ((LILI, "李丽", "zh"), (ANN, "Ann", "en"), (ZHOU, "周喆", "zh")):
            self.people[address] = books.accounts.add(
                address, password_hash=password_hash, display_name=name, language=language
            )
        lili, ann = self.people[LILI], self.people[ANN]
        books.phones.start_proof(ann.id, ANN_PHONE, "", 0)
        phone = books.phones.get(ann.id, ANN_PHONE)
        assert phone is not None, "it was named just now"
        books.phones.prove(phone.id)
        books.rules.add(lili.id, "arrival", {})
        books.rules.add(ann.id, "arrival", {"lists": True, "segments": 2})
        books.contacts.add(lili.id, "周喆", [ZHOU], [ZHOU_PHONE])
        books.contacts.add(lili.id, "妈妈", ["mama@family.example"], [MAMA_PHONE])
        books.accounts.set_role(lili.id, Role.SYSTEM)
        self.way_in = f"/come-in/{books.entry_links.open(EntryPurpose.SIGN_IN, lili.id)}"
        self.token = books.accounts.add_token(lili.id, "demo", "send read settings")
        routes = [Route(f"+86{prefix}", link) for link, prefixes in _PREFIXES for prefix in prefixes]
        routes += [Route("", link, preference=place) for place, link in enumerate((MOBILE, UNICOM, CENTRE))]
        books.routes.replace_all(routes)
        for number, key in PHONES.items():
            books.handsets.learn(number, Stated(self.app.desk.now_ms(), key))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
