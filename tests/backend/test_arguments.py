"""Each argument of each function of ``keras.backend`` matters."""

import re

import pytest
import torch
from influence import Change, Fresh, Subject, cases, check, missing, public_objects

import torchkeras
from torchkeras import activations, config, initializers, ops
from torchkeras import backend as K
from torchkeras.core import scopes
from torchkeras.core.layout import Permuted

_generator = torch.Generator().manual_seed(5)


def t(*shape):
    """Numbers from -2 to 2, no two alike."""
    return torch.rand(shape, generator=_generator) * 4 - 2


X = t(3, 4)
BITS = torch.tensor([[True, False, True], [False, False, True]])
# Of equal lengths, so that channels can stand at either end.
SERIES, IMAGES, VOLUMES = t(2, 4, 4), t(2, 4, 4, 4), t(1, 4, 4, 4, 4)
CHANCES, ONE_HOT = torch.softmax(t(4, 3), -1), torch.eye(3)[[0, 2, 1, 2]]
SHARES, TARGETS = torch.sigmoid(t(4, 3)), (t(4, 3) > 0).float()
LABELS = torch.tensor([0, 2, 1, 2])
STEPS = torch.softmax(t(2, 5, 4), -1)
SPARSE = X.round().to_sparse()
LEAF = t(3).requires_grad_()
GRAPH = torchkeras.Input((3,))


def row(function, base, outcome=lambda result: result, /, **changes):
    """A function, what it is called with, and what each argument is changed to.

    Tensors that aren't mentioned are changed to others.
    """
    others = {
        name: other(value)
        for name, value in base.items()
        if name not in changes and isinstance(value, torch.Tensor)
    }
    return Subject(function, {**others, **changes}, base, outcome)


def other(x):
    """Something unlike ``x`` in every element."""
    if x.dtype is torch.bool:
        return ~x
    return x.flip(tuple(range(x.ndim))) * 0.7 + 0.1 if x.dtype.is_floating_point else x.flip(0)


LAST: list = []


def kept(*values, name="v"):
    """A variable made for each call, which ``left`` looks at after it."""

    def make():
        LAST[:] = [torchkeras.Variable([float(value) for value in values], name=name)]
        return LAST[0]

    return Fresh(make)


def left(result):
    return LAST[0].name, LAST[0].numpy()


def told(made):
    """What can be seen of a variable."""
    options = made.trainable, made.autocast, made.aggregation, made.constraint
    return made.numpy(), made.name, made.device.type, made.parameter.shape, options


def described(made):
    """What can be seen of a symbolic tensor."""
    kinds = made.sparse, made.ragged, made.ragged_rank, made.record_history
    return made.shape, made.dtype, made.name, kinds


def phase(result):
    """The learning phase that a call left, or that holds in the context it gave."""
    try:
        if result is None:
            return K.learning_phase()
        with result:
            return K.learning_phase()
    finally:
        scopes.local.training = None


def path_within(scope):
    with torchkeras.name_scope("a", caller=1), scope:
        return torchkeras.Variable([1.0], name="v").path


def on_numbers(run):
    return run([torch.ones(2, 3)]), run.__name__


def dense(result):
    return result.to_dense()


def convolution(function, x, kernels, **changes):
    """A convolution, whose data are squares or cubes."""
    rank = x.ndim - 2
    two = 2 if rank == 1 else (2,) * rank
    given = {
        "strides": two,
        "padding": "same",
        "data_format": "channels_first",
        "dilation_rate": two,
    }
    return row(function, {"x": x, **kernels}, **{**given, **changes})


def tuple_of_sizes(result):
    return tuple(result.shape)


def pool(function, x):
    first = Change("channels_first", outcome=tuple_of_sizes)
    twos = (2,) * (x.ndim - 2)
    return row(
        function,
        {"x": x, "pool_size": twos},
        **{"pool_size": (3,) * (x.ndim - 2), "strides": twos, "padding": "same"},
        **{"data_format": first, "pool_mode": "avg"},
    )


def counted(x, states):
    """A step that adds up, and constants with it."""
    total = states[0] + x + sum(states[1:])
    return total * 2, [total]


def backwards(x, states):
    return x - states[0], [states[0] * 0.5 + x]


def difference(a, b):
    return a - 2 * b


