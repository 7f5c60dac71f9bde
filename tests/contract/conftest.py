from __future__ import annotations

import pytest

from tests.contract.ports import Ports, fake_ports, real_ports


@pytest.fixture(params=["fake", "real"])
def ports(request: pytest.FixtureRequest) -> Ports:
    if request.param == "fake":
        return fake_ports()
    return real_ports(request.getfixturevalue("stack"), request.getfixturevalue("connection"))
