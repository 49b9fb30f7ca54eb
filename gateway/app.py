"""The composition root: `build(config)` makes the hub, `REACTIONS` says who reacts to what.

Read it from top to bottom and you know the parts, who knows whom, and the order in which they start and stop.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from carriers.factory import KINDS
from carriers.link import Link, LinkBasics
from gateway import clock, housekeeping
from gateway.alarms import LOOK_EVERY_S, Watch
from gateway.config import Config, LinkEntry
from gateway.core.events import (
    MailArrived,
    MailSubmitted,
    MessageSettled,
    MmsRead,
    MmsReceived,
    PhoneMailArrived,
    SmsReceived,
)
from gateway.core.ids import IdSource
from gateway.core.routing import Router
from gateway.departures import Departures
from gateway.dispatcher import Dispatcher
from gateway.downstream.incoming import give_to_peer, is_for_peer
from gateway.downstream.mm7_calls import give_mms_to_peer, is_mms_for_peer, tell_peer_of_reading
from gateway.downstream.server import Downstream
from gateway.fetching.rounds import Rounds
from gateway.fitting import FittingPool
from gateway.front import Fronts, socket_path
from gateway.hand_over import hand_imports_over_to, hand_over_to
from gateway.importing import Importer
from gateway.inbound import Inbound
from gateway.journal import Journal
from gateway.mail.away import answer_while_away
from gateway.mail.doors import MailDoors
from gateway.mail.facts import read_facts
from gateway.mail.relay import RelayLoop
from gateway.mail.submission import SubmissionConfig
from gateway.mmsc.centre import Centre
from gateway.mmsc.told_back import ToldBack
from gateway.owner import is_gone, owner_name
from gateway.passwords import hash_password_now
from gateway.preparer import Preparer
from gateway.rooms import mm1_links, rooms
from gateway.store.blobs import Blobs
from gateway.store.database import Store, open_store
from gateway.store.desk import BooksOfStore, Desk, Reaction
from gateway.store.erased import sweep_erased
from gateway.store.gists import EVERY_S as GISTS_EVERY_S
from gateway.store.gists import GistReading
from gateway.store.link_memory import StoredMemory
from gateway.store.sealing import Seal
from gateway.store.upgrade import upgrade
from gateway.switchboard import Switchboard
from gateway.web.alarm_calls import AlarmCaller
from gateway.web.asking import Media
from gateway.web.channel import HubEnd
from gateway.web.number_dip import NumberDips
from gateway.web.server import WebDoor
from gateway.web.uaprof import FETCH_EVERY_S, ProfileFetching
from gateway.web.webhooks import WebhookLoop, announce_sms
from mail2sms.notify import Notifier
from mail2sms.phone_mail import PhoneMail
from mail2sms.replies import Answers
from mail2sms.submit import SendNotifier
from mms.dialogue.card_by_sms import CardBySms
from mms.handsets.learning import learn_from_end
from mms.notices import MmsNotices
from mms.outcome import Outcome
from mms.phone_mail import PhoneMms
from mms.pickup import Mailboxes
from mms.receipts import tell_of_reading
from mms.reception import OwnNumber, Reception

E = TypeVar("E")

#: Seconds between two looks at whose mailbox elsewhere is due.
FETCH_MAIL_EVERY_S = 5.0


def reactions(config: Config) -> dict[type, tuple[Reaction, ...]]:
    """Who reacts to what, in order."""
    by_mms = MmsNotices(config.mms)
    notifier = Notifier(config.notices, by_mms)
    on_send = SendNotifier(config.notices, by_mms)
    phone_mail = PhoneMail(config.notices, PhoneMms(config.mms))
    answers = Answers(config.notices)
    cards = CardBySms(config.mms, config.notices.fixed_signature)
    outcome = Outcome(Mailboxes(config.mms, hash_password_now, config.notices.fixed_signature))
    told_back = ToldBack(next(iter(mm1_links(config).values()), None))
    own = OwnNumber(config.notices.access_number, config.notices.extension_digits, config.notices.reply_days)
    reception = Reception(own, told_back.refused)
    return {
        MailArrived: (notifier.notify_on_arrival, answer_while_away),
        MailSubmitted: (on_send.notify_on_send,),
        PhoneMailArrived: (phone_mail.mail_to_phone,),
        SmsReceived: (
            give_to_peer,
            unless_taken(is_for_peer, unless_taken(cards.take, answers.answer_sms)),
            announce_sms,
        ),
        MmsReceived: (give_mms_to_peer, unless_taken(is_mms_for_peer, reception.received)),
        MmsRead: (told_back.read, tell_of_reading, tell_peer_of_reading),
        MessageSettled: (phone_mail.report_failure, outcome.settled, told_back.settled, learn_from_end),
    }


def unless_taken(take: Callable[[E, BooksOfStore], bool], reaction: Callable[[E, BooksOfStore], None]) -> Reaction:
    """A reaction, unless somebody else takes the event."""

    @functools.wraps(reaction)
    def react(event: E, books: BooksOfStore) -> None:
        if not take(event, books):
            reaction(event, books)

    return react


@dataclass(slots=True)
class App:
    """A hub, ready to start. `stop()` undoes `start()` in the opposite order."""

    config: Config
    store: Store
    desk: Desk
    journal: Journal
    dispatcher: Dispatcher
    switchboard: Switchboard
    inbound: Inbound
    mail: MailDoors
    relay: RelayLoop
    web: WebDoor
    hub_end: HubEnd
    fronts: Fronts
    webhooks: WebhookLoop
    number_dips: NumberDips
    alarm_caller: AlarmCaller
    downstream: Downstream
    preparer: Preparer
    pool: FittingPool
    house: housekeeping.Housekeeping
    owner: str

    async def start(self) -> None:
        """Recover what an earlier run left, then open the doors: outgoing ways first, so that nothing waits."""
        roles = self.config.hub.roles
        await self.switchboard.start()
        await housekeeping.learn_routes(self.desk, self.switchboard.names)
        await self.number_dips.start()
        if "house" in roles:
            await self.desk.place_forgotten()
            await self.alarm_caller.start()
            self.house.start()
        if "links" in roles:
            self.dispatcher.start()
        if "media" in roles:
            await self.preparer.start()
        if "peers" in roles:
            await self.downstream.start()
        if "smtp" in roles:
            await self.relay.start()
            await self.mail.start()
        if "web" in roles:
            await self.webhooks.start()
            if self.config.web.workers:
                await self.hub_end.start(socket_path(self.config))
                self.fronts.start()
                await self.hub_end.wait_for(self.config.web.workers)
            else:
                await self.web.start()

    def doors(self) -> list[tuple[str, str, int]]:
        """The open doors: (name, host, port)."""
        doors = []
        for name, config in (
            ("smtp", self.config.smtp),
            ("lmtp", self.config.lmtp),
            ("submission", self.config.submission),
        ):
            door = getattr(self.mail, name)
            if config is not None and door is not None and "smtp" in self.config.hub.roles:
                doors.append((name, config.host, door.port))
        for name, port in self.downstream.ports.items():
            peers_door = {
                "smpp": self.config.downstream_smpp,
                "cmpp": self.config.downstream_cmpp,
                "mm7": self.config.downstream_mm7,
            }[name]
            assert peers_door is not None
            doors.append((f"{name} for peers", peers_door.host, port))
        if "web" in self.config.hub.roles:
            workers = self.config.web.workers
            doors.append(("http", self.config.web.host, self.config.web.port if workers else self.web.port))
        return doors

    async def stop(self) -> None:
        """Close the doors, let what is under way end, then close the store."""
        roles = self.config.hub.roles
        if "web" in roles:
            if self.config.web.workers:
                await self.hub_end.stop()
                await self.fronts.stop()
            else:
                await self.web.stop()
            await self.webhooks.stop()
        if "peers" in roles:
            await self.downstream.stop()
        if "smtp" in roles:
            await self.mail.stop()
            await self.relay.stop()
        if "media" in roles:
            await self.preparer.stop()
        await self.switchboard.stop()
        if "links" in roles:
            await self.inbound.drain()
            await self.dispatcher.stop()
        if "house" in roles:
            await self.house.stop()
            await self.alarm_caller.stop()
        await self.number_dips.stop()
        await self.pool.close()
        await self.desk.close()


def build_desk(config: Config, journal: Journal, now_ms: Callable[[], int] = clock.now_ms) -> Desk:
    """The store with everything that reacts to what goes into it, brought to this version's schema."""
    store = open_store(config.store)
    upgrade(store)
    return Desk(
        store,
        Blobs(Path(config.store.data_dir)),
        Router(),
        journal,
        new_id=IdSource(now_ms, config.store.node),
        now_ms=now_ms,
        read_facts=read_facts,
        reactions=reactions(config),
        region=config.hub.region,
    )


