"""What docstring examples find at hand: ``torch``, ``np`` and ``keras`` (this library)."""

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def names_in_docstring_examples(doctest_namespace):
    import torchkeras

    doctest_namespace.update(torch=torch, np=np, keras=torchkeras)
