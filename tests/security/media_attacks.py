"""Images, sounds and folders of data that are hostile.

An attack of kind ``"image"``, ``"sound"`` or ``"gzip"`` gives bytes; one of kind ``"data folder"``
a function that writes a folder of files which bear a name.
"""

import gzip
import os
import struct
import zlib

import numpy as np
from security.archive_attacks import deflated_zeros
from security.attacks import attack, attacks_of

# Where sizes are read off the header and pixels are read later.
LAZY = ("load_img",)

# --- Images


def chunk(kind, data):
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"", *more, bits=8, colours=2):
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def packed(size):
    """So many zeros as zlib packs them, but for the checksum."""
    return b"\x78\xda" + deflated_zeros(size) + bytes(4)


def gif(width, height, frames):
    """A GIF of one colour."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def bmp(width, height):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head


def tiff(width, height):
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    entries += [(273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 2**31)]
    fields = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + fields + bytes(4)


_IMAGES = {
    "a PNG of 60000 x 60000 pixels without data": lambda: png(60_000, 60_000),
    "a PNG of 2 billion x 2 billion pixels": lambda: png(2**31 - 1, 2**31 - 1),
    "a PNG that unpacks to 600 MB": lambda: png(20_000, 10_000, packed(600 << 20)),
    "a PNG whose data are longer than its size": lambda: png(1, 1, packed(300 << 20)),
    "a PNG with a text that unpacks to 300 MB": lambda: png(
        1, 1, zlib.compress(bytes(4)), chunk(b"zTXt", b"x\0\0" + packed(300 << 20))
    ),
    "a PNG with a profile that unpacks to 300 MB": lambda: png(
        1, 1, zlib.compress(bytes(4)), chunk(b"iCCP", b"x\0\0" + packed(300 << 20))
    ),
    "a PNG of 16 bits and 30000 x 30000 pixels": lambda: png(30_000, 30_000, bits=16, colours=0),
    "a GIF of 60000 x 60000 pixels": lambda: gif(60_000, 60_000, 1),
    "a GIF of 20000 pictures of 2000 x 2000": lambda: gif(2000, 2000, 20_000),
    "a BMP of 60000 x 60000 pixels": lambda: bmp(60_000, 60_000),
    "a BMP of a negative size": lambda: bmp(-(2**31), -(2**31)),
    "a TIFF of 60000 x 60000 pixels": lambda: tiff(60_000, 60_000),
    "a TIFF of a strip larger than memory": lambda: tiff(4, 4),
    "a PPM of 60000 x 60000 pixels": lambda: b"P6 60000 60000 255\n",
    "an XBM of 60000 x 60000 pixels": lambda: (
        b"#define x_width 60000\n#define x_height 60000\nstatic char x_bits[] = {\n0x00};\n"
    ),
    "PostScript that writes a file": lambda: (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/tmp/hostile) (w) file closefile\n"
    ),
    "half of a PNG": lambda: png(4, 4, zlib.compress(bytes(52)))[:45],
    "an empty file": lambda: b"",
    "a text": lambda: b"<svg onload='x'/>",
}  # fmt: skip
for _told, _make in _IMAGES.items():
    _is_lazy = LAZY if _told.startswith(("a PNG", "a GIF", "a BMP", "a TIFF", "half")) else ()
    if _told.startswith(("a GIF of 20000", "a PNG whose data", "a TIFF of a strip")):
        _is_lazy = ("*",)  # only what is asked for is unpacked
    attack(f"an image that is {_told}", "image", _is_lazy)(lambda place, make=_make: make())


# --- Sounds


def wav(size, channels=1, width=2, rate=8000, data=b"", riff=None):
    frame = channels * width
    lengths = rate * frame % 2**32, frame % 2**16, 8 * width
    form = struct.pack("<HHIIHH", 1, channels, rate, *lengths)
    head = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
    whole = 4 + len(head) + len(data) if riff is None else riff
    return b"RIFF" + struct.pack("<I", whole) + b"WAVE" + head + data


_SOUNDS = {
    "declares 4 GB": lambda: wav(2**32 - 2, data=bytes(100), riff=2**32 - 1),
    "declares 4 GB in a whole of 100 bytes": lambda: wav(2**32 - 2, data=bytes(100)),
    "has 65535 channels": lambda: wav(100, channels=65535, data=bytes(100)),
    "has no channels": lambda: wav(100, channels=0, data=bytes(100)),
    "has samples without bits": lambda: wav(100, width=0, data=bytes(100)),
    "has half a sample": lambda: wav(3, data=bytes(3)),
    "is cut short": lambda: wav(100, data=bytes(100))[:30],
    "is a text": lambda: b"hello",
    "is empty": lambda: b"",
}
for _told, _make in _SOUNDS.items():
    attack(f"a sound that {_told}", "sound", ("*",))(lambda place, make=_make: make())


# --- Folders


@attacks_of("data folder")
def folders(function, place):
    """Enter an attack: the function makes a folder with files that bear a name."""

    def write(folder, name):
        folder.mkdir()
        function(folder, name, place)

    return write


@folders("a folder of data with pipes")
def pipes(folder, name, place):
    os.mkfifo(folder / name)


@folders("a folder of data with folders that bear names of files")
def names(folder, name, place):
    (folder / name).mkdir()


@folders("a folder of data that is linked to from elsewhere")
def linked(folder, name, place):
    (folder / "link").symlink_to(place.outside)
    (place.outside / name).write_text(place.secret.read_text())


@folders("a folder of data that leads in a circle")
def circle(folder, name, place):
    (folder / "again").symlink_to(folder)


@folders("a folder of data with links to nothing")
def nothing(folder, name, place):
    (folder / name).symlink_to("nothing")


# --- Compressed arrays


@attack("an IDX file that unpacks to 2 GB", "gzip")
def packed_idx(place):
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + deflated_zeros(2**31) + bytes(8)


@attack("an IDX file of a billion axes", "gzip")
def idx_axes(place):
    return gzip.compress(b"\0\0\x08\xff" + np.full(255, 255, "u1").tobytes() * 4)


@attack("an IDX file that isn't compressed", "gzip")
def idx_damaged(place):
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(range(100))
