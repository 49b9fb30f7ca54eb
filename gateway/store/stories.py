"""Stories: everything known of an SMS, a mail, an SMS that came in, or of all that passed between us and a number."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.core.outbox import Kind
from gateway.core.stories import Step, Story
from gateway.store.database import Transaction
from gateway.store.schema import (
    accounts,
    domains,
    inbox,
    mailboxes,
    mails,
    mms,
    outbox,
    relay,
    reports,
    segments,
    timeline,
)

#: Stories of one number.
MAX_STORIES = 50
#: Steps of one story; a message that is tried for days has hundreds.
MAX_STEPS = 1000


class Stories:
    """Stories within one transaction. Nothing is written; texts of messages are given only when asked for."""

    def __init__(self, tx: Transaction, *, with_texts: bool = False) -> None:
        self._tx = tx
        self._with_texts = with_texts

    def of(self, subject_id: int) -> Story | None:
        """The story of whatever has this id: SMS, SMS that came in, mail, or mail for another server."""
        return self.of_sms(subject_id) or self.of_incoming(subject_id) or self.of_mail(subject_id)

    def of_sms(self, message_id: int) -> Story | None:
        """The story of an SMS of the outbox, with its segments and every report, newest first."""
        found = self._sms([message_id])
        return found[0] if found else None

    def of_incoming(self, inbox_id: int) -> Story | None:
        """The story of an SMS from a phone; the parts of a long one are its relations."""
        found = self._incoming([inbox_id])
        return found[0] if found else None

    def of_mail(self, mail_id: int) -> Story | None:
        """The story of a mail: filed, told by SMS, sent on. The SMS that told of it are its relations."""
        row = self._tx.read(sa.select(mails).where(mails.c.id == mail_id)).mappings().first()
        onward = (
            self._tx.read(
                sa.select(relay).where(sa.or_(relay.c.mail_id == mail_id, relay.c.id == mail_id)).order_by(relay.c.id)
            )
            .mappings()
            .all()
        )
        if row is None and not onward:
            return None
        told = self._tx.read(
            sa.select(outbox.c.id).where(outbox.c.mail_id == mail_id).order_by(outbox.c.id.desc()).limit(MAX_STORIES)
        ).scalars()
        facts: dict[str, Any] = {}
        if row is not None:
            facts = {name: row[name] for name in ("sender", "kind", "size_octets", "message_id", "received_ms")}
            facts |= {"to": row["envelope_recipient"], "thread_id": row["thread_id"], "placed": bool(row["placed"])}
            if self._with_texts:
                facts["subject"] = row["subject"]
        state = "filed" if row is not None else onward[0]["state"]
        return Story(
            mail_id,
            "mail",
            state,
            facts,
            self._steps([mail_id]).get(mail_id, ()),
            tuple(
                {"to": entry["recipient"], "state": entry["state"], "attempt": entry["attempt"]}
                | ({"answer": entry["answer"]} if entry["answer"] else {})
                for entry in reversed(onward)
            ),
            tuple(told),
        )

    def of_number(self, number: str, limit: int = MAX_STORIES) -> list[Story]:
        """Stories of all that went to a number and came from it, newest first."""
        sent = self._tx.read(
            sa.select(outbox.c.id).where(outbox.c.recipient == number).order_by(outbox.c.id.desc()).limit(limit)
        ).scalars()
        came = self._tx.read(
            sa.select(inbox.c.id)
            .where(inbox.c.sender == number, inbox.c.state.in_(("whole", "joined")))
            .order_by(inbox.c.id.desc())
            .limit(limit)
        ).scalars()
        stories = self._sms(list(sent)) + self._incoming(list(came))
        return sorted(stories, key=lambda story: -story.subject_id)[:limit]

    def domain_of(self, subject_id: int) -> int | None:
        """The domain of the account an SMS or mail belongs to; None where it belongs to none."""
        owner = sa.union_all(
            sa.select(outbox.c.account_id).where(outbox.c.id == subject_id),
            sa.select(mailboxes.c.account_id)
            .join(mails, mails.c.mailbox_id == mailboxes.c.id)
            .where(mails.c.id == subject_id),
        ).subquery()
        found = sa.select(accounts.c.domain_id).join(owner, owner.c.account_id == accounts.c.id).limit(1)
        domain_id: int | None = self._tx.read(found).scalar()
        return domain_id

    # --- kinds ----------------------------------------------------------------------------------------------

    def _sms(self, ids: Sequence[int]) -> list[Story]:
        if not ids:
            return []
        rows = list(
            self._tx.read(sa.select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id.desc())).mappings()
        )
        multimedia = self._mms([row["id"] for row in rows if row["kind"] == Kind.MMS])
        steps = self._steps(ids)
        parts = self._by_message(segments, ids, segments.c.number)
        heard = self._by_message(reports, ids, reports.c.id)
        names = {row.id: f"{row.name}@{row.domain}" for row in self._owners(ids)}
        return [
            self._one_sms(dict(row) | {"mms": multimedia.get(row["id"])}, steps, parts, heard, names) for row in rows
        ]

    def _one_sms(
        self,
        row: Mapping[str, Any],
        steps: Mapping[int, tuple[Step, ...]],
        parts: Mapping[int, list[Mapping[str, Any]]],
        heard: Mapping[int, list[Mapping[str, Any]]],
        names: Mapping[int, str],
    ) -> Story:
        message_id = row["id"]
        facts = {
            name: row[name]
            for name in (
                "purpose", "link", "sender", "alphabet", "segments", "attempt", "code", "tag",
                "created_ms", "due_ms", "expires_ms", "settled_ms",
            )
        } | {"to": row["recipient"], "account": names.get(row["account_id"], "the hub")}  # fmt: skip
        if row["maybe_twice"]:
            facts["maybe_twice"] = True
        if row["data"] is not None:
            facts |= {"size_octets": len(row["data"]), "port": row["port"], "source_port": row["source_port"]}
        mms_facts = row["mms"]
        if mms_facts is not None:
            facts |= {name: mms_facts[name] for name in ("way", "handset", "read_ms")}
            facts["receipt"] = json.loads(mms_facts["receipt"]) if mms_facts["receipt"] else None
        if self._with_texts and mms_facts is not None:
            facts["subject"] = mms_facts["subject"]
        elif self._with_texts:
            facts["text"] = row["text"]
            if row["data"] is not None:
                facts["data"] = bytes(row["data"]).hex()
        related = tuple(other for other in (row["mail_id"],) if other)
        told = heard.get(message_id, [])
        return Story(
            message_id,
            "sms" if mms_facts is None else "mms",
            row["state"],
            facts,
            steps.get(message_id, ()),
            tuple(
                {
                    "number": part["number"],
                    "state": part["state"],
                    "carrier_id": part["carrier_id"],
                    "code": part["code"],
                    "answered_ms": part["answered_ms"],
                    "settled_ms": part["settled_ms"],
                    "reports": [
                        {"at_ms": report["received_ms"], "state": report["state"], "code": report["code"]}
                        for report in reversed(told)
                        if report["number"] == part["number"]
                    ],
                }
                for part in parts.get(message_id, [])
            ),
            related,
        )

    def _incoming(self, ids: Sequence[int]) -> list[Story]:
        if not ids:
            return []
        rows = self._tx.read(sa.select(inbox).where(inbox.c.id.in_(ids)).order_by(inbox.c.id.desc())).mappings().all()
        steps = self._steps(ids)
        joined: dict[int, list[int]] = {}
        if any(row["state"] == "joined" for row in rows):
            parts = sa.select(inbox.c.id, inbox.c.joined_id).where(
                inbox.c.sender.in_({row["sender"] for row in rows}), inbox.c.joined_id.in_(ids)
            )
            for part in self._tx.read(parts.order_by(inbox.c.id.desc())):
                joined.setdefault(part.joined_id, []).append(part.id)
        return [
            Story(
                row["id"],
                "incoming",
                row["state"],
                {"from": row["sender"], "to": row["recipient"], "link": row["link"], "received_ms": row["received_ms"]}
                | ({"text": row["text"]} if self._with_texts else {}),
                steps.get(row["id"], ()),
                (),
                tuple(joined.get(row["id"], ())),
            )
            for row in rows
        ]

    # --- parts ----------------------------------------------------------------------------------------------

    def _steps(self, ids: Sequence[int]) -> dict[int, tuple[Step, ...]]:
        found: dict[int, list[Step]] = {}
        rows = self._tx.read(
            sa.select(timeline)
            .where(timeline.c.subject_id.in_(ids))
            .order_by(timeline.c.id.desc())
            .limit(MAX_STEPS * len(ids))
        )
        for row in rows:
            found.setdefault(row.subject_id, []).append(Step(row.at_ms, row.step, row.detail))
        return {subject: tuple(steps[:MAX_STEPS]) for subject, steps in found.items()}

    def _by_message(
        self, table: sa.Table, ids: Sequence[int], order: sa.ColumnElement[Any]
    ) -> dict[int, list[Mapping[str, Any]]]:
        found: dict[int, list[Mapping[str, Any]]] = {}
        for row in self._tx.read(sa.select(table).where(table.c.message_id.in_(ids)).order_by(order)).mappings():
            found.setdefault(row["message_id"], []).append(dict(row))
        return found

    def _mms(self, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
        if not ids:
            return {}
        rows = self._tx.read(sa.select(mms).where(mms.c.message_id.in_(ids))).mappings()
        return {row["message_id"]: dict(row) for row in rows}

    def _owners(self, ids: Sequence[int]) -> list[sa.Row[tuple[int, str, str]]]:
        return list(
            self._tx.read(
                sa.select(accounts.c.id, accounts.c.name, domains.c.name.label("domain"))
                .join(domains, domains.c.id == accounts.c.domain_id)
                .where(accounts.c.id.in_(sa.select(outbox.c.account_id).where(outbox.c.id.in_(ids))))
            )
        )
