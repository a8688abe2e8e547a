"""Values, statistics, seeds and names of initializers beside Keras's."""

import math

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torchkeras import initializers
from torchkeras.core.seeds import SeedGenerator, set_random_seed

RANDOM = [
    ("RandomNormal", {"mean": 1.0, "stddev": 0.2}),
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("TruncatedNormal", {"mean": 0.5, "stddev": 2.0}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_out", "distribution": "uniform"}),
    ("VarianceScaling", {"scale": 0.5, "mode": "fan_avg", "distribution": "untruncated_normal"}),
    ("VarianceScaling", {"distribution": "normal", "input_axes": [1], "output_axes": [0]}),
    ("GlorotUniform", {}),
    ("GlorotNormal", {}),
    ("HeUniform", {}),
    ("HeNormal", {}),
    ("LecunUniform", {}),
    ("LecunNormal", {}),
]


@pytest.mark.parametrize(("name", "options"), RANDOM)
@pytest.mark.parametrize("shape", [(200, 300), (3, 3, 40, 160)])
def test_draws_have_the_mean_deviation_and_range_of_keras(name, options, shape):
    ours = getattr(initializers, name)(seed=3, **options)(shape).numpy()
    theirs = keras.ops.convert_to_numpy(getattr(keras.initializers, name)(seed=3, **options)(shape))
    error = theirs.std() / math.sqrt(theirs.size)
    assert abs(ours.mean() - theirs.mean()) < 8 * error
    assert ours.std() == pytest.approx(theirs.std(), rel=0.03)
    width = theirs.max() - theirs.min()
    assert ours.max() < theirs.max() + 0.2 * width
    assert ours.min() > theirs.min() - 0.2 * width


@pytest.mark.parametrize(("name", "options"), [*RANDOM, ("Orthogonal", {"gain": 2.0})])
def test_an_instance_repeats_itself_and_its_configuration_repeats_it(name, options):
    rule = getattr(initializers, name)(seed=5, **options)
    theirs = getattr(keras.initializers, name)(seed=5, **options)
    assert torch.equal(rule((4, 6)), rule((4, 6)))
    assert rule.get_config() == theirs.get_config()
    assert initializers.serialize(rule) == keras.initializers.serialize(theirs)
    again = initializers.deserialize(initializers.serialize(rule))
    assert torch.equal(rule((4, 6)), again((4, 6)))
    assert torch.equal(rule((4, 6)), rule.clone()((4, 6)))


def test_unseeded_instances_differ_but_repeat_themselves():
    first, second = initializers.HeNormal(), initializers.HeNormal()
    assert first.get_config()["seed"] is None
    assert torch.equal(first((3, 3)), first((3, 3)))
    assert not torch.equal(first((3, 3)), second((3, 3)))


@pytest.mark.parametrize("seeding", [set_random_seed, torch.manual_seed])
def test_seeding_the_process_fixes_unseeded_instances(seeding):
    seeding(7)
    first = initializers.GlorotUniform()((3, 3))
    seeding(7)
    assert torch.equal(first, initializers.GlorotUniform()((3, 3)))


def test_a_seed_generator_gives_new_values_at_each_call():
    rule = initializers.RandomNormal(seed=SeedGenerator(1))
    assert not torch.equal(rule((3,)), rule((3,)))
    again = initializers.deserialize(initializers.serialize(rule))
    assert isinstance(again.seed, SeedGenerator)


def test_unseeded_initializers_work_within_a_shape_run():
    from torchkeras.core.scopes import shape_run_scope

    with shape_run_scope():
        assert initializers.GlorotUniform()((2, 2)).shape == (2, 2)


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), gain=st.sampled_from([1.0, 0.5]))
def test_orthogonal_has_orthonormal_rows_or_columns(rows, columns, gain):
    matrix = initializers.Orthogonal(gain, seed=2)((rows, columns)).double() / gain
    gram = matrix @ matrix.T if rows < columns else matrix.T @ matrix
    assert torch.allclose(gram, torch.eye(min(rows, columns), dtype=torch.float64), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("Zeros", {}, (2, 3)),
        ("Ones", {}, (4,)),
        ("Constant", {"value": 3}, (2, 2)),
        ("Identity", {"gain": 2.0}, (3, 4)),
        ("STFT", {}, (8, 1, 5)),
        ("STFT", {"side": "imag", "window": "hamming", "periodic": True}, (8, 1, 5)),
        ("STFT", {"window": "boxcar", "scaling": "spectrum"}, (6, 1, 4)),
        ("STFT", {"window": None, "scaling": None}, (6, 1, 4)),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_fixed_values_are_those_of_keras(name, options, shape, dtype):
    ours = getattr(initializers, name)(**options)
    theirs = getattr(keras.initializers, name)(**options)
    if name == "STFT" and dtype == "float16":
        dtype = "float32"  # half precision angles are rounded differently
    values = ours(shape, dtype=dtype)
    assert str(values.dtype) == f"torch.{dtype}"
    expected = keras.ops.convert_to_numpy(theirs(shape, dtype=dtype))
    np.testing.assert_allclose(values.numpy(), expected, rtol=1e-5, atol=1e-6)
    # Keras 3 forgets the gain of Identity; the rest is the same.
    assert ours.get_config() == {**theirs.get_config(), **options}


def test_constant_takes_an_array_and_keeps_it_in_its_configuration():
    rule = initializers.Constant(np.array([1.0, 2.0]))
    again = initializers.deserialize(initializers.serialize(rule))
    assert again((3, 2)).tolist() == [[1.0, 2.0]] * 3


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32"])
def test_draws_come_in_the_type_asked_for(dtype):
    values = initializers.RandomUniform(-5, 5, seed=1)((50,), dtype=dtype)
    assert str(values.dtype) == f"torch.{dtype}"
    assert values.float().abs().max() <= 5
    assert values.float().std() > 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("glorot_uniform", "GlorotUniform"),
        ("GlorotUniform", "GlorotUniform"),
        ("he_normal", "HeNormal"),
        ("normal", "RandomNormal"),
        ("uniform", "RandomUniform"),
        ("zero", "Zeros"),
        ("one", "Ones"),
        ("identity", "Identity"),
        ("OrthogonalInitializer", "Orthogonal"),
        ("stft", "STFT"),
    ],
)
def test_get_knows_the_names_of_both_generations(name, kind):
    assert type(initializers.get(name)).__name__ == kind


