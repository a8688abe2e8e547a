import io
import tarfile
import zipfile

import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import DownloadConfig, DownloadManager, GenerateMode


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "source" / "a.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as file:
        for name, content in (("x/1.txt", b"one"), ("x/2.txt", b"two")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def manager(tmp_path):
    return DownloadManager(download_dir=tmp_path / "downloads")


def test_files_are_fetched_and_unpacked(manager, archive):
    found = manager.download({"a": archive.as_uri(), "b": [archive.as_uri()]})
    assert found["a"].read_bytes() == archive.read_bytes()
    assert found["b"] == [found["a"]]
    folder = manager.extract(found["a"])
    assert (folder / "x" / "1.txt").read_bytes() == b"one"
    assert manager.download_and_extract(archive.as_uri()) == folder


def test_archives_are_read_member_by_member(manager, archive, tmp_path):
    assert {name: file.read() for name, file in manager.iter_archive(archive)} == {
        "x/1.txt": b"one",
        "x/2.txt": b"two",
    }
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("y", "three")
    assert [(n, f.read()) for n, f in manager.iter_archive(tmp_path / "a.zip")] == [("y", b"three")]


def test_what_is_no_archive_is_refused(manager, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ValueError, match="tar or zip"):
        manager.extract(tmp_path / "a.txt")


def test_files_to_get_by_hand(tmp_path):
    manager = DownloadManager(download_dir=tmp_path, manual_instructions="Ask the authors.")
    with pytest.raises(RuntimeError, match="Ask the authors"):
        manager.manual_dir  # noqa: B018
    (tmp_path / "manual").mkdir()
    assert manager.manual_dir == tmp_path / "manual"
    with pytest.raises(RuntimeError, match="kaggle"):
        manager.download_kaggle_data("a/b")
    (tmp_path / "manual" / "a_b").mkdir()
    assert manager.download_kaggle_data("a/b").name == "a_b"


def test_modes_are_given_in_either_way():
    assert DownloadConfig(download_mode="force_redownload").download_mode.overwrite_download
    assert not tfds.GenerateMode.REUSE_DATASET_IF_EXISTS.overwrite_dataset
    assert DownloadConfig().replace(num_shards=3).num_shards == 3
    assert GenerateMode is tfds.download.GenerateMode
