import keras as real
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.layers.input_spec import assert_input_compatibility

import torchkeras as keras
from torchkeras.layers.input_spec import InputSpec

specs = st.fixed_dictionaries(
    {},
    optional={
        "ndim": st.integers(1, 3),
        "min_ndim": st.integers(1, 3),
        "max_ndim": st.integers(1, 3),
        "axes": st.dictionaries(
            st.sampled_from([-1, 0]), st.sampled_from([None, 2, 3]), max_size=2
        ),
    },
)
shapes = st.lists(st.sampled_from([None, 2, 3]), min_size=1, max_size=3).map(tuple)


@given(specs, shapes)
def test_shapes_fit_where_they_fit_in_keras(options, shape):
    theirs = real.InputSpec(**options)
    try:
        assert_input_compatibility(theirs, real.KerasTensor(shape), "layer")
        fits = True
    except ValueError:
        fits = False
    assert InputSpec(**options).fits(shape) == fits


@given(shapes, shapes)
def test_whole_shapes_fit_where_they_fit_in_keras(wanted, shape):
    options = {"shape": wanted, "allow_last_axis_squeeze": True}
    try:
        assert_input_compatibility(real.InputSpec(**options), real.KerasTensor(shape), "layer")
        fits = True
    except ValueError:
        fits = False
    assert InputSpec(**options).fits(shape) == fits


@pytest.mark.parametrize(
    ("options", "shape", "message"),
    [
        (
            {"ndim": 2},
            (1, 2, 3),
            "expected ndim=2, found ndim=3. Full shape received: \\(1, 2, 3\\)",
        ),
        ({"min_ndim": 2}, (1,), "expected min_ndim=2, found ndim=1"),
        ({"max_ndim": 1}, (1, 2), "expected max_ndim=1, found ndim=2"),
        ({"axes": {-1: 4}}, (1, 2), "expected axis -1 of input shape to have value 4, got 2"),
    ],
)
def test_what_does_not_fit_is_said(options, shape, message):
    with pytest.raises(ValueError, match=message):
        InputSpec(**options).check(shape, "layer")


def test_axes_have_to_be_numbers_in_range():
    with pytest.raises(TypeError, match="axes is"):
        InputSpec(axes={"a": 1})
    with pytest.raises(ValueError, match="axes below 2"):
        InputSpec(ndim=2, axes={2: 1})


def test_it_describes_itself():
    spec = InputSpec(ndim=2, axes={-1: 3})
    assert repr(spec) == "InputSpec(ndim=2, axes={-1: 3})"
    assert InputSpec.from_config(spec.get_config()).axes == spec.axes
    assert keras.InputSpec is InputSpec
