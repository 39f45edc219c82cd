"""The reply reader against everything that may arrive, cut anywhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

import gevent
import pytest
from http_client.rude_server import RudeServer, answering_once
from mutations import seeds, story

from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError
from jobload.load.http.origin import Origin
from jobload.load.http.reply import Reply
from jobload.load.http.reply_reader import LEARNS, MOST_INTERIM, ReplyReader

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMIT_BYTES = 16 * 1024 * 1024
SEED = 20261128
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"

Read = tuple[int, bytes, tuple[bytes | None, ...], bool] | str
"""Status, body, some headers and whether the connection can be kept; or the kind of the error."""


def read(
    pieces: Iterable[bytes], expect_body: bool = True, reader: ReplyReader | None = None
) -> Read:
    """What a connection makes of them, when the server closes after the last; a new one, or one
    that has had replies before."""
    reader = reader or ReplyReader(LIMIT_BYTES)
    reader.start(expect_body)
    try:
        reply: Reply | None = None
        for piece in pieces:
            if reply is not None:
                reader.reusable = False  # the connection finds it when it is next used
                break
            reply = reader.feed(piece)
        reusable = reader.reusable and reply is not None
        reply = reply or reader.end()
    except HttpError as error:
        return str(error.kind)
    headers = tuple(reply.header(name) for name in (b"content-length", b"X-Odd", b"link"))
    return reply.status, reply.body, headers, reusable


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    ends = [*sorted({place % (len(data) + 1) for place in places} - {0}), len(data)]
    starts = [0, *ends[:-1]]
    return [piece for a, b in zip(starts, ends, strict=True) if (piece := data[a:b])]


def test_replies_sent_ahead_are_skipped_in_linear_time() -> None:
    """100,000 of them stalled the generator for 8 s, past every timeout."""
    ahead = CONTINUE * 100_000
    pieces = [ahead[i : i + 16_384] for i in range(0, len(ahead), 16_384)]
    began_s = time.perf_counter()
    assert read([*pieces, OK]) == "bad-reply"
    assert Reply(200, b"ok", ahead + OK).header(b"content-length") == b"2"
    assert time.perf_counter() - began_s < 2.0


@pytest.mark.parametrize("expect_body", [True, False])
@pytest.mark.parametrize(("ahead", "read_as"), [(MOST_INTERIM, 200), (MOST_INTERIM + 1, 0)])
def test_so_many_replies_may_be_sent_ahead_and_no_more(
    ahead: int, read_as: int, expect_body: bool
) -> None:
    sent = CONTINUE * ahead + OK.removesuffix(b"" if expect_body else b"ok")
    for pieces in ([sent], cut(sent, range(len(sent)))):
        found = read(pieces, expect_body)
        assert found == "bad-reply" if not read_as else found[0] == read_as


@pytest.mark.parametrize(
    "fields", [b"Set-Cookie: a=1\r\n" * 40_000, b"X: %b\r\n" % (b"x" * 600_000)]
)
def test_a_head_without_an_end_is_given_up_early(fields: bytes) -> None:
    """500,000 cookies in one stalled the generator for 5 s."""
    head = b"HTTP/1.1 200 OK\r\n" + fields
    whole = head + b"Content-Length: 0\r\n\r\n"
    assert read(cut(whole, range(0, len(whole), 65_536))) == "too-large"
    allowed = head[:200_000] + b"\r\nContent-Length: 0\r\n\r\n"
    assert read(cut(allowed, range(0, len(allowed), 65_536)))[0] == 200


def test_each_exchange_of_a_connection_may_have_its_own_replies_ahead() -> None:
    reader = ReplyReader(LIMIT_BYTES)
    for _ in range(3):
        reader.start(expect_body=True)
        reply = reader.feed(CONTINUE * MOST_INTERIM + OK)
        assert reply is not None
        assert (reply.status, reader.reusable) == (200, True)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nX-Odd: a;\n     b\r\nContent-Length: 2\r\n\r\nok",  # of nginx
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Odd:\r\n\ta;\r\n b\r\n\r\nok",
        b"HTTP/1.0 200 OK\nConnection: keep-alive\nX-Odd: a; b\nContent-Length: 2\n\nok",
        b"HTTP/1.1 103 Hints\nX-Odd: a\n\n"
        b"HTTP/1.1 200 OK\r\nX-Odd: a; b\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_fields_in_several_lines_and_lines_without_cr_are_read_as_everybody_reads_them(
    said: bytes,
) -> None:
    kept = ReplyReader(LIMIT_BYTES)
    for pieces in ([said], cut(said, range(len(said))), [said]):
        assert read(pieces, reader=kept) == (200, b"ok", (b"2", b"a; b", None), True)


def test_blanks_after_the_length_of_a_chunk_are_no_part_of_it() -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n0 ;a=b\r\n\r\n"
    assert read([said])[:2] == (200, b"ok")


def test_a_head_of_odd_lines_that_comes_in_very_many_pieces_takes_no_longer() -> None:
    head = b"HTTP/1.1 200 OK\nX: " + b"a\n " * 30_000
    began_s = time.perf_counter()
    assert read(cut(head + b"\n\n", range(0, len(head), 2)))[0] == 200
    assert time.perf_counter() - began_s < 5.0


def test_what_is_wrong_in_plain_lines_too_is_told_at_once() -> None:
    """And not when the server has closed, nor for what the body has."""
    with pytest.raises(HttpError, match="bad-reply"):
        ReplyReader(LIMIT_BYTES).feed(b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n{\n  1}")
    with pytest.raises(HttpError, match="bad-reply"):
        ReplyReader(LIMIT_BYTES).feed(b"HTTP/1.1 200 OK\r\nX: a\n b\0\r\n\r\n")


@pytest.mark.parametrize("status", ["000", "099"])
def test_a_status_below_100_is_told_and_not_waited_behind(status: str) -> None:
    said = f"HTTP/1.1 {status} Odd\r\nContent-Length: 2\r\n\r\nok".encode()
    with pytest.raises(HttpError, match=f"bad-reply: the status {status}"):
        ReplyReader(LIMIT_BYTES).feed(said)


@pytest.mark.parametrize(
    "record", [b"\x15\x03\x01\x00\x02\x02\x46", b"\x15\x03\x03\x00\x02\x02\x0a"]
)
def test_an_alert_of_tls_is_told_as_such(record: bytes) -> None:
    with pytest.raises(HttpError, match="it looks like TLS"):
        ReplyReader(LIMIT_BYTES).feed(record)


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x00\x1e\x04\x00\x00\x00\x00\x00" + bytes(30),  # SETTINGS
        b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + bytes(8),  # GOAWAY
        b"HTTP/2 200 OK\r\n\r\n",
    ],
)
def test_a_server_of_http_2_alone_is_told_as_such(said: bytes) -> None:
    with pytest.raises(HttpError, match="it looks like HTTP/2, and jobload"):
        ReplyReader(LIMIT_BYTES).feed(said)


# --- anything that may arrive -----------------------------------------------------------------


def well_formed(chance: Random) -> tuple[bytes, int, bytes]:
    """A reply as it goes over the wire, its status and its body."""
    status = chance.choice([200, 201, 202, 303, 404, 429, 500, 503])
    body = chance.randbytes(chance.choice([0, 1, 2, chance.randint(0, 60)]))
    lines = [b"X-%b: %b" % (_token(chance), _token(chance)) for _ in range(chance.randint(0, 4))]
    match chance.choice(["length", "chunked", "close"]):
        case "length":
            lines.append(b"content-LENGTH: %d" % len(body))
            sent = body
        case "chunked":
            lines.append(b"Transfer-Encoding: chunked")
            pieces = cut(body, _places(chance, 60, most=4))
            sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            sent += b"0\r\n\r\n"
        case _:
            sent = body
    ahead = CONTINUE * max(0, chance.randint(-3, 3)) + b"\r\n" * max(0, chance.randint(-2, 2))
    head = b"\r\n".join([b"HTTP/1.1 %d Said" % status, *lines])
    return ahead + head + b"\r\n\r\n" + sent, status, body


def _token(chance: Random) -> bytes:
    return bytes(chance.choices(b"abcdefgh-XY", k=chance.randint(1, 12)))


def _places(chance: Random, last: int, most: int = 12) -> list[int]:
    return [chance.randint(0, last) for _ in range(chance.randint(0, most))]


def mangled(chance: Random, good: bytes) -> bytes:
    """With some bytes taken out, put in or changed."""
    data = bytearray(good)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        odd = chance.choice([b"\r", b"\n", b"\0", b":", b" ", b"\xff", b"1", CONTINUE, OK])
        data[at : at + chance.randint(0, 3)] = odd
    return bytes(data)


@pytest.mark.slow
def test_a_good_reply_is_read_as_it_was_meant_wherever_it_is_cut(fuzz_s: float) -> None:
    def act(chance: Random) -> None:
        data, status, body = well_formed(chance)
        assert read(cut(data, _places(chance, len(data))))[:2] == (status, body), data

    for seed in seeds(6_000, fuzz_s):
        story(seed, act)


@pytest.mark.slow
def test_whatever_arrives_is_a_reply_or_an_error_with_a_kind_wherever_it_is_cut(
    fuzz_s: float,
) -> None:
    outcomes: Counter[bool] = Counter()

    def act(chance: Random) -> None:
        good, _, _ = well_formed(chance)
        data = mangled(chance, good) if chance.random() < 0.8 else chance.randbytes(200)
        places, expect_body = _places(chance, len(data)), chance.random() < 0.8
        whole, pieces = read([data], expect_body), read(cut(data, places), expect_body)
        assert isinstance(whole, str) == isinstance(pieces, str), data
        assert whole == pieces or not isinstance(whole, str), "the kind is that of the bytes"
        assert whole[:3] == pieces[:3], "only what follows a reply may be seen now or later"
        outcomes[isinstance(whole, str)] += 1

    for seed in seeds(16_000, fuzz_s):
        story(seed, act)
    assert min(outcomes[True], outcomes[False]) > 1_000


@pytest.mark.slow
def test_a_reply_is_read_alike_whatever_the_connection_has_read_before(fuzz_s: float) -> None:
    met_again = 0

    def act(chance: Random) -> None:
        nonlocal met_again
        kept = ReplyReader(LIMIT_BYTES)
        good, _, _ = well_formed(chance)
        replies = [*[good] * 6, mangled(chance, good), mangled(chance, good), good + b"1"]
        for _ in range(chance.randint(0, 12)):
            data, expect_body = chance.choice(replies), chance.random() < 0.8
            pieces = cut(data, _places(chance, len(data)) if chance.random() < 0.3 else [])
            met_again += kept._known_head is not None and data.startswith(kept._known_head)
            found = read(pieces, expect_body, kept)
            assert found == read(pieces, expect_body), data
            if isinstance(found, str) or not found[3]:
                break  # the connection is not used again

    for seed in seeds(6_000, fuzz_s):
        story(seed, act)
    assert met_again > 500


class CountingParser:
    def __init__(self, reader: ReplyReader) -> None:
        self._parser: Any = reader._parser
        reader._parser = self  # type: ignore[assignment]  # as far as the reader needs it
        self.fed = 0

    def feed_data(self, data: bytes) -> None:
        self.fed += 1
        self._parser.feed_data(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._parser, name)


def test_what_has_the_head_of_the_reply_before_it_is_not_parsed() -> None:
    kept = ReplyReader(LIMIT_BYTES)
    parser = CountingParser(kept)
    for body in (b"ok", b"no", b"or"):
        assert read([OK[:-2] + body], reader=kept)[:2] == (200, body)
    assert parser.fed == 1


def test_heads_that_never_come_again_are_soon_no_longer_kept() -> None:
    kept = ReplyReader(LIMIT_BYTES)
    for n in range(LEARNS):
        read([b"HTTP/1.1 200 OK\r\nX-Id: %d\r\nContent-Length: 2\r\n\r\nok" % n], reader=kept)
    parser = CountingParser(kept)
    for _ in range(2):
        assert read([OK], reader=kept)[:2] == (200, b"ok")
    assert parser.fed == 2


def test_a_chunk_that_looks_like_the_end_of_a_head_is_no_part_of_one() -> None:
    """Its last bytes are its content as well, so what is before them ends as a head does."""
    content = b"\r\n0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n"
    kept = ReplyReader(LIMIT_BYTES)
    assert read([head + content + content], reader=kept)[:2] == (200, content)
    cut_short = head + content + b"\r\n2\r\nno"
    assert read([cut_short], reader=kept) == "closed"


def test_a_sample_of_it_comes_over_a_real_socket_to_the_same_end(full_length: bool) -> None:
    random = Random(SEED)
    for _ in range(3_000 if full_length else 150):
        data = _random_reply(random)
        pieces = cut(data, [random.randrange(2_000) for _ in range(random.randrange(4))])
        server = RudeServer(answering_once(*pieces))
        client = HttpClient(Origin.parse(f"http://127.0.0.1:{server.port}"))
        try:
            found: tuple[int, bytes] | str
            try:
                with gevent.Timeout(10):
                    reply = client.exchange(GET, 5.0)
                found = (reply.status, reply.body)
            except HttpError as error:
                found = error.kind
            expected = read([data])
            assert found == (expected if isinstance(expected, str) else expected[:2]), data
        finally:
            client.close()
            server.close()


def _random_reply(random: Random) -> bytes:
    data = bytearray(random.choice([OK, CONTINUE + OK, OK.replace(b"2\r", b"5\r")]))
    for _ in range(random.randrange(4)):
        at = random.randrange(len(data) + 1)
        data[at : at + random.randrange(3)] = random.choice(
            [b"", b"\r\n", b"\0", b":", CONTINUE, random.randbytes(3)]
        )
    return bytes(data)


@pytest.mark.slow
def test_random_bytes_are_read_alike_wherever_they_are_cut(fuzz_s: float) -> None:
    def act(chance: Random) -> None:
        data = _random_reply(chance) if chance.random() < 0.8 else chance.randbytes(200)
        places = [chance.randrange(len(data) + 1) for _ in range(chance.randrange(12))]
        expect_body = chance.random() < 0.8
        whole, pieces = read([data], expect_body), read(cut(data, places), expect_body)
        assert whole[:3] == pieces[:3]

    for seed in seeds(2_000, fuzz_s):
        story(seed, act)
