import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core import registry

PREPARED = Path(__file__).parents[1] / "prepared"


@pytest.fixture(autouse=True)
def own_names(monkeypatch):
    monkeypatch.setattr(registry, "BUILDERS", dict(registry.BUILDERS))


def squares():
    class Squares(tfds.core.GeneratorBasedBuilder):
        """Numbers and their squares."""

        VERSION = tfds.core.Version("1.0.0")
        RELEASE_NOTES = {"1.0.0": "First."}

        def _info(self):
            return self.dataset_info_from_configs(
                features=tfds.features.FeaturesDict(
                    {
                        "x": tfds.features.Tensor(shape=(1,), dtype=np.float32),
                        "y": np.float32,
                        "ones": tfds.features.Sequence(np.int64),
                    }
                ),
                supervised_keys=("x", "y"),
            )

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(10), "test": self._generate_examples(3)}

        def _generate_examples(self, count):
            for x in range(count):
                yield x, {"x": [x], "y": x * x, "ones": [1] * (x % 4)}

    return Squares


def test_a_data_set_of_ones_own(tmp_path):
    squares()
    data, info = tfds.load(
        "squares", split=["train[:80%]", "train[80%:]"], data_dir=tmp_path, as_supervised=True,
        with_info=True,
    )  # fmt: skip
    assert [len(part) for part in data] == [8, 2]
    assert all(float(x[0]) ** 2 == float(y) for part in data for x, y in part)
    assert info.description == "Numbers and their squares."
    assert (tmp_path / "squares" / "1.0.0" / "features.json").is_file()
    assert not list((tmp_path / "squares").glob("incomplete*"))


def test_fit_takes_it(tmp_path):
    squares()
    data = tfds.load("squares", split="train", data_dir=tmp_path, as_supervised=True)
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(data.batch(5), epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2


def test_a_folder_that_is_there_is_not_made_again(tmp_path):
    kind = squares()
    for mode, count in (("reuse_dataset_if_exists", 10), ("reuse_cache_if_exists", 4)):
        config = tfds.download.DownloadConfig(download_mode=mode, max_examples_per_split=4)
        if count == 10:
            kind(data_dir=tmp_path).download_and_prepare()
        kind(data_dir=tmp_path).download_and_prepare(download_config=config)
        assert kind(data_dir=tmp_path).info.splits["train"].num_examples == count


def test_a_failure_leaves_nothing_behind(tmp_path):
    kind = squares()

    class Broken(kind):
        def _generate_examples(self, count):
            yield 0, {"x": [0]}

    with pytest.raises(ValueError, match="an example"):
        Broken(data_dir=tmp_path).download_and_prepare()
    assert not list((tmp_path / "broken").iterdir())


def test_examples_are_there_once_they_are_made(tmp_path):
    builder = squares()(data_dir=tmp_path)
    assert not builder.is_prepared()
    assert not builder.info.splits
    with pytest.raises(AssertionError, match="could not find data"):
        builder.as_dataset()
    builder.download_and_prepare()
    assert sorted(builder.as_dataset()) == ["test", "train"]
    assert builder.is_prepared()
    assert Path(builder.data_dir) == builder.data_path


def test_batches_are_filled_up(tmp_path):
    builder = squares()(data_dir=tmp_path)
    builder.download_and_prepare()
    (batch, *_) = builder.as_dataset(split="train", batch_size=4)
    assert batch["ones"].shape == (4, max(int(n) for n in (batch["ones"] != 0).sum(1)))
    whole = builder.as_dataset(split="test", batch_size=-1)
    assert sorted(whole["y"].tolist()) == [0, 1, 4]
    assert whole["ones"].shape == (3, 2)
    both = builder.as_dataset(split={"a": "test", "b": ["train[:2]"]}, batch_size=-1)
    assert both["a"]["x"].shape == (3, 1)
    assert both["b"][0]["x"].shape == (2, 1)


def zoo():
    class Zoo(tfds.core.GeneratorBasedBuilder):
        VERSION = "1.0.0"
        BUILDER_CONFIGS = [
            tfds.core.BuilderConfig(name="small", description="Few."),
            tfds.core.BuilderConfig(name="large", version="2.0.0"),
        ]

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict({"n": np.int64})
            )

        def _split_generators(self, dl_manager):
            number = {"small": 2, "large": 5}[self.builder_config.name]
            return {"train": ((n, {"n": n}) for n in range(number))}

        def _generate_examples(self):
            yield from ()

    return Zoo


def test_variants_have_folders_of_their_own(tmp_path):
    kind = zoo()
    assert tfds.builder("zoo", data_dir=tmp_path).info.full_name == "zoo/small/1.0.0"
    large = tfds.builder("zoo/large", data_dir=tmp_path)
    large.download_and_prepare()
    assert large.data_path == tmp_path / "zoo" / "large" / "2.0.0"
    chosen = {"builder_kwargs": {"config": "large"}, "data_dir": tmp_path}
    assert len(tfds.load("zoo", split="train", **chosen)) == 5
    noted = json.loads((tmp_path / "zoo" / ".config" / "metadata.json").read_text())
    assert noted == {"default_config_name": "small"}
    with pytest.raises(ValueError, match=r'Did you mean "large"\?'):
        kind(config="lagre")
    with pytest.raises(ValueError, match="version"):
        kind(version="3.0.0")
    assert sorted(kind().builder_configs) == ["large", "small"]


def test_prepared_folders_need_no_class():
    builder = tfds.builder_from_directory(PREPARED / "my_set" / "1.2.3")
    assert builder.name == "my_set"
    assert str(builder.version) == "1.2.3"
    both = tfds.builder_from_directories([PREPARED / "my_set" / "1.2.3"] * 2)
    assert len(both.as_dataset(split="train")) == len(list(both.as_dataset(split="train"))) == 46
    with pytest.raises(FileNotFoundError):
        tfds.builder_from_directory(PREPARED)
    with pytest.raises(ValueError, match="builder_dirs"):
        tfds.builder_from_directories([])


def test_what_is_not_known_is_told():
    builder = tfds.builder_from_directory(PREPARED / "cfg" / "two" / "2.0.0")
    with pytest.raises(ValueError, match="Take the features by name"):
        builder.as_dataset(split="train", as_supervised=True)
    with pytest.raises(ValueError, match="tfrecord"):
        builder.as_dataset(split="train", read_config=tfds.ReadConfig(file_format="riegeli"))
    with pytest.raises(ValueError, match="file_format"):
        squares()(file_format="array_record")


def test_a_class_without_parts_says_what_it_lacks(tmp_path):
    class Bare(tfds.core.GeneratorBasedBuilder):
        VERSION = "1.0.0"

    class Unversioned(tfds.core.GeneratorBasedBuilder):
        pass

    with pytest.raises(RuntimeError, match="_info"):
        Bare(data_dir=tmp_path).info  # noqa: B018
    with pytest.raises(RuntimeError, match="VERSION"):
        Unversioned(data_dir=tmp_path)


def test_a_split_is_not_called_all(tmp_path):
    class Whole(zoo()):
        BUILDER_CONFIGS = []

        def _split_generators(self, dl_manager):
            return {"all": ()}

    with pytest.raises(ValueError, match="all splits"):
        Whole(data_dir=tmp_path).download_and_prepare()
