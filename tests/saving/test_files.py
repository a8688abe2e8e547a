"""A file is whole or absent."""

import errno
import os

import pytest

from torchkeras.saving import files
from torchkeras.saving.files import (
    check_member_name,
    prepare_target,
    replacing,
    replacing_folder,
    replacing_within,
    undone_if_it_fails,
)


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


def write_folder(path, text):
    with replacing_folder(path) as temporary:
        (temporary / "a").write_text(text)


def test_folders_change_places_where_names_can_t_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    write_folder(tmp_path / "m", "old")
    write_folder(tmp_path / "m", "new")
    assert (tmp_path / "m" / "a").read_text() == "new"
    replace = os.replace

    def fail(old, new):
        if str(new).endswith("/m") and str(old).endswith(".tmp"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(old, new)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match=f"Input/output.*'{tmp_path}/m'"):
        write_folder(tmp_path / "m", "newer")
    assert (tmp_path / "m" / "a").read_text() == "new"
    assert os.listdir(tmp_path) == ["m"]


def test_files_take_their_places_among_others(tmp_path):
    for name in ("a.part", "b.part", "mine"):
        (tmp_path / name).write_text("old")
    (tmp_path / "a.part").chmod(0o600)
    with replacing_within(tmp_path, lambda name: name.endswith(".part")) as temporary:
        (temporary / "a.part").write_text("new")
        (temporary / "sub").mkdir()
        (temporary / "sub" / "c").write_text("new")
    found = {str(p.relative_to(tmp_path)): p for p in tmp_path.rglob("*") if p.is_file()}
    assert {name: path.read_text() for name, path in found.items()} == {
        "a.part": "new", "mine": "old", "sub/c": "new",
    }  # fmt: skip
    assert found["a.part"].stat().st_mode & 0o777 == 0o600


def test_what_undoes_a_step_counts_on_those_before():
    done = []

    def fails():
        raise OSError("still full")

    def work():
        with undone_if_it_fails() as undoing:
            undoing += [lambda: done.append("first"), fails, lambda: done.append("last")]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert done == ["last"]


def test_pipes_are_written_to_as_they_are(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with replacing(tmp_path / "pipe") as path:
        path.write_bytes(b"text")
    assert os.read(reading, 10) == b"text"
    os.close(reading)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(FileExistsError, match=r"A part of the path is a file.*b\.keras'"):
        files.prepare_target("save_model", tmp_path / "a" / "b.keras", True)
    assert (tmp_path / "a").read_text() == "mine"
