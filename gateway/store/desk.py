"""The desk: where the doors of the hub work with the books.

`await desk.commit(work)` runs `work(books)` in the next batch and returns when it is on disk; what has to follow a
commit (links to wake, bodies to place in Maildirs) is done then. Reactions to events run inside the same transaction,
each so that it can fail alone.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, TypeVar, cast

from gateway.core import events
from gateway.core.accounts import ToAddress, ToMailbox
from gateway.core.billing import Fact, LedgerLine
from gateway.core.errors import NotFound, StoreUnavailable
from gateway.core.events import Event, MailArrived, MessageSettled, MmsRead, MmsReceived, PhoneMailArrived
from gateway.core.filters import Verdict, judge, readable
from gateway.core.mails import MailFacts, NewMail, Placement
from gateway.core.mms import AWAITED, PREPARING, REPORTED
from gateway.core.outbox import State
from gateway.core.routing import Router
from gateway.core.webmail import FileMove, FolderMove
from gateway.journal import Journal
from gateway.mail.mime.filtering import incoming_of, may_go_on, sent_on
from gateway.store.accounts import Accounts
from gateway.store.address_books import AddressBooks
from gateway.store.alarms import Alarms
from gateway.store.audit import Audit
from gateway.store.away import AwayAnswers
from gateway.store.blobs import Blobs
from gateway.store.contact_groups import ContactGroups
from gateway.store.contact_history import ContactHistory
from gateway.store.contact_merging import ContactMerging
from gateway.store.contacts import Contacts
from gateway.store.database import Store, Transaction, WorkFailed
from gateway.store.dav_clients import DavClients
from gateway.store.dialogues import Dialogues
from gateway.store.domains import Domains
from gateway.store.drafts import Drafts
from gateway.store.entry_links import EntryLinks
from gateway.store.failures import FailedReactions
from gateway.store.fetching import Fetching
from gateway.store.handsets import HandsetBook
from gateway.store.imports import Imports
from gateway.store.inbox import Inbox
from gateway.store.ledger import Ledger
from gateway.store.link_orders import LinkOrders
from gateway.store.links import Links
from gateway.store.lists import NumberLists
from gateway.store.mails import Mails
from gateway.store.members import Members
from gateway.store.mm1 import Notifications
from gateway.store.multimedia import Multimedia
from gateway.store.notices import Notices
from gateway.store.numbering import Numbers
from gateway.store.outbox import Outbox
from gateway.store.peer_deliveries import PeerDeliveries
from gateway.store.peer_submits import PeerSubmits
from gateway.store.peers import Peers
from gateway.store.phones import Phones, Stops
from gateway.store.pickups import Pickups
from gateway.store.reaching import Reaching
from gateway.store.relay import Relay
from gateway.store.reminders import Reminders
from gateway.store.reports import Reports
from gateway.store.routes import Routes
from gateway.store.rules import Rules
from gateway.store.search import open_search
from gateway.store.sessions import Sessions
from gateway.store.sign_in_codes import SignInCodes
from gateway.store.sync_devices import SyncDevice, SyncDevices
from gateway.store.sync_shelf import SyncShelf
from gateway.store.timeline import Timeline
from gateway.store.webhooks import Webhooks
from gateway.store.webmail import Webmail
from mms.codec.mm4 import DeliveryReport, ReadReport
from mms.incoming import ReadState

T = TypeVar("T")
CentreReport = DeliveryReport | ReadReport  # what became of an MMS that came from another centre
Reaction = Callable[[Any, Any], None]  # (event, books)
Reactions = Mapping[type, Sequence[Reaction]]

#: Links to make in one round after a commit.
PLACE_BATCH = 500


@dataclass(slots=True)
class Aftermath:
    """What has to follow a commit."""

    links: set[str] = field(default_factory=set)  # links with new work
    placements: list[Placement] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)  # nothing speaks of them any more
    moves: list[FileMove | FolderMove] = field(default_factory=list)  # names in Maildirs that change
    relay: bool = False  # mail waits for the relay
    calls: bool = False  # webhooks wait
    peers: set[int] = field(default_factory=set)  # peers that are to be told something
    reports: list[tuple[str, CentreReport]] = field(default_factory=list)  # link, what its centre is told over it


class BooksOfStore:
    """Everything of the store within one transaction; the `Books` the features see."""

    def __init__(self, desk: Desk, tx: Transaction) -> None:
        self._desk = desk
        self.tx = tx
        self.new_id = desk.new_id
        self.now_ms = desk.now_ms()
        self.aftermath = Aftermath()
        self.timeline = Timeline(tx, self.new_id, self.now_ms)
        self.ledger = Ledger(tx, self.new_id, self.now_ms)

    @cached_property
    def outbox(self) -> Outbox:
        """SMS that must leave."""
        desk = self._desk
        return Outbox(
            self.tx,
            self.new_id,
            self.now_ms,
            self.timeline,
            self.ledger,
            desk.router,
            self.aftermath.links,
            self.tell_owners,
        )

    @cached_property
    def mms(self) -> Multimedia:
        """MMS before a link has them."""
        return Multimedia(self.tx, self.new_id, self.now_ms, self.timeline, self.outbox, self.aftermath.links)

    @cached_property
    def pickups(self) -> Pickups:
        """Mailboxes opened for numbers, and what waits there."""
        return Pickups(self.tx, self.new_id, self.now_ms, self.accounts)

    @cached_property
    def mm1(self) -> Notifications:
        """MMS that phones fetch here."""
        return Notifications(self.tx, self.now_ms)

    @cached_property
    def dialogues(self) -> Dialogues:
        """What phones are being asked step by step."""
        return Dialogues(self.tx, self.now_ms)

    @cached_property
    def reports(self) -> Reports:
        """Delivery reports."""
        return Reports(self.tx, self.new_id, self.now_ms, self.timeline, self.ledger, self._desk.router.price)

    @cached_property
    def inbox(self) -> Inbox:
        """SMS from phones."""
        return Inbox(self.tx, self.new_id, self.now_ms, self.timeline)

    @cached_property
    def accounts(self) -> Accounts:
        """Members, domains, aliases, tokens."""
        return Accounts(self.tx, self.new_id, self.now_ms)

    @cached_property
    def members(self) -> Members:
        """Accounts as administrators see them."""
        return Members(self.tx, self.new_id, self.now_ms)

    @cached_property
    def domains(self) -> Domains:
        """Domains as administrators see them."""
        return Domains(self.tx, self.now_ms)

    @cached_property
    def audit(self) -> Audit:
        """Who did what."""
        return Audit(self.tx, self.new_id, self.now_ms)

    @cached_property
    def entry_links(self) -> EntryLinks:
        """Links that let somebody in once."""
        return EntryLinks(self.tx, self.now_ms)

    @cached_property
    def phones(self) -> Phones:
        """Numbers members have proved."""
        return Phones(self.tx, self.new_id, self.now_ms)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in to the pages."""
        return Sessions(self.tx, self.new_id, self.now_ms)

    @cached_property
    def sign_in_codes(self) -> SignInCodes:
        """Codes sent by SMS to whoever wants to come in."""
        return SignInCodes(self.tx, self.new_id, self.now_ms)

    @cached_property
    def stops(self) -> Stops:
        """Phones that want nothing more."""
        return Stops(self.tx, self.now_ms)

    @cached_property
    def address_books(self) -> AddressBooks:
        """Whose address books there are."""
        return AddressBooks(self.tx, self.new_id, self.now_ms)

    @cached_property
    def contacts(self) -> Contacts:
        """Cards of address books."""
        return Contacts(self.tx, self.new_id, self.now_ms, self._desk.region)

    @cached_property
    def contact_history(self) -> ContactHistory:
        """What contacts were before."""
        return ContactHistory(self.tx, self.contacts, self.now_ms)

    @cached_property
    def contact_groups(self) -> ContactGroups:
        """Groups of contacts."""
        return ContactGroups(self.tx, self.address_books, self.contacts, self.new_id)

    @cached_property
    def reaching(self) -> Reaching:
        """Which recipients can be reached by SMS and MMS."""
        return Reaching(self.contacts, self.contact_groups, self.stops, self.handsets, self._desk.region)

    @cached_property
    def contact_merging(self) -> ContactMerging:
        """Contacts that may be one person."""
        return ContactMerging(self.tx, self.contacts, self.new_id, self._desk.region)

    @cached_property
    def sync_devices(self) -> SyncDevices:
        """Phones that synchronise by SyncML."""
        return SyncDevices(self.tx, self.new_id, self.now_ms)

    def shelf(self, device: SyncDevice) -> SyncShelf:
        """The books of a member as one of their devices sees them."""
        return SyncShelf(self.tx, self.address_books, self.contacts, self.now_ms, device)

    @cached_property
    def imports(self) -> Imports:
        """Files of contacts on their way into books."""
        return Imports(self.tx, self.now_ms)

    @cached_property
    def rules(self) -> Rules:
        """Notice rules."""
        return Rules(self.tx, self.new_id)

    @cached_property
    def notices(self) -> Notices:
        """What was told to which phone."""
        return Notices(self.tx, self.new_id, self.now_ms)

    @cached_property
    def mails(self) -> Mails:
        """Mails in mailboxes."""
        return Mails(self.tx, self.new_id, self.now_ms, self._desk.blobs.file_name)

    @cached_property
    def webmail(self) -> Webmail:
        """Mail as the pages show it."""
        return Webmail(self.tx, self.new_id, self.aftermath.moves)

    @cached_property
    def away(self) -> AwayAnswers:
        """Whom automatic answers went to."""
        return AwayAnswers(self.tx, self.new_id, self.now_ms)

    @cached_property
    def fetching(self) -> Fetching:
        """Mailboxes of members elsewhere."""
        return Fetching(self.tx, self.new_id, self.now_ms)

    @cached_property
    def drafts(self) -> Drafts:
        """Mails being written."""
        return Drafts(self.tx, self.new_id, self.now_ms)

    @cached_property
    def relay(self) -> Relay:
        """Mail for other servers."""
        return Relay(self.tx, self.new_id, self.now_ms, self.timeline)

    @cached_property
    def links(self) -> Links:
        """Carrier links and routes."""
        return Links(self.tx, self.new_id, self.now_ms)

    @cached_property
    def alarms(self) -> Alarms:
        """What is wrong."""
        return Alarms(self.tx, self.new_id, self.now_ms)

    @cached_property
    def link_orders(self) -> LinkOrders:
        """What operators want of links."""
        return LinkOrders(self.tx, self.new_id, self.now_ms, self.timeline)

    @cached_property
    def routes(self) -> Routes:
        """Routes, rules of links, rates, health."""
        return Routes(self.tx, self.new_id, self.now_ms)

    @cached_property
    def lists(self) -> NumberLists:
        """Black and white lists, forbidden words."""
        return NumberLists(self.tx, self.new_id, self.now_ms)

    @cached_property
    def numbers(self) -> Numbers:
        """Whose numbers are."""
        return Numbers(self.tx, self.new_id, self.now_ms)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Webhooks."""
        return Webhooks(self.tx, self.new_id, self.now_ms)

    @cached_property
    def dav_clients(self) -> DavClients:
        """Programs that come for address books, and their passwords."""
        return DavClients(self.tx, self.new_id, self.now_ms, self.accounts)

    @cached_property
    def reminders(self) -> Reminders:
        """SMS that come at a time."""
        return Reminders(self.tx, self.new_id, self.now_ms)

    @cached_property
    def peers(self) -> Peers:
        """Platforms that send through us."""
        return Peers(self.tx, self.new_id, self.now_ms)

    @cached_property
    def peer_deliveries(self) -> PeerDeliveries:
        """What peers are still to be told."""
        return PeerDeliveries(self.tx, self.new_id, self.now_ms, self.aftermath.peers)

    @cached_property
    def peer_submits(self) -> PeerSubmits:
        """What peers submitted."""
        return PeerSubmits(
            self.tx, self.new_id, self.now_ms, self.outbox, self.stops, self.peers, self.peer_deliveries, self.mms
        )

    @cached_property
    def handsets(self) -> HandsetBook:
        """What is known of the phones of numbers."""
        return HandsetBook(self.tx, self.now_ms)

    @cached_property
    def failures(self) -> FailedReactions:
        """Reactions to try again."""
        return FailedReactions(self.tx, self.new_id, self.now_ms)

    # --- mail -----------------------------------------------------------------------------------------------

    def mail(self, mail_id: int) -> Mapping[str, Any] | None:
        """The row of a mail."""
        self.tx.flush()
        row = self.mails.get(mail_id)
        return None if row is None else dict(row)

    def keep(self, data: bytes) -> str:
        """Write a body to the disk, here and now, and return its reference; a batch that is undone leaves it behind."""
        return self._desk.blobs.put_now(self.new_id(), data)

    def stored(self, blob: str) -> bytes:
        """The bytes of a body. Raises NotFound."""
        return self._desk.blobs.get(blob)

    def body(self, mail_id: int) -> bytes:
        """The bytes of a mail, filed or queued for the relay. Raises NotFound."""
        self.tx.flush()
        row = self.mails.get(mail_id)
        if row is None:
            queued = self.relay.about_mail(mail_id)
            if not queued:
                raise NotFound(f"there is no mail {mail_id}")
            return self._desk.blobs.get(queued[0]["blob"])
        return self._desk.blobs.get(row["blob"])

    def file_mail(
        self,
        target: ToMailbox,
        *,
        blob: str,
        data: bytes,
        facts: MailFacts,
        envelope_sender: str = "",
        envelope_recipient: str = "",
        folder: str = "INBOX",
        kind: str = "",
        flags: str = "",
        mail_id: int | None = None,
        announce: bool = True,
    ) -> int:
        """File a stored mail in a member's mailbox, tell its story, and let others react; returns its id.

        `kind` is "mail", "mms" or "card"; "" = as the facts say. Filters of the member are asked where it is announced.
        """
        verdict = self._filtered(target, data, facts, envelope_recipient) if announce else None
        if verdict is not None:
            folder, flags = verdict.folder or folder, verdict.flags or flags
        placement = self.mails.file(
            NewMail(
                mailbox_id=target.mailbox_id,
                blob=blob,
                size_octets=len(data),
                wire_octets=facts.wire_octets or len(data),
                sender=facts.sender,
                sender_name=facts.sender_name,
                subject=facts.subject,
                date_ms=facts.date_ms,
                message_id=facts.message_id,
                references=facts.references,
                envelope_sender=envelope_sender,
                envelope_recipient=envelope_recipient,
                folder=folder,
                kind=kind or facts.kind,
                flags=flags,
            ),
            mail_id,
        )
        self.aftermath.placements.append(placement)
        self.timeline.step(placement.mail_id, "filed", f"in {folder}, {len(data)} octets")
        self.ledger.add(
            LedgerLine(
                target.account_id, Fact.MAIL_STORED, placement.mail_id, party=facts.sender[:320], units=len(data)
            )
        )
        if announce:
            self.publish(
                MailArrived(
                    mail_id=placement.mail_id,
                    account_id=target.account_id,
                    mailbox_id=target.mailbox_id,
                    thread_id=placement.thread_id,
                    folder=folder,
                    envelope_sender=envelope_sender,
                    recipient=envelope_recipient or target.address,
                    content=data,
                    received_ms=self.now_ms,
                    notice=verdict.notice if verdict is not None else "",
                )
            )
        if verdict is not None:
            self.timeline.step(placement.mail_id, "filter", ", ".join(verdict.names)[:200])
            for address in verdict.forward:
                self._send_on(placement.mail_id, target, address, data, envelope_sender)
        return placement.mail_id

    def _filtered(self, target: ToMailbox, data: bytes, facts: MailFacts, recipient: str) -> Verdict | None:
        """What the member's filters make of a mail; None where none fits."""
        stored = self.rules.of(target.account_id, "filter")
        if not stored:
            return None
        filters = readable([one.settings for one in stored])
        verdict = judge(filters, incoming_of(data, facts, recipient or target.address))
        return verdict if verdict.names else None

    def _send_on(self, mail_id: int, target: ToMailbox, address: str, data: bytes, envelope_sender: str) -> None:
        """Send a mail on to an address of its owner; a bounce goes on as one, so that no bounce of it comes back."""
        if not may_go_on(data, target.address):
            self.timeline.step(mail_id, "forward", "not sent on: it went round already")
            return
        proved = {one.settings.get("address") for one in self.rules.of(target.account_id, "forward")}
        if address not in proved:
            self.timeline.step(mail_id, "forward", "not sent on: nobody has proved that address")
            return
        sender = target.address if envelope_sender else ""
        self.send_mail(sent_on(data, target.address), sender=sender, recipients=[address], account_id=target.account_id)
        self.timeline.step(mail_id, "forward", f"sent on to {address}")

    def queue_relay(
        self,
        *,
        sender: str,
        recipients: Sequence[str],
        blob: str,
        account_id: int = 0,
        mail_id: int | None = None,
    ) -> list[int]:
        """Queue a stored mail for other servers."""
        self.aftermath.relay = True
        return self.relay.add(sender=sender, recipients=recipients, blob=blob, account_id=account_id, mail_id=mail_id)

    def envelope_sender(self, mail_id: int) -> str | None:
        """Who handed a mail over; "" for a bounce, None where that was not kept."""
        row = self.mail(mail_id)
        if row is not None:
            return str(row["envelope_sender"])
        queued = self.relay.about_mail(mail_id)
        return str(queued[0]["sender"]) if queued else None

    def send_mail(
        self, data: bytes, *, sender: str, recipients: Sequence[str], account_id: int = 0, keep_copy_for: int = 0
    ) -> int:
        """Send a mail of our own making: filed for members, queued for others; returns its id.

        `keep_copy_for` is the account in whose folder Sent a copy is filed, read and without a word to anybody. The
        body is written here and now, inside the work: a batch that is undone leaves a file without a row behind. A mail
        without envelope sender (a report of ours) rings no phone.
        """
        mail_id = self.new_id()
        blob = self._desk.blobs.put_now(mail_id, data)
        facts = self._desk.read_facts(data, self.now_ms)
        elsewhere: list[str] = []
        first_id: int | None = mail_id
        mailbox_id = self.mails.mailbox_of(keep_copy_for) if keep_copy_for else None
        if mailbox_id is not None:
            self.file_mail(
                ToMailbox(keep_copy_for, mailbox_id, sender, 0),
                blob=blob,
                data=data,
                facts=facts,
                envelope_sender=sender,
                folder="Sent",
                flags="S",
                mail_id=first_id,
                announce=False,
            )
            first_id = None
        for recipient in recipients:
            targets = self.accounts.resolve(recipient)
            if targets is None:
                elsewhere.append(recipient)
                continue
            for target in targets:
                if isinstance(target, ToMailbox):
                    self.file_mail(
                        target,
                        blob=blob,
                        data=data,
                        facts=facts,
                        envelope_sender=sender,
                        envelope_recipient=recipient,
                        mail_id=first_id,
                    )
                    first_id = None  # one row per mailbox, each with an id of its own
                elif isinstance(target, ToAddress):
                    elsewhere.append(target.address)
                elif sender:
                    if first_id is not None:
                        self.relay.keep(sender=sender, recipient=recipient, blob=blob, mail_id=mail_id)
                        first_id = None
                    self.publish(
                        PhoneMailArrived(
                            mail_id=mail_id,
                            number=target.number,
                            envelope_sender=sender,
                            recipient=recipient,
                            account_id=account_id or keep_copy_for or None,
                            content=data,
                            received_ms=self.now_ms,
                        )
                    )
        if elsewhere:
            self.queue_relay(sender=sender, recipients=elsewhere, blob=blob, account_id=account_id, mail_id=mail_id)
        return mail_id

    def file_letter(
        self,
        account_id: int,
        *,
        blob: str,
        data: bytes,
        kind: str,
        folder: str = "INBOX",
        flags: str = "",
        announce: bool = True,
        mail_id: int | None = None,
    ) -> int | None:
        """File a letter that lies on disk under `blob` in an account's mailbox; None where there is none."""
        mailbox_id, account = self.mails.mailbox_of(account_id), self.accounts.by_id(account_id)
        if mailbox_id is None or account is None:
            return None
        return self.file_mail(
            ToMailbox(account_id, mailbox_id, account.address, 0),
            blob=blob,
            data=data,
            facts=self._desk.read_facts(data, self.now_ms),
            folder=folder,
            kind=kind,
            flags=flags,
            announce=announce,
            mail_id=mail_id,
        )

    def replace_letter(self, row: Mapping[str, Any], *, blob: str, data: bytes, version_id: int) -> None:
        """A new version of a letter, on disk under `blob`, takes the place of the one whose row (with folder) it is."""
        facts = self._desk.read_facts(data, self.now_ms)
        placement, move = self.mails.replace(
            row,
            NewMail(
                mailbox_id=row["mailbox_id"],
                blob=blob,
                size_octets=len(data),
                wire_octets=facts.wire_octets or len(data),
                sender=facts.sender,
                sender_name=facts.sender_name,
                subject=facts.subject,
                date_ms=facts.date_ms,
                message_id=facts.message_id,
            ),
            version_id,
        )
        self.aftermath.placements.append(placement)
        self.aftermath.moves.append(move)
        self.aftermath.bodies.append(row["blob"])

    def remove_letter(self, row: Mapping[str, Any]) -> None:
        """A letter goes for good, its body with it, which nothing else must refer to."""
        self.webmail.erase(row["mailbox_id"], [row["id"]])
        self.aftermath.bodies.append(row["blob"])

    def take_mms(
        self,
        inbox_id: int,
        *,
        link: str,
        group: str,
        carrier_id: str,
        sender: str,
        recipients: Sequence[str],
        subject: str,
        blob: str,
        letter: bytes,
        fingerprint: str,
    ) -> bool:
        """File an MMS that came, its letter on disk under the id, and let others react; False for one that came again.

        `fingerprint` is what a repetition would have as well.
        """
        is_new = self.inbox.file_mms(
            inbox_id,
            link=link,
            group=group,
            carrier_id=carrier_id,
            sender=sender,
            recipient=recipients[0] if recipients else "",
            subject=subject,
            blob=blob,
            fingerprint=fingerprint,
        )
        if is_new:
            self.ledger.add(
                LedgerLine(0, Fact.MMS_RECEIVED, inbox_id, link=link, party=sender[:320], units=len(letter))
            )
            self.publish(
                MmsReceived(
                    inbox_id=inbox_id,
                    link=link,
                    sender=sender,
                    recipients=tuple(recipients),
                    subject=subject,
                    blob=blob,
                    content=letter,
                    received_ms=self.now_ms,
                )
            )
        return is_new

    def note_read(self, message_id: int, state: ReadState, words: str = "") -> None:
        """Note what the owner of a phone did with an MMS, and let others react; what was said before changes nothing.

        `words` are those of who says so, for its story.
        """
        if state is ReadState.UNKNOWN:
            self.timeline.step(message_id, "read", words or "nobody knows whether it was read")
            return
        is_read = state is ReadState.READ
        if is_read and not self.mms.was_read(message_id):
            return
        self.timeline.step(
            message_id, "read", "its owner has read it" if is_read else "its owner deleted it without reading"
        )
        self.publish(MmsRead(message_id, is_read))
        row = self.outbox.get(message_id)
        if row is not None and row["account_id"]:
            for webhook_id in self.webhooks.wanted_by({row["account_id"]}, "read").get(row["account_id"], ()):
                self.aftermath.calls = True
                self.webhooks.call(
                    webhook_id,
                    {
                        "event": "read",
                        "message_id": str(message_id),
                        "read": is_read,
                        "tag": row["tag"],
                        "at_ms": self.now_ms,
                    },
                )

    def tell_centre(self, link: str, report: CentreReport) -> bool:
        """Tell another MMS centre over its link, once this is on disk; False where no link to a centre has that name.

        It is told by the process that works the link, if that is this one, and forgotten when the hub is killed before.
        """
        if not any(row["name"] == link and row["protocol"] == "mm4" for row in self.links.all()):
            return False
        self.aftermath.reports.append((link, report))
        return True

    def free_octets(self, account_id: int) -> int:
        """What an account's mailbox can still take."""
        mailbox_id = self.mails.mailbox_of(account_id)
        if mailbox_id is None:
            return 0
        self.tx.flush()
        used, allowed = self.mails.quota(mailbox_id)
        return max(0, allowed - used)

    def first_domain(self) -> str:
        """The oldest mail domain of this hub; "" when there is none."""
        return self.accounts.first_domain()

    # --- events ---------------------------------------------------------------------------------------------

    def publish(self, event: Event) -> None:
        """Let every reaction to this event run; one that fails is undone, kept, and tried again later."""
        for reaction in self._desk.reactions.get(type(event), ()):
            self._react(reaction, event)

    def _react(self, reaction: Reaction, event: Event) -> None:
        try:
            self._attempt(reaction, event)
        except WorkFailed as error:
            self._desk.journal.reaction_failed(_name(reaction), str(error))
            self.failures.keep(_name(reaction), _event_to_json(event), str(error))

    def _attempt(self, reaction: Reaction, event: Event) -> None:
        aftermath = self.aftermath
        placed, moved, reported = len(aftermath.placements), len(aftermath.moves), len(aftermath.reports)
        try:
            self.tx.attempt(lambda: reaction(event, self))
        except WorkFailed:
            del aftermath.placements[placed:]  # or a mail without a row would appear in a Maildir
            del aftermath.moves[moved:]
            del aftermath.reports[reported:]
            raise

    def try_again(self, limit: int = 20) -> int:
        """Run reactions that failed before; returns how many worked now."""
        worked = 0
        for failure in self.failures.due(limit):
            try:
                event = _event_from_json(failure.event, self.body, self._desk.blobs.get)
                reaction = next(r for r in self._desk.reactions[type(event)] if _name(r) == failure.reaction)
                self._attempt(reaction, event)
            except (WorkFailed, StopIteration, LookupError, AttributeError, TypeError, NotFound, OSError) as error:
                # Not only the reaction: what it reacts to may be gone, or be called otherwise in this version.
                self.failures.again(failure, f"{type(error).__name__}: {error}")
            else:
                self.failures.done(failure.id)
                worked += 1
        return worked

    def tell_owners(self, settled: Sequence[MessageSettled]) -> None:
        """Tell webhooks, peers and reactions what became of messages."""
        if not settled:
            return
        self.peer_submits.settle(settled)
        wanted = self.webhooks.wanted_by({event.account_id for event in settled if event.account_id}, "state")
        for event in settled:
            for webhook_id in wanted.get(event.account_id, ()):
                self.aftermath.calls = True
                self.webhooks.call(
                    webhook_id,
                    {
                        "event": "state",
                        "message_id": str(event.message_id),
                        "state": event.state,
                        "code": event.code,
                        "tag": event.tag,
                        "at_ms": self.now_ms,
                    },
                )
            is_wanted = event.is_mms or event.tag.startswith((AWAITED, REPORTED))
            if event.state in (State.FAILED, State.EXPIRED) or is_wanted:
                self.publish(event)


