"""`caiyou domain`, `account`, `alias`, `contact`, `phone`, `rule`, `token`, `webhook`: who and what the hub serves."""

from __future__ import annotations

import argparse
import getpass
import json
import secrets
import sys
from typing import TypeAlias

from gateway.commands.books import open_desk, opened_member, operator
from gateway.core.accounts import Account
from gateway.core.administration import Standing
from gateway.core.audit import Act
from gateway.core.errors import BadRequest
from gateway.core.phone import normalise
from gateway.core.sessions import Role
from gateway.passwords import hash_password_now
from gateway.store.desk import BooksOfStore
from mail2sms.rules import read_rule, write_rule

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the groups."""
    domain = _group(commands, "domain", "mail domains of this hub")
    add = _action(domain, "add", _add_domain, "open a domain")
    add.add_argument("name")
    add.add_argument("--language", default="zh", choices=("zh", "en"))
    add.add_argument("--zone", default="Asia/Shanghai", help="time zone (default: Asia/Shanghai)")
    _action(domain, "list", _list_domains, "show the domains")

    account = _group(commands, "account", "members")
    add = _action(account, "add", _add_account, "open an account with its mailbox")
    add.add_argument("address")
    add.add_argument("--name", default="", help="the name others see")
    add.add_argument("--language", default="zh", choices=("zh", "en"))
    add.add_argument("--zone", default="Asia/Shanghai")
    add.add_argument("--quota-mb", type=int, default=1024)
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    add.add_argument("--no-password", action="store_true", help="no login by password")
    password = _action(account, "password", _set_password, "set a password")
    password.add_argument("address")
    password.add_argument("--password-stdin", action="store_true")
    for word, standing, act in (
        ("suspend", Standing.SUSPENDED, Act.ACCOUNT_SUSPENDED),
        ("resume", Standing.ACTIVE, Act.ACCOUNT_RESUMED),
    ):
        change = _action(account, word, _set_standing, f"{word} an account")
        change.add_argument("address")
        change.set_defaults(standing=standing, act=act)
    role = _action(account, "role", _set_role, "make an account an administrator of its domain or the hub, or neither")
    role.add_argument("address")
    role.add_argument("role", choices=[role.value for role in Role])

    alias = _group(commands, "alias", "other names of addresses")
    add = _action(alias, "add", _add_alias, "let mail for one address go to another (*@domain catches all)")
    add.add_argument("address")
    add.add_argument("target")

    contact = _group(commands, "contact", "members' address books")
    add = _action(contact, "add", _add_contact, "add a person")
    add.add_argument("account")
    add.add_argument("name")
    add.add_argument("--mail", action="append", default=[])
    add.add_argument("--number", action="append", default=[])

    phone = _group(commands, "phone", "members' numbers")
    add = _action(phone, "prove", _prove_phone, "take a number as proved, on the administrator's word")
    add.add_argument("account")
    add.add_argument("number")

    rule = _group(commands, "rule", "notice rules")
    add = _action(rule, "add", _add_rule, "add a rule; settings as JSON, {} for every mail")
    add.add_argument("account")
    add.add_argument("kind", choices=("arrival", "send"))
    add.add_argument("settings", nargs="?", default="{}")
    show = _action(rule, "list", _list_rules, "show the rules of an account")
    show.add_argument("account")

    token = _group(commands, "token", "tokens of the HTTP API")
    add = _action(token, "add", _add_token, "make a token; it is shown once")
    add.add_argument("account")
    add.add_argument("--name", default="command line")
    add.add_argument("--scopes", default="send read", help="of: send read webhooks ledger settings admin route")
    add.add_argument("--rate", type=int, default=0, help="messages a second (0: no limit)")

    webhook = _group(commands, "webhook", "who is told of states and of SMS that come in")
    add = _action(webhook, "add", _add_webhook, "register a URL; the secret is shown once")
    add.add_argument("account")
    add.add_argument("url")
    add.add_argument("--events", default="state mo")


def _group(commands: Commands, name: str, text: str) -> Commands:
    return commands.add_parser(name, help=text).add_subparsers(metavar="ACTION", required=True)


def _action(group: Commands, name: str, run: object, text: str) -> argparse.ArgumentParser:
    action = group.add_parser(name, help=text)
    action.set_defaults(run=run)
    return action


def _number(text: str) -> str:
    number = normalise(text)
    if number is None:
        raise BadRequest(f"{text} is no phone number; write it like 13800138000 or +8613800138000")
    return number


def _add_domain(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        domain_id = books.accounts.add_domain(options.name, language=options.language, zone=options.zone)
        after = {"language": options.language, "zone": options.zone}
        books.audit.note(operator(), Act.DOMAIN_ADDED, options.name.lower(), domain_id=domain_id, after=after)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _list_domains(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        print("\n".join(desk.read_now(lambda books: books.accounts.domain_names())))


def _read_password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("password: ")
    if first != getpass.getpass("once more: "):
        raise BadRequest("the two are not the same")
    return first


def _add_account(options: argparse.Namespace) -> None:
    hashed = "" if options.no_password else hash_password_now(_read_password(options))

    def work(books: BooksOfStore) -> None:
        quota = options.quota_mb << 20
        account = books.accounts.add(
            options.address,
            password_hash=hashed,
            display_name=options.name,
            language=options.language,
            zone=options.zone,
            quota_octets=quota,
        )
        _note(books, Act.ACCOUNT_ADDED, account, after={"name": options.name, "quota": quota})

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _note(books: BooksOfStore, act: Act, account: Account, **changes: dict[str, object]) -> None:
    domain_id = books.accounts.domain_id(account.domain) or 0
    books.audit.note(operator(), act, account.address, domain_id=domain_id, **changes)


def _set_password(options: argparse.Namespace) -> None:
    hashed = hash_password_now(_read_password(options))

    def work(books: BooksOfStore) -> None:
        account = opened_member(books, options.address)
        books.accounts.set_password(account.id, hashed)
        books.sessions.end_all(account.id)
        _note(books, Act.PASSWORD_SET, account)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _set_standing(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        account = opened_member(books, options.address)
        books.members.set_standing(account.id, options.standing)
        _note(books, options.act, account)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _set_role(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        account = opened_member(books, options.address)
        before = books.accounts.role(account.id)
        books.accounts.set_role(account.id, Role(options.role))
        _note(books, Act.ROLE_SET, account, before={"role": before.value}, after={"role": options.role})

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _add_alias(options: argparse.Namespace) -> None:
    def work(books: BooksOfStore) -> None:
        books.accounts.add_alias(options.address, options.target)
        domain_id = books.accounts.domain_id(options.address.rpartition("@")[2]) or 0
        after = {"target": options.target}
        books.audit.note(operator(), Act.ALIAS_ADDED, options.address.lower(), domain_id=domain_id, after=after)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _add_contact(options: argparse.Namespace) -> None:
    numbers = [_number(text) for text in options.number]
    with open_desk(options.config) as desk:
        desk.run_now(
            lambda books: books.contacts.add(
                opened_member(books, options.account).id, options.name, options.mail, numbers
            )
        )


def _prove_phone(options: argparse.Namespace) -> None:
    number = _number(options.number)

    def work(books: BooksOfStore) -> None:
        account = opened_member(books, options.account)
        books.phones.start_proof(account.id, number, "", 0)
        phone = books.phones.get(account.id, number)
        assert phone is not None
        books.phones.prove(phone.id)

    with open_desk(options.config) as desk:
        desk.run_now(work)


def _add_rule(options: argparse.Namespace) -> None:
    try:
        settings = json.loads(options.settings)
    except ValueError as error:
        raise BadRequest(f"the settings are not JSON: {error}") from error
    rule = write_rule(read_rule(settings))
    with open_desk(options.config) as desk:
        print(desk.run_now(lambda books: books.rules.add(opened_member(books, options.account).id, options.kind, rule)))


def _list_rules(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:

        def work(books: BooksOfStore) -> None:
            account = opened_member(books, options.account)
            for kind in ("arrival", "send"):
                for rule in books.rules.of(account.id, kind):
                    print(rule.id, kind, json.dumps(dict(rule.settings), ensure_ascii=False))

        desk.read_now(work)


def _add_token(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        print(
            desk.run_now(
                lambda books: books.accounts.add_token(
                    opened_member(books, options.account).id, options.name, options.scopes, options.rate
                )
            )
        )


def _add_webhook(options: argparse.Namespace) -> None:
    if not options.url.startswith(("http://", "https://")):
        raise BadRequest(f"{options.url} is no URL of http or https")
    unknown = sorted(set(options.events.split()) - {"state", "mo", "read"})
    if unknown:
        raise BadRequest(f"there is no event {unknown[0]}; the events are state, mo and read")
    secret = "whsec_" + secrets.token_urlsafe(32)
    with open_desk(options.config) as desk:
        desk.run_now(
            lambda books: books.webhooks.add(
                opened_member(books, options.account).id, options.url, secret, options.events
            )
        )
    print(secret)
