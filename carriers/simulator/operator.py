"""The operator without sockets and clock: handsets, message ids, reports, and who gets what phones write.

Lines bring what accounts submit and take what goes to them; `now` is monotonic seconds everywhere.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from carriers.sgip.sequence import SequenceSource
from carriers.simulator.config import Account, Protocol, SimulatorConfig
from carriers.simulator.counters import Counters, Rate
from carriers.simulator.faults import longest_prefix
from carriers.simulator.handsets import Handset, ReceivedSegment, Text
from carriers.simulator.ids import CmppIds, SmppIds
from carriers.simulator.traffic import Delivery, Fact, Line, Message, Report, Submission, Wants, Written
from gateway.core import phone
from gateway.core import text as texts
from gateway.core.errors import BadRequest, NotEncodable, NotFound
from gateway.core.messages import Concat

MOST_SENDS = 3
MAX_WRITTEN = 10_000  # characters a phone may write at once
_REMEMBERED_MESSAGES = 200_000  # for questions what became of them
_REMEMBERED_SENDERS = 100_000
_CACHED_NUMBERS = 100_000


class Operator:
    """One operator. Called from one thread; nothing here waits."""

    def __init__(self, config: SimulatorConfig, wall_clock: Callable[[], datetime]) -> None:
        self.config = config
        self.faults = config.faults
        self.counters = Counters()
        self.rate = Rate()
        self.handsets: dict[str, Handset] = {}
        self.listeners: list[Callable[[Fact], None]] = []
        self.lines: list[Line] = []
        self.touched: set[Line] = set()  # lines that got a delivery and must be flushed
        self.programs: dict[int, Callable[[str, bytes], None]] = {}  # port -> what phones have for its data SMS
        self.wall_clock = wall_clock
        self.smpp_ids = SmppIds(wall_clock())
        self.cmpp_ids = CmppIds(config.gateway_code)
        self.sgip_sequences = SequenceSource(config.gateway_code, wall_clock)
        self.sgip_submits: dict[tuple[str, bytes], int] = {}  # account and number -> hash of what was taken
        self.callers: dict[str, Callable[[], None]] = {}  # account -> who calls it when something waits for it
        self.messages: dict[str, Message] = {}  # by the id in the answer, the newest
        self._accounts = {(it.protocol, it.name): it for it in config.accounts}
        self._agenda: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._turn = itertools.count()
        self._bags: defaultdict[str, deque[Delivery]] = defaultdict(deque)
        self._in_flight: set[Delivery] = set()
        self._receivers: defaultdict[str, deque[Line]] = defaultdict(deque)
        self._seen: set[int] = set()
        self._senders: dict[str, str] = {}  # sender a phone saw -> the account it belongs to
        self._numbers: dict[str, str] = {}
        self._throttled_until = 0.0
        self._judged = 0
        self._reference = 0

    # What lines do.

    def account(self, protocol: Protocol, name: str) -> Account | None:
        """Who logs in under that name."""
        return self._accounts.get((protocol, name))

    def join(self, line: Line, now: float, *, receives: bool) -> None:
        """The line is logged in; what waits for its account goes out."""
        assert line.account is not None
        self.counters.logins += 1
        self.lines.append(line)
        if receives:
            self._receivers[line.account.name].append(line)
            self._inherit(line.account)
        self.tell("bound", account=line.account.name, protocol=line.account.protocol, line=line.name)
        self.drain(line.account.name, now)

    def leave(self, line: Line, reason: str) -> None:
        """The line is gone."""
        self.touched.discard(line)
        if line.account is None or line not in self.lines:
            return
        self.lines.remove(line)
        receivers = self._receivers[line.account.name]
        if line in receivers:
            receivers.remove(line)
        self.counters.lines_lost += 1
        self.tell("unbound", account=line.account.name, line=line.name, reason=reason)

    def judge(self, line: Line, sender: str, recipients: tuple[str, ...], now: float) -> int | None:
        """Whether a submit is taken: None, or the code to refuse it with; -1 stands for "too fast"."""
        faults = self.faults
        counters = self.counters
        counters.submits += len(recipients)
        self._judged += 1
        if faults.throttle_every_n and self._judged % faults.throttle_every_n == 0:
            self._throttled_until = now + faults.throttle_for_s
            counters.throttled += len(recipients)
            return -1
        if now < self._throttled_until:
            counters.throttled += len(recipients)
            return -1
        code = faults.unknown_status or None
        if faults.refuse_numbers and code is None:
            found = (longest_prefix(faults.refuse_numbers, self.number(it)) for it in recipients)
            code = next((it for it in found if it is not None), None)
        if code is not None:
            counters.refused += len(recipients)
            self.tell("refused", sender=sender, numbers=list(recipients), code=code)
        return code

    def take(self, submission: Submission, line: Line, now: float) -> Message:
        """The phone gets it; the report is put on the agenda."""
        assert line.account is not None
        moment = self.wall_clock()
        account = line.account.name
        config = self.config
        number = self.number(submission.recipient)
        self.counters.accepted += 1
        key = hash((submission.sender, number, submission.data, submission.concat))
        repeated = key in self._seen
        if repeated:
            self.counters.repeated += 1
        else:
            self._seen.add(key)
        if len(self._senders) < _REMEMBERED_SENDERS:
            self._senders[submission.sender] = account
        message = Message(submission, account, number, moment, line)
        if not config.count_only:
            self._show(message, repeated=repeated)
        wants = submission.wants
        if wants and not self.faults.report_never:
            word = self._word(number)
            if wants == Wants.ALWAYS or (wants == Wants.ON_SUCCESS) == (word == "DELIVRD"):
                if self.faults.report_before_response:
                    self._report(message, word, now)
                else:
                    answered = now + self.faults.answer_delay_s
                    self._plan(answered + config.report_delay_s, self._report, message, word)
            else:
                message.word = word
        elif wants == Wants.NEVER:
            message.word = self._word(number)
        return message

    def acknowledged(self, delivery: Delivery, now: float) -> None:
        """The account has it."""
        self._in_flight.discard(delivery)
        if isinstance(delivery, Report):
            self.counters.reports_acknowledged += 1
        else:
            self.counters.messages_acknowledged += 1
            delivery.text.taken += 1
            if delivery.text.taken == delivery.text.total:
                self.tell("taken", number=delivery.number, to=delivery.to, account=delivery.account)
        if self._bags[delivery.account]:
            self.drain(delivery.account, now)

    def refused(self, delivery: Delivery, code: int, now: float) -> None:
        """The account does not take it now: it comes again, three times in all."""
        self._in_flight.discard(delivery)
        self.counters.deliveries_refused += 1
        self.tell("delivery_refused", account=delivery.account, code=code, sends=delivery.sends)
        if delivery.sends >= MOST_SENDS:
            self.given_up(delivery)
        else:
            self._in_flight.add(delivery)  # it counts as open while it waits
            self._plan(now + self.config.repeat_s, self._offer_again, delivery)

    def given_up(self, delivery: Delivery) -> None:
        """No answer after every send."""
        self._in_flight.discard(delivery)
        self.counters.deliveries_given_up += 1
        self.tell("given_up", account=delivery.account)

    def lost(self, deliveries: list[Delivery], now: float) -> None:
        """The line broke under them: they go out on the next one, before all others."""
        accounts = set()
        for delivery in reversed(deliveries):
            self._in_flight.discard(delivery)
            self._bags[delivery.account].appendleft(delivery)
            accounts.add(delivery.account)
        for account in accounts:
            self.drain(account, now)

    def drain(self, account: str, now: float) -> None:
        """Send what waits for the account, as far as its lines have room."""
        bag = self._bags[account]
        while bag:
            line = self._choose(bag[0])
            if line is None:
                self._call(account)
                return
            self._send(bag.popleft(), line, now)

    def has_waiting(self, account: str) -> bool:
        """Does something wait for a line of the account?"""
        return bool(self._bags[account])

    # What people do.

    def say(self, number: str, text: str, to: str | None, now: float) -> Text:
        """A phone writes; without `to` it answers whoever wrote last.

        Raises BadRequest for no number or no text, NotFound when no account has the number written to.
        """
        if not text or len(text) > MAX_WRITTEN:
            raise BadRequest(f"text: 1 to {MAX_WRITTEN} characters")
        if phone.normalise(number) is None:
            raise BadRequest("number: that is no phone number")
        alphabet = texts.choose(text)
        try:
            parts = texts.split(text, alphabet)
            coded = [texts.encode(part, alphabet) for part in parts]
        except NotEncodable as error:
            raise BadRequest("text: half a surrogate pair") from error
        if len(parts) > 255:
            raise BadRequest("text: more than 255 segments")
        known = self.handsets.get(self.number(number))
        to = (to or (known.last_sender if known else None) or self.config.access_number).removeprefix("+")
        account = self._account_answered(known, to) or self.account_of(to)
        handset = self.handset(number)
        self._reference = self._reference % 255 + 1
        written = handset.write(to, text, len(parts), self.wall_clock())
        self.tell("said", number=handset.number, to=to, text=text, parts=len(parts), account=account)
        for index, data in enumerate(coded, 1):
            concat = Concat(self._reference, len(parts), index) if len(parts) > 1 else None
            self.counters.messages_written += 1
            self._offer(Written(account, handset.number, to, data, alphabet, concat, written), now)
        return written

    def account_of(self, to: str) -> str:
        """The account by the longest access number, or sender it used, that the number begins with.

        Among equals the one that used the number last, then one that is logged in, then the first. Raises NotFound.
        """
        numbers: list[tuple[int, int, int, str]] = []
        for index, account in enumerate(self.config.accounts):
            prefix = self.config.access_number_of(account)
            if prefix and to.startswith(prefix):
                numbers.append((len(prefix), int(self._is_reached(account.name)), -index, account.name))
        learned = [it for it in (to[:end] for end in range(len(to), 0, -1)) if it in self._senders]
        longest = max(numbers) if numbers else None
        if learned and (longest is None or len(learned[0]) >= longest[0]):
            return self._senders[learned[0]]
        if longest is None:
            raise NotFound(f"No account has the number {to}.")
        return longest[3]

    def _account_answered(self, handset: Handset | None, to: str) -> str:
        """The account whose text the phone answers, when it can take the answer; accounts may share a number."""
        if handset is None:
            return ""
        texts = (it for it in reversed(handset.texts) if not it.from_phone and it.peer.removeprefix("+") == to)
        account = next((it.segments[-1].account for it in texts), "")
        return account if account and self._is_reached(account) else ""

    def _is_reached(self, account: str) -> bool:
        """Is the account there to be delivered to, on a line of its own or on a call?"""
        return bool(self._receivers[account]) or account in self.callers

    def change_faults(self, changes: dict[str, Any], now: float) -> None:
        """Change faults by name; raises BadRequest, and then nothing has changed."""
        self.faults.change(changes)
        if "throttle_for_s" in changes or "throttle_every_n" in changes:
            begins = "throttle_for_s" in changes and not self.faults.throttle_every_n
            self._throttled_until = now + self.faults.throttle_for_s if begins else 0.0
        self.tell("faults_changed", **self.faults.values())

    def drop_lines(self) -> int:
        """Break every line; how many there were."""
        lines = list(self.lines)
        for line in lines:
            line.drop()
        return len(lines)

    def open_reports(self) -> int:
        """Reports that no account has taken yet: planned, waiting for a line, or without answer."""
        waiting = sum(isinstance(it, Report) for bag in self._bags.values() for it in bag)
        flying = sum(isinstance(it, Report) for it in self._in_flight)
        planned = sum(it[2] == self._report for it in self._agenda)
        return waiting + flying + planned

    def tally(self) -> dict[str, Any]:
        """Counters and what is open now."""
        return self.counters.values() | {
            "submits_per_s": round(self.rate.per_second(), 1),
            "open_reports": self.open_reports(),
            "lines": len(self.lines),
            "handsets": len(self.handsets),
        }

    # Time.

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._run(now)

    def next_due(self) -> float | None:
        """When `tick` has something to do next."""
        return self._agenda[0][0] if self._agenda else None

    def later(self, due: float, action: Callable[..., None], *values: Any) -> None:
        """Call `action(*values, now)` at that time."""
        self._plan(due, action, *values)

    # Inside.

    def tell(self, event: str, **values: Any) -> None:
        """Let the listeners know."""
        if self.listeners and not self.config.count_only:
            fact = Fact(event, values)
            for listener in list(self.listeners):
                listener(fact)

    def number(self, raw: str) -> str:
        """One spelling per phone."""
        known = self._numbers.get(raw)
        if known is None:
            if len(self._numbers) >= _CACHED_NUMBERS:
                self._numbers.clear()
            known = self._numbers[raw] = phone.normalise(raw) or raw
        return known

    def handset(self, number: str) -> Handset:
        """The phone with that number, made when it is new."""
        number = self.number(number)
        found = self.handsets.get(number)
        if found is None:
            if len(self.handsets) >= self.config.keep_handsets:
                del self.handsets[next(iter(self.handsets))]
            found = self.handsets[number] = Handset(number, self.config.keep_texts)
        return found

    def _show(self, message: Message, *, repeated: bool) -> None:
        submission = message.submission
        segment = message.segment = ReceivedSegment(
            submission.sender,
            submission.data,
            submission.alphabet,
            submission.concat,
            message.account,
            submission.carrier_id,
            message.submitted,
            repeated=repeated,
            ports=submission.ports,
        )
        text = self.handset(message.number).receive(segment)
        program = self.programs.get(text.ports.destination) if self.programs and text.ports is not None else None
        if program is not None and (data := text.data) is not None:
            program(message.number, data)
        self.messages[submission.carrier_id] = message
        if len(self.messages) > _REMEMBERED_MESSAGES:
            del self.messages[next(iter(self.messages))]
        if self.listeners:
            shown = {"number": message.number, "sender": submission.sender, "account": message.account}
            self.tell("segment", **shown, id=submission.carrier_id, repeated=repeated)
            if text.is_whole:
                ports = {"port": text.ports.destination, "source_port": text.ports.source} if text.ports else {}
                self.tell("received", **shown, text=text.text, parts=text.total, repeated=repeated, **ports)

    def _word(self, number: str) -> str:
        table = self.faults.report_state
        return (longest_prefix(table, number) if table else None) or "DELIVRD"

    def _report(self, message: Message, word: str, now: float) -> None:
        message.word = word
        message.done = self.wall_clock()
        if message.segment is not None:
            message.segment.state = word
            self.tell("reported", number=message.number, id=message.submission.carrier_id, state=word)
        for _ in range(2 if self.faults.report_twice else 1):
            self.counters.reports_made += 1
            self._offer(Report(message, message.account), now)

    def _offer(self, delivery: Delivery, now: float) -> None:
        bag = self._bags[delivery.account]
        line = None if bag else self._choose(delivery)
        if line is None:
            bag.append(delivery)
            self._call(delivery.account)
        else:
            self._send(delivery, line, now)

    def _call(self, account: str) -> None:
        """An account that does not keep a line for deliveries is called."""
        caller = self.callers.get(account)
        if caller is not None and not self._receivers[account]:
            caller()

    def _offer_again(self, delivery: Delivery, now: float) -> None:
        self._in_flight.discard(delivery)
        self._offer(delivery, now)

    def _inherit(self, account: Account) -> None:
        """What waits for a number that several accounts share goes to the first of them that comes."""
        shared = self.config.access_number_of(account)
        for other in self.config.accounts:
            if other is account or self._receivers[other.name] or self.config.access_number_of(other) != shared:
                continue
            kept: deque[Delivery] = deque()
            for delivery in self._bags[other.name]:
                if isinstance(delivery, Written) and delivery.to not in self._senders:
                    delivery.account = account.name
                    self._bags[account.name].append(delivery)
                else:
                    kept.append(delivery)
            self._bags[other.name] = kept

    def _choose(self, delivery: Delivery) -> Line | None:
        """The next line of the account with room; they take turns."""
        receivers = self._receivers[delivery.account]
        shunned = None
        if isinstance(delivery, Report) and self.faults.report_elsewhere and len(receivers) > 1:
            shunned = delivery.message.line
        for _ in range(len(receivers)):
            line = receivers[0]
            receivers.rotate(-1)
            if line is not shunned and line.room > 0:
                return line
        return None

    def _send(self, delivery: Delivery, line: Line, now: float) -> None:
        delivery.sends += 1
        self._in_flight.add(delivery)
        if isinstance(delivery, Report):
            self.counters.reports_sent += 1
        else:
            self.counters.messages_sent += 1
        line.deliver(delivery, now)
        self.touched.add(line)

    def _plan(self, due: float, action: Callable[..., None], *values: Any) -> None:
        heapq.heappush(self._agenda, (due, next(self._turn), action, values))

    def _run(self, now: float) -> None:
        agenda = self._agenda
        while agenda and agenda[0][0] <= now:
            _, _, action, values = heapq.heappop(agenda)
            action(*values, now)
