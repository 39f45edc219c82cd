from __future__ import annotations

import gzip
import tracemalloc
import zlib
from functools import partial

import pytest

from jobload.load.http.content_encoding import MOST_BYTES, UnreadableError, unpacked
from jobload.load.http.reply import Reply

SAID = b'{"id": "j1"}'
zipped = partial(gzip.compress, mtime=0)  # else a test is called otherwise in each second


def raw(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def reply(body: bytes, *fields: str) -> Reply:
    return Reply(200, body, "\r\n".join(["HTTP/1.1 200 OK", *fields, "", ""]).encode())


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", zipped(SAID)),
        ("GZip", zipped(SAID)),
        ("x-gzip", zipped(SAID)),
        ("deflate", zlib.compress(SAID)),
        ("deflate", raw(SAID)),
        ("identity", SAID),
        ("", SAID),
        (" , gzip", zipped(SAID)),
        ("deflate, gzip", zipped(zlib.compress(SAID))),
        ("gzip", zipped(SAID[:4]) + zipped(SAID[4:])),
        ("gzip", zipped(SAID) + b"\0" * 512),
    ],
)
def test_what_is_packed_with_gzip_or_deflate_is_taken_out(encoding: str, body: bytes) -> None:
    assert reply(body, f"Content-ENCODING: {encoding}").content == SAID


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [
        ("br", b"\x8b\x05\x80", "Content-Encoding br: only gzip and deflate can be read"),
        ("zstd", b"(\xb5/\xfd", "Content-Encoding zstd: only gzip and deflate can be read"),
        ("gzip, br", b"\x8b\x05\x80", "Content-Encoding br: only gzip and deflate can be read"),
        ("gzip", SAID, "Content-Encoding gzip, but it is none"),
        ("gzip", b"", "packed, and cut short"),
        ("deflate", SAID, "Content-Encoding deflate, but it is none"),
        ("gzip", zipped(SAID)[:-1], "packed, and cut short"),
        ("deflate", zlib.compress(SAID)[:-1], "packed, and cut short"),
        ("gzip", zipped(SAID)[:-8] + b"\0" * 8, "Content-Encoding gzip, but it is none"),
        ("gzip", zipped(b"a") * 11, "gzip of more than 10 members"),
        ("gzip, gzip, gzip, gzip", b"x", "packed more than 3 times"),
        ("xX" * 99, b"x", f"Content-Encoding {'xX' * 99}: only gzip and deflate can be read"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_encoding(
    encoding: str, body: bytes, why: str
) -> None:
    with pytest.raises(UnreadableError) as told:
        unpacked(body, encoding)
    assert str(told.value) == why


def test_people_see_why_a_reply_can_not_be_read_and_programs_its_bytes() -> None:
    packed = reply(b"\x8b\x05\x80", "content-encoding: br")
    told = b"(Content-Encoding br: only gzip and deflate can be read; 3 bytes)"
    assert packed.readable == told
    assert packed.content == packed.body


def test_a_reply_without_a_body_holds_nothing_however_it_says_it_is_packed() -> None:
    """To HEAD, and 204 and 304."""
    assert reply(b"", "Content-Encoding: gzip").content == b""


def test_encodings_in_several_fields_are_one_list() -> None:
    body = zipped(zlib.compress(SAID))
    assert reply(body, "Content-Encoding: deflate", "Content-Encoding: gzip").content == SAID


@pytest.mark.parametrize("members", [1, 5])
def test_a_small_reply_that_holds_much_takes_little_memory(members: int) -> None:
    bomb = zipped(bytes(MOST_BYTES * 4 // members)) * members
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError, match="unpacked it is over 16 MiB"):
            unpacked(bomb, "gzip")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 3 * MOST_BYTES


def test_what_is_as_large_as_a_reply_may_be_is_read() -> None:
    assert len(unpacked(zipped(bytes(MOST_BYTES)), "gzip")) == MOST_BYTES
    with pytest.raises(UnreadableError):
        unpacked(zipped(bytes(MOST_BYTES + 1)), "gzip")


def test_layers_of_a_bomb_are_bounded_one_by_one() -> None:
    with pytest.raises(UnreadableError, match="over 16 MiB"):
        unpacked(zipped(zipped(bytes(MOST_BYTES * 2))), "gzip, gzip")
