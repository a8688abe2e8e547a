"""Archives that ``get_file`` unpacks, of some kind that leads elsewhere or is larger than it is.

Each attack gives a function that writes one at a path.
"""

import functools
import io
import tarfile
import zipfile
import zlib

from security.archive_attacks import link, packed
from security.attacks import attack

tars = packed(functools.partial(tarfile.open, mode="w:gz"), "download", ("*",))
zipped = packed(functools.partial(zipfile.ZipFile, mode="w"), "download", ("*",))


def add(archive, name, content=b"ran", **attributes):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in attributes.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content) if info.isfile() else None)


for _name in ("../../../outside/written.txt", "a/../../../../outside/written.txt", "/tmp/hostile"):

    @tars(f"CVE-2024-55459 a tar's member called {_name}")
    def tar_named(archive, place, name=_name):
        add(archive, name)


@tars("CVE-2024-55459 a tar's member outside")
def tar_absolute(archive, place):
    add(archive, str(place.target))


@tars("CVE-2026-12482 a tar's link, and a member behind it")
def tar_behind_link(archive, place):
    add(archive, "link", b"", type=tarfile.SYMTYPE, linkname=str(place.outside))
    add(archive, "link/written.txt")


@tars("CVE-2026-12482 a tar's link upwards, and a member behind it")
def tar_behind_relative(archive, place):
    add(archive, "link", b"", type=tarfile.SYMTYPE, linkname="../../../outside")
    add(archive, "link/../written.txt")
    add(archive, "link/written.txt")


@tars("CVE-2026-12482 a tar's hard link elsewhere")
def tar_hard_link(archive, place):
    add(archive, "stolen", b"", type=tarfile.LNKTYPE, linkname=str(place.secret))
    add(archive, "stolen2", b"", type=tarfile.LNKTYPE, linkname="../../../outside/secret.txt")


@tars("CVE-2025-12060 a chain of links longer than a path may be")
def tar_chain(archive, place):
    deep = "d" * 200
    path = ""
    for letter in "abcdefghijklmnop":
        add(archive, f"{path}{deep}", b"", type=tarfile.DIRTYPE)
        add(archive, f"{path}{letter}", b"", type=tarfile.SYMTYPE, linkname=deep)
        path += f"{letter}/"
    up = "../" * 20
    add(archive, f"{path}long", b"", type=tarfile.SYMTYPE, linkname=up)
    add(archive, "escape", b"", type=tarfile.SYMTYPE, linkname=f"{path}long/{up}outside")
    add(archive, "escape/written.txt")


@tars("CVE-2025-12060 links in a circle")
def tar_circle(archive, place):
    add(archive, "a", b"", type=tarfile.SYMTYPE, linkname="b")
    add(archive, "b", b"", type=tarfile.SYMTYPE, linkname="a")
    add(archive, "c", b"", type=tarfile.LNKTYPE, linkname="c")


@tars("CVE-2025-12638 devices and pipes in a tar")
def tar_devices(archive, place):
    add(archive, "pipe", b"", type=tarfile.FIFOTYPE)
    add(archive, "null", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=3)
    add(archive, "disk", b"", type=tarfile.BLKTYPE, devmajor=8, devminor=0)


@tars("CVE-2025-12638 a member that becomes a folder")
def tar_clash(archive, place):
    add(archive, "a")
    add(archive, "a/b")
    add(archive, "a/b/c")


@tars("CVE-2025-12638 a member with rights of the owner")
def tar_rights(archive, place):
    add(archive, "tool", mode=0o6777, uid=0, gid=0)


@tars("CVE-2024-55459 a zip's members that lead elsewhere")
def zip_elsewhere(archive, place):
    path = archive.name
    archive.close()
    with zipfile.ZipFile(path, "w") as new:
        for name in ("../../../outside/written.txt", str(place.target), "a\\..\\..\\x"):
            new.writestr(name, "ran")
        new.writestr(*link("link", str(place.outside)))
        new.writestr("link/written.txt", "ran")


@tars("a tar cut off")
def tar_cut(archive, place):
    add(archive, "a", bytes(100_000))
    archive.close()
    with open(archive.name, "r+b") as file:
        file.truncate(60)


# --- Checked against another folder: CVE-2026-11816


