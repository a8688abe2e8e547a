"""Processes that several tests ask: one that knows the drop-ins, one that starts commands."""

import json
import os
import subprocess
import sys

import pytest
from started import ENVIRONMENT, Starter, answering

from torchkeras.cli import check, port


@pytest.fixture(scope="session")
def ask():
    """What ``support.ask`` gives, of one process for all tests."""
    asked = answering()
    yield lambda paths: json.loads(asked.ask(sorted(set(paths))))
    asked.close()


@pytest.fixture
def same_answers(ask, monkeypatch):
    """``check`` and ``port`` ask that process, rather than start one."""
    monkeypatch.setattr(check, "ask", ask)
    monkeypatch.setattr(port, "ask", ask)


@pytest.fixture(scope="session")
def carry_out():
    """Carries out ``python -m torchkeras``: by a fork, or a start where there are none."""
    if not hasattr(os, "fork"):
        yield _start
        return
    starter = Starter()
    yield starter.carry_out
    starter.close()


def _start(*words, folder, given=None):
    return subprocess.run(
        [sys.executable, "-m", "torchkeras", *map(str, words)],
        cwd=folder,
        env=ENVIRONMENT,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
