from __future__ import annotations

import gevent
import pytest

from .conftest import Meet
from .exchanges import failure
from .rude_server import Peer


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\n\r\nuntil close"])
def test_a_reset_is_a_reset(meet: Meet, sent: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.read_request()
        peer.send(sent)
        gevent.sleep(0.02)
        peer.reset()

    client, _ = meet(script)
    assert failure(client).kind == "reset"
