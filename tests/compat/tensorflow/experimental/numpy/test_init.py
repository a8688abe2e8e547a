"""NumPy's functions on tensors."""

import numpy as np
import pytest
import tensorflow.experimental.numpy as tnp

CASES = [
    ("ones", ((2, 3),)), ("zeros", (2,)), ("full", ((2,), 3)), ("eye", (2, 3, 1)),
    ("identity", (2,)), ("arange", (3,)), ("arange", (1.0, 2.0, 0.5)), ("linspace", (0, 1, 3)),
    ("array", ([1, 2],)), ("asarray", ([[1.5]],)), ("copy", (np.ones(2, "float32"),)),
    ("sum", ([1.0, 2.0],)), ("sqrt", ([4.0],)), ("maximum", ([1.0, 2.0], 1.5)), ("exp", (1.0,)),
    ("expand_dims", ([1, 2], 0)), ("square", ([3],)), ("add", ([1.0], 2.0)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_values_and_types_are_numpys(name, arguments):
    expected, found = getattr(np, name)(*arguments), getattr(tnp, name)(*arguments).numpy()
    np.testing.assert_allclose(found, expected)
    assert found.dtype == np.asarray(expected).dtype


def test_names_and_constants():
    tnp.experimental_enable_numpy_behavior()
    assert tnp.newaxis is None
    assert tnp.array(3, ndmin=2).shape == (1, 1)
    assert isinstance(tnp.concatenate([tnp.ones(1), tnp.zeros(2)]), tnp.ndarray)
    assert tnp.array([1], dtype=tnp.float32).dtype == tnp.float32
    with pytest.raises(AttributeError, match="sqrtt"):
        tnp.sqrtt  # noqa: B018
