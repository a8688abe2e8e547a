"""The drop-ins bear the names of the oracle, so their tests run in a process of their own.

``test_drop_ins.py`` starts it; there, everything else in this folder is collected.
"""

import os

if os.environ.get("TORCHKERAS_DROP_INS") != "1":
    collect_ignore = ["tensorflow", "tensorflow_datasets", "torchkeras_shim"]