def test_get_takes_classes_callables_configurations_and_tensors():
    assert initializers.get(None) is None
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)
    assert isinstance(initializers.get({"class_name": "Ones", "config": {}}), initializers.Ones)
    assert initializers.get(torch.zeros) is torch.zeros
    given = initializers.get(np.arange(3.0))
    assert given((3,), dtype="float32").tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="shape is"):
        given((4,))
    with pytest.raises(ValueError, match=r"GlorotUniform|glorot_uniform"):
        initializers.get("glorot_unifrom")


def test_the_factories_follow_torchs_default_device():
    with torch.device("meta"):
        assert initializers.GlorotUniform(seed=1)((2, 2)).device.type == "meta"
        assert initializers.Zeros()((2, 2)).device.type == "meta"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.VarianceScaling(scale=0.0), "scale is 0.0; expected a positive"),
        (lambda: initializers.VarianceScaling(mode="fan"), "mode is 'fan'"),
        (lambda: initializers.VarianceScaling(distribution="flat"), "distribution is 'flat'"),
        (lambda: initializers.Identity()((2, 2, 2)), "two axes"),
        (lambda: initializers.Orthogonal()((2,)), "at least two-dimensional"),
        (lambda: initializers.STFT(side="left"), "side is 'left'"),
        (lambda: initializers.STFT(scaling="loud"), "scaling is 'loud'"),
        (lambda: initializers.STFT(window="porthole"), "window is 'porthole'"),
        (lambda: initializers.STFT(window=[1.0])((8, 1, 5)), "window is 'of shape"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_kinds_are_named():
    with pytest.raises(TypeError, match="seed is 'x'"):
        initializers.RandomNormal(seed="x")
    with pytest.raises(TypeError, match="__call__"):
        initializers.Initializer()((2,))