ON_AXES = {"axis": 0, "keepdims": True}
LOSS = {"target": ONE_HOT, "output": CHANCES}
FOCAL = {"alpha": 0.6, "gamma": 1.0, "from_logits": True}
DRAWN = {"shape": (20,), "seed": 1}
drawing = {"shape": (30,), "dtype": "float64", "seed": 2}
FIRST = Change("channels_first", outcome=tuple_of_sizes)
SEQUENCE = {
    "step_function": counted,
    "inputs": t(2, 3, 4),
    "initial_states": [torch.zeros(2, 4)],
}
HELD = {"mask": torch.tensor([[False, True, False], [True, True, False]])}
CODED = {"y_pred": STEPS, "input_length": torch.tensor([5, 4])}
BEAMS = {"greedy": False, "beam_width": 4}

SUBJECTS = [
    *(
        row(getattr(K, name), {"x": X}, **ON_AXES)
        for name in ("sum", "prod", "mean", "var", "std", "max", "min")
    ),
    row(K.all, {"x": BITS}, x=BITS | True, **ON_AXES),
    row(K.any, {"x": BITS}, x=BITS & False, **ON_AXES),
    *(row(getattr(K, name), {"x": X}, axis=0) for name in ("argmax", "argmin")),
    *(row(getattr(K, name), {"x": X}, axis=1) for name in ("cumsum", "cumprod")),
    *(
        row(getattr(K, name), {"x": X.round(), "y": X.roll(1, 0).round()}, x=X - 1, y=X + 1)
        for name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
    ),
    *(
        row(getattr(K, name), {"x": X, "y": X.roll(1, 0)}, x=X * 9, y=X * 9)
        for name in ("maximum", "minimum")
    ),
    *(
        row(getattr(K, name), {"x": X})
        for name in ("hard_sigmoid", "flatten", "batch_flatten", "eval")
    ),
    row(K.pow, {"x": X.abs(), "a": 2.0}, a=3.0),
    row(K.clip, {"x": X, "min_value": -1.0, "max_value": 1.0}, min_value=-0.1, max_value=0.1),
    row(K.dot, {"x": X, "y": X.T}),
    row(K.batch_dot, {"x": t(2, 3, 3), "y": t(2, 3, 3)}, axes=(1, 1)),
    row(K.l2_normalize, {"x": X}, axis=0),
    row(K.relu, {"x": X}, alpha=0.3, max_value=0.5, threshold=0.4),
    row(K.elu, {"x": X}, alpha=0.3),
    row(K.concatenate, {"tensors": [X, X]}, tensors=[X, X + 1], axis=0),
    row(K.stack, {"x": [X, X]}, x=[X, X + 1], axis=1),
    row(K.expand_dims, {"x": X}, axis=0),
    row(K.squeeze, {"x": t(1, 1, 3), "axis": 0}, axis=(0, 1)),
    row(K.permute_dimensions, {"x": X, "pattern": (0, 1)}, pattern=(1, 0)),
    row(K.repeat, {"x": X, "n": 2}, n=3),
    row(K.repeat_elements, {"x": X, "rep": 2, "axis": 0}, rep=3, axis=1),
    row(K.reverse, {"x": X, "axes": 0}, axes=1),
    row(K.reshape, {"x": X, "shape": (4, 3)}, shape=(2, 6)),
    row(K.tile, {"x": X, "n": (1, 2)}, n=(2, 1)),
    row(K.gather, {"reference": X, "indices": torch.tensor([0, 2])}),
    row(K.one_hot, {"indices": LABELS, "num_classes": 3}, num_classes=4),
    row(K.arange, {"start": 1}, start=3, stop=9, step=Change(2, {"stop": 9}), dtype="int64"),
    row(
        K.constant,
        {"value": 2.0},
        **{"value": 3.0, "dtype": "float64", "shape": (2,)},
    ),
    row(K.eye, {"size": 2}, size=(2, 3), dtype="float64"),
    *(
        row(getattr(K, name), {"x": X}, x=X[:2], dtype="float64")
        for name in ("zeros_like", "ones_like")
    ),
    *(
        row(getattr(K, name), {"shape": (2,)}, told, shape=(3,), dtype="float64", name="other")
        for name in ("zeros", "ones")
    ),
    row(
        K.variable,
        {"value": [1.0]},
        told,
        **{"value": [2.0], "dtype": "float64", "name": "other", "constraint": abs},
    ),
    row(
        K.Variable,
        {"initializer": [[1.0, 2.0, 3.0]]},
        told,
        initializer=[[1.0, 2.0, 4.0]],
        shape=Change((2, 2), {"initializer": initializers.Ones(), "shape": (3,)}),
        dtype="float64",
        trainable=False,
        autocast=False,
        aggregation="mean",
        name="other",
        layout=Permuted((1, 0)),
        device=Change("meta", outcome=lambda made: made.device.type),
    ),
    row(
        K.KerasTensor,
        {"shape": (None, 3)},
        described,
        **{"shape": (2, 3), "dtype": "int32", "sparse": True, "ragged": True, "name": "other"},
        **{"record_history": False, "**options": {"ragged_rank": 1}},
    ),
    row(
        K.placeholder,
        {"shape": (None, 3)},
        lambda made: (made.shape, made.dtype, made.name, made.sparse, made.ragged),
        **{"shape": (2, 3), "ndim": Change(2, {"shape": None}), "dtype": "int32"},
        **{"sparse": True, "name": "other", "ragged": True},
    ),
    row(K.cast_to_floatx, {"x": LABELS}),
    row(K.int_shape, {"x": X}, x=X.T),
    row(K.count_params, {"x": X}, x=X[:2]),
    row(K.batch_get_value, {"tensors": [X]}, tensors=[X + 1]),
    row(K.stop_gradient, {"variables": X}),
    row(K.is_keras_tensor, {"x": X}, x=GRAPH),
    row(K.is_float_dtype, {"dtype": "int32"}, dtype="float16"),
    row(K.is_int_dtype, {"dtype": "int32"}, dtype="float16"),
    row(K.standardize_dtype, {"dtype": "int32"}, dtype="float16"),
    row(K.result_type, {"dtypes": ["int32"]}, dtypes=["int32", "float16"]),
    row(K.is_sparse, {"tensor": X}, tensor=SPARSE),
    row(K.to_dense, {"tensor": SPARSE}, tensor=SPARSE * 2),
    row(K.get_uid, {"prefix": "a"}, prefix=Change("b", outcome=lambda n: (n, K.get_uid("b")))),
    row(
        K.name_scope,
        {"name": "a"},
        path_within,
        **{"name": "b", "caller": 1, "override_parent": "c"},
        deduplicate=Change(False, {"caller": 1}),
    ),
    row(K.learning_phase_scope, {"value": 0}, phase, value=1),
    row(K.set_learning_phase, {"value": 0}, phase, value=1),
    row(
        K.in_train_phase,
        {"x": 1, "alt": 2, "training": True},
        x=3,
        alt=Change(3, {"training": False}),
        training=False,
    ),
    row(
        K.in_test_phase,
        {"x": 1, "alt": 2, "training": False},
        x=3,
        alt=Change(3, {"training": True}),
        training=True,
    ),
    row(
        K.switch,
        {"condition": BITS, "then_expression": t(2, 3), "else_expression": t(2, 3)},
    ),
    row(
        K.map_fn,
        {"fn": torch.sum, "elems": X},
        fn=torch.amax,
        dtype="float64",
    ),
    *(
        row(function, {"fn": difference, "elems": X}, fn=torch.add, initializer=torch.ones(4))
        for function in (K.foldl, K.foldr)
    ),
    row(
        K.function,
        {"inputs": [GRAPH], "outputs": [GRAPH * 2]},
        on_numbers,
        inputs=Change([GRAPH, torchkeras.Input((3,))], raises=ValueError),
        outputs=[GRAPH * 3],
        updates=Change([1], raises=ValueError),
        name="other",
        **{"**options": Change({"options": 1}, raises=ValueError)},
    ),
    row(K.random_normal, DRAWN, **drawing, mean=1.0, stddev=2.0),
    row(K.truncated_normal, DRAWN, **drawing, mean=1.0, stddev=2.0),
    row(K.random_uniform, DRAWN, **drawing, minval=-1.0, maxval=2.0),
    row(K.random_bernoulli, {**DRAWN, "p": 0.4}, **drawing, p=0.8),
    row(
        K.random_normal_variable,
        {**DRAWN, "mean": 0.0, "scale": 1.0},
        told,
        **{**drawing, "mean": 1.0, "scale": 2.0, "name": "other"},
    ),
    row(
        K.random_uniform_variable,
        {**DRAWN, "low": 0.0, "high": 1.0},
        told,
        **{**drawing, "low": -1.0, "high": 2.0, "name": "other"},
    ),
    row(K.dropout, {"x": X, "level": 0.5, "seed": 1}, level=0.1, noise_shape=(3, 1), seed=4),
    convolution(K.conv1d, SERIES, {"kernel": t(2, 4, 5)}),
    convolution(K.conv2d, IMAGES, {"kernel": t(2, 2, 4, 5)}),
    convolution(K.conv3d, VOLUMES, {"kernel": t(2, 2, 2, 4, 5)}),
    convolution(K.depthwise_conv2d, IMAGES, {"depthwise_kernel": t(2, 2, 4, 2)}),
    convolution(
        K.separable_conv2d,
        IMAGES,
        {"depthwise_kernel": t(2, 2, 4, 2), "pointwise_kernel": t(1, 1, 8, 5)},
    ),
    convolution(
        K.conv2d_transpose,
        IMAGES,
        {"kernel": t(2, 2, 5, 4), "output_shape": (2, 5, 5, 5)},
        output_shape=Change((2, 9, 9, 5), {"strides": (2, 2), "output_shape": (2, 8, 8, 5)}),
        strides=Change((2, 2), raises=ValueError),
        padding=Change("same", raises=ValueError),
        data_format="channels_first",
        dilation_rate=Change((2, 2), {"strides": (2, 2), "output_shape": (2, 9, 9, 5)}),
    ),
    row(
        K.local_conv1d,
        {"inputs": SERIES, "kernel": t(3, 8, 5), "kernel_size": (2,), "strides": (1,)},
        kernel_size=Change((3,), raises=ValueError),
        strides=Change((2,), raises=ValueError),
        data_format="channels_first",
    ),
    row(
        K.local_conv2d,
        {
            **{"inputs": IMAGES, "kernel": t(9, 16, 5)},
            **{"kernel_size": (2, 2), "strides": (1, 1), "output_shape": (3, 3)},
        },
        kernel_size=Change((3, 2), raises=ValueError),
        strides=Change((2, 1), raises=ValueError),
        output_shape=(9, 1),
        data_format="channels_first",
    ),
    pool(K.pool2d, t(1, 4, 4, 4)),
    pool(K.pool3d, t(1, 4, 4, 4, 4)),
    row(
        K.bias_add,
        {"x": t(2, 3, 3), "bias": t(3)},
        data_format="channels_first",
    ),
    row(K.temporal_padding, {"x": SERIES}, padding=(0, 2)),
    row(K.spatial_2d_padding, {"x": IMAGES}, padding=((0, 1), (2, 0)), data_format=FIRST),
    row(K.spatial_3d_padding, {"x": VOLUMES}, padding=((0, 1), (2, 0), (1, 0)), data_format=FIRST),
    row(
        K.resize_images,
        {"x": IMAGES, "height_factor": 2, "width_factor": 3, "data_format": "channels_last"},
        **{"height_factor": 1, "width_factor": 1, "interpolation": "bilinear"},
        data_format="channels_first",
    ),
    row(
        K.resize_volumes,
        {
            **{"x": VOLUMES, "depth_factor": 2, "height_factor": 3, "width_factor": 4},
            "data_format": "channels_last",
        },
        **{"depth_factor": 1, "height_factor": 1, "width_factor": 1},
        data_format="channels_first",
    ),
    row(
        K.batch_normalization,
        {"x": t(4, 4), "mean": t(4), "var": t(4).abs(), "beta": t(4), "gamma": t(4)},
        axis=0,
        epsilon=0.5,
    ),
    row(
        K.normalize_batch_in_training,
        {"x": t(4, 4), "gamma": t(4), "beta": t(4), "reduction_axes": [0]},
        reduction_axes=[1],
        epsilon=0.5,
    ),
    row(
        K.binary_crossentropy,
        {"target": TARGETS, "output": SHARES},
        from_logits=True,
        target=1 - TARGETS,
    ),
    row(
        K.binary_focal_crossentropy,
        {"target": TARGETS, "output": SHARES, "apply_class_balancing": True},
        **{**FOCAL, "apply_class_balancing": False, "target": 1 - TARGETS},
    ),
    row(
        K.categorical_crossentropy,
        LOSS,
        from_logits=Change(True, {"output": CHANCES.square()}),
        axis=0,
        target=ONE_HOT.roll(1, 1),
    ),
    row(
        K.categorical_focal_crossentropy,
        LOSS,
        **{**FOCAL, "from_logits": Change(True, {"output": CHANCES.square()})},
        axis=0,
        target=ONE_HOT.roll(1, 1),
    ),
    row(
        K.sparse_categorical_crossentropy,
        {"target": LABELS, "output": CHANCES},
        from_logits=Change(True, {"output": CHANCES.square()}),
        axis=Change(0, {"target": LABELS[:3], "output": CHANCES[:3].square()}),
        ignore_class=2,
    ),
    row(
        K.in_top_k,
        {"predictions": CHANCES, "targets": LABELS, "k": 1},
        k=3,
        predictions=1 - CHANCES,
    ),
    row(
        K.ctc_batch_cost,
        {
            "y_true": torch.tensor([[0, 1], [2, 0]]),
            "y_pred": STEPS,
            "input_length": torch.tensor([[5], [4]]),
            "label_length": torch.tensor([[2], [1]]),
        },
    ),
    row(
        K.ctc_decode,
        CODED,
        input_length=torch.tensor([2, 2]),
        greedy=False,
        beam_width=Change(1, {**BEAMS, "top_paths": 1}),
        top_paths=Change(2, BEAMS),
    ),
    row(
        K.ctc_label_dense_to_sparse,
        {"labels": torch.tensor([[1, 2], [3, 4]]), "label_lengths": torch.tensor([2, 1])},
        dense,
    ),
    row(
        K.rnn,
        SEQUENCE,
        **{"step_function": backwards, "inputs": t(2, 3, 4), "initial_states": [torch.ones(2, 4)]},
        go_backwards=True,
        **HELD,
        constants=[torch.ones(2, 4)],
        time_major=Change(True, {"inputs": t(2, 2, 4)}),
        zero_output_for_mask=Change(True, HELD),
        return_all_outputs=False,
    ),
    *(
        row(
            function,
            {"x": kept(1, 2), name: [3.0, 4.0]},
            left,
            **{"x": kept(5, 6, name="w"), name: [1.0, 1.5]},
        )
        for function, name in (
            (K.update, "new_x"),
            (K.update_add, "increment"),
            (K.update_sub, "decrement"),
            (K.set_value, "value"),
        )
    ),
    row(
        K.moving_average_update,
        {"x": kept(1, 2), "value": [3.0, 4.0], "momentum": 0.5},
        left,
        x=kept(5, 6),
        value=[1.0, 1.5],
        momentum=0.9,
    ),
    row(
        K.batch_set_value,
        {"tuples": Fresh(lambda: [(kept(1, 2).make(), [3.0, 4.0])])},
        left,
        tuples=Fresh(lambda: [(kept(1, 2).make(), [5.0, 4.0])]),
    ),
    row(
        K.gradients,
        {"loss": LEAF.square().sum(), "variables": [LEAF]},
        loss=(LEAF**3).sum(),
        variables=[LEAF, LEAF],
    ),
]
ELSEWHERE = {
    key for room in (activations, config, ops) for key in public_objects(room)
}  # these have tables of their own
STATIC = "accepted for static graphs"
WITHOUT = {
    **{
        (name, "name"): "tensors have no names"
        for name in ("constant", "eye", "zeros_like", "ones_like", "map_fn", "foldl", "foldr")
    },
    ("Variable", "synchronization"): "accepted for tf.distribute",
    ("manual_variable_initialization", "value"): STATIC,
    ("rnn", "unroll"): STATIC,
    ("rnn", "input_length"): STATIC,
    **{("print_tensor", name): "shown below" for name in ("x", "message", "summarize")},
    ("clear_session", "free_memory"): "shown below",
}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_matters(subject, argument):
    check(subject, argument)


def test_no_argument_is_left_out():
    assert not missing([K], SUBJECTS, WITHOUT, ELSEWHERE)


@pytest.mark.parametrize("place", [place for place, why in WITHOUT.items() if why != "shown below"])
def test_an_argument_without_influence_says_so(place):
    name, argument = place
    says = " ".join(getattr(K, name).__doc__.split())
    assert f"``{argument}`` changes nothing" in says or re.search(
        rf"\b{argument}(, \w+)*: Accepted for scripts", says
    )


def test_what_is_printed_depends_on_each_argument(capsys):
    def printed(*arguments, **options):
        K.print_tensor(*arguments, **options)
        return capsys.readouterr().out

    x = torch.arange(9)
    assert printed(x) == " [0 1 2 ... 6 7 8]\n"
    assert printed(x, "x is", summarize=1) == "x is [0 ... 8]\n"
    assert printed(x[:3], summarize=-1) == " [0 1 2]\n"
    assert "KerasTensor" in printed(GRAPH)


def test_clearing_the_session_collects_garbage_unless_told_not_to(monkeypatch):
    runs = []
    monkeypatch.setattr("gc.collect", lambda: runs.append(1))
    K.clear_session(free_memory=False)
    assert not runs
    K.clear_session()
    assert runs
