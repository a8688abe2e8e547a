"""A seeded share of the fuzzing that ``make fuzz`` does at length."""

import random

import pytest
from security.fuzz_readers import Target, by_chance, mutated

READERS = (
    "archive", "weights", "whole", "json", "safetensors", "report", "npz", "pickle", "state",
    "checkpoint",
)  # fmt: skip


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return Target(str(tmp_path_factory.mktemp("fuzz")))


def test_every_reader_is_fuzzed(target):
    assert tuple(target.readers) == READERS


@pytest.mark.parametrize("reader", READERS)
def test_honest_files_are_read(target, reader):
    if reader != "checkpoint":  # it has no data
        for content in target.seeds[reader]:
            target.readers[reader](content)


@pytest.mark.parametrize("reader", READERS)
def test_mutated_files_are_read_or_refused(target, reader):
    runs = 120 if reader in ("safetensors", "npz", "pickle", "state", "checkpoint") else 30
    assert by_chance(target, [reader], runs, seed=7, seconds=60) == []


def test_mutations_are_the_same_for_the_same_seed(target):
    content = target.seeds["archive"][0]
    assert mutated(content, random.Random(3)) == mutated(content, random.Random(3)) != content
