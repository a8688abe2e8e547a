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
DROP_IN = (sys.executable, "-m", "torchkeras", "run", str(SERVER), "--drop-in")
# They read no configuration, or tell of what they can't make anything of.
BLIND = ("load_weights",)
TELLING = ("report", "KerasFileEditor", "inspect", "check", "port")
TOGETHER = 16  # attacks that a process of the sandbox takes one after another


class Server:
    """Asks a process for what becomes of attacks, a handful at a time."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self.results = {}

    def ask(self, name, names):
        """What became of the attack at each entry point."""
        if name not in self.results:
            start = names.index(name) if name in names else 0
            asked = names[start : start + TOGETHER] or [name]
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            self.results.update(json.loads(self.process.stdout.readline()))
        return self.results[name]

    def end(self):
        """End the process; its exit status."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)


@pytest.fixture(scope="module")
def server():
    """The process with this package's entry points."""
    server = Server(sys.executable, str(SERVER))
    yield server
    assert server.end() == 0


@pytest.fixture(scope="module")
def drop_in_server():
    """The process with those of the drop-in packages."""
    server = Server(*DROP_IN)
    yield server
    assert server.end() == 0


OWN = [name for name, a in ATTACKS.items() if a.kind not in ("self", *attacks.DROP_IN_ONLY)]
OF_DROP_INS = [name for name, a in ATTACKS.items() if a.kind in attacks.DROP_IN]


@pytest.mark.parametrize("name", OWN)
def test_attack_does_no_harm(server, name):
    check(ATTACKS[name], server.ask(name, OWN))


@pytest.mark.parametrize("name", OF_DROP_INS)
def test_attack_on_scripts_of_tensorflow_does_no_harm(drop_in_server, name):
    check(ATTACKS[name], drop_in_server.ask(name, OF_DROP_INS))


def check(attack, results):
    """Fail unless each entry point refused the attack, or took what is harmless there."""
    harmless = (*attack.harmless_at, *BLIND)
    wrong = {}
    for entry, told in results.items():
        accepted = ("refused", "left out")
        if "*" in harmless or entry in harmless or entry.startswith(TELLING):
            accepted = (*accepted, "taken")
        if told["found"] or told["leaked"] or told["outcome"] not in accepted:
            wrong[entry] = told
    assert not wrong
    assert any(told["outcome"] != "left out" for told in results.values())


def test_the_sandbox_notices_harm(server):
    results = server.ask("the sandbox's own attack", [])
    assert results["runs code"]["found"]
    assert results["reads"]["found"]
    assert results["writes"]["found"]
    assert results["imports"]["found"]
    assert results["connects"]["found"]
    assert results["unpickles"]["found"]
    assert results["unmarshals"]["found"]
    assert results["allocates"]["outcome"] == "MemoryError"
    assert results["loops"]["outcome"].startswith("died")
