"""Where progress and messages go: standard output of the chief process, or the log."""

import logging
import sys

from torchkeras.core.settings import settings
from torchkeras.distribution import is_chief

logger = logging.getLogger("torchkeras")
# What stands for the lines of tables and bars where there is ASCII only, as in Keras.
ASCII = str.maketrans("┏┓└┘┳┴━─┡┩├┤┃│╇┼…", "++++--=-||||||++.")


def say(message: str, line_break: bool = True) -> None:
    """Print ``message`` on the chief process, followed by a line break if asked.

    With interactive logging disabled it goes to the logger ``torchkeras`` at level INFO.
    Characters that the output can't encode are replaced: lines by dashes, others by ``?``.
    """
    if not is_chief():
        return
    if not settings.interactive_logging:
        logger.info(message)
        return
    text = message + "\n" if line_break else message
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(_in_ascii(text).encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _in_ascii(text: str) -> str:
    """``text`` with its lines drawn in ASCII: ``=`` in bars, ``-`` in tables."""
    lines = text.split("\n")
    tables = [line.replace("━", "─") if line[:1] in ("┏", "┡") else line for line in lines]
    return "\n".join(tables).translate(ASCII)
