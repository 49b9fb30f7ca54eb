"""Where mail for an address goes, and who may log in."""

from __future__ import annotations

import time

import pytest

from gateway.core.accounts import Target, ToAddress, ToMailbox, ToPhone
from gateway.core.errors import Conflict, NotFound
from tests.fakes.desk import Bench


@pytest.fixture
def books(bench: Bench) -> Bench:
    """Two domains; anna and bert at the first one."""

    def work(b):
        b.accounts.add_domain("mail.example")
        b.accounts.add_domain("quiet.example", phone_mail=False)
        b.accounts.add("anna@mail.example", password_hash="h", quota_octets=1000)
        b.accounts.add("bert@mail.example")

    bench.run(work)
    return bench


def goes(bench: Bench, address: str) -> list[str] | None:
    targets = bench.ask(lambda b: b.accounts.resolve(address))
    return None if targets is None else [name(target) for target in targets]


def name(target: Target) -> str:
    match target:
        case ToMailbox():
            return target.address
        case ToPhone():
            return f"phone {target.number}"
        case ToAddress():
            return f"to {target.address}"


def alias(bench: Bench, *pairs: tuple[str, str]) -> None:
    for address, target in pairs:
        bench.run(lambda b, a=address, t=target: b.accounts.add_alias(a, t))


def test_a_member_gets_its_own_mail_in_any_spelling(books: Bench) -> None:
    (target,) = books.ask(lambda b: b.accounts.resolve("ANNA@Mail.Example"))
    assert isinstance(target, ToMailbox)
    assert (target.address, target.free_octets) == ("anna@mail.example", 1000)


def test_foreign_domains_and_unknown_users_are_told_apart(books: Bench) -> None:
    assert goes(books, "anna@elsewhere.example") is None
    assert goes(books, "nobody@mail.example") == []


def test_aliases_lead_to_members_phones_and_elsewhere_each_once(books: Bench) -> None:
    alias(
        books,
        ("team@mail.example", "anna@mail.example"),
        ("team@mail.example", "Anna@mail.example"),
        ("team@mail.example", "bert@mail.example"),
        ("team@mail.example", "boss@elsewhere.example"),
        ("team@mail.example", "13800138000@mail.example"),
    )
    assert sorted(goes(books, "team@mail.example")) == [
        "anna@mail.example",
        "bert@mail.example",
        "phone +8613800138000",
        "to boss@elsewhere.example",
    ]


def test_catch_all_takes_what_nothing_else_does(books: Bench) -> None:
    alias(books, ("*@mail.example", "bert@mail.example"), ("info@mail.example", "anna@mail.example"))
    assert goes(books, "whoever@mail.example") == ["bert@mail.example"]
    assert goes(books, "info@mail.example") == ["anna@mail.example"]
    assert goes(books, "anna@mail.example") == ["anna@mail.example"]
    assert goes(books, "13800138000@mail.example") == ["phone +8613800138000"]
    assert goes(books, "whoever@quiet.example") == []


def test_a_number_is_a_phone_where_the_domain_says_so(books: Bench) -> None:
    assert goes(books, "13800138000@mail.example") == ["phone +8613800138000"]
    assert goes(books, "+447400123456@mail.example") == ["phone +447400123456"]
    assert goes(books, "13800138000@quiet.example") == []
    assert goes(books, "12345@mail.example") == []
    alias(books, ("13800138000@mail.example", "anna@mail.example"))
    assert goes(books, "13800138000@mail.example") == ["anna@mail.example"]


def test_aliases_that_point_at_one_another_end(books: Bench) -> None:
    alias(books, ("a@mail.example", "b@mail.example"), ("b@mail.example", "a@mail.example"))
    assert goes(books, "a@mail.example") == []
    alias(books, ("b@mail.example", "anna@mail.example"), ("a@mail.example", "a@mail.example"))
    assert goes(books, "a@mail.example") == ["anna@mail.example"]
    alias(books, ("*@mail.example", "loop@quiet.example"), ("*@quiet.example", "loop@mail.example"))
    assert goes(books, "any@mail.example") == []


def test_a_thicket_of_aliases_is_walked_in_linear_time(books: Bench) -> None:
    names = [f"n{n}@mail.example" for n in range(12)]
    alias(books, *((one, other) for one in names for other in names), (names[-1], "anna@mail.example"))
    began = time.process_time()
    assert goes(books, names[0]) == ["anna@mail.example"]
    assert time.process_time() - began < 1.0  # 12^8 lookups otherwise


def test_a_chain_of_aliases_is_followed_so_far_and_no_farther(books: Bench) -> None:
    alias(books, *((f"c{n}@mail.example", f"c{n + 1}@mail.example") for n in range(12)))
    alias(books, ("c7@mail.example", "anna@mail.example"), ("c12@mail.example", "bert@mail.example"))
    assert goes(books, "c1@mail.example") == ["anna@mail.example"]
    assert goes(books, "c6@mail.example") == ["anna@mail.example", "bert@mail.example"]


def test_suspended_members_and_domains_get_nothing(books: Bench) -> None:
    account_id = books.ask(lambda b: b.accounts.by_address("anna@mail.example").id)
    books.run(lambda b: b.accounts.set_state(account_id, "suspended"))
    assert goes(books, "anna@mail.example") == []
    assert books.ask(lambda b: b.accounts.login("anna@mail.example")) is None
    books.run(lambda b: b.tx.connection.exec_driver_sql("UPDATE domains SET state = 'suspended'"))
    alias(books, ("info@mail.example", "x@elsewhere.example"))
    for address in ("bert@mail.example", "13800138000@mail.example", "info@mail.example"):
        assert goes(books, address) == []


def test_names_are_given_once(books: Bench) -> None:
    with pytest.raises(Conflict):
        books.run(lambda b: b.accounts.add("ANNA@mail.example"))
    with pytest.raises(Conflict):
        books.run(lambda b: b.accounts.add_domain("MAIL.example"))
    with pytest.raises(NotFound):
        books.run(lambda b: b.accounts.add("anna@elsewhere.example"))
    with pytest.raises(NotFound):
        books.run(lambda b: b.accounts.add_alias("x@elsewhere.example", "y@mail.example"))


def test_who_may_log_in(books: Bench) -> None:
    account, digest = books.ask(lambda b: b.accounts.login("Anna@mail.example"))
    assert (account.address, digest) == ("anna@mail.example", "h")
    assert books.ask(lambda b: b.accounts.login("bert@mail.example")) is None  # has no password
    assert books.ask(lambda b: b.accounts.login("nobody@mail.example")) is None


def test_a_token_works_until_it_is_revoked(books: Bench) -> None:
    account_id = books.ask(lambda b: b.accounts.by_address("anna@mail.example").id)
    secret = books.run(lambda b: b.accounts.add_token(account_id, "app", "send read", rate_per_s=7))
    token = books.ask(lambda b: b.accounts.token(secret))
    assert (token.account_id, token.scopes, token.rate_per_s) == (account_id, {"send", "read"}, 7)
    assert books.ask(lambda b: b.accounts.token(secret + "x")) is None
    books.run(lambda b: b.accounts.revoke_token(token.id))
    assert books.ask(lambda b: b.accounts.token(secret)) is None
