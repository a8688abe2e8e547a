from pathlib import Path

from tensorflow_datasets.core import registry

PREPARED = Path(__file__).parents[1] / "prepared"


def test_the_folder_of_all_data_sets(monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", "/data")
    assert registry.data_root() == Path("/data")
    assert registry.data_root("~/x") == Path("~/x").expanduser()
    monkeypatch.delenv("TFDS_DATA_DIR")
    assert registry.data_root().name == "tensorflow_datasets"


def test_folders_are_looked_through():
    assert registry.prepared_names(PREPARED) == ["cfg", "my_set"]
    assert list(map(str, registry.versions_in(PREPARED / "my_set"))) == ["1.2.3"]
    assert registry.configs_in(PREPARED / "cfg") == ["two"]
    assert str(registry.chosen_version(PREPARED / "my_set", "1.*.*")) == "1.2.3"
    assert registry.chosen_version(PREPARED / "my_set", "2.*.*") is None
    assert (
        registry.prepared_names(PREPARED / "none") == registry.configs_in(PREPARED / "none") == []
    )


def test_the_variant_to_take_first_is_noted(tmp_path):
    for name in ("a", "b"):
        folder = tmp_path / name / "1.0.0"
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").touch()
    assert registry.configs_in(tmp_path) == ["a", "b"]
    (tmp_path / ".config").mkdir()
    (tmp_path / ".config" / "metadata.json").write_text('{"default_config_name": "b"}')
    assert registry.configs_in(tmp_path) == ["b", "a"]


def test_what_to_do_about_a_missing_one():
    error = registry.not_found("mnits", PREPARED)
    assert isinstance(error, ValueError)
    for part in ('Did you mean "mnist"?', "tfds build mnits --data_dir", "my_set"):
        assert part in str(error)
