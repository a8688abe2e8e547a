"""What a pickle declares, looked at before Python's unpickler makes room for it.

The unpickler keeps a list as long as the highest number that a pickle gives to an object: seven
bytes can ask for all memory. Strings are made as long as they say before they are read.
"""

import pickle
import pickletools
import re

_STOP = b"."
_NUMBERED = b"r"  # a number of 4 bytes for what was just made; that of "p" is written in digits
_NUMBERED_IN_DIGITS = b"p"
_MOST_AT_ONCE = 2000  # operations; what a pattern has matched takes memory until it ends


def _groups() -> tuple[dict[int, bytes], dict[int, tuple[int, bool]], dict[int, int]]:
    """Operations by the bytes behind them; widths and signs of lengths; numbers of lines."""
    of_width: dict[int, bytes] = {}
    of_length: dict[int, tuple[int, bool]] = {}
    of_lines: dict[int, int] = {}
    lengths = {
        pickletools.TAKEN_FROM_ARGUMENT1: (1, False),
        pickletools.TAKEN_FROM_ARGUMENT4: (4, True),
        pickletools.TAKEN_FROM_ARGUMENT4U: (4, False),
        pickletools.TAKEN_FROM_ARGUMENT8U: (8, False),
    }
    for operation in pickletools.opcodes:
        code = operation.code.encode("latin1")
        width = operation.arg.n if operation.arg is not None else 0
        if width >= 0 and code not in (_STOP, _NUMBERED):
            of_width[width] = of_width.get(width, b"") + code
        elif width in lengths:
            of_length[code[0]] = lengths[width]
        elif width == pickletools.UP_TO_NEWLINE:
            of_lines[code[0]] = 1 + (operation.arg is pickletools.stringnl_noescape_pair)
    return of_width, of_length, of_lines


_OF_WIDTH, _OF_LENGTH, _OF_LINES = _groups()
_PLAIN = re.compile(
    b"(?s:%s){1,%d}"
    % (
        b"|".join(b"[%s].{%d}" % (re.escape(codes), width) for width, codes in _OF_WIDTH.items()),
        _MOST_AT_ONCE,
    )
)


def check(content: bytes) -> None:
    """Look through a pickle's operations, up to its end.

    Raises:
        pickle.UnpicklingError: it declares more than it holds, or ends too early.
    """
    position = 0
    while True:
        while run := _PLAIN.match(content, position):
            position = run.end()
        code = content[position : position + 1]
        position += 1
        if code == _STOP:
            return
        if code == _NUMBERED:
            _check_number(int.from_bytes(_part(content, position, 4), "little"), content)
            position += 4
        elif code and code[0] in _OF_LENGTH:
            width, is_signed = _OF_LENGTH[code[0]]
            octets = _part(content, position, width)
            length = int.from_bytes(octets, "little", signed=is_signed)
            _check_length(content, position + width, length)
            position += width + length
        elif code and code[0] in _OF_LINES:
            for _ in range(_OF_LINES[code[0]]):
                end = content.find(b"\n", position)
                if end < 0:
                    raise _refuse("ends too early")
                if code == _NUMBERED_IN_DIGITS:
                    _check_number(_digits(content[position:end]), content)
                position = end + 1
        else:
            raise _refuse(f"has no operation {code!r}" if code else "ends too early")


def _part(content: bytes, position: int, length: int) -> bytes:
    _check_length(content, position, length)
    return content[position : position + length]


def _check_length(content: bytes, position: int, length: int) -> None:
    if not 0 <= length <= len(content) - position:
        raise _refuse(f"declares {length} bytes and holds {max(0, len(content) - position)}")


def _digits(text: bytes) -> int:
    if not text.strip().isdigit() or len(text) > 20:
        raise _refuse(f"numbers an object {text[:20]!r}")
    return int(text)


def _check_number(number: int, content: bytes) -> None:
    if number > len(content):
        raise _refuse(f"numbers an object {number} in {len(content)} bytes")


def _refuse(what: str) -> pickle.UnpicklingError:
    return pickle.UnpicklingError(f"A data set is damaged (its pickle {what}).")
