"""Basic and Digest, against the examples of the RFCs and between our two sides."""

from __future__ import annotations

import pytest

from carriers.mm7.authorisation import NONCE_S, Challenge, Guard, basic, challenge_of, digest

GUARD = Guard("digest", {"vasp1": "s3cret"}, b"secret")
BASIC = Guard("basic", {"vasp1": "s3cret"}, b"secret")


def test_the_example_of_rfc_7617() -> None:
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@pytest.mark.parametrize(("algorithm", "response"), [
    ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
    ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
])  # fmt: skip
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = challenge_of(
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert challenge is not None
    told = digest(
        challenge, "Mufasa", "Circle of Life", uri="/dir/index.html", count=1,
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", method="GET",
    )  # fmt: skip
    assert f'response="{response}"' in told
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in told
    assert "nc=00000001" in told


def test_the_example_of_rfc_2069_which_has_no_qop() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    told = digest(challenge, "Mufasa", "CircleOfLife", uri="/dir/index.html", count=1, cnonce="x", method="GET")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in told  # as corrected by erratum 749
    assert "qop" not in told


def signed(guard: Guard, password: str = "s3cret", *, now: float = 0.0, count: int = 1) -> str:
    challenge = challenge_of(guard.challenge(now))
    assert challenge is not None
    return digest(challenge, "vasp1", password, uri="/mm7", count=count, cnonce="c")


def test_both_sides() -> None:
    assert GUARD.user(signed(GUARD), "POST", 1.0) == "vasp1"
    assert GUARD.user(signed(GUARD, count=77), "POST", 1.0) == "vasp1"
    assert GUARD.user(signed(GUARD, "wrong"), "POST", 1.0) is None
    assert GUARD.user(signed(GUARD), "GET", 1.0) is None
    assert BASIC.user(basic("vasp1", "s3cret"), "POST", 1.0) == "vasp1"
    assert BASIC.user(basic("vasp1", "wrong"), "POST", 1.0) is None
    assert BASIC.user(basic("nobody", ""), "POST", 1.0) is None
    assert Guard("none", {}, b"").user("", "POST", 1.0) == ""


def test_a_nonce_grows_old_and_cannot_be_invented() -> None:
    old = signed(GUARD)
    assert GUARD.user(old, "POST", NONCE_S + 1.5) is None
    assert GUARD.is_stale(old, NONCE_S + 1.5)
    assert not GUARD.is_stale(old, 1.0)
    foreign = Guard("digest", {"vasp1": "s3cret"}, b"other")
    assert GUARD.user(signed(foreign), "POST", 1.0) is None
    assert "stale=true" in GUARD.challenge(0.0, is_stale=True)


@pytest.mark.parametrize("header", [
    "", "Basic", "Basic !", "Basic " + "A" * 10_000, "Basic dmFzcDE=", "Digest", "Digest username", "Bearer x",
    'Digest username="vasp1", nonce="0-0", response="x"', 'Digest username="vasp1", nonce="' + "9" * 30 + '-"',
    'Digest username="vasp1", algorithm=MD4, nonce="x"', "Basic /////w==",
    'Digest username="vasp1", nonce="\udcff", realm="\udcff"', "Basic \udcff", "\udcff \udcff",
])  # fmt: skip
def test_headers_that_let_nobody_in(header: str) -> None:
    assert GUARD.user(header, "POST", 1.0) is None
    assert BASIC.user(header, "POST", 1.0) is None
    assert GUARD.is_stale(header, 1.0) in (True, False)


@pytest.mark.parametrize("header", [
    "", "Basic realm=x", "Digest realm=x", 'Digest nonce="n", qop="auth-int"', 'Digest nonce="n", algorithm=MD4',
])  # fmt: skip
def test_challenges_we_cannot_answer(header: str) -> None:
    assert challenge_of(header) is None


def test_a_challenge_among_others() -> None:
    found = challenge_of('Basic realm="a", Digest realm="b \\"c\\"", nonce=n, qop=auth')
    assert found == Challenge('b "c"', "n", "auth")
    assert '\\"c\\"' in digest(found, "u", "p", uri="/", count=1, cnonce="c")
