import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from torchkeras.utils import files, get_file


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def origin(tmp_path):
    path = tmp_path / "at the source.txt"
    path.write_text("content")
    return path


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def address(path):
    return path.as_uri()


def test_a_file_is_downloaded_once(home, origin):
    path = get_file("one.txt", address(origin))
    assert path == str(home / "datasets" / "one.txt")
    origin.write_text("changed")
    assert Path(get_file("one.txt", address(origin))).read_text() == "content"
    assert Path(get_file("one.txt", address(origin), force_download=True)).read_text() == "changed"


def test_the_name_is_taken_from_the_address(home, origin):
    assert get_file(origin=address(origin)) == str(home / "datasets" / "at%20the%20source.txt")
    assert files._file_name(None, "https://example.com/a/data.txt?version=1") == "data.txt"


def test_the_hash_is_checked(home, origin):
    get_file("one.txt", address(origin), file_hash=sha256(origin))
    md5 = hashlib.md5(b"content").hexdigest()
    get_file("two.txt", address(origin), md5_hash=md5)
    with pytest.raises(ValueError, match="Incomplete or corrupted file detected"):
        get_file("three.txt", address(origin), file_hash="0" * 64)
    assert {path.name for path in (home / "datasets").iterdir()} == {"one.txt", "two.txt"}


def test_a_wrong_file_in_the_cache_is_replaced(home, origin, capsys):
    (home / "datasets").mkdir(parents=True)
    (home / "datasets" / "one.txt").write_text("damaged")
    path = get_file("one.txt", address(origin), file_hash=sha256(origin))
    assert Path(path).read_text() == "content"
    assert "incomplete or outdated" in capsys.readouterr().out


def test_a_failed_download_leaves_nothing(home, tmp_path):
    with pytest.raises(OSError, match="URL fetch failure on"):
        get_file("one.txt", address(tmp_path / "nowhere"))
    assert not list((home / "datasets").iterdir())


def test_other_places(origin, tmp_path):
    there = get_file("a", address(origin), cache_subdir="b", cache_dir=tmp_path / "c")
    assert there == str(tmp_path / "c" / "b" / "a")
    assert get_file("a", address(origin), cache_subdir=str(tmp_path / "d")) == str(tmp_path / "d/a")


def test_a_cache_that_cannot_be_written_is_replaced(origin, tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "access", lambda path, mode: False)
    monkeypatch.setattr(files.tempfile, "gettempdir", lambda: str(tmp_path / "temp"))
    path = get_file("a", address(origin))
    assert path == str(tmp_path / "temp" / ".keras" / "datasets" / "a")


@pytest.mark.parametrize("name", ["../a", "a/b", "..", "/etc/passwd"])
def test_names_with_folders_are_refused(name, origin):
    with pytest.raises(ValueError, match="fname"):
        get_file(name, address(origin))


def test_an_address_is_needed():
    with pytest.raises(ValueError, match='Please specify the "origin" argument'):
        get_file("a")
    with pytest.raises(ValueError, match="Can't parse the file name"):
        get_file(origin="http://example.com/")


def make_tar(path, *names):
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"1"))
    return path


@pytest.mark.parametrize(
    ("fname", "folder", "kept"),
    [
        ("flowers", "flowers", "flowers_archive"),
        ("flowers.tar.gz", "flowers_extracted", "flowers.tar.gz"),
        (None, "x.tgz", "x.tgz_archive"),
    ],
)
def test_archives_lie_as_in_keras_3(home, tmp_path, fname, folder, kept):
    path = make_tar(tmp_path / "x.tgz", "photos/a.jpg")
    assert get_file(fname, address(path), extract=True) == str(home / "datasets" / folder)
    assert (home / "datasets" / folder / "photos" / "a.jpg").read_text() == "1"
    assert (home / "datasets" / kept).is_file()


def test_scripts_of_tf_keras_2_find_what_was_unpacked(home, tmp_path):
    path = make_tar(tmp_path / "x.tgz", "photos/a.jpg")
    get_file("x.zip", address(path), extract=True)
    assert (home / "datasets" / "photos" / "a.jpg").read_text() == "1"


def test_untar_takes_the_folder_of_the_same_name(home, tmp_path):
    path = make_tar(tmp_path / "x.tgz", "photos/a.jpg", "photos/photos/b.jpg")
    folder = home / "datasets" / "photos"
    assert get_file("photos", address(path), untar=True) == str(folder)
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg")) == [
        "a.jpg",
        "photos/b.jpg",
    ]


def test_an_archive_is_unpacked_once(home, tmp_path):
    path = make_tar(tmp_path / "x.tgz", "a.txt")
    folder = get_file("x", address(path), extract=True)
    (home / "datasets" / "x" / "a.txt").write_text("mine")
    get_file("x", address(path), extract=True)
    assert Path(f"{folder}/a.txt").read_text() == "mine"
    get_file("x", address(path), extract=True, force_download=True)
    assert Path(f"{folder}/a.txt").read_text() == "1"


def test_zip_is_unpacked_and_other_files_are_not(home, tmp_path, origin):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "1")
    folder = get_file("x", address(tmp_path / "x.zip"), extract=True)
    assert Path(f"{folder}/a.txt").read_text() == "1"
    with pytest.warns(UserWarning, match="Could not extract archive"):
        get_file("y", address(origin), extract=True)
    with pytest.raises(ValueError, match="archive_format is 'rar'"):
        get_file("z", address(origin), extract=True, archive_format="rar")
