"""Each row of the ledger in docs/differences.md still shows beside real Keras.

The row ``some-id`` belongs to ``test_some_id``. A row with a star has our side only: there is
nothing to run on the other.
"""

import inspect
import operator
import re
from pathlib import Path

import keras as real
import numpy as np
import pytest
import torch

import torchkeras as ours

LEDGER = Path(__file__).resolve().parents[1] / "docs" / "differences.md"
ROW = re.compile(r"^\| `([a-z0-9-]+)`(\*?) \|", re.MULTILINE)
BOTH = (ours, real)


def array(x):
    return x.detach().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def fails(call, errors=Exception):
    """The error that ``call`` raises, or None."""
    try:
        call()
    except errors as error:
        return error
    return None


def test_each_row_has_its_test_and_each_test_its_row():
    ledger = LEDGER.read_text(encoding="utf-8").split("## Ledger")[1]
    ledger = ledger.split("### Arguments that change nothing")[0]
    rows = [name.replace("-", "_") for name, _ in ROW.findall(ledger)]
    assert len(rows) == len(set(rows))
    helpers = {"each_row_has_its_test_and_each_test_its_row"}
    files = sorted(Path(__file__).parent.glob("test_differences*.py"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    tests = set(re.findall(r"^def test_(\w+)", text, re.MULTILINE)) - helpers
    assert set(rows) == tests


# Layers and models.


def test_constant_training():
    def output(keras):
        inputs = keras.Input((50,))
        model = keras.Model(inputs, keras.layers.Dropout(0.5)(inputs, training=True))
        return array(model(torch.ones(2, 50), training=False))

    assert (output(ours) == 0).any()
    assert not (output(real) == 0).any()


def test_average_pooling_edges():
    x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).reshape(1, 5, 1)
    sides = [array(k.layers.AveragePooling1D(4, 1, padding="same")(x)).flatten() for k in BOTH]
    assert sides[0].tolist() == [2.0, 2.5, 3.5, 4.0, 4.5]  # means of 3, 4, 4, 3 and 2 elements
    assert sides[1].tolist() == [1.75, 2.5, 3.5, 4.25, 4.75]


def test_pool_size_default():
    assert ours.layers.AveragePooling1D().pool_size == (2,)
    assert fails(real.layers.AveragePooling1D, TypeError)


def test_norm_middle_axes():
    x = torch.randn(2, 3, 4)
    assert ours.layers.LayerNormalization(axis=1)(x).mean(1).abs().max() < 1e-6
    assert fails(lambda: real.layers.LayerNormalization(axis=1)(x))


def test_mask_beside_state():
    x = torch.randn(2, 3, 4)
    mask = torch.tensor([[True, True, False], [True, False, False]])

    def moved(keras):
        """Whether the carried mask matters beside an initial state."""
        layer = keras.layers.SimpleRNN(2)
        layer.build((2, 3, 4))
        state = torch.ones(2, 2)
        plain = array(layer(x.clone(), initial_state=state))
        carried = x.clone()
        carried._keras_mask = mask
        return not np.allclose(plain, array(layer(carried, initial_state=state)))

    assert moved(ours)
    assert not moved(real)


def test_time_distributed_penalty():
    def losses(keras):
        layer = keras.layers.TimeDistributed(keras.layers.Dense(2, activity_regularizer="l2"))
        layer(torch.ones(2, 3, 4))
        return layer.losses

    assert len(losses(ours)) == 1
    assert not losses(real)


@pytest.mark.filterwarnings("ignore:.*does not have a `build:UserWarning")
def test_subclass_build():
    def weights(keras):
        class Net(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(2)

            def call(self, x):
                return self.dense(x)

        model = Net()
        model.build((None, 3))
        return len(model.weights)

    assert weights(ours) == 2
    assert weights(real) == 0


def test_built_in_inference_mode():
    for keras in (ours, real):
        layer = keras.layers.Dense(2)
        with torch.inference_mode():
            layer(torch.ones(1, 3))
        assert layer.kernel.value.is_inference() == (keras is real)


def test_torch_members():
    def kind(keras):
        class Holder(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.linear = torch.nn.Linear(2, 2)

        return type(Holder().linear).__name__

    assert kind(ours) == "Linear"
    assert kind(real) == "TorchModuleWrapper"


def test_missing_key():
    def error(keras):
        inputs = {"height": keras.Input((1,), name="height")}
        model = keras.Model(inputs, keras.layers.Dense(1)(inputs["height"]))
        return str(fails(lambda: model({"hieght": torch.ones(2, 1)})))

    assert 'input "height"' in error(ours)
    assert 'Did you mean "hieght"' in error(ours)
    assert "Did you mean" not in error(real)


def test_frozen_when_made():
    for keras, number in ((ours, 2), (real, 8)):
        layer = keras.layers.Bidirectional(keras.layers.GRU(1), trainable=False)
        model = keras.Sequential([keras.Input((3, 2)), layer, keras.layers.Dense(1)])
        assert layer.trainable_weights == []
        assert len(model.trainable_weights) == number


def test_trainable_at_once():
    dense = ours.layers.Dense(1)
    model = ours.Sequential([ours.Input((2,)), dense, ours.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.layers[0].kernel.numpy().copy()
    model.layers[0].trainable = False
    model.train_on_batch(np.ones((2, 2)), np.ones((2, 1)))
    assert (model.layers[0].kernel.numpy() == before).all()


def test_normalized_embedding():
    kinds = [
        k.layers.SpectralNormalization(k.layers.Embedding(4, 3))(torch.tensor([[0, 1]])).dtype
        for k in BOTH
    ]
    assert kinds == [torch.float32, torch.int64]


def test_wrapped_modules_infer():
    for keras, is_dropped in ((ours, False), (real, True)):
        layer = keras.layers.TorchModuleWrapper(torch.nn.Dropout(0.5))
        assert bool((layer(torch.ones(1, 100)) == 0).any()) == is_dropped


def test_foreign_layers():
    for name, arguments in (("JaxLayer", (len,)), ("FlaxLayer", (len,)), ("TFSMLayer", ("m",))):
        messages = [
            str(fails(lambda k=k, n=name, a=arguments: getattr(k.layers, n)(*a))) for k in BOTH
        ]
        assert "TorchModuleWrapper" in messages[0] or "load_model" in messages[0]
        assert "TorchModuleWrapper" not in messages[1]


def test_numbers_of_numpy():
    assert ours.layers.Dense(np.int64(3)).units == 3
    assert fails(lambda: real.layers.Dense(np.int64(3)), ValueError)


# Losses and metrics.


def test_per_sample_weights():
    y_true, y_pred = torch.zeros(4, 4, 1), torch.arange(16.0).reshape(4, 4, 1)
    weight = torch.tensor([1.0, 0.0, 0.0, 0.0])
    first = float((y_pred[0] ** 2).sum() / 16)
    assert float(ours.losses.MeanSquaredError()(y_true, y_pred, weight)) == first
    assert float(real.losses.MeanSquaredError()(y_true, y_pred, weight)) != first


def test_forgotten_keys():
    keys = [set(k.losses.Huber(delta=0.5).get_config()) for k in BOTH]
    assert "delta" in keys[0]
    assert "delta" not in keys[1]


def test_float64_losses():
    kinds = [
        k.losses.MeanSquaredError(dtype="float64")(torch.zeros(2, 1), torch.ones(2, 1)).dtype
        for k in BOTH
    ]
    assert kinds == [torch.float64, torch.float32]


def test_iou_states():
    kinds = [str(k.metrics.MeanIoU(2).variables[0].dtype) for k in BOTH]
    assert kinds == ["int64", "int32"]


def test_wrong_number_of_labels():
    x = torch.ones(4, 3)
    messages = [
        str(fails(lambda k=k: k.metrics.AUC(multi_label=True, num_labels=2)(x, x))) for k in BOTH
    ]
    assert "num_labels=2" in messages[0]
    assert "num_labels" not in messages[1]


def test_counts_in_their_type():
    metrics = [k.metrics.Precision(dtype="float64") for k in BOTH]
    for metric in metrics:
        metric.update_state(np.array([1.0, 0.0]), np.array([0.7, 0.6]))
    assert str(metrics[0].variables[0].dtype) == "float64"
    assert str(metrics[1].variables[0].dtype) == "float32"


def test_class_index_below_zero():
    arguments = (torch.tensor([-100, 1]), torch.tensor([[0.2, 0.8], [0.3, 0.7]]))
    assert fails(lambda: ours.losses.sparse_categorical_crossentropy(*arguments))
    assert not fails(lambda: real.losses.sparse_categorical_crossentropy(*arguments))


def test_metrics_by_name_first():
    assert ours.metrics.Metric("hits").name == "hits"
    assert fails(lambda: real.metrics.Metric("hits"))


def test_loss_reduction_first():
    assert ours.losses.Loss("sum").reduction == "sum"
    assert real.losses.Loss("sum").reduction != "sum"


def test_reduction_auto():
    assert ours.losses.MeanSquaredError(reduction="auto").reduction == "sum_over_batch_size"
    assert fails(lambda: real.losses.MeanSquaredError(reduction="auto"), ValueError)


def test_metric_weights():
    assert ours.metrics.Mean().weights
    assert not hasattr(real.metrics.Mean(), "weights")


def test_axes_of_one_kind():
    assert fails(lambda: ours.initializers.HeNormal(input_axes=[0]), ValueError)
    assert not fails(lambda: real.initializers.HeNormal(input_axes=[0])((2, 3)))


# Optimizers.


def step(optimizer):
    """A variable after some steps."""
    keras = ours if isinstance(optimizer, ours.optimizers.Optimizer) else real
    weight = keras.Variable([1.0, -2.0])
    for gradient in (0.5, 1.0, -0.2):
        optimizer.apply([torch.tensor([gradient, 1.0])], [weight])
    return array(weight.value)


def test_relative_step():
    free, limited = (
        [step(k.optimizers.Adafactor(2.0, relative_step=given)) for k in BOTH]
        for given in (False, True)
    )
    np.testing.assert_allclose(limited[0], limited[1], rtol=1e-5)
    assert not np.allclose(free[0], limited[0])
    assert np.allclose(free[1], limited[1])


@pytest.mark.filterwarnings("ignore:Argument `decay`:UserWarning")
def test_decay_argument():
    plain, decayed = (
        [step(k.optimizers.SGD(0.1, **given)) for k in BOTH] for given in ({}, {"decay": 1.0})
    )
    assert not np.allclose(plain[0], decayed[0])
    assert np.allclose(plain[1], decayed[1])


def test_lr_argument():
    assert float(ours.optimizers.SGD(lr=0.5).learning_rate) == 0.5
    assert fails(lambda: real.optimizers.SGD(lr=0.5), ValueError)


def test_lr_attribute():
    made = [k.optimizers.SGD(0.1) for k in BOTH]
    for optimizer in made:
        optimizer.lr = 0.5
    assert [round(float(optimizer.learning_rate), 6) for optimizer in made] == [0.5, 0.1]


def test_legacy_optimizers():
    assert isinstance(ours.optimizers.legacy.Adam(), ours.optimizers.Adam)
    assert fails(lambda: real.optimizers.legacy.Adam(), (ImportError, AttributeError))


def test_schedule_free():
    sides = [step(k.optimizers.ScheduleFreeAdamW(0.1)) for k in BOTH]
    assert not np.allclose(*sides, rtol=1e-4)


def test_restart_step():
    """At which of the restarts Keras rounds to the end of the period depends on the processor."""
    found = [
        [
            round(float(k.optimizers.schedules.CosineDecayRestarts(1.0, first, t_mul=t)(step)), 3)
            for t, first, step in ((1.5, 4, 10), (1.1, 10, 21), (1.2, 5, 11), (1.2, 10, 22))
        ]
        for k in BOTH
    ]
    assert found[0] == [1.0] * 4
    assert 0.0 in found[1]


# Operations.


def test_wide_matmul():
    x = torch.ones(2, 2, dtype=torch.int64)
    assert ours.ops.matmul(x, x).dtype is torch.int64
    assert real.ops.matmul(x, x).dtype is torch.int32


def test_norm_ops_middle_axes():
    x = torch.randn(2, 3, 4)
    for name in ("layer_normalization", "rms_normalization"):
        assert getattr(ours.ops, name)(x, axis=1).shape == x.shape
        assert fails(lambda name=name: getattr(real.ops, name)(x, axis=1), RuntimeError)


def test_projective_transform():
    image = torch.arange(16.0).reshape(4, 4, 1)
    tilt = torch.tensor([1.0, 0, 0, 0, 1, 0, 0.1, 0])
    sides = [array(k.ops.image.affine_transform(image, tilt)) for k in BOTH]
    assert not np.allclose(sides[0], image)
    assert np.allclose(sides[1], image)


def test_wide_integers():
    x = torch.ones(2, 2, dtype=torch.int64)
    kinds = [array(k.ops.maximum(x, x)).dtype for k in BOTH]
    assert kinds[0] == "int64"
    assert kinds[1] == "int32"


def test_sparsemax_sum():
    x = torch.tensor([[1.0, 0.9, -1.0], [0.3, 0.3, 0.2]])
    sums = [array(k.ops.sparsemax(x)).sum(-1) for k in BOTH]
    assert np.allclose(sums[0], 1.0)
    assert not np.allclose(sums[1], 1.0)


def test_keepdims_of_all():
    shapes = [tuple(k.ops.sum(torch.ones(2, 3), axis=None, keepdims=True).shape) for k in BOTH]
    assert shapes == [(1, 1), ()]


def test_symmetric_padding():
    padded = [k.ops.pad(torch.arange(1.0, 4.0), (2, 2), mode="symmetric") for k in BOTH]
    assert padded[0].tolist() == [2, 1, 1, 2, 3, 3, 2]
    assert padded[1].tolist() == [1, 1, 1, 2, 3, 3, 3]


def test_count_nonzero_axes():
    x = torch.zeros(2, 3, 4)
    shapes = [array(k.ops.count_nonzero(x, axis=1)).shape for k in BOTH]
    assert shapes == [(2, 4), (4, 2)]


def test_nested_keys():
    tree = {"b": {"d": 1, "c": 2}, "a": 3}
    assert ours.tree.flatten(tree) == [3, 2, 1]
    assert real.tree.flatten(tree) == [3, 1, 2]


def test_size_number():
    assert type(ours.ops.size(torch.ones(2, 3))) is int
    assert type(real.ops.size(torch.ones(2, 3))) is not int


def test_bfloat16_numpy():
    x = torch.ones(2, dtype=torch.bfloat16)
    assert ours.ops.convert_to_numpy(x).dtype == "float32"
    assert real.ops.convert_to_numpy(x).dtype != "float32"


def test_crossentropy_of_probabilities():
    logits, label = torch.tensor([[60.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    sides = [
        float(k.losses.categorical_crossentropy(label, k.activations.softmax(logits))) for k in BOTH
    ]
    assert sides[0] == 60.0
    assert sides[1] < 17


# Callbacks.


def watched(keras, **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = keras.callbacks.EarlyStopping("loss", **options)
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def test_nan_is_never_best():
    best = []
    for keras in BOTH:
        callback = watched(keras, patience=9)
        callback.on_epoch_end(0, {"loss": float("nan")})
        callback.on_epoch_end(1, {"loss": 1.0})
        best.append(float(callback.best))
    assert best[0] == 1.0
    assert np.isnan(best[1])


def test_mode_by_ending():
    best = []
    for keras in BOTH:
        callback = watched(keras)
        callback.monitor = "val_my_auc"
        best.append(fails(lambda c=callback: c.on_epoch_end(0, {"val_my_auc": 0.5}), ValueError))
    assert best[0] is None
    assert best[1] is not None


def test_checkpoint_paths():
    assert ours.callbacks.ModelCheckpoint("weights.ckpt", period=2)
    assert fails(lambda: real.callbacks.ModelCheckpoint("weights.ckpt"), ValueError)


def test_unknown_keywords():
    for name in ("ReduceLROnPlateau", "TensorBoard"):
        assert fails(lambda name=name: getattr(ours.callbacks, name)(unknown=1), TypeError)
    assert not fails(lambda: real.callbacks.ReduceLROnPlateau(unknown=1))


def test_history_rate():
    history = ours.callbacks.History()
    history.set_model(ours.Sequential())
    history.on_train_begin()
    history.on_epoch_end(0, {"learning_rate": 0.5})
    assert history.history["lr"] == [0.5]
    other = real.callbacks.History()
    other.set_model(real.Sequential())
    other.on_train_begin()
    other.on_epoch_end(0, {"learning_rate": 0.5})
    assert "lr" not in other.history


# Training.


def compiled(keras, outputs=1):
    inputs = keras.Input((2,))
    made = [keras.layers.Dense(1, name=f"out{i}")(inputs) for i in range(outputs)]
    model = keras.Model(inputs, made if outputs > 1 else made[0])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def test_metrics_for_all_outputs():
    y = np.ones((4, 1))
    logs = compiled(ours, 2).evaluate(np.ones((4, 2)), [y, y], verbose=0, return_dict=True)
    assert {"out0_mae", "out1_mae"} <= set(logs)
    model = compiled(real, 2)
    assert fails(lambda: model.evaluate(np.ones((4, 2)), [y, y], verbose=0), ValueError)


def test_metrics_names():
    for keras, names in ((ours, ["loss", "mae"]), (real, ["loss", "compile_metrics"])):
        model = compiled(keras)
        model.train_on_batch(np.ones((4, 2)), np.ones((4, 1)))
        assert list(model.metrics_names) == names


def test_lists_from_generators():
    def batches():
        while True:
            yield [np.ones((2, 2)), np.ones((2, 1))]

    assert compiled(ours).fit(batches(), steps_per_epoch=1, verbose=0).history["loss"]
    assert fails(lambda: compiled(real).fit(batches(), steps_per_epoch=1, verbose=0))


def test_nan_in_the_data():
    x = np.array([[np.nan, 1.0], [1.0, 1.0]])
    assert "NaN in 1 of 2" in str(fails(lambda: compiled(ours).fit(x, np.ones((2, 1)), verbose=0)))
    assert np.isnan(compiled(real).fit(x, np.ones((2, 1)), verbose=0).history["loss"][0])


def test_plain_iterators():
    def batches():
        return iter([(np.ones((2, 2)), np.ones((2, 1)))])

    assert compiled(ours).fit(batches(), verbose=0).history["loss"]
    assert fails(lambda: compiled(real).fit(batches(), verbose=0), ValueError)


def test_class_weights_of_loaders():
    pairs = torch.utils.data.TensorDataset(torch.ones(4, 2), torch.ones(4, 1))
    loader = torch.utils.data.DataLoader(pairs, batch_size=2)
    options = {"class_weight": {0: 1.0, 1: 2.0}, "verbose": 0}
    assert compiled(ours).fit(loader, **options).history["loss"]
    assert fails(lambda: compiled(real).fit(loader, **options), ValueError)


def test_generator_methods():
    assert hasattr(ours.Model, "fit_generator")
    assert not hasattr(real.Model, "fit_generator")


# Spellings of tf.keras 2.


def test_time_first():
    x = torch.ones(3, 5, 4)
    layer = ours.layers.LSTM(2, time_major=True, return_sequences=True)
    assert layer(x).shape == (3, 5, 2)
    assert fails(lambda: real.layers.LSTM(2, time_major=True), ValueError)
    images = torch.ones(3, 2, 4, 4, 1)
    assert ours.layers.ConvLSTM2D(1, 1, time_major=True)(images).shape == (2, 4, 4, 1)
    assert fails(lambda: real.layers.ConvLSTM2D(1, 1, time_major=True), ValueError)


def test_mask_second():
    x, mask = torch.ones(2, 3, 4), torch.tensor([[True, True, False]] * 2)
    assert ours.layers.SimpleRNN(2)(x, mask).shape == (2, 2)
    assert fails(lambda: real.layers.SimpleRNN(2)(x, mask))


def test_weights_keyword():
    weights = [np.ones((2, 1)), np.ones(1)]
    assert ours.layers.Dense(1, weights=weights)(torch.ones(1, 2)).tolist() == [[3.0]]
    assert fails(lambda: real.layers.Dense(1, weights=weights), ValueError)


def test_batch_input_shape():
    assert ours.layers.Dense(1, batch_input_shape=(2, 3))
    assert fails(lambda: real.layers.Dense(1, batch_input_shape=(2, 3)), ValueError)


def test_to_categorical_y():
    assert ours.utils.to_categorical(y=[0, 1]).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert fails(lambda: real.utils.to_categorical(y=[0, 1]), TypeError)


def test_short_loss_names():
    assert ours.losses.mse is ours.losses.mean_squared_error
    assert not hasattr(real.losses, "mse")


def test_backend_functions():
    assert float(ours.backend.mean(torch.ones(2))) == 1.0
    assert not hasattr(real.backend, "mean")


def test_third_of_compile():
    def keys(keras):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", ["mae"])
        return model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0).history

    assert "mae" in keys(ours)
    assert fails(lambda: keys(real), ValueError)


def test_options_of_fit():
    data, options = (np.ones((2, 2)), np.ones((2, 1))), {"workers": 2, "verbose": 0}
    assert compiled(ours).fit(*data, **options).history["loss"]
    assert fails(lambda: compiled(real).fit(*data, **options), TypeError)


def test_reset_states():
    assert callable(ours.metrics.Mean().reset_states)
    assert not hasattr(real.metrics.Mean(), "reset_states")


def test_weights_paths(tmp_path):
    compiled(ours).save_weights(tmp_path / "first.ckpt")
    compiled(ours).load_weights(tmp_path / "first.ckpt")
    assert fails(lambda: compiled(real).save_weights(tmp_path / "other.ckpt"), ValueError)


def test_names_of_weights():
    made = [k.layers.Layer() for k in BOTH]
    assert made[0].add_weight("scale", shape=(2,)).name == "scale"
    assert fails(lambda: made[1].add_weight("scale", shape=(2,)))


def test_optimizer_name_first():
    assert ours.optimizers.Optimizer("mine").name == "mine"
    assert fails(lambda: real.optimizers.Optimizer("mine"), ValueError)


def test_input_spellings():
    assert ours.layers.InputLayer(input_shape=(3,)).batch_shape == (None, 3)
    assert ours.Input(type_spec=None, shape=(3,)).shape == (None, 3)
    assert fails(lambda: real.Input(type_spec=None, shape=(3,)), TypeError)


def test_sparsemax_gradient():
    x = np.array([[1.0, 0.9, -1.0], [0.3, 0.2, 0.1]], "float32")
    sums = []
    for keras in BOTH:
        tensor = torch.tensor(x, requires_grad=True)
        (keras.ops.sparsemax(tensor) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
        sums.append(tensor.grad.sum(-1))
    # A shift of all scores changes no point of the simplex.
    assert sums[0].abs().max() < 1e-6
    assert sums[1].abs().max() > 0.1


@pytest.mark.filterwarnings("ignore:Using torch.cross without specifying the dim:UserWarning")
def test_cross_of_rows():
    x, y = np.arange(9.0).reshape(3, 3), np.array([[1.0, 2, 4], [3, 1, 5], [2, 2, 1]])
    sides = [array(k.ops.cross(torch.tensor(x), torch.tensor(y))) for k in BOTH]
    assert (sides[0] == np.cross(x, y)).all()
    assert not np.allclose(sides[1], np.cross(x, y))


def test_cumulative_infinities():
    x = torch.tensor([1.0, float("inf"), float("nan"), 2.0])
    for name in ("nancumsum", "nancumprod"):
        sides = [array(getattr(k.ops, name)(x)) for k in BOTH]
        assert sides[0].tolist() == [1.0, np.inf, np.inf, np.inf]
        assert np.isfinite(sides[1][1])


def test_nextafter_type():
    sides = [array(k.ops.nextafter(torch.tensor([1.0]), torch.tensor([2.0]))) for k in BOTH]
    assert sides[0] > 1.0
    assert sides[1] == 1.0


def test_numbers_beside_half():
    x = torch.ones(2, dtype=torch.float16)
    for name in ("arctan2", "hypot", "logaddexp", "logaddexp2"):
        kinds = [getattr(k.ops, name)(x, 2.0).dtype for k in BOTH]
        assert kinds == [torch.float16, torch.float32]


def test_empty_along_an_axis():
    for name in ("max", "min"):
        assert getattr(ours.ops, name)(torch.ones(0, 3), axis=1).shape == (0,)
        assert fails(lambda name=name: getattr(real.ops, name)(torch.ones(0, 3), axis=1))


def test_padding_of_many_axes():
    x, widths = torch.ones(2, 2, 2, 2, 2, 2), ((1, 0),) * 6
    assert ours.ops.pad(x, widths, mode="reflect").shape == (3,) * 6
    assert fails(lambda: real.ops.pad(x, widths, mode="reflect"))


def test_block_inside():
    x = torch.arange(4.0)
    sides = [k.ops.slice(x, (3,), (2,)).tolist() for k in BOTH]
    assert sides == [[2.0, 3.0], [3.0]]


def test_name_of_a_gradient():
    first = [list(inspect.signature(k.optimizers.Adadelta.update_step).parameters)[1] for k in BOTH]
    assert first == ["gradient", "grad"]


def test_gradient_of_another_shape():
    def change(keras):
        weight = keras.Variable(np.ones((2, 2)))
        keras.optimizers.SGD(0.5).apply([torch.ones(2)], [weight])
        return array(weight.value)

    assert fails(lambda: change(ours), ValueError)
    assert change(real).tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_numbers_out_of_range():
    def made(keras):
        return [
            lambda: keras.optimizers.Adam(beta_1=1.5),
            lambda: keras.losses.CategoricalCrossentropy(label_smoothing=2.0),
            lambda: keras.metrics.TopKCategoricalAccuracy(k=0),
            lambda: keras.initializers.RandomNormal(stddev=-1.0),
            lambda: keras.constraints.MaxNorm(-1.0),
        ]

    assert all(fails(call, ValueError) for call in made(ours))
    assert not any(fails(call) for call in made(real))


# Positions and defaults that the generations don't share.

DEFAULTS = [  # where, argument, tf.keras 2's value
    ("losses.MeanSquaredError", "reduction", "auto"),
    ("losses.Loss", "reduction", "auto"),
    ("metrics.KLDivergence", "name", "kullback_leibler_divergence"),
    ("optimizers.Adam", "name", "Adam"),
    ("optimizers.SGD", "name", "SGD"),
    ("optimizers.RMSprop", "ema_overwrite_frequency", 100),
    ("optimizers.Lion", "learning_rate", 0.0001),
    ("optimizers.schedules.CosineDecay", "name", None),
    ("optimizers.schedules.ExponentialDecay", "name", None),
    ("optimizers.schedules.PiecewiseConstantDecay", "name", None),
    ("optimizers.schedules.PolynomialDecay", "name", None),
    ("regularizers.l1_l2", "l1", 0.01),
    ("regularizers.l1_l2", "l2", 0.01),
]


@pytest.mark.parametrize("path, argument, older", DEFAULTS)
def test_defaults_of_keras_3(path, argument, older):
    ours_default, real_default = (
        inspect.signature(operator.attrgetter(path)(keras)).parameters[argument].default
        for keras in BOTH
    )
    assert ours_default == real_default
    assert ours_default != older


def test_return_dict_tenth():
    x, y = np.ones((2, 2)), np.ones((2, 1))
    older = (None, 0, None, None, None, 10, 1, False, True)  # up to return_dict, in tf.keras 2
    assert isinstance(compiled(ours).evaluate(x, y, *older), dict)
    assert fails(lambda: compiled(real).evaluate(x, y, *older), TypeError)


def test_nested_lists():
    rows = [[1.0, 2.0], [3.0, 4.0]]
    assert compiled(ours).predict(rows, verbose=0).shape == (2, 1)
    assert fails(lambda: compiled(real).predict(rows, verbose=0), ValueError)


def test_embedding_options():
    assert ours.layers.Embedding(3, 2, sparse=True, input_length=4)(torch.tensor([0])).shape == (
        1,
        2,
    )
    assert fails(lambda: real.layers.Embedding(3, 2, sparse=True), ValueError)


def test_dynamic_option():
    assert ours.layers.Dense(1, dynamic=True)
    assert fails(lambda: real.layers.Dense(1, dynamic=True), ValueError)


def test_axis_in_a_list():
    assert ours.layers.BatchNormalization(axis=[1])(torch.ones(2, 3)).shape == (2, 3)
    assert fails(lambda: real.layers.BatchNormalization(axis=[1])(torch.ones(2, 3)), TypeError)


def test_relu_alpha():
    assert ours.activations.relu(torch.tensor([-1.0]), alpha=0.5).tolist() == [-0.5]
    assert fails(lambda: real.activations.relu(torch.tensor([-1.0]), alpha=0.5), TypeError)


def test_options_of_compile():
    options = {"sample_weight_mode": None, "pss_evaluation_shards": 0}
    made = [k.Sequential([k.Input((2,)), k.layers.Dense(1)]) for k in BOTH]
    made[0].compile("sgd", "mse", **options)
    assert fails(lambda: made[1].compile("sgd", "mse", **options), TypeError)


def test_options_of_batches():
    data = np.ones((2, 2)), np.ones((2, 1))
    assert compiled(ours).train_on_batch(*data, reset_metrics=True)
    assert fails(lambda: compiled(real).train_on_batch(*data, reset_metrics=True), TypeError)


def test_minimize():
    weight = ours.Variable([1.0])
    ours.optimizers.SGD(0.5).minimize(lambda: 2.0 * weight, [weight])
    assert weight.numpy().tolist() == [0.0]
    assert not hasattr(real.optimizers.SGD(0.5), "minimize")


def test_older_shapes():
    model = compiled(ours)
    assert (model.layers[-1].input_shape, model.layers[-1].output_shape) == ((None, 2), (None, 1))
    assert not hasattr(compiled(real).layers[-1], "output_shape")


def test_older_preprocessing():
    names = ("text.Tokenizer", "sequence.TimeseriesGenerator", "sequence.skipgrams")
    for name in names:
        module, _, attribute = name.partition(".")
        assert hasattr(getattr(ours.preprocessing, module), attribute)
        assert not hasattr(getattr(real.preprocessing, module, None), attribute)


def test_cache_folders():
    for name in ("mnist", "cifar10", "imdb"):
        arguments = [
            inspect.signature(getattr(k.datasets, name).load_data).parameters for k in BOTH
        ]
        assert "cache_dir" in arguments[0]
        assert "cache_dir" not in arguments[1]


def test_save_format(tmp_path):
    compiled(ours).save(tmp_path / "model", save_format="keras")
    assert (tmp_path / "model").is_file()
    assert fails(lambda: compiled(real).save(tmp_path / "other", save_format="keras"), ValueError)


def test_any_h5(tmp_path):
    compiled(ours).save_weights(tmp_path / "mine.h5")
    compiled(ours).load_weights(tmp_path / "mine.h5")
    assert fails(lambda: compiled(real).save_weights(tmp_path / "other.h5"), ValueError)


def test_default_of_a_map():
    later = []
    for keras in BOTH:
        keras.config.set_dtype_policy("mixed_bfloat16")
        policies = keras.dtype_policies.DTypePolicyMap()
        keras.config.set_dtype_policy("float32")
        later.append(policies["dense"].name)
    assert later == ["float32", "mixed_bfloat16"]
