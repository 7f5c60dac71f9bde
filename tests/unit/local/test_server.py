from __future__ import annotations

import socket

import pytest

from local.server import PortTaken, listen


def test_only_this_machine_can_reach_the_index() -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named() -> None:
    with listen(0) as first:
        port = first.getsockname()[1]

        with pytest.raises(PortTaken, match=f"Port {port} of 127.0.0.1 is taken"):
            listen(port)


def test_whoever_comes_before_the_server_waits() -> None:
    with (
        listen(0) as listener,
        socket.create_connection(listener.getsockname(), timeout=1) as early,
    ):
        assert early.getpeername() == listener.getsockname()
