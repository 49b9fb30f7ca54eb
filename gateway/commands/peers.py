"""`caiyou peer`: platforms that send through the hub over SMPP, CMPP and MM7."""

from __future__ import annotations

import argparse
import secrets
import sys
from typing import Any, TypeAlias

from gateway.commands.books import member, open_desk
from gateway.core.peers import PROTOCOLS, Peer
from gateway.core.text import Alphabet
from gateway.store.desk import BooksOfStore

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Characters of a secret made here: SMPP has room for eight (3.4 section 5.2.2).
_SECRET_LENGTH = 8
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
#: Options that are the value of a field as they are.
_PLAIN = (
    "protocols",
    "networks",
    "binds",
    "window",
    "rate_per_s",
    "senders",
    "forced_sender",
    "prefixes",
    "numbers",
    "callback",
)
_ALPHABETS = ("gsm7", "latin1", "ascii", "gbk")


def add_commands(commands: Commands) -> None:
    """Add the group."""
    peer = commands.add_parser(
        "peer", help="platforms that send through the hub over SMPP, CMPP and MM7"
    ).add_subparsers(metavar="ACTION", required=True)
    add = peer.add_parser("add", help="let a platform in; a secret made here is shown once")
    add.add_argument("name", help="system_id or SP_Id: 6 characters for CMPP, 15 for SMPP alone")
    add.add_argument("account", help="address of the member it sends for")
    _add_options(add)
    add.set_defaults(run=_add)
    change = peer.add_parser("set", help="change a platform; what is not named stays")
    change.add_argument("name")
    change.add_argument("--enabled", choices=("yes", "no"), help="whether it may connect; connections end at once")
    _add_options(change)
    change.set_defaults(run=_set)
    top_up = peer.add_parser("top-up", help="add paid segments to the balance (or take away)")
    top_up.add_argument("name")
    top_up.add_argument("segments", type=int)
    top_up.set_defaults(run=_top_up)
    for word, run, text in (
        ("show", _show, "show one platform and what is open of it"),
        ("remove", _remove, "forget a platform and what it was still to be told"),
    ):
        action = peer.add_parser(word, help=text)
        action.add_argument("name")
        action.set_defaults(run=run)
    peer.add_parser("list", help="show the platforms").set_defaults(run=_list)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--secret-stdin", action="store_true", help="read the secret from standard input")
    parser.add_argument("--protocols", type=_words, help=f"of {','.join(PROTOCOLS)} (default: smpp,cmpp)")
    parser.add_argument(
        "--networks", type=_words, help='where it may come from, like 192.0.2.0/24,2001:db8::/32; "" = all'
    )
    parser.add_argument("--binds", type=int, help="connections at once (4)")
    parser.add_argument("--window", type=int, help="requests without answer, in either direction (64)")
    parser.add_argument("--rate", type=int, dest="rate_per_s", help="recipients a second; 0 = no limit (0)")
    parser.add_argument("--balance", type=_balance, help='paid segments; "none" = not counted (none)')
    parser.add_argument("--refund", choices=("yes", "no"), help="give segments back that fail (no)")
    parser.add_argument("--senders", type=_words, help='senders it may use, like 1065*,ACME; "" = any')
    parser.add_argument("--forced-sender", help='sender of all it sends; "" = its own choice')
    parser.add_argument("--prefixes", type=_words, help='numbers it may send to, like +86138,+852; "" = all')
    parser.add_argument(
        "--numbers", type=_words, help="beginnings of access numbers: what phones write there goes to it"
    )
    parser.add_argument("--callback", help="MM7: where it is told, as https://user:password@vasp.example/mm7")
    parser.add_argument("--alphabet", choices=_ALPHABETS, help="what data_coding 0 and Msg_Fmt 0 mean (gsm7)")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.replace(",", " ").split() if word)


def _balance(text: str) -> int | str:
    return "none" if text == "none" else int(text)


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    """The fields that were named."""
    found = {name: getattr(options, name) for name in _PLAIN if getattr(options, name) is not None}
    if options.balance is not None:
        found["balance"] = None if options.balance == "none" else options.balance
    for name in ("refund", "enabled"):
        if getattr(options, name, None) is not None:
            found[name] = getattr(options, name) == "yes"
    if options.alphabet is not None:
        found["alphabet"] = Alphabet(options.alphabet)
    if options.secret_stdin:
        found["secret"] = sys.stdin.readline().rstrip("\n")
    return found


def _add(options: argparse.Namespace) -> None:
    changes = _changes(options)
    made = "" if "secret" in changes else "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))
    changes.setdefault("secret", made)

    def work(books: BooksOfStore) -> Peer:
        return books.peers.add(Peer(name=options.name, account_id=member(books, options.account).id, **changes))

    with open_desk(options.config) as desk:
        peer = desk.run_now(work)
    print(f"peer {peer.name} may connect over {' and '.join(peer.protocols)}")
    if made:
        print(f"secret: {made}")


def _set(options: argparse.Namespace) -> None:
    changes = _changes(options)
    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.peers.change(options.name, changes))


def _top_up(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        peer = desk.run_now(lambda books: books.peers.top_up(options.name, options.segments))
    print(f"{peer.name} has {peer.balance} segments")


def _remove(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.peers.remove(options.name))


def _show(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        peer, figures = desk.read_now(
            lambda books: (found := books.peers.by_name(options.name), books.peers.figures(found.id))
        )
    for name in Peer.__slots__:
        if name not in ("id", "secret"):
            value = getattr(peer, name)
            print(f"{name:14} {' '.join(value) if isinstance(value, tuple) else value}")
    for name, count in figures.items():
        print(f"open {name:9} {count}")


def _list(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        for peer in desk.read_now(lambda books: books.peers.all()):
            balance = "not counted" if peer.balance is None else f"{peer.balance} segments"
            state = "" if peer.enabled else " (switched off)"
            print(f"{peer.name:16} {'+'.join(peer.protocols):10} {balance}{state}")
