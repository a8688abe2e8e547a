"""``python -m torchkeras``: see ``torchkeras.cli``."""

import sys

from torchkeras.cli import main

sys.exit(main())
