"""A file is whole or absent."""

import os

import pytest

from torchkeras.saving.files import check_member_name, prepare_target, replacing, replacing_folder


def test_file_appears_when_all_went_well(tmp_path):
    with replacing(tmp_path / "a.bin") as temporary:
        assert temporary.parent.parent == tmp_path
        assert temporary.name == "a.bin"
        temporary.write_bytes(b"new")
        assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")

    def write_half():
        with replacing(tmp_path / "a.bin") as temporary:
            temporary.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_link_keeps_pointing_at_the_new_file(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.bin").write_bytes(b"old")
    (tmp_path / "link.bin").symlink_to(tmp_path / "real" / "a.bin")
    with replacing(tmp_path / "link.bin") as temporary:
        temporary.write_bytes(b"new")
    assert (tmp_path / "link.bin").is_symlink()
    assert (tmp_path / "real" / "a.bin").read_bytes() == b"new"


def test_folder_takes_the_place_of_a_folder(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "old").touch()
    with replacing_folder(tmp_path / "m") as temporary:
        (temporary / "new").touch()
    assert os.listdir(tmp_path / "m") == ["new"]
    assert os.listdir(tmp_path) == ["m"]


def test_existing_files_are_kept_unless_asked(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        prepare_target("save_model", tmp_path / "a", overwrite=False)
    assert prepare_target("save_model", tmp_path / "b" / "c", overwrite=False).parent.is_dir()


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "C:\\x", "a\\..\\b", "c:x", "a\0b", "", ".", "./.."],
)
def test_names_that_lead_elsewhere_are_refused(name):
    with pytest.raises(ValueError, match="relative name within the archive"):
        check_member_name(name)


def test_plain_names_pass():
    assert str(check_member_name("assets/layers/lookup/vocabulary.txt")).startswith("assets")
