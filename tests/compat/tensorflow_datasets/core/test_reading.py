"""Orders of examples, beside what tfds 4.9.10 reads."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

RECORDED = json.loads(Path(__file__).with_name("orders.json").read_text())


class Many(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    VERSION = tfds.core.Version("1.0.0")
    name = "many"
    in_order = False

    def _info(self):
        features = {"x": np.int64, "l": tfds.features.ClassLabel(num_classes=5)}
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=("x", "l"),
            disable_shuffling=self.in_order,
        )

    def _split_generators(self, dl_manager):
        return [
            tfds.core.SplitGenerator(name=tfds.Split.TRAIN, gen_kwargs={"n": 400}),
            tfds.core.SplitGenerator(name="test", gen_kwargs={"n": 37}),
        ]

    def _generate_examples(self, n):
        for i in range(n):
            yield i, {"x": i, "l": i % 5}


class Ordered(Many, skip_registration=True):
    name = "ordered"
    in_order = True


SHARDS = tfds.download.DownloadConfig(num_shards=23)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    builder = Many(data_dir=tmp_path_factory.mktemp("many"))
    builder.download_and_prepare(download_config=SHARDS)
    return builder


def numbers(dataset):
    return [int(example["x"]) for example in dataset]


@pytest.mark.parametrize("split", ["train", "test", "train[10%:70%]", "train[:30]+test[5:]", "all"])
def test_examples_come_in_the_order_of_tfds(many, split):
    dataset = many.as_dataset(split=split)
    assert numbers(dataset) == RECORDED[f"many {split}"]
    assert len(dataset) == len(RECORDED[f"many {split}"])


def test_examples_have_names(many):
    config = tfds.ReadConfig(interleave_cycle_length=3, interleave_block_length=2, add_tfds_id=True)
    dataset = many.as_dataset(split="train[:40]", read_config=config)
    found = [(example["tfds_id"].numpy().decode(), int(example["x"])) for example in dataset]
    assert found == [(one["tfds_id"], one["x"][2][0]) for one in RECORDED["ids"]]
    assert dataset.element_spec["tfds_id"] == tf.TensorSpec((), tf.string)


def test_data_sets_in_order_stay_so(tmp_path):
    builder = Ordered(data_dir=tmp_path)
    builder.download_and_prepare(download_config=SHARDS)
    assert numbers(builder.as_dataset(split="train")) == RECORDED["ordered"]
    with pytest.raises(ValueError, match="disable_shuffling"):
        builder.as_dataset(split="train", shuffle_files=True)
    anyway = tfds.ReadConfig(enable_ordering_guard=False)
    shuffled = builder.as_dataset(split="train", shuffle_files=True, read_config=anyway)
    assert sorted(numbers(shuffled)) == list(range(400))


def test_files_are_shuffled(many):
    config = tfds.ReadConfig(shuffle_seed=3, shuffle_reshuffle_each_iteration=False)
    dataset = many.as_dataset(split="train", shuffle_files=True, read_config=config)
    first = numbers(dataset)
    assert first == numbers(dataset) != RECORDED["many train"]
    assert sorted(first) == list(range(400))
    anew = many.as_dataset(split="train", shuffle_files=True)
    assert numbers(anew) != numbers(anew)


def test_files_are_read_again_and_again(many):
    config = tfds.ReadConfig(repeat_filenames=True)
    assert len(numbers(many.as_dataset(split="test", read_config=config).take(100))) == 100


def test_files_are_put_in_order(many):
    config = tfds.ReadConfig(experimental_interleave_sort_fn=lambda files: files[::-1])
    found = numbers(many.as_dataset(split="test", read_config=config))
    assert sorted(found) == list(range(37))
    assert found != RECORDED["many test"]


def test_workers_read_files_of_their_own(many):
    parts = []
    for index in range(2):
        context = tf.distribute.InputContext(num_input_pipelines=2, input_pipeline_id=index)
        config = tfds.ReadConfig(input_context=context)
        parts += numbers(many.as_dataset(split="test", read_config=config))
    assert sorted(parts) == list(range(37))
    context = tf.distribute.InputContext(num_input_pipelines=50, input_pipeline_id=0)
    with pytest.raises(ValueError, match="even_splits"):
        many.as_dataset(split="test", read_config=tfds.ReadConfig(input_context=context))


def test_a_file_that_lacks_examples_is_told_of(many, tmp_path):
    builder = Many(data_dir=tmp_path)
    builder.download_and_prepare()
    (path,) = builder.info.splits["test"].filepaths
    path.write_bytes(b"")
    with pytest.raises(tf.errors.FailedPreconditionError):
        numbers(builder.as_dataset(split="test"))
    lenient = tfds.ReadConfig(assert_cardinality=False)
    assert numbers(builder.as_dataset(split="test", read_config=lenient)) == []


def test_settings_are_replaced():
    assert tfds.ReadConfig().replace(shuffle_seed=3).shuffle_seed == 3
