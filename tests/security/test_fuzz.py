"""A seeded share of the fuzzing that ``make fuzz`` does at length."""

import io
import random
import subprocess
import sys
import zipfile

import pytest
from security import fuzz_readers
from security.fuzz_readers import READERS, by_chance
from security.fuzz_targets import DROP_INS, Target
from security.mutations import mutated

OWN = [name for name in READERS if name not in DROP_INS]
CHEAP = ("safetensors", "npz", "pickle", "idx", "state", "table")


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return Target(tmp_path_factory.mktemp("fuzz"))


def test_every_reader_is_fuzzed(target):
    assert (*target.readers, *target.drop_ins) == READERS
    assert tuple(target.drop_ins) == DROP_INS


@pytest.mark.parametrize("reader", OWN)
def test_honest_files_are_read(target, reader):
    for content in target.seeds[reader]:
        target.readers[reader](content)


@pytest.mark.parametrize("reader", OWN)
def test_mutated_files_are_read_or_refused(target, reader):
    assert by_chance(target, reader, 120 if reader in CHEAP else 12, seed=7) == []


def fuzzed(tmp_path, *arguments):
    command = [sys.executable, fuzz_readers.__file__, "--keep", str(tmp_path / "kept"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    "name",
    [
        "restoring",
        *(pytest.param(name, marks=pytest.mark.slow) for name in DROP_INS if name != "restoring"),
    ],
)
def test_readers_of_the_drop_in_are_fuzzed_apart(tmp_path, name):
    done = fuzzed(tmp_path, "--plain", "--runs", "40", f"--reader={name}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: 40 executions by chance, 0 findings" in done.stdout


@pytest.mark.slow
def test_inputs_chosen_by_what_they_reach_end_with_the_runs(target, tmp_path):
    pytest.importorskip("atheris")
    runs = 2 * len(target.seeds["table"])  # each honest file is one of them
    options = ("--runs", str(runs), "--reader", "table", f"--corpus={tmp_path / 'corpus'}")
    done = fuzzed(tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"table: {runs} executions by coverage, 0 findings" in done.stdout
    assert list((tmp_path / "corpus" / "table").iterdir())


def test_mutations_are_the_same_for_the_same_seed(target):
    content = target.seeds["archive"][0]
    assert mutated(content, random.Random(3)) == mutated(content, random.Random(3)) != content


def test_damaged_archives_are_mutated_too(target):
    content = target.seeds["archive"][0]
    cut = [content[:50], content[:-30], content[:400] + bytes(40) + content[440:], b"PK", b""]
    for number in range(60):
        mutated(random.Random(number).choice(cut), random.Random(number))


def test_mutated_archives_have_right_checksums(target):
    content = target.seeds["archive"][0]
    found = [mutated(content, random.Random(number)) for number in range(20)]
    sound = 0
    for data in found:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                sound += archive.testzip() is None
        except zipfile.BadZipFile:
            pass
    assert sound >= 10


# --- What counts as a finding


def wrong(target, monkeypatch, read):
    monkeypatch.setattr(target, "idx", read, raising=False)
    return target.run("idx", b"")


def test_documented_errors_are_no_findings(target, monkeypatch):
    def refuse(content):
        raise ValueError("no")

    assert wrong(target, monkeypatch, refuse) is None


def test_other_errors_are_findings(target, monkeypatch):
    assert "KeyError" in wrong(target, monkeypatch, lambda content: {}[1])


def test_lack_of_memory_is_a_finding_whatever_is_made_of_it(target, monkeypatch):
    def refuse(content):
        try:
            raise MemoryError
        except MemoryError as error:
            raise ValueError("damaged") from error

    assert "MemoryError" in wrong(target, monkeypatch, refuse)
