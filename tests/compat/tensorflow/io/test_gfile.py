import pytest
import tensorflow as tf

gfile = tf.io.gfile


def test_files_and_folders(tmp_path):
    folder = gfile.join(str(tmp_path), "a", "b")
    gfile.makedirs(folder)
    tf.io.write_file(gfile.join(folder, "x.txt"), "text")
    assert gfile.listdir(folder) == ["x.txt"]
    assert gfile.glob(folder + "/*.txt") == [folder + "/x.txt"]
    with gfile.GFile(folder + "/x.txt") as file:
        assert file.read() == "text"
    assert tf.io.read_file(folder + "/x.txt").item() == b"text"
    gfile.copy(folder + "/x.txt", folder + "/y.txt")
    with pytest.raises(FileExistsError, match="overwrite"):
        gfile.copy(folder + "/x.txt", folder + "/y.txt")
    gfile.rename(folder + "/x.txt", folder + "/y.txt", overwrite=True)
    assert not gfile.exists(folder + "/x.txt")
    assert [files for _, _, files in gfile.walk(folder)] == [["y.txt"]]
    gfile.remove(folder + "/y.txt")
    gfile.rmtree(str(tmp_path / "a"))
    assert not gfile.isdir(folder)
