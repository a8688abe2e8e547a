import os

import pytest
import tensorflow as tf

gfile = tf.io.gfile


def test_files_and_folders(tmp_path):
    folder = gfile.join(str(tmp_path), "a", "b")
    gfile.makedirs(folder)
    name = gfile.join(folder, "text")
    with gfile.GFile(name, "w") as file:
        file.write("one\ntwo")
    assert gfile.exists(name)
    assert gfile.isdir(folder)
    assert gfile.listdir(folder) == ["text"]
    assert gfile.glob(folder + "/t*") == [name]
    assert [files for _, _, files in gfile.walk(str(tmp_path))] == [[], [], ["text"]]
    gfile.copy(name, name + "2")
    with pytest.raises(tf.errors.AlreadyExistsError):
        gfile.copy(name, name + "2")
    gfile.rename(name + "2", name, overwrite=True)
    gfile.remove(name)
    gfile.rmtree(folder)
    assert not gfile.exists(folder)
    gfile.mkdir(str(tmp_path))  # it is there already


def test_files_are_read_and_written_piece_by_piece(tmp_path):
    name = str(tmp_path / "f")
    with gfile.GFile(name, "w") as file:
        file.write("one\ntwo\n")
        assert file.size() == 8
    file = gfile.GFile(name)
    assert (file.name, file.mode, file.size()) == (name, "r", 8)
    assert file.readline() == "one\n"
    file.seek(1)
    assert (file.tell(), file.read(2)) == (1, "ne")
    file.seek(position=0)
    assert list(file) == ["one\n", "two\n"]
    file.close()
    with gfile.GFile(name, "ab") as file:
        file.write(b"\xff")
    with gfile.GFile(name, "rb") as file:
        assert file.seekable()
        assert (file.next(), file.readlines()) == (b"one\n", [b"two\n", b"\xff"])
    with gfile.GFile(str(tmp_path / "empty"), "w"):
        pass
    assert gfile.exists(str(tmp_path / "empty"))
    with pytest.raises(tf.errors.NotFoundError):
        gfile.GFile(str(tmp_path / "none")).read()


def test_what_is_known_of_a_file(tmp_path):
    assert gfile.stat(str(tmp_path)).is_directory
    (tmp_path / "a").write_bytes(b"abc")
    assert gfile.stat(str(tmp_path / "a")).length == 3
    assert "file" in gfile.get_registered_schemes()


def test_files_by_their_bytes(tmp_path):
    name = str(tmp_path / "new" / "file")
    tf.io.write_file(name, "text")
    assert tf.io.read_file(tf.constant(name)).numpy() == b"text"
    assert tf.io.matching_files(str(tmp_path / "new" / "*")).numpy().tolist() == [name.encode()]
    with pytest.raises(tf.errors.NotFoundError):
        tf.io.read_file(name + "2")


@pytest.fixture
def full_disk(monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    return lambda: monkeypatch.setattr(os, "fsync", fail)


def test_writing_that_fails_leaves_the_file_that_was_there(tmp_path, full_disk):
    path, other = tmp_path / "folder" / "text", tmp_path / "other"
    tf.io.write_file(str(path), "first")
    other.write_text("second")
    full_disk()
    with pytest.raises(OSError, match="stays as it was"):
        tf.io.write_file(str(path), "second")
    with pytest.raises(OSError, match="stays as it was"):
        gfile.copy(str(other), str(path), overwrite=True)
    assert path.read_text() == "first"
    assert os.listdir(path.parent) == ["text"]


def test_a_file_that_isn_t_there_is_not_copied(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        gfile.copy(str(tmp_path / "absent"), str(tmp_path / "copy"))
    assert not os.listdir(tmp_path)
