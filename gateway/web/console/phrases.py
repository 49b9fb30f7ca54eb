"""What standings, roles and acts are called on pages."""

from __future__ import annotations

from typing import Final

from gateway.core.audit import Act
from gateway.web.site.words import N_

STANDINGS: Final = {
    "active": N_("active"),
    "suspended": N_("suspended"),
    "unclaimed": N_("not claimed yet"),
    "deleting": N_("deleted"),
}
ROLES: Final = {
    "member": N_("Member"),
    "domain": N_("Administrator of the domain"),
    "system": N_("Administrator of the hub"),
}
ACTS: Final = {
    Act.DOMAIN_ADDED: N_("opened the domain"),
    Act.DOMAIN_CHANGED: N_("changed the domain"),
    Act.DOMAIN_SUSPENDED: N_("suspended the domain"),
    Act.DOMAIN_RESUMED: N_("resumed the domain"),
    Act.DOMAIN_DELETED: N_("deleted the domain"),
    Act.DOMAIN_RESTORED: N_("restored the domain"),
    Act.DOMAIN_GONE: N_("forgot the deleted domain"),
    Act.ALIAS_ADDED: N_("added the alias"),
    Act.ALIAS_REMOVED: N_("removed the alias"),
    Act.ACCOUNT_ADDED: N_("opened the account"),
    Act.ACCOUNT_CHANGED: N_("changed the account"),
    Act.ACCOUNT_SUSPENDED: N_("suspended the account"),
    Act.ACCOUNT_RESUMED: N_("resumed the account"),
    Act.ACCOUNT_DELETED: N_("deleted the account"),
    Act.ACCOUNT_RESTORED: N_("restored the account"),
    Act.ACCOUNT_GONE: N_("forgot the deleted account"),
    Act.ROLE_SET: N_("gave a role"),
    Act.PASSWORD_SET: N_("set a password"),
    Act.PASSWORD_LINK: N_("made a link to choose a password"),
    Act.SECOND_STEP_OFF: N_("turned the second step off"),
    Act.LINK_ADDED: N_("added the link"),
    Act.LINK_CHANGED: N_("changed the link"),
    Act.LINK_PAUSED: N_("paused the link"),
    Act.LINK_RESUMED: N_("resumed the link"),
    Act.LINK_DRAINED: N_("drained the link"),
    Act.LINK_MOVED: N_("moved the link"),
    Act.LINK_REMOVED: N_("removed the link"),
    Act.TEST_SENT: N_("sent a test SMS"),
    Act.ROUTE_ADDED: N_("added a route"),
    Act.ROUTE_CHANGED: N_("changed a route"),
    Act.ROUTE_REMOVED: N_("removed a route"),
    Act.LIST_ENTRY_ADDED: N_("put a number on a list"),
    Act.LIST_ENTRY_REMOVED: N_("took a number off a list"),
    Act.WORD_ADDED: N_("forbade a word"),
    Act.WORD_REMOVED: N_("allowed a word again"),
    Act.TEXT_CHANGED: N_("changed a text"),
    Act.TEXT_RESET: N_("reset a text"),
    Act.ALARM_SILENCED: N_("silenced an alarm"),
    Act.ALARM_HEARD: N_("let an alarm be told again"),
    Act.MESSAGE_SHOWN: N_("looked at the text of a message"),
    Act.MESSAGE_CANCELLED: N_("took a message back"),
    Act.PEER_CHANGED: N_("changed a peer"),
    Act.PEER_TOPPED_UP: N_("changed the balance of a peer"),
}
#: Names of what was changed, in the log.
FIELDS: Final = {
    "name": N_("name"),
    "quota": N_("quota"),
    "daily_cap": N_("SMS a day"),
    "role": N_("role"),
    "target": N_("goes to"),
    "language": N_("language"),
    "zone": N_("time zone"),
    "phone_mail": N_("mail to numbers"),
    "number": N_("number"),
    "link": N_("link"),
    "text": N_("text"),
    "reason": N_("reason"),
    "balance": N_("balance"),
    "enabled": N_("in use"),
    "node": N_("process"),
    "until": N_("until"),
    "options": N_("options"),
    "route": N_("route"),
    "batch": N_("with others from a file"),
}
#: What the core says of what was filled in, and pages repeat.
SAID_BY_THE_CORE: Final = (
    N_("This is no domain name."),
    N_("A number is too large, too small, or no number."),
)
