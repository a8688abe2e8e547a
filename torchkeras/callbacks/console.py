"""Where progress and messages go: standard output of the chief process, or the log."""

import logging
import sys

from torchkeras.core.settings import settings
from torchkeras.distribution import is_chief

logger = logging.getLogger("torchkeras")


def say(message: str, line_break: bool = True) -> None:
    """Print ``message`` on the chief process, followed by a line break if asked.

    With interactive logging disabled it goes to the logger ``torchkeras`` at level INFO.
    Characters that the output can't encode are replaced.
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
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
