"""`caiyou alarm`: what is wrong, and a test of where alarms arrive."""

from __future__ import annotations

import argparse
import json
import socket
import time
from typing import TypeAlias

from gateway.commands.books import open_desk
from gateway.config import read_config
from gateway.core.alarms import AlarmState
from gateway.core.errors import BadRequest

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("alarm", help="what is wrong").add_subparsers(metavar="ACTION", required=True)
    show = group.add_parser("list", help="show alarms, those that are open first")
    show.add_argument("--all", action="store_true", help="also those that are over, of the last thirty days")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(run=_list)
    test = group.add_parser("test", help="raise an alarm about nothing, to see where alarms arrive")
    test.set_defaults(run=_test)


def _list(options: argparse.Namespace) -> None:
    with open_desk(options.config) as desk:
        alarms = list(desk.read_now(lambda books: books.alarms.known()).values())
    if not options.all:
        alarms = [alarm for alarm in alarms if alarm.state in (AlarmState.OPEN, AlarmState.CLEARING)]
    alarms.sort(key=lambda alarm: (alarm.state is AlarmState.CLEARED, -alarm.since_ms))
    for alarm in alarms:
        if options.json:
            fields = {name: getattr(alarm, name) for name in alarm.__slots__}
            print(json.dumps(fields, ensure_ascii=False))
            continue
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(alarm.since_ms / 1000))
        print(f"{since}  {alarm.state.value:8}  {alarm.key:32}  told {alarm.tellings} times  {alarm.detail}")


def _test(options: argparse.Namespace) -> None:
    config = read_config(options.config).alarms
    if not (config.sms or config.mail or config.webhook_url):
        raise BadRequest(f"nobody is to be told: name sms, mail or webhook_url under [alarms] in {options.config}")
    with open_desk(options.config) as desk:
        desk.run_now(lambda books: books.alarms.test(socket.gethostname()))
    print(
        f"a running hub tells {len(config.sms)} number(s), {len(config.mail)} address(es) and "
        f"{'a' if config.webhook_url else 'no'} program within some seconds"
    )
