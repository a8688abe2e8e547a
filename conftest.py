"""What docstring examples find at hand, and the suite under TensorFlow's semantics.

``TORCHKERAS_SEMANTICS=tensorflow`` runs the suite with what the command ``run`` does to torch's
tensors, except that gradients stay on and real Keras stays the oracle.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import torchkeras

if os.environ.get("TORCHKERAS_SEMANTICS") == "tensorflow":
    sys.path.insert(0, str(Path(__file__).parent / "compat"))
    from torchkeras_shim import semantics

    semantics.install(gradients=True)
    del sys.path[0]


@pytest.fixture(autouse=True, scope="session")
def names_in_docstring_examples(doctest_namespace):
    """``torch``, ``np`` and ``keras`` (this library)."""
    doctest_namespace.update(torch=torch, np=np, keras=torchkeras)
