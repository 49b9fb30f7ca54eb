"""Accounts and domains in the hands of administrators: found, suspended, deleted for good; and the log of acts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.core.administration import GRACE_MS, Standing
from gateway.core.audit import Act, Actor
from gateway.core.sessions import Role
from gateway.housekeeping import forget_overdue
from gateway.store.audit import AuditQuery
from gateway.store.desk import BooksOfStore
from gateway.store.entry_links import GOOD_MS, EntryPurpose
from gateway.store.members import MemberQuery
from gateway.store.schema import metadata
from tests.fakes.desk import Bench

NUMBER = "+8613800138000"


def two_domains(bench: Bench) -> tuple[int, int, int]:
    """Domain ids and the id of anna."""

    def work(b: BooksOfStore) -> tuple[int, int, int]:
        first, second = b.accounts.add_domain("mail.example"), b.accounts.add_domain("other.example")
        anna = b.accounts.add("anna@mail.example", password_hash="h", display_name="张安娜").id
        b.phones.prove_number(anna, NUMBER)
        for name in ("bert", "carl", "anton"):
            b.accounts.add(f"{name}@mail.example")
        b.accounts.add("anna@other.example", display_name="Other")
        return first, second, anna

    return bench.run(work)


def found(bench: Bench, **wanted: Any) -> list[str]:
    page = bench.ask(lambda b: b.members.page(MemberQuery(**wanted)))
    return [member.account.address for member in page.members]


def test_accounts_are_found_by_what_people_know(bench: Bench) -> None:
    first, second, _ = two_domains(bench)
    anna, other = "anna@mail.example", "anna@other.example"
    assert found(bench, text="ann") == [anna, other]
    assert found(bench, text="AN", domain_id=first) == [anna, "anton@mail.example"]
    assert found(bench, text="安娜") == [anna]
    assert found(bench, text="Anna@Other.example") == [other]
    assert found(bench, text="138 0013 8000") == [anna]
    assert found(bench, text=NUMBER, domain_id=second) == []
    assert found(bench, text="%") == []
    assert found(bench, text="_nna") == []
    assert found(bench, text="'; DROP TABLE accounts") == []
    assert found(bench, role="system") == []
    assert found(bench, domain_id=12345) == []


def test_pages_follow_one_another_without_gap(bench: Bench) -> None:
    two_domains(bench)
    seen, after = [], (0, "")
    while True:
        page = bench.ask(lambda b, at=after: b.members.page(MemberQuery(after=at), 2))
        seen += [member.account.address for member in page.members]
        if page.after is None:
            break
        after = page.after
    assert seen == sorted(seen, key=lambda it: (it.rpartition("@")[2] != "mail.example", it))
    assert len(seen) == len(set(seen)) == 5


def test_the_question_for_a_page_goes_by_an_index(bench: Bench) -> None:
    two_domains(bench)
    if bench.store.is_sqlite:
        plan = bench.ask(
            lambda b: [
                row[3]
                for row in b.tx.read(
                    sa.text(
                        "EXPLAIN QUERY PLAN SELECT id FROM accounts WHERE (domain_id, name) > (1, 'a') "
                        "ORDER BY domain_id, name LIMIT 50"
                    )
                )
            ]
        )
        assert any("USING" in step and "INDEX" in step for step in plan), plan
        assert not any("TEMP B-TREE" in step for step in plan), plan


def test_who_is_suspended_is_signed_out(bench: Bench) -> None:
    first, _, anna = two_domains(bench)
    secret = bench.run(lambda b: b.sessions.open(anna, is_kept=False, is_whole=True, address="", agent=""))
    bench.run(lambda b: b.members.set_standing(anna, Standing.SUSPENDED))
    assert bench.ask(lambda b: b.sessions.find(secret)) is None
    bench.run(lambda b: b.members.set_standing(anna, Standing.ACTIVE))
    secret = bench.run(lambda b: b.sessions.open(anna, is_kept=False, is_whole=True, address="", agent=""))
    bench.run(lambda b: b.domains.set_standing(first, Standing.SUSPENDED))
    assert bench.ask(lambda b: b.sessions.find(secret)) is None
    assert bench.ask(lambda b: b.accounts.login("anna@mail.example")) is None


def test_what_was_deleted_can_be_restored_until_its_time_of_grace_is_over(bench: Bench) -> None:
    _, _, anna = two_domains(bench)
    bench.run(lambda b: b.members.set_standing(anna, Standing.DELETING))
    assert bench.ask(lambda b: b.accounts.resolve("anna@mail.example")) == []
    bench.clock.pass_s(GRACE_MS / 1000 - 1)
    assert bench.ask(lambda b: b.members.overdue()) == []
    bench.run(lambda b: b.members.set_standing(anna, Standing.ACTIVE))
    bench.clock.pass_s(2)
    assert bench.ask(lambda b: b.members.overdue()) == []


def test_an_account_is_gone_with_all_that_hangs_on_it(bench: Bench) -> None:
    first, _, anna = two_domains(bench)

    def fill(b: BooksOfStore) -> None:
        b.sessions.open(anna, is_kept=False, is_whole=True, address="", agent="")
        b.entry_links.open(EntryPurpose.PASSWORD, anna)
        b.contacts.add(anna, "Carl", ["carl@x.example"], [NUMBER])
        b.rules.add(anna, "arrival", {})
        b.accounts.add_token(anna, "t", "send")
        b.webhooks.call(b.webhooks.add(anna, "http://x.example", "s" * 20, "state"), {"event": "state"})
        b.send_mail(
            b"From: a@x.example\r\nSubject: s\r\n\r\nbody\r\n", sender="a@x.example", recipients=["anna@mail.example"]
        )
        b.members.set_standing(anna, Standing.DELETING)

    bench.run(fill)
    bench.clock.pass_s(GRACE_MS / 1000 + 1)
    bodies, boxes = bench.run(forget_overdue)
    assert (len(bodies), len(boxes)) == (1, 1)
    left = {
        table.name
        for table in metadata.sorted_tables
        if "account_id" in table.c
        and table.name != "ledger"
        and bench.ask(lambda b, t=table: b.tx.read(sa.select(t).where(t.c.account_id == anna)).first())
    }
    assert left == set()
    assert bench.ask(lambda b: b.audit.page(AuditQuery(first)))[0].act is Act.ACCOUNT_GONE


def test_a_domain_is_gone_after_its_accounts(bench: Bench) -> None:
    first, second, _ = two_domains(bench)
    bench.run(lambda b: b.accounts.add_alias("x@mail.example", "anna@other.example"))
    bench.run(lambda b: b.domains.set_standing(first, Standing.DELETING))
    assert bench.ask(lambda b: b.accounts.resolve("anna@mail.example")) == []
    bench.clock.pass_s(GRACE_MS / 1000 + 1)
    for _ in range(3):
        bench.run(forget_overdue)
    assert [domain.id for domain in bench.ask(lambda b: b.domains.all())] == [second]
    assert found(bench) == ["anna@other.example"]


def test_acts_are_found_again_and_hold_no_more_than_what_changed(bench: Bench) -> None:
    root, boss = Actor(7, "root@mail.example", "10.0.0.1"), Actor(8, "boss@mail.example")

    def work(b: BooksOfStore) -> None:
        b.audit.note(root, Act.DOMAIN_ADDED, "mail.example", domain_id=1)
        b.audit.note(
            boss, Act.ROLE_SET, "anna@mail.example", domain_id=1, before={"role": "member", "x": 1},
            after={"role": Role.DOMAIN.value, "x": 1},
        )  # fmt: skip
        b.audit.note(root, Act.LINK_PAUSED, "cmcc\0")

    bench.run(work)
    acts = bench.ask(lambda b: b.audit.page(AuditQuery()))
    assert [entry.act for entry in acts] == [Act.LINK_PAUSED, Act.ROLE_SET, Act.DOMAIN_ADDED]
    assert acts[1].changes == {"role": ("member", "domain")}
    assert acts[2].actor == root
    for wanted, count in (
        (AuditQuery(1), 2),
        (AuditQuery(2), 0),
        (AuditQuery(actor="boss@mail.example"), 1),
        (AuditQuery(1, subject="mail.example"), 1),
        (AuditQuery(act="link-paused"), 1),
        (AuditQuery(before=acts[1].id), 1),
        (AuditQuery(since_ms=bench.clock.ms + 1), 0),
        (AuditQuery(until_ms=bench.clock.ms + 1), 3),
    ):
        assert len(bench.ask(lambda b, w=wanted: b.audit.page(w))) == count, wanted


def test_an_entry_link_is_good_for_a_day_and_one_account(bench: Bench) -> None:
    _, _, anna = two_domains(bench)
    old = bench.run(lambda b: b.entry_links.open(EntryPurpose.PASSWORD, anna))
    new = bench.run(lambda b: b.entry_links.open(EntryPurpose.PASSWORD, anna))
    sign_in = bench.run(lambda b: b.entry_links.open(EntryPurpose.SIGN_IN, anna))
    assert bench.ask(lambda b: b.entry_links.account_of(old)) is None
    assert bench.ask(lambda b: b.entry_links.account_of(new)) == anna
    assert bench.ask(lambda b: b.entry_links.account_of(sign_in)) is None
    bench.clock.pass_s(GOOD_MS / 1000 + 1)
    assert bench.ask(lambda b: b.entry_links.account_of(new)) is None
    bench.run(lambda b: b.entry_links.sweep())
    assert bench.run(lambda b: b.entry_links.use(sign_in)) is None
