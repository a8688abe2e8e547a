import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow_datasets as tfds
import tensorflow_datasets.public_api

PREPARED = Path(__file__).parent / "prepared"


def test_prepared_folders_are_found_by_name():
    data, info = tfds.load("my_set", split="test", data_dir=PREPARED, with_info=True)
    assert len(data) == 7
    assert info.full_name == "my_set/1.2.3"
    assert len(tfds.load("my_set:1.*.*", split="train[:5]", data_dir=str(PREPARED))) == 5
    assert tfds.builder("cfg", data_dir=PREPARED).info.full_name == "cfg/two/2.0.0"
    assert tfds.load("cfg/two:2.0.0", split="train", data_dir=PREPARED, try_gcs=True) is not None


def test_more_arguments_are_handed_on():
    data = tfds.load(
        "cfg", data_dir=PREPARED, builder_kwargs={"config": "two"},
        as_dataset_kwargs={"split": "train[:2]"}, download=False, file_format="tfrecord",
    )  # fmt: skip
    assert len(data) == 2


@pytest.mark.parametrize("name, said", [("my_set:2.0.0", "1.2.3"), ("cfg/one", "two")])
def test_other_versions_and_variants_are_told_of(name, said):
    with pytest.raises(ValueError, match=said):
        tfds.load(name, data_dir=PREPARED)


def test_what_is_nowhere_says_how_to_have_it():
    with pytest.raises(tfds.core.DatasetNotFoundError, match="tfds build cats_vs_dogs"):
        tfds.load("cats_vs_dogs", data_dir=PREPARED)
    with pytest.raises(tfds.core.DatasetNotFoundError):
        tfds.builder_cls("cats_vs_dogs")


def test_names_are_listed(monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(PREPARED))
    assert {"mnist", "imdb_reviews", "my_set", "cfg"} <= set(tfds.list_builders())
    assert tfds.builder_cls("mnist").name == "mnist"
    assert not tfds.is_dataset_on_gcs("mnist")


def test_bars_are_turned_on_and_off():
    tfds.disable_progress_bar()
    tfds.enable_progress_bar()
    with tfds.display_progress_bar(False):
        pass


def test_names_are_those_of_the_package():
    assert tfds.__version__ == "4.9.10"
    assert tensorflow_datasets.public_api.load is tfds.load
    assert tfds.core.features is tfds.features
    assert tfds.features.text is tfds.deprecated.text
    with pytest.raises(AttributeError, match=r"tfds.as_dataframe\(...\).describe"):
        tfds.show_statistics  # noqa: B018
    with pytest.raises(AttributeError, match='Did you mean "load"'):
        tfds.laod  # noqa: B018


def test_it_is_imported_alone(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import tensorflow_datasets as tfds\nprint(tfds.Split.TRAIN)\n")
    done = subprocess.run(
        [sys.executable, "-m", "torchkeras", "run", str(script)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "train\n", done.stderr
