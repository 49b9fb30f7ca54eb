"""A walk through an address book by python's caldav, whose WebDAV half is of no kind of collection; tells as JSON.

Runs in the environment beside it: `python webdav.py URL USER PASSWORD`.
"""

from __future__ import annotations

import json
import sys

from caldav import DAVClient
from caldav.davobject import DAVObject
from caldav.elements import dav
from caldav.lib.error import AuthorizationError

CARDDAV = "urn:ietf:params:xml:ns:carddav"
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEND:VCARD\r\n"
SYNC = (
    '<d:sync-collection xmlns:d="DAV:"><d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>'
    "<d:prop><d:getetag/></d:prop></d:sync-collection>"
)
MAKE = (
    '<d:mkcol xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:set><d:prop><d:resourcetype><d:collection/>'
    "<c:addressbook/></d:resourcetype><d:displayname>Work</d:displayname></d:prop></d:set></d:mkcol>"
)
HOME = (
    '<d:propfind xmlns:d="DAV:"><d:prop><c:addressbook-home-set xmlns:c="urn:ietf:params:xml:ns:carddav"/></d:prop>'
    "</d:propfind>"
)


def main() -> None:
    url, user, password = sys.argv[1:]
    told: dict[str, object] = {}
    try:
        DAVClient(url=url, username=user, password="wrong").principal()
        told["wrong password"] = "let in"
    except AuthorizationError:
        told["wrong password"] = "refused"
    client = DAVClient(url=url, username=user, password=password)
    told["class"] = client.check_dav_support()
    principal = client.principal()
    told["principal"] = principal.url.path
    found = client.propfind(principal.url, HOME, depth=0).tree
    home = found.find(f".//{{{CARDDAV}}}addressbook-home-set/{{DAV:}}href").text
    told["home"] = home
    work = client.url.join(home + "work/")
    told["made"] = client.mkcol(work, MAKE).status
    book = DAVObject(client=client, url=work)
    told["name"] = book.get_property(dav.DisplayName())
    book.set_properties([dav.DisplayName("工作")])
    told["new name"] = book.get_property(dav.DisplayName(), use_cached=False)
    headers = {"Content-Type": "text/vcard; charset=utf-8"}
    told["put"] = [
        client.put(work.join(f"{uid}.vcf"), CARD.format(uid=uid, name=f"人{uid}"), headers).status for uid in "abc"
    ]
    told["put again"] = client.put(
        work.join("a.vcf"), CARD.format(uid="a", name="x"), {**headers, "If-None-Match": "*"}
    ).status
    told["children"] = sorted(name.path.rpartition("/")[2] for name, *_ in book.children())
    first = client.report(work, SYNC.format(token=""), depth=0)
    told["first"] = _changes(first)
    token = first.tree.findtext("{DAV:}sync-token")
    client.put(work.join("b.vcf"), CARD.format(uid="b", name="新"), headers)
    told["deleted"] = client.delete(work.join("c.vcf")).status
    told["then"] = _changes(client.report(work, SYNC.format(token=token), depth=0))
    book.delete()
    told["gone"] = client.propfind(work, HOME, depth=0).status
    print(json.dumps(told))


def _changes(answer: object) -> dict[str, str]:
    """What a sync-collection tells of each card: its status."""
    return {
        one.findtext("{DAV:}href").rpartition("/")[2]: one.findtext(".//{DAV:}status")
        for one in answer.tree.findall("{DAV:}response")
    }


if __name__ == "__main__":
    main()
