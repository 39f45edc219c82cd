"""What is sent and received through, in Python and, where it is compiled, in C."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from socket import SHUT_WR, socket
from time import perf_counter, sleep

import pytest

from jobload.load.http.kernel_clock import ask_for_stamps
from jobload.load.http.plain_stream import PlainStream, plain_stream

Pair = tuple[PlainStream, socket, socket]
DEADLINE_S = 5.0


@pytest.fixture(params=[PlainStream, plain_stream], ids=["in Python", "as it is built"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A stream, its socket and the other end of it."""
    listening, ours = socket(), socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    ours.connect(listening.getsockname())
    theirs, _ = listening.accept()
    ours.setblocking(False)
    ask_for_stamps(ours)
    opened = request.param(ours)
    yield opened, ours, theirs
    for each in (opened, theirs, listening):
        each.close()


def received(stream: PlainStream) -> tuple[bytes, float, float]:
    until_s = perf_counter() + DEADLINE_S
    while perf_counter() < until_s:
        if (found := stream.receive()) is not None:
            return found
        sleep(0.001)
    raise AssertionError("nothing came")


def send_for_ever(stream: PlainStream) -> None:
    while True:
        stream.send(bytes(1_000_000))


def test_what_was_sent_arrives_and_so_does_the_answer(pair: Pair) -> None:
    stream, _, theirs = pair
    for data in (b"asked", memoryview(b"asked")):
        assert stream.send(data) == 5
        assert theirs.recv(100) == b"asked"
    theirs.send(b"an\0swer")
    assert received(stream)[0] == b"an\0swer"
    theirs.shutdown(SHUT_WR)
    assert received(stream)[0] == b""


def test_it_tells_when_it_was_read_and_how_long_it_had_lain_there(pair: Pair) -> None:
    stream, _, theirs = pair
    before_s = perf_counter()
    theirs.send(b"answer")
    sleep(0.05)
    _, lag_s, read_s = received(stream)
    assert before_s + 0.05 <= read_s <= perf_counter()
    assert 0.05 - 0.001 <= lag_s <= read_s - before_s + 0.001


def test_a_socket_that_was_not_asked_for_it_tells_of_no_arrival(pair: Pair) -> None:
    stream, ours, theirs = pair
    ours.setsockopt(1, 35, 0)  # SO_TIMESTAMPNS
    theirs.send(b"answer")
    assert received(stream)[1] < 0


def test_more_than_a_buffer_comes_in_pieces(pair: Pair) -> None:
    stream, _, theirs = pair
    sent = os.urandom(100_000)
    theirs.send(sent)
    found = b""
    while len(found) < len(sent):
        found += received(stream)[0]
    assert found == sent


def test_where_nothing_is_to_be_had_it_says_so(pair: Pair) -> None:
    stream, _, theirs = pair
    assert stream.receive() is None
    with pytest.raises(BlockingIOError):
        send_for_ever(stream)
    with pytest.raises(TypeError):
        stream.send("text")
    theirs.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER: closed by a reset
    theirs.close()
    with pytest.raises(ConnectionResetError):
        received(stream)


def test_what_was_closed_sends_into_no_other_connection(pair: Pair) -> None:
    """Its descriptor may soon be that of another."""
    stream, ours, _ = pair
    number = ours.fileno()
    stream.close()
    assert ours.fileno() < 0
    reading, writing = os.pipe()
    try:
        assert number in (reading, writing)
        for use in (stream.receive, lambda: stream.send(b"x")):
            with pytest.raises(OSError, match="Bad file descriptor"):
                use()
    finally:
        os.close(reading)
        os.close(writing)


def test_it_goes_with_its_connection(pair: Pair) -> None:
    """A run opens very many."""
    _, ours, _ = pair
    kind = type(pair[0])
    gc.collect()
    before = gc.get_objects()
    for _ in range(100):
        kind(ours)
    assert len(gc.get_objects()) - len(before) < 100
