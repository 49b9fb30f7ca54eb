"""A line without sockets: two ends, each given what the other wants to send."""

from carriers.smpp.protocol import BindRequested, SmppProtocol
from carriers.smpp.states import Role


def pump(one, other, now=0.0):
    """Carry octets both ways until neither end has any."""
    while True:
        there, back = one.data_to_send(), other.data_to_send()
        if not there and not back:
            return
        other.receive(there, now)
        one.receive(back, now)


def let_in(client, server, now=0.0):
    """Carry the bind and accept it."""
    pump(client, server, now)
    assert [type(event) for event in server.events()] == [BindRequested]
    server.accept_bind("SMSC")
    pump(client, server, now)


def carrier(limits=None):
    """The carrier's end of a line."""
    return SmppProtocol(Role.SMSC, limits)
