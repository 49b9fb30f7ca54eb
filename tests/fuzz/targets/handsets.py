"""What phones say of themselves: headers, UAProf documents, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gateway.core.errors import BadRequest
from mms.handsets.evidence import NOTHING, Seen, conclude, learn, read_memory, write_memory
from mms.handsets.uaprof import Profile, read_profile
from mms.handsets.values import FIELDS
from tests.fuzz.target import Target, assert_storable, at_most
from tests.unit.mms.handsets.test_uaprof import OMA, WAP_FORUM
from tests.unit.mms.handsets.test_user_agent import SEEN

_ACCEPT = "image/jpeg, image/gif;q=0.5, image/*, */*, text/x-vcard, audio/amr"


def check(data: bytes) -> None:
    profile: Profile | None = None
    with at_most(1.0):
        try:
            profile = read_profile(data)
            assert_storable(profile.vendor, profile.model, json.dumps(profile.values))
        except BadRequest:
            pass
        # A header comes as Latin-1: line ends part the User-Agent, Accept, Accept-Charset and x-wap-profile.
        agent, accept, charset, address, *_ = (*data.decode("latin-1").split("\n"), "", "", "", "")
        memory = learn(NOTHING, Seen(1, agent, accept, charset, address))
        memory = learn(memory, Seen(2, agent[::-1], accept, charset, address))
        assert read_memory(json.loads(json.dumps(write_memory(memory)))) == memory
        known = conclude(memory, profile)
    assert set(known.sources) == set(FIELDS)
    assert_storable(known.why, memory.user_agent, memory.profile_url)


def seeds() -> Iterator[bytes]:
    yield from (WAP_FORUM, OMA)
    for agent, _ in SEEN:
        yield f'{agent}\n{_ACCEPT}\nutf-8, gbk\n"http://a.example/1.xml", "1-x=="'.encode()


TARGET = Target(
    check, seeds, max_len=4096, words=(b"<rdf:li>", b"MmsCcppAccept", b"ScreenSize", b"<!DOCTYPE", b"Android ", b"*/*")
)
