"""Each argument matters: activations, constraints, initializers, regularizers, random."""

import pytest
import torch
from influence import Change, Subject, cases, check, missing, named

from torchkeras import activations, constraints, initializers, random, regularizers

X = torch.tensor([[-3.5, -0.7, 0.3, 0.9], [1.6, -0.2, 4.5, 7.0]])
W = torch.tensor([[0.5, -1.0, 2.0], [3.0, 0.2, -0.4], [0.1, 0.8, 1.5]])
OTHER = {"x": X.flip(1) * 0.8}

AXIS = {"axis": 0}
ACTIVATIONS = {
    "celu": {"alpha": 2.0},
    "elu": {"alpha": 2.0},
    "gelu": {"approximate": True},
    "glu": AXIS,
    "hard_shrink": {"threshold": 0.8},
    "leaky_relu": {"negative_slope": 0.4, "**options": {"alpha": 0.4}},
    "log_softmax": AXIS,
    "relu": {
        "negative_slope": 0.4,
        "max_value": 1.0,
        "threshold": 0.5,
        "alpha": 0.4,
    },
    "soft_shrink": {"threshold": 0.8},
    "softmax": AXIS,
    "sparsemax": AXIS,
    "squareplus": {"b": 1.0},
    "threshold": {"threshold": 1.0, "default_value": 5.0},
}
PLAIN = (
    *(
        "exponential",
        "hard_sigmoid",
        "hard_sigmoid_of_keras_2",
        "hard_silu",
        "hard_tanh",
        "linear",
        "log_sigmoid",
        "mish",
    ),
    *("relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "sparse_plus"),
    *("sparse_sigmoid", "tanh", "tanh_shrink"),
)
NEEDED = {"threshold": {"threshold": 0.5, "default_value": 1.0}}


def on(*data):
    return lambda function: function(*data)


def drawn(shape=(6, 4)):
    return lambda initializer: initializer(shape)


def lookups(room, kind, identifier, other, outcome):
    """``get``, ``serialize`` and ``deserialize`` of a room; two configurations are given."""
    made, changed = room.get(identifier), room.get(other)
    name = identifier["class_name"]

    class Custom(type(made)):
        def __call__(self, *args, **kwargs):
            return 7.0

    return [
        Subject(room.get, {"identifier": other}, {"identifier": identifier}, outcome),
        Subject(room.serialize, {kind: changed}, {kind: made}),
        Subject(
            room.deserialize,
            {"config": other, "custom_objects": {name: Custom}},
            {"config": identifier},
            outcome,
        ),
    ]


def double(x):
    return 2 * x


def config_of(class_name, **config):
    return {"class_name": class_name, "config": config}


of_activations = [
    *(
        Subject(
            getattr(activations, name),
            {**OTHER, **ACTIVATIONS.get(name, {})},
            {"x": X, **NEEDED.get(name, {})},
        )
        for name in (*ACTIVATIONS, *PLAIN)
    ),
    Subject(activations.get, {"identifier": "relu"}, {"identifier": "tanh"}, on(X)),
    Subject(
        activations.serialize, {"activation": activations.relu}, {"activation": activations.tanh}
    ),
    Subject(
        activations.deserialize,
        {
            "config": "relu",
            "custom_objects": {"tanh": double},
            "name": Change("relu", {"config": None}),
        },
        {"config": "tanh"},
        on(X),
    ),
]

of_constraints = [
    Subject(constraints.MaxNorm, {"max_value": 0.5, "axis": 1}, outcome=on(W)),
    Subject(
        constraints.MinMaxNorm,
        {"min_value": 0.9, "max_value": 0.5, "rate": 0.5, "axis": 1},
        outcome=on(W * torch.tensor([0.2, 1.0, 1.0])),
    ),
    Subject(constraints.UnitNorm, AXIS | {"axis": 1}, outcome=on(W)),
    *lookups(
        constraints,
        "constraint",
        config_of("MaxNorm", max_value=1.0),
        config_of("MaxNorm", max_value=0.5),
        on(W),
    ),
]

of_regularizers = [
    Subject(
        regularizers.L1,
        {"l1": 0.5, "**options": {"l": 0.5}},
        outcome=on(W),
    ),
    Subject(regularizers.L1L2, {"l1": 0.5, "l2": 0.5}, outcome=on(W)),
    Subject(
        regularizers.L2,
        {"l2": 0.5, "**options": {"l": 0.5}},
        outcome=on(W),
    ),
    Subject(regularizers.OrthogonalRegularizer, {"factor": 0.5, "mode": "columns"}, outcome=on(W)),
    *lookups(regularizers, "regularizer", config_of("L2", l2=0.1), config_of("L2", l2=0.5), on(W)),
]

axes = {
    "input_axes": Change([0], {"output_axes": [1, 2], "input_axes": [1]}, drawn((2, 3, 5))),
    "output_axes": Change([1], {"input_axes": [0], "output_axes": [2]}, drawn((2, 3, 5))),
}
GIVEN_AXES = {"input_axes": [0], "output_axes": [2]}
# The classes scaled by fan_in only ask that output_axes be given beside input_axes.
axes_of_fan_in = {
    **axes,
    "output_axes": Change(None, GIVEN_AXES, drawn((2, 3, 5)), raises=ValueError),
}
axes_of_scaling = {
    **axes,
    "output_axes": Change([1], {**GIVEN_AXES, "mode": "fan_out"}, drawn((2, 3, 5))),
}
seeded = {"seed": 2}
of_initializers = [
    Subject(initializers.Constant, {"value": 2.0}, outcome=drawn()),
    *(
        Subject(getattr(initializers, name), {**seeded, **axes}, {"seed": 1}, drawn())
        for name in ("GlorotNormal", "GlorotUniform")
    ),
    *(
        Subject(getattr(initializers, name), {**seeded, **axes_of_fan_in}, {"seed": 1}, drawn())
        for name in ("HeNormal", "HeUniform", "LecunNormal", "LecunUniform")
    ),
    Subject(initializers.Identity, {"gain": 2.0}, outcome=drawn()),
    Subject(initializers.Orthogonal, {**seeded, "gain": 2.0}, {"seed": 1}, drawn()),
    *(
        Subject(cls, {**seeded, "mean": 1.0, "stddev": 1.0}, {"seed": 1}, drawn())
        for cls in (initializers.RandomNormal, initializers.TruncatedNormal)
    ),
    Subject(
        initializers.RandomUniform,
        {**seeded, "minval": -1.0, "maxval": 1.0},
        {"seed": 1},
        drawn(),
    ),
    Subject(
        initializers.RandomInitializer,
        {"seed": Change(2, outcome=lambda rule: rule.seed)},
    ),
    Subject(
        initializers.STFT,
        {"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True},
        outcome=drawn((8, 1, 5)),
    ),
    Subject(
        initializers.VarianceScaling,
        {**seeded, **axes_of_scaling, "scale": 2.0, "mode": "fan_out", "distribution": "uniform"},
        {"seed": 1},
        drawn(),
    ),
    Subject(
        initializers.compute_fans,
        {
            "shape": (3, 5),
            "input_axes": Change([0], {"output_axes": [1]}),
            "output_axes": Change([1], {"input_axes": [0]}),
        },
        {"shape": (3, 4, 5)},
    ),
    *lookups(
        initializers,
        "initializer",
        config_of("Constant", value=1.0),
        config_of("Constant", value=2.0),
        drawn(),
    ),
]

drawing = {"shape": (3,), "dtype": "float64", "seed": 2}
SHAPE = {"shape": (20,), "seed": 1}
of_random = [
    Subject(random.beta, {**drawing, "alpha": 3.0, "beta": 4.0}, {**SHAPE, "alpha": 1, "beta": 2}),
    Subject(
        random.binomial,
        {**drawing, "counts": 30, "probabilities": 0.9},
        {**SHAPE, "counts": 9, "probabilities": 0.4},
    ),
    Subject(
        random.categorical,
        {"logits": X.flip(0), "num_samples": 9, "dtype": "int64", "seed": 2},
        {"logits": X, "num_samples": 12, "seed": 1},
    ),
    Subject(
        random.dropout,
        {"inputs": X + 1, "rate": 0.1, "noise_shape": (2, 1), "seed": 7},
        {"inputs": X, "rate": 0.5, "seed": 1},
    ),
    Subject(random.gamma, {**drawing, "alpha": 3.0}, {**SHAPE, "alpha": 1.0}),
    Subject(random.normal, {**drawing, "mean": 1.0, "stddev": 2.0}, SHAPE),
    Subject(
        random.randint,
        {**drawing, "dtype": "int64", "minval": 3, "maxval": 90},
        {**SHAPE, "minval": 0, "maxval": 9},
    ),
    Subject(
        random.shuffle,
        {"x": X.T + 1, "axis": 1, "seed": 2},
        {"x": X.T, "seed": 1},
    ),
    Subject(random.truncated_normal, {**drawing, "mean": 1.0, "stddev": 2.0}, SHAPE),
    Subject(random.uniform, {**drawing, "minval": -1.0, "maxval": 2.0}, SHAPE),
    Subject(
        random.SeedGenerator,
        {"seed": 2, "name": named},
        {"seed": 1},
        lambda generator: generator.next(),
    ),
]

ROOMS = {
    activations: of_activations,
    constraints: of_constraints,
    initializers: of_initializers,
    random: of_random,
    regularizers: of_regularizers,
}
SUBJECTS = [subject for subjects in ROOMS.values() for subject in subjects]
THAT_MAKE = [
    subject
    for subject in of_initializers
    if isinstance(subject.made, type) and subject.made is not initializers.RandomInitializer
]
EITHER = "accepted for tf.keras 2; either form can be read back"
WITHOUT = {
    ("serialize", "use_legacy_format"): EITHER,
    ("deserialize", "use_legacy_format"): EITHER,
    ("bent_relu", "x"): "serves relu, whose arguments they are",
    ("bent_relu", "negative_slope"): "serves relu",
    ("bent_relu", "max_value"): "serves relu",
    ("bent_relu", "threshold"): "serves relu",
}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_matters(subject, argument):
    check(subject, argument)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_no_argument_is_left_out(room):
    assert not missing([room], ROOMS[room], WITHOUT)


@pytest.mark.parametrize("room", [room for room in ROOMS if room is not random])
@pytest.mark.parametrize("name", ["serialize", "deserialize"])
def test_an_argument_without_influence_says_so(room, name):
    says = getattr(room, name).__doc__
    assert "``use_legacy_format`` changes nothing" in says or "use_legacy_format: Accepted" in says


@pytest.mark.parametrize("subject", THAT_MAKE, ids=lambda subject: subject.made.__name__)
def test_shape_and_type_asked_of_an_initializer_matter(subject):
    made = subject.made(**subject.base)
    for shape in (8, 1, 5), (6, 1, 4):
        shape = shape if isinstance(made, initializers.STFT) else shape[::2]
        assert made(shape, dtype="float64").dtype is torch.float64
        assert made(shape).shape == shape


@pytest.mark.parametrize("argument", ["input_axes", "output_axes"])
def test_one_kind_of_axes_alone_is_an_error(argument):
    with pytest.raises(ValueError, match="both kinds of axes or neither"):
        initializers.HeNormal(**{argument: [0]})


def test_a_new_argument_without_a_change_is_noticed():
    class Room:
        __name__ = "room"
        __all__ = ("plain", "grown")

        def plain(x):
            return x

        def grown(x, extra=1):
            return x

    subjects = [Subject(Room.plain, {"x": 1}), Subject(Room.grown, {"x": 1})]
    assert missing([Room], subjects, {}) == ["Room.grown(extra)"]


def test_an_argument_that_changes_nothing_is_noticed():
    def decorated(x, extra=1):
        return x

    with pytest.raises(AssertionError, match="extra is decoration"):
        check(Subject(decorated, {"extra": 2}, {"x": 1}), "extra")