for _told, _name in {
    "is inside of the folder of work": lambda place: str(place.inside / "escaped.txt"),
    "is inside of it from the root": lambda place: str(place.inside / "escaped.txt").lstrip("/"),
    "leads from there to another place": lambda place: "../../../escaped.txt",
    "leads out of the archive's folder": lambda place: "../escaped.txt",
    "leads out and in again": lambda place: "../x/../escaped.txt",
}.items():

    @tars(f"CVE-2026-11816 a tar's member that {_told}")
    def tar_elsewhere(archive, place, name=_name):
        add(archive, name(place))


# --- Names and sizes


@tars("CVE-2025-12060 a member's name longer than names may be", ())
def tar_long(archive, place):
    add(archive, "n" * 300)


@tars("CVE-2025-12060 a member's path longer than paths may be", ())
def tar_deep(archive, place):
    add(archive, "d/" * 3000 + "x")


@tars("CVE-2025-12638 names that a terminal obeys")
def tar_obeyed(archive, place):
    add(archive, "a\x1b[2J\nb")
    add(archive, "../\x1b[2J\nb")


@tars("CVE-2025-12638 a member of 2 ** 60 bytes without data", ())
def tar_sparse(archive, place):
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(2**60),
        "GNU.sparse.map": f"{2**59},512", "GNU.sparse.name": "sparse",
    }  # fmt: skip
    info.size = 512
    archive.addfile(info, io.BytesIO(bytes(512)))


@zipped("CVE-2024-55459 a zip's member for another system's folders")
def zip_windows(archive, place):
    for name in ("C:\\escaped.txt", "C:escaped.txt", "\\\\host\\x", "..\\..\\x", "NUL", "a:b"):
        archive.writestr(name, "ran")


@zipped("CVE-2026-12482 a zip's link upwards, and a member behind it")
def zip_link(archive, place):
    archive.writestr(*link("link", "../../../outside"))
    archive.writestr("link/written.txt", "ran")
    archive.writestr(*link("passwd", str(place.secret)))


def header_bomb(kind):
    """A tar, packed, of a header of 2 GB that comes before a member."""

    def make(place):
        def write(path):
            info = tarfile.TarInfo("x")
            info.type, info.size = kind, 2**31
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            head = packer.compress(info.tobuf(tarfile.GNU_FORMAT)) + packer.flush(zlib.Z_FULL_FLUSH)
            zeros = zlib.compressobj(9, zlib.DEFLATED, -15)
            piece = zeros.compress(bytes(1 << 20)) + zeros.flush(zlib.Z_FULL_FLUSH)
            path.write_bytes(head + piece * 2048 + zeros.flush() + bytes(8))

        return write

    return make


@attack("CVE-2025-12638 a tar of 20 000 members in 47 kB", "download")
def tar_members(place):
    def write(path):
        info = tarfile.TarInfo(".")
        info.type = tarfile.DIRTYPE
        head = info.tobuf(tarfile.GNU_FORMAT)
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        piece = packer.compress(head * 2048) + packer.flush(zlib.Z_FULL_FLUSH)
        again = zlib.compressobj(9, zlib.DEFLATED, -15)
        more = again.compress(head * 2048) + again.flush(zlib.Z_FULL_FLUSH)
        path.write_bytes(piece + more * 9 + again.flush() + bytes(8))

    return write


@attack("CVE-2025-12638 a tar whose map of a sparse file has no end", "download")
def tar_map(place):
    def write(path):
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
        head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
        head[386:482] = b"%011o\0" % 1 * 8
        head[482] = 1  # goes on in the next block
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        more = zlib.compressobj(9, zlib.DEFLATED, -15)
        block = (b"%011o\0" % 1 * 42 + b"\1").ljust(512, b"\0")
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        start = packer.compress(bytes(head)) + packer.flush(zlib.Z_FULL_FLUSH)
        piece = more.compress(block * 2048) + more.flush(zlib.Z_FULL_FLUSH)
        path.write_bytes(start + piece * 1000 + more.flush() + bytes(8))

    return write


for _told, _kind in {
    "names a file": tarfile.GNUTYPE_LONGNAME,
    "names a link": tarfile.GNUTYPE_LONGLINK,
    "tells of a file": tarfile.XHDTYPE,
    "tells of all files": tarfile.XGLTYPE,
}.items():
    attack(f"CVE-2025-12638 a tar whose header that {_told} unpacks to 2 GB", "download")(
        header_bomb(_kind)
    )
