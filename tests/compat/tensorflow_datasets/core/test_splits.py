"""Parts of splits, beside what tfds 4.9.10 reads of which files."""

import json
from pathlib import Path

import pytest
import tensorflow_datasets as tfds
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_datasets.core.splits import (
    JoinedSplit,
    SplitDict,
    SplitInfo,
    percent,
)

RECORDED = json.loads(Path(__file__).with_name("splits.json").read_text())
LENGTHS = {
    "small": {"train": [7], "test": [5]},
    "sharded": {"train": [30, 31, 30, 32], "test": [10, 3], "validation": [101]},
}
Part = tfds.core.ReadInstruction
PARTS = {
    "RI('train')": Part("train"),
    "RI pct": Part("train", from_=10, to=33, unit="%"),
    "RI pct1": Part("train", from_=10, to=33, unit="%", rounding="pct1_dropremainder"),
    "RI abs": Part("train", from_=1, to=6, unit="abs"),
    "RI neg": Part("train", from_=-4, unit="abs"),
    "RI+": Part("train", to=2) + Part("test", from_=2),
    "RI+s": Part("train", to=2) + "test[:3]",
    "shard": Part("train", from_=1, unit="shard"),
    "even of sum": tfds.even_splits("train[:50%]+test", 3)[1],
    **{
        f"even{n}{drops}{index}": tfds.even_splits("train", n, drop_remainder=drops)[index]
        for n in (2, 3)
        for drops in (False, True)
        for index in range(n)
    },
}
# tfds reads the rest of the split for a part that ends before it starts.
DIFFERENT = {"train[3:2]"}


def splits(lengths):
    return SplitDict(SplitInfo(n, ls, 0, Path("/d"), "x") for n, ls in lengths.items())


@pytest.mark.parametrize("case", sorted(RECORDED))
def test_parts_are_read_as_tfds_reads_them(case):
    size, name = case.split(" | ")
    found, expected = splits(LENGTHS[size]), RECORDED[case]
    if expected == "error":
        with pytest.raises(ValueError, match=r"split|bound|rounding"):
            found[PARTS.get(name, name)]
        return
    parts = [
        [one.filename.split("x-")[1].split(".")[0] + " " + one.filename.split("-")[2], one.skip,
         one.take]
        for one in found[PARTS.get(name, name)].file_instructions
    ]  # fmt: skip
    assert parts == ([] if name in DIFFERENT else expected)


def test_parts_print_as_in_tfds():
    assert [repr(PARTS[name]) for name in ("RI pct", "RI neg", "RI+", "shard")] == [
        "ReadInstruction('train[10%:33%]', rounding='closest')",
        "ReadInstruction('train[-4:]')",
        "ReadInstruction('train[:2]')+ReadInstruction('test[2:]')",
        "ReadInstruction('train[1shard:]')",
    ]


def test_what_is_known_of_a_split():
    info = splits(LENGTHS["sharded"])
    assert (info["train"].num_examples, info["train"].num_shards) == (123, 4)
    assert info["train"].filenames[1] == "x-train.tfrecord-00001-of-00004"
    assert info["train[:10%]"].num_examples == 12
    assert info["train[:10%]"].filenames == ["x-train.tfrecord-00000-of-00004"]
    assert info[tfds.Split.TEST].num_examples == 13
    assert info.total_num_examples == 237
    assert repr(info["test"]) == "<SplitInfo num_examples=13, num_shards=2>"
    assert info["test"].file_instructions[0].takes_all


def test_a_wrong_name_offers_the_nearest():
    with pytest.raises(ValueError, match='Did you mean "train"'):
        splits(LENGTHS["small"])["trian"]
    with pytest.raises(KeyError, match="download_and_prepare"):
        SplitDict()["train"]


@pytest.mark.parametrize(
    "options, said",
    [({"unit": "x"}, "unit"), ({"rounding": "x"}, "rounding"), ({"to": 101, "unit": "%"}, "-100")],
)
def test_parts_check_their_arguments(options, said):
    with pytest.raises(ValueError, match=said):
        Part("train", **options)
    with pytest.raises(TypeError, match="split"):
        splits(LENGTHS["small"])[3.5]


def test_the_first_releases_way_to_divide():
    info = splits({"train": [200]})
    parts = tfds.Split.TRAIN.subsplit(weighted=(8, 1, 1))
    assert [info[part].num_examples for part in parts] == [160, 20, 20]
    assert [info[part].num_examples for part in tfds.Split.TRAIN.subsplit(k=4)] == [50] * 4
    assert info[tfds.Split.TRAIN.subsplit(percent[25:])].num_examples == 150
    with pytest.raises(ValueError, match="subsplit"):
        tfds.Split.TRAIN.subsplit()


def test_splits_of_several_folders_are_one():
    parts = [SplitInfo("train", [n], 5, Path(f"/{n}"), "x") for n in (3, 4)]
    joined = SplitDict([JoinedSplit.of(parts)])
    assert joined["train"].num_examples == 7
    found = joined["train[2:5]"].file_instructions
    places = [(Path(one.filename).parts[1], one.skip, one.take) for one in found]
    assert places == [("3", 2, 1), ("4", 0, 2)]


def test_a_process_reads_its_part():
    part = tfds.split_for_jax_process("train", process_index=1, process_count=2)
    assert splits({"train": [10]})[part].file_instructions[0].skip == 5


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 6), st.booleans())
def test_even_parts_share_the_examples(lengths, count, drops):
    info = splits({"train": [*lengths, 1]})
    numbers = [
        info[part].num_examples for part in tfds.even_splits("train", count, drop_remainder=drops)
    ]
    total = sum(lengths) + 1
    assert sum(numbers) == (total // count * count if drops else total)
    assert max(numbers) - min(numbers) <= 1
