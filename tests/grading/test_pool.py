"""The processes that grade on this machine: which walls their fork server has."""

from __future__ import annotations

import socket
import subprocess
from typing import cast

import pytest

from autograder.grading import Tier, sandbox
from autograder.grading.pool import LocalPool
from autograder.grading.sandbox import Endpoint, ForkServer, SandboxError


class Stub(ForkServer):
    """A fork server that only notes when it is closed."""

    def close(self) -> None:
        CLOSED.append(self.endpoint.tier)
        self.endpoint.connection.close()


CLOSED: list[Tier] = []


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Tier]:
    """Return the tiers for which a fork server is started on a machine without walls."""
    tiers: list[Tier] = []

    def start(tier: Tier) -> ForkServer:
        tiers.append(tier)
        return Stub(cast("subprocess.Popen[bytes]", None), Endpoint(tier, socket.socket()))

    def none_stand() -> Tier:
        raise SandboxError("no walls")

    CLOSED.clear()
    monkeypatch.setattr(sandbox, "start", start)
    monkeypatch.setattr(sandbox.tiers, "best_tier", none_stand)
    return tiers


def test_a_configuration_may_ask_for_no_walls_where_none_stand(started: list[Tier]) -> None:
    with LocalPool(1, "auto") as pool:
        with pytest.raises(SandboxError):
            pool.prepare()
        pool.take("none")
        pool.prepare()
        pool.prepare()
    assert (started, CLOSED) == (["none"], ["none"])


def test_other_walls_take_the_place_of_those_that_were_prepared(started: list[Tier]) -> None:
    with LocalPool(1, "landlock") as pool:
        pool.prepare()
        pool.take("landlock")
        pool.prepare()
        pool.take("none")
        assert CLOSED == ["landlock"]
        pool.prepare()
    assert (started, CLOSED) == (["landlock", "none"], ["landlock", "none"])