def build_preparer(config: Config, journal: Journal, desk: Desk) -> Preparer:
    """What a worker needs to fit MMS for hubs of the same store."""
    mailboxes = Mailboxes(config.mms, hash_password_now, config.notices.fixed_signature)
    pool = FittingPool(config.mms.workers, config.mms.fit_timeout_s)
    return Preparer(desk, journal, config.mms, mailboxes, pool, owner=owner_name(config.store.node), is_gone=is_gone)


def build(config: Config, file: Path = Path("caiyou.toml"), *, now_ms: Callable[[], int] = clock.now_ms) -> App:
    """Make the hub. Opens the database, brings it to this version's schema, and connects to nothing else.

    `file` is where the configuration was read from; front workers read it again.
    """
    journal = Journal()
    desk = build_desk(config, journal, now_ms)
    store, router = desk.store, desk.router
    owner = owner_name(config.store.node)
    mailboxes = Mailboxes(config.mms, hash_password_now, config.notices.fixed_signature)
    pool = FittingPool(config.mms.workers, config.mms.fit_timeout_s)
    inbound = Inbound(desk, journal, config.hub.region)
    centre = Centre(desk, mm1_links(config))
    dispatcher = Dispatcher(desk, inbound, journal, owner, node=config.store.node, is_gone=is_gone)
    switchboard = Switchboard(desk, dispatcher, config.links, lambda entry: _link(entry, dispatcher, desk, centre))
    notifier = Notifier(config.notices, MmsNotices(config.mms))
    alarm_caller = AlarmCaller(desk, config.alarms.webhook_url, config.alarms.webhook_secret)
    importer = Importer(desk, hand_imports_over_to(config.mms.broker) if config.mms.broker else None)
    watch = Watch(
        desk,
        config.alarms,
        hostname=config.relay.hostname,
        data_dir=config.store.data_dir,
        call=alarm_caller.call if config.alarms.webhook_url else None,
    )
    return App(
        config=config,
        store=store,
        desk=desk,
        journal=journal,
        dispatcher=dispatcher,
        switchboard=switchboard,
        inbound=inbound,
        mail=MailDoors(desk, smtp=config.smtp, lmtp=config.lmtp, submission=config.submission),
        relay=RelayLoop(desk, config.relay, owner=owner),
        web=WebDoor(
            desk,
            config.web,
            Media(config.mms, pool),
            region=config.hub.region,
            private_webhooks=config.webhooks.allow_private,
            signature=config.notices.fixed_signature,
            rooms=lambda client: rooms(desk, config, pool, client),
        ),
        hub_end=HubEnd(desk, config.web.recipient_daily_cap),
        fronts=Fronts(config, file, journal),
        webhooks=WebhookLoop(desk, config.webhooks),
        number_dips=NumberDips(desk, config.numbers),
        alarm_caller=alarm_caller,
        downstream=Downstream(
            desk,
            journal,
            config.downstream,
            smpp=config.downstream_smpp,
            cmpp=config.downstream_cmpp,
            mm7=config.downstream_mm7,
            owner=owner,
            region=config.hub.region,
            is_gone=is_gone,
        ),
        preparer=Preparer(
            desk,
            journal,
            config.mms,
            mailboxes,
            pool,
            owner=owner,
            hand_over=hand_over_to(config.mms.broker) if config.mms.broker else None,
            is_gone=is_gone,
        ),
        pool=pool,
        house=housekeeping.Housekeeping(
            journal,
            [
                *housekeeping.chores(
                    desk, router, journal, switchboard.names, notifier.release_held, inbound.give_up_parts
                ),
                *housekeeping.writing_chores(
                    desk, Departures(desk, keep_sent=(config.submission or SubmissionConfig()).keep_sent)
                ),
                housekeeping.Chore("fetch-mail", FETCH_MAIL_EVERY_S, _rounds(desk, config).visit_due),
                *housekeeping.mms_chores(
                    desk, mailboxes, CardBySms(config.mms, config.notices.fixed_signature), centre
                ),
                housekeeping.Chore("import-contacts", 1.0, importer.look),
                housekeeping.Chore("watch", LOOK_EVERY_S, watch.look),
                housekeeping.Chore("read-gists", GISTS_EVERY_S, GistReading(desk).go_on),
                housekeeping.Chore("sweep-erased", 3600.0, lambda: sweep_erased(desk)),
                housekeeping.Chore("fetch-profiles", FETCH_EVERY_S, ProfileFetching(desk).fetch_due),
            ],
        ),
        owner=owner,
    )


def _rounds(desk: Desk, config: Config) -> Rounds:
    return Rounds(desk, config.fetching, Seal(Path(config.store.data_dir)))


def _link(entry: LinkEntry, dispatcher: Dispatcher, desk: Desk, centre: Centre) -> Link:
    memory = StoredMemory(desk.store, entry.link.name, desk.now_ms)
    basics = LinkBasics(entry.link.name, entry.group, dispatcher, entry.link.rate_per_s, memory=memory, centre=centre)
    return KINDS[entry.link.protocol].make(basics, entry.options)
