"""Every attack at every entry point: nothing runs or is touched elsewhere, memory is bounded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from security import attacks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits are those of Linux")
ATTACKS = attacks.load()
SERVER = Path(__file__).with_name("hostile_server.py")
# They read no configuration, or tell of what they can't make anything of.
BLIND = ("load_weights",)
TELLING = ("report", "KerasFileEditor")


@pytest.fixture(scope="module")
def server():
    """A function from an attack's name to what became of it at each entry point."""
    process = subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    )

    def ask(name):
        process.stdin.write(name + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.stdout.close()
    assert process.wait(60) == 0


@pytest.mark.parametrize("name", [name for name, a in ATTACKS.items() if a.kind != "self"])
def test_attack_does_no_harm(server, name):
    attack = ATTACKS[name]
    harmless = (*attack.harmless_at, *BLIND)
    wrong = {}
    results = server(name)
    for entry, told in results.items():
        accepted = ("refused", "left out")
        if "*" in harmless or entry in harmless or entry.startswith(TELLING):
            accepted = (*accepted, "taken")
        if told["found"] or told["leaked"] or told["outcome"] not in accepted:
            wrong[entry] = told
    assert not wrong
    assert results
    assert any(told["outcome"] != "left out" for told in results.values())


def test_the_sandbox_notices_harm(server):
    results = server("the sandbox's own attack")
    assert results["runs code"]["found"]
    assert results["reads"]["found"]
    assert results["writes"]["found"]
    assert results["imports"]["found"]
    assert results["connects"]["found"]
    assert results["unpickles"]["found"]
    assert results["unmarshals"]["found"]
    assert results["allocates"]["outcome"] == "MemoryError"
    assert results["loops"]["outcome"].startswith("died")