class Desk:
    """What every door needs to work with the books of this process."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        router: Router,
        journal: Journal,
        *,
        new_id: Callable[[], int],
        now_ms: Callable[[], int],
        read_facts: Callable[[bytes, int], MailFacts],
        reactions: Reactions,
        region: str = "CN",
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.search: Final = open_search(store)
        self.router = router
        self.journal = journal
        self.new_id = new_id
        self.now_ms = now_ms
        self.read_facts = read_facts  # (mail, now) -> facts of its header
        self.reactions = reactions
        self.region = region  # where numbers without a country are dialled from
        self.work_for_link: Callable[[str], None] = lambda link: None
        self.work_for_preparer: Callable[[], None] = lambda: None
        self.work_for_relay: Callable[[], None] = lambda: None
        self.work_for_webhooks: Callable[[], None] = lambda: None
        self.work_for_peer: Callable[[int], None] = lambda peer_id: None
        self.tell_over_link: Callable[[str, CentreReport], None] = lambda link, report: None
        self._unplaced: list[Placement | FileMove | FolderMove] = []  # in the order of their commits
        self._placing: asyncio.Task[None] | None = None
        self._forgetting: asyncio.Task[None] | None = None

    async def commit(self, work: Callable[[BooksOfStore], T]) -> T:
        """Run `work` in the next batch; returns its result once that is on disk. It may run twice."""

        def run(tx: Transaction) -> tuple[T, Aftermath]:
            books = BooksOfStore(self, tx)
            return work(books), books.aftermath

        try:
            result, aftermath = await self.store.commit_with_others(run)
        except StoreUnavailable as error:
            self.journal.store_failed(str(error))
            raise
        self.follow(aftermath)
        return result

    async def read(self, work: Callable[[BooksOfStore], T]) -> T:
        """Run `work`, which only asks, in a thread."""
        return await self.store.read(lambda tx: work(BooksOfStore(self, tx)))

    def read_now(self, work: Callable[[BooksOfStore], T]) -> T:
        """As `read`, in this thread (command line, tests)."""
        return self.store.read_now(lambda tx: work(BooksOfStore(self, tx)))

    def run_now(self, work: Callable[[BooksOfStore], T]) -> T:
        """Run a writing `work` alone in this thread (command line, tests); nothing is woken by it."""

        def run(tx: Transaction) -> T:
            return work(BooksOfStore(self, tx))

        return self.store.run_now(run)

    def follow(self, aftermath: Aftermath) -> None:
        """Do what has to follow a commit."""
        for link in aftermath.links:
            self.work_for_link(link)
        if PREPARING in aftermath.links:
            self.work_for_preparer()
        if aftermath.relay:
            self.work_for_relay()
        if aftermath.calls:
            self.work_for_webhooks()
        for peer_id in aftermath.peers:
            self.work_for_peer(peer_id)
        for name, report in aftermath.reports:
            self.tell_over_link(name, report)
        if aftermath.bodies:
            self._forgetting = asyncio.get_running_loop().create_task(
                self._forget([*aftermath.bodies], self._forgetting), name="forget-bodies"
            )
        if aftermath.placements or aftermath.moves:
            self._unplaced.extend(aftermath.placements)
            self._unplaced.extend(aftermath.moves)
            if self._placing is None or self._placing.done():
                self._placing = asyncio.get_running_loop().create_task(self._place(), name="place-mails")

    async def _forget(self, bodies: Sequence[str], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await asyncio.to_thread(self.blobs.forget, bodies, [])
        except OSError as error:
            self.journal.task_failed("forget-bodies", str(error))

    async def _place(self) -> None:
        loop = asyncio.get_running_loop()
        while self._unplaced:
            batch, self._unplaced = self._unplaced[:PLACE_BATCH], self._unplaced[PLACE_BATCH:]
            await self._place_batch(batch, loop)

    async def _place_batch(
        self,
        batch: Sequence[Placement | FileMove | FolderMove],
        loop: asyncio.AbstractEventLoop,
        *,
        forgotten: bool = False,
    ) -> None:
        try:
            ids = await loop.run_in_executor(None, partial(self._place_now, batch, forgotten=forgotten))
            await self.commit(lambda books: books.mails.placed(ids))
        except (OSError, StoreUnavailable) as error:
            # Rows say what is unplaced; the next start, or the sweep, makes the links.
            self.journal.task_failed("place-mails", str(error))

    def _place_now(self, batch: Sequence[Placement | FileMove | FolderMove], *, forgotten: bool) -> list[int]:
        """Give files their names; the mails that have theirs now."""
        ids: list[int] = []
        for is_new, group in itertools.groupby(batch, lambda it: isinstance(it, Placement)):
            if is_new:
                placements = cast("list[Placement]", list(group))
                done = self.blobs.place(placements, forgotten=forgotten)
                ids += [one.mail_id for one, placed in zip(placements, done, strict=True) if placed]
            else:
                moves = cast("list[FileMove | FolderMove]", list(group))
                ids += self.blobs.move(moves, self.now_ms())
                self.search.remove([one.mail_id for one in moves if isinstance(one, FileMove) and not one.to_folder])
        return ids

    def forget(self, bodies: Sequence[str], mailbox_ids: Sequence[int]) -> None:
        """Delete bodies that nothing speaks of, and what is left of mailboxes that are gone; in this thread."""
        self.blobs.forget(bodies, mailbox_ids)
        self.search.forget(mailbox_ids)

    async def place_forgotten(self) -> int:
        """Make the Maildir links that an earlier run did not come to; returns how many mails were looked at."""
        seen, after = 0, 0
        loop = asyncio.get_running_loop()
        while True:
            batch = await self.read(lambda books, after=after: books.mails.unplaced(PLACE_BATCH, after))  # type: ignore[misc]
            if not batch:
                return seen
            await self._place_batch(batch, loop, forgotten=True)
            seen += len(batch)
            after = batch[-1].mail_id

    async def close(self) -> None:
        """Finish placing, commit what waits, let go of everything."""
        if self._forgetting is not None:
            await self._forgetting
        if self._placing is not None:
            await self._placing
        await self.store.close()
        self.search.close()
        self.blobs.close()


def _name(reaction: Reaction) -> str:
    return f"{reaction.__module__}.{getattr(reaction, '__qualname__', type(reaction).__name__)}"


def _event_to_json(event: Event) -> str:
    fields = {f.name: getattr(event, f.name) for f in dataclasses.fields(event) if f.name != "content"}
    return json.dumps({"event": type(event).__name__, **fields}, ensure_ascii=False)


def _event_from_json(text: str, body: Callable[[int], bytes], blob: Callable[[str], bytes]) -> Event:
    fields = json.loads(text)
    kind: type = getattr(events, fields.pop("event"))
    names = {f.name for f in dataclasses.fields(kind)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    if "content" in names:
        values["content"] = blob(values["blob"]) if "blob" in names else body(values["mail_id"])
    event: Event = kind(**values)
    return event
