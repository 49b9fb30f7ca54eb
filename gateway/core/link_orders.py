"""What operators want of a link while the hub runs. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Wish(enum.StrEnum):
    """What a link is to do."""

    RUN = "run"  # send and receive
    DRAIN = "drain"  # send nothing new; answers, reports and SMS from phones still come in
    PAUSE = "pause"  # no line at all
    REMOVE = "remove"  # no line, and forgotten once nothing is left on it


#: For so long after a move the process it names is waited for.
MOVE_LASTS_MS = 60_000
#: Wishes with which a line to the carrier is kept.
WITH_LINE = frozenset({Wish.RUN, Wish.DRAIN})


@dataclass(frozen=True, slots=True)
class TraceOrder:
    """Write down the octets of a line."""

    file: str
    until_ms: int  # 0 = until it is told to stop
    most_octets: int
    mask: bool  # texts and numbers too, not only passwords


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """What is wanted of one link; a link nobody has ordered anything of runs as the configuration file says."""

    name: str
    options: str = ""  # its [[link]] table as JSON; "" = it is in the configuration file
    wish: Wish = Wish.RUN
    revision: int = 0  # another one when the options have changed
    added_ms: int = 0
    move_to: int | None = None  # number of the process (store.node) that shall serve it
    moved_ms: int = 0  # when that was ordered
    trace: TraceOrder | None = None


def lets_go_for_move(order: LinkOrder, *, node: int, served_since_ms: int) -> bool:
    """Whether the process `node`, which serves the link since then, has to give it up because of a move.

    Once: a process that has taken the link after the order, because the one named did not come, keeps it.
    """
    return order.move_to is not None and order.move_to != node and served_since_ms < order.moved_ms


def may_take(order: LinkOrder, *, node: int, now_ms: int, free_for_s: float, patience_s: float) -> bool:
    """Whether the process `node` may take a link that was given back: the one a recent move names goes first."""
    is_recent = order.move_to is not None and 0 <= now_ms - order.moved_ms < MOVE_LASTS_MS
    return not is_recent or order.move_to == node or free_for_s >= patience_s


def known_links(of_the_file: Iterable[str], orders: Iterable[LinkOrder]) -> list[str]:
    """The names of the links there are, those of the configuration file first."""
    names = dict.fromkeys(of_the_file)
    names |= dict.fromkeys(order.name for order in orders if order.options and order.wish is not Wish.REMOVE)
    return list(names)
