"""Temporary folders: they are locked, left ones go, and errors name what is meant."""

import errno
import os
import re

import pytest

from torchkeras.saving import temporary


def test_a_temporary_folder_is_gone_in_the_end(tmp_path):
    with temporary.beside(tmp_path / "a") as path:
        assert path.parent == tmp_path
        (path / "part").touch()
    assert not os.listdir(tmp_path)


def test_leftovers_go_and_those_that_are_being_written_stay(tmp_path):
    (tmp_path / ".a.0123456789ac.tmp").mkdir()
    (tmp_path / ".a.0123456789ac.tmp" / "part").touch()
    for other in (".b.0123456789ab.tmp", ".a.tmp", ".a.txt"):
        (tmp_path / other).touch()
    with temporary.beside(tmp_path / "a") as first, temporary.beside(tmp_path / "a") as second:
        found = {".b.0123456789ab.tmp", ".a.tmp", ".a.txt", first.name, second.name}
        assert set(os.listdir(tmp_path)) == found


def test_a_folder_that_lost_its_name_gets_it_back(tmp_path):
    (tmp_path / ".a.0123456789ab.old").mkdir()
    with temporary.beside(tmp_path / "a"):
        assert (tmp_path / "a").is_dir()


def test_long_names_get_short_temporary_ones(tmp_path):
    with temporary.beside(tmp_path / ("ä" * 120)) as path:
        assert len(path.name.encode()) < 150


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EXDEV])
def test_errors_name_the_target_and_say_what_to_do(tmp_path, code):
    target = tmp_path / "m.keras"
    says = f"{re.escape(os.strerror(code))}; what was there stays as it was.*: '{target}'$"
    with pytest.raises(OSError, match=says) as caught, temporary.telling_of(target):
        raise OSError(code, "", str(tmp_path / ".m.keras.0123.tmp"), None, str(target))
    assert caught.value.errno == code


def test_errors_of_other_files_stay_as_they_are(tmp_path):
    says = "directory: '/nowhere/x'$"
    with (
        pytest.raises(FileNotFoundError, match=says),
        temporary.telling_of(tmp_path / "m.keras"),
    ):
        os.stat("/nowhere/x")
