import json
from pathlib import Path

import pytest
import tensorflow_datasets as tfds

FOLDER = Path(__file__).parents[1]
PREPARED = FOLDER / "prepared"
RECORDED = json.loads((FOLDER / "examples.json").read_text())


@pytest.mark.parametrize("key, folder", [("repr", "my_set/1.2.3"), ("cfg repr", "cfg/two/2.0.0")])
def test_it_prints_as_in_tfds(key, folder):
    shown = repr(tfds.builder_from_directory(PREPARED / folder).info)
    shown = shown.replace(str(PREPARED), "ROOT")
    expected = RECORDED[key]
    if key == "cfg repr":  # the folder doesn't tell the variant's words
        expected = expected.replace("    second\n", "    \n")
    assert shown == expected


def test_what_is_known():
    info = tfds.builder_from_directory(PREPARED / "my_set" / "1.2.3").info
    assert (info.name, info.full_name, str(info.version)) == ("my_set", "my_set/1.2.3", "1.2.3")
    assert (info.description, info.homepage, info.citation) == (
        "Small things.",
        "http://x",
        "@misc{x}",
    )
    assert info.supervised_keys == ("image", "label")
    assert info.features["label"].names == ["a", "b", "c"]
    assert info.splits["train"].num_examples == 23
    assert (int(info.dataset_size), info.release_notes) == (13918, {"1.2.3": "first"})
    assert info.initialized
    assert info.config_name is None
    assert not info.disable_shuffling


def test_it_is_written_as_tfds_writes_it():
    builder = tfds.builder_from_directory(PREPARED / "my_set" / "1.2.3")
    found = json.loads(builder.info.as_json)
    expected = json.loads((PREPARED / "my_set" / "1.2.3" / "dataset_info.json").read_text())
    assert {**found, "moduleName": "__main__"} == {**expected, "moduleName": "__main__"}


def written(tmp_path, **changes):
    content = {"name": "x", "version": "1.0.0", "splits": [], **changes}
    folder = tmp_path / "x" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text(json.dumps(content))
    (folder / "features.json").write_text(
        '{"pythonClassName": "a.FeaturesDict", "featuresDict": {}}'
    )
    return folder


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"splits": [{"name": "train", "shardLengths": ["-1"]}]}, "shardLengths"),
        ({"splits": [{"name": "train", "numShards": 1}]}, "anew"),
        ({"splits": [{"name": "../a", "shardLengths": ["1"]}]}, "filepathTemplate"),
        (
            {"splits": [{"name": "a", "shardLengths": [1], "filepathTemplate": "/x"}]},
            "filepathTemp",
        ),
        ({"name": 3}, "name"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        tfds.builder_from_directory(written(tmp_path, **changes))


def test_what_is_no_json_is_refused(tmp_path):
    folder = written(tmp_path)
    for text in ("{", "[]", "[" * 100000):
        (folder / "dataset_info.json").write_text(text)
        with pytest.raises(ValueError, match="dataset_info.json"):
            tfds.builder_from_directory(folder)


def test_keys_of_a_model_have_any_structure(tmp_path):
    keys = {
        "tuple": {"items": [{"dict": {"dict": {"a": {"featureKey": "b"}}}}, {"featureKey": "c"}]}
    }
    info = tfds.builder_from_directory(written(tmp_path, supervisedKeys=keys)).info
    assert info.supervised_keys == ({"a": "b"}, "c")
    assert json.loads(info.as_json)["supervisedKeys"] == keys


def test_keys_of_old_releases(tmp_path):
    keys = {"input": "b", "output": "c"}
    info = tfds.builder_from_directory(written(tmp_path, supervisedKeys=keys)).info
    assert info.supervised_keys == ("b", "c")


def test_values_of_ones_own_are_kept(tmp_path):
    folder = written(tmp_path)
    info = tfds.builder_from_directory(folder).info
    info.metadata["seen"] = 3
    info.license = "CC0"
    info.write_to_directory(folder)
    assert tfds.builder_from_directory(folder).info.metadata == {"seen": 3}
    assert (folder / "LICENSE").read_text() == "CC0"


def test_a_wrong_argument_is_named():
    with pytest.raises(ValueError, match="feature"):
        tfds.core.DatasetInfo(builder=None, feature=3)
