import pytest
from tensorflow_datasets.core import naming
from tensorflow_datasets.core.naming import Version


@pytest.mark.parametrize(
    "name, short",
    [("MySet", "my_set"), ("CIFAR10", "cifar10"), ("FashionMNIST", "fashion_mnist"),
     ("MySet2D", "my_set2_d"), ("my_set", "my_set"), ("GlueSST2", "glue_sst2")],
)  # fmt: skip
def test_names_are_those_of_tfds(name, short):
    assert naming.snake_case(name) == short


@pytest.mark.parametrize(
    "name, expected",
    [
        ("mnist", ("mnist", {})),
        ("glue/sst2", ("glue", {"config": "sst2"})),
        ("mnist:3.*.*", ("mnist", {"version": "3.*.*"})),
        ("a/b:1.0.0", ("a", {"config": "b", "version": "1.0.0"})),
        ("mnist/3.0.1", ("mnist", {"version": "3.0.1"})),
        ("MyZoo/big/a=True,b=3", ("my_zoo", {"config": "big", "a": True, "b": 3})),
    ],
)
def test_a_name_says_variant_and_version(name, expected):
    assert naming.parsed(name) == expected


@pytest.mark.parametrize("name", ["", "a b", "../mnist", "mnist:1", 3])
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="tfds.load: name"):
        naming.parsed(name)


def test_versions_are_compared_by_their_numbers():
    assert Version("1.2.3") < "1.10.0"
    assert Version("1.2.3") == "1.2.3"
    assert Version("1.2.3") != "x"
    assert Version("1.2.3").match("1.*.*")
    assert not Version("1.2.3").match("2.*.*")
    assert repr(Version("1.2.3")) == "Version('1.2.3')"
    assert {Version("1.0.0"), Version("1.0.0")} == {Version("1.0.0")}
    with pytest.raises(ValueError, match="three numbers"):
        Version("1.2")


def test_files_have_the_names_of_tfds():
    name = naming.shard_name(None, "mnist", "train", "tfrecord", 2, 10)
    assert name == "mnist-train.tfrecord-00002-of-00010"
    other = naming.shard_name("{SPLIT}.{SHARD_INDEX}", "mnist", "train", "tfrecord", 2, 10)
    assert other == "train.00002"


@pytest.mark.parametrize("template", ["../{SPLIT}", "/etc/{SPLIT}", "{SPLIT.x}", "{OTHER}"])
def test_templates_lead_to_no_other_folder(template):
    with pytest.raises(ValueError, match="filepathTemplate"):
        naming.shard_name(template, "mnist", "train", "tfrecord", 0, 1)


def test_a_split_with_a_folder_in_its_name_is_refused():
    with pytest.raises(ValueError, match="filepathTemplate"):
        naming.shard_name(None, "mnist", "../train", "tfrecord", 0, 1)
