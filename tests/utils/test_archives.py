import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from torchkeras.utils import archives
from torchkeras.utils.archives import unpack


def tar(path, *members):
    """A tar file of ``(name, text)`` and of ready-made ``TarInfo`` entries."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                name, text = member
                info = tarfile.TarInfo(name)
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
    return path


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def files_below(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()
    }


def test_a_tar_is_unpacked(tmp_path):
    folder = tarfile.TarInfo("a/empty")
    folder.type = tarfile.DIRTYPE
    archive = tar(tmp_path / "x.tgz", ("a/one.txt", "1"), ("two.txt", "2"), folder)
    assert unpack(archive, tmp_path / "out")
    assert files_below(tmp_path / "out") == {"a/one.txt": "1", "two.txt": "2"}
    assert (tmp_path / "out" / "a" / "empty").is_dir()


def test_a_zip_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/one.txt", "1")
    assert unpack(tmp_path / "x.zip", tmp_path / "out")
    assert files_below(tmp_path / "out") == {"a/one.txt": "1"}


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_from_tars_of_any_kind(tmp_path, packing, form):
    name = f"{'d' * 100}/{'e' * 100}/ä.txt"
    with tarfile.open(tmp_path / "x", f"w:{packing}", format=form) as archive:
        for number in range(3):
            info = tarfile.TarInfo(f"{number}/{name}")
            info.size = 1
            archive.addfile(info, io.BytesIO(b"1"))
    assert unpack(tmp_path / "x", tmp_path / "out")
    assert files_below(tmp_path / "out") == {f"{number}/{name}": "1" for number in range(3)}


def test_other_files_and_kinds_are_left_alone(tmp_path):
    (tmp_path / "x").write_text("no archive")
    assert not unpack(tmp_path / "x", tmp_path / "out")
    archive = tar(tmp_path / "x.tgz", ("one.txt", "1"))
    assert not unpack(archive, tmp_path / "out", kinds=("zip",))
    assert not (tmp_path / "out").exists()


HOSTILE = {
    "parent": [("../evil", "x")],
    "deep parent": [("a/../../evil", "x")],
    "absolute": [("/tmp/evil-of-a-test", "x")],
    "windows": [("..\\evil", "x")],
    "windows drive": [("C:\\evil", "x")],
    "link out": [link("out", "/"), ("out/evil", "x")],
    "link up": [link("up", ".."), ("up/evil", "x")],
    "chain of links": [link("a", "."), link("a/b", ".."), ("a/b/evil", "x")],
    "hard link out": [link("passwd", "/etc/passwd", tarfile.LNKTYPE)],
    "hard link up": [link("up", "../evil", tarfile.LNKTYPE)],
    "link then name through it": [link("l", "../.."), ("l/../evil", "x")],
    "link to itself": [link("loop", "loop")],
    "fifo": [link("pipe", "", tarfile.FIFOTYPE)],
    "device": [link("null", "", tarfile.CHRTYPE)],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("cwd", ["/", None])
def test_nothing_is_written_elsewhere_nor_linked(tmp_path, monkeypatch, members, cwd):
    monkeypatch.chdir(cwd or tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    archive = tar(tmp_path / "x.tgz", ("good.txt", "1"), *members)
    with pytest.warns(UserWarning, match="Skipping invalid path during archive extraction"):
        unpack(archive, inner / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"x.tgz", "inner"}
    assert {path.name for path in inner.iterdir()} == {"out"}
    assert not Path("/tmp/evil-of-a-test").exists()
    assert files_below(inner / "out")["good.txt"] == "1"
    kinds = {stat.S_IFMT(os.lstat(path).st_mode) for path in (inner / "out").rglob("*")}
    assert kinds <= {stat.S_IFREG, stat.S_IFDIR}


def test_a_link_within_the_archive_becomes_a_copy(tmp_path):
    archive = tar(
        tmp_path / "x.tgz",
        ("a/one.txt", "1"),
        link("a/two.txt", "one.txt"),
        link("three.txt", "a/one.txt", tarfile.LNKTYPE),
    )
    unpack(archive, tmp_path / "out")
    assert files_below(tmp_path / "out") == {"a/one.txt": "1", "a/two.txt": "1", "three.txt": "1"}


def test_links_in_a_zip_are_left_out(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr("../evil", "x")
    with pytest.warns(UserWarning, match="Skipping invalid path"):
        unpack(tmp_path / "x.zip", tmp_path / "out")
    assert files_below(tmp_path / "out") == {}
    assert not (tmp_path / "evil").exists()


def test_a_bomb_is_refused_and_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FREE_BYTES", 1000)
    monkeypatch.setattr(archives, "MAX_RATIO", 2)
    archive = tar(tmp_path / "x.tgz", ("big", "0" * 10**6))
    with pytest.raises(ValueError, match="unpacks to more than 2 times its size"):
        unpack(archive, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"x.tgz"}


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_headers_longer_than_names_need_be_are_refused(tmp_path, form):
    with tarfile.open(tmp_path / "x.tgz", "w:gz", format=form) as archive:
        archive.addfile(tarfile.TarInfo("a"))
        archive.addfile(tarfile.TarInfo("n" * (archives.HEADER_BYTES + 1)))
    with pytest.raises(ValueError, match="a header of more than"):
        unpack(tmp_path / "x.tgz", tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"x.tgz"}


def test_more_members_than_an_archive_has_room_for_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FREE_MEMBERS", 10)
    archive = tar(tmp_path / "x.tgz", *[("a", "")] * 1000)
    with pytest.raises(ValueError, match="more than .* members"):
        unpack(archive, tmp_path / "out")


def test_a_name_longer_than_names_may_be_is_an_error_that_says_so(tmp_path):
    archive = tar(tmp_path / "x.tgz", ("n" * 300, "1"))
    with pytest.raises(ValueError, match=r"'nnnn.*longer than names may be"):
        unpack(archive, tmp_path / "out")
