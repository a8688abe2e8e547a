"""Every attack at every entry point: nothing runs or is touched elsewhere, memory is bounded."""

import json
import os
import re
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
TOGETHER = 64  # attacks that a process of the sandbox takes one after another


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
            self.results.update(self.answer(names[start : start + TOGETHER] or [name]))
        return self.results[name]

    def answer(self, question):
        """What the process says."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

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


# --- SECURITY.md lists the advisories, and what is handed in where

SECURITY = Path(__file__).resolve().parents[2] / "SECURITY.md"
ADVISORY = re.compile(r"(CVE-\d+-\d+|(?:tf_)?keras#\d+)")
# What attacks of a kind are called there.
WORDS = {
    "configurations": ("layer", "model", "name"),
    "HDF5": ("hdf5",),
    "archives": ("archive",),
    "folders": ("folder", "shards", "orbax"),
    "safetensors": ("safetensors",),
    "checkpoints": ("bundle", "previous", "managed"),
    "SavedModels": ("saved model", "program"),
    "downloads": ("download",),
    "data": (
        "npz",
        "pickle",
        "gzip",
        "image",
        "sound",
        "data folder",
        "record",
        "kept",
        "prepared",
    ),
    "snapshots": ("snapshot",),
    "other files": ("foreign",),
    "names": ("text",),
    "scripts": ("source",),
}


def rows_of(heading):
    """The rows of the table below a heading, without its head."""
    text = SECURITY.read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    lines = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_published_attack_is_tried_where_the_table_says():
    kinds = {}
    for attack in ATTACKS.values():
        if found := ADVISORY.match(attack.name):
            (word,) = (word for word, of_word in WORDS.items() if attack.kind in of_word)
            kinds.setdefault(found[0], set()).add(word)
    told = {row[0]: set(row[2].split(", ")) for row in rows_of("Published attacks")}
    assert told == kinds


def test_each_kind_is_handed_to_the_functions_that_the_table_says(server, drop_in_server):
    own, of_drop_ins = server.answer(None), drop_in_server.answer(None)
    rows = rows_of("Where they are handed in")
    assert [row[0] for row in rows] == list(WORDS)
    for word, functions in rows:
        entries = {
            entry for kind in WORDS[word] for told in (own, of_drop_ins) for entry in told[kind]
        }
        for function in re.findall("`([^`]+)`", functions):
            assert any(function in entry for entry in entries), (word, function)


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
