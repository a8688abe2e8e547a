"""Every kind of input, beside real Keras where that takes it."""

import warnings

import keras as real
import numpy as np
import pandas
import pytest
import scipy.sparse
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset

import torchkeras

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = RNG.normal(size=(50, 1)).astype("float32")
W = RNG.uniform(0.1, 2, 50).astype("float32")
LABELS = RNG.integers(0, 3, 50)
BOTH = pytest.mark.parametrize("keras", [real, torchkeras], ids=["Keras", "ours"])


def regressor(keras, inputs=None):
    inputs = keras.Input((4,)) if inputs is None else inputs
    parts = list(inputs.values()) if isinstance(inputs, dict) else inputs
    hidden = keras.layers.Concatenate()(parts) if isinstance(parts, (list, tuple)) else parts
    outputs = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(0.1))(hidden)
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def trained(keras, *data, inputs=None, **options):
    """History of two epochs."""
    model = regressor(keras, inputs and inputs(keras))
    options = {"epochs": 2, "shuffle": False, "verbose": 0, **options}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*never resized|.*pin_memory")
        return model.fit(*data, **options).history


def assert_as_keras(*data, **options):
    expected, found = trained(real, *data, **options), trained(torchkeras, *data, **options)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    return found


@pytest.fixture(scope="module")
def plain():
    """What arrays give."""
    return trained(torchkeras, X, Y)


def halves(keras):
    return {"left": keras.Input((2,), name="left"), "right": keras.Input((2,), name="right")}


def columns(keras):
    return {name: keras.Input((1,), name=name) for name in "abcd"}


FRAME = pandas.DataFrame(X, columns=list("abcd"))
HALVES = {"left": X[:, :2], "right": X[:, 2:]}
DATA = {
    "float64": (X.astype("float64"), Y.astype("float64")),
    "float16": (X.astype("float16"), Y.astype("float16")),
    "integers": ((X * 9).astype("int32"), LABELS),
    "truth values": (X > 0, Y > 0),
    "tensors": (torch.tensor(X), torch.tensor(Y)),
    "a tensor and an array": (torch.tensor(X), Y),
    "one axis of targets": (X, Y[:, 0]),
    "a frame and a series": (FRAME, pandas.Series(Y[:, 0])),
    "frames": (FRAME, pandas.DataFrame(Y)),
    "csr": (scipy.sparse.csr_matrix(X * (X > 0)), Y),
    "csc": (scipy.sparse.csc_array(X * (X > 0)), Y),
    "coo": (scipy.sparse.coo_matrix(X * (X > 0)), Y),
}
NESTED = {
    "a dict": (halves, HALVES, Y),
    "a dict of frames": (halves, {"left": FRAME[["a", "b"]], "right": FRAME[["c", "d"]]}, Y),
    "a dict of columns": (columns, dict(FRAME), Y),
    "a list": (lambda k: list(halves(k).values()), list(HALVES.values()), Y),
    "a tuple": (lambda k: tuple(halves(k).values()), tuple(HALVES.values()), Y),
    "a list for named inputs": (lambda k: list(halves(k).values()), HALVES, Y),
}


@pytest.mark.parametrize("x, y", DATA.values(), ids=list(DATA))
def test_arrays_of_any_kind_train_as_in_keras(x, y):
    assert_as_keras(x, y)


@pytest.mark.parametrize("inputs, x, y", NESTED.values(), ids=list(NESTED))
def test_structures_of_arrays_train_as_in_keras(inputs, x, y):
    assert_as_keras(x, y, inputs=inputs)


@pytest.mark.parametrize(
    "weight",
    [W, W[:, None], W > 1, LABELS, pandas.Series(W), torch.tensor(W)],
    ids=["one axis", "two axes", "truth values", "integers", "a series", "a tensor"],
)
def test_weights_of_any_kind_count_as_in_keras(weight):
    assert_as_keras(X, Y, sample_weight=weight)


@pytest.mark.parametrize(
    "x, y",
    [
        (FRAME.convert_dtypes(), pandas.Series(Y[:, 0]).astype("Float32")),
        (X.tolist(), Y.tolist()),
        (np.asfortranarray(X), Y[::-1][::-1]),
    ],
    ids=["nullable types", "lists", "strides"],
)
def test_other_forms_of_the_same_numbers_give_the_same(plain, x, y):
    """But for the last bit: where columns lie together, a processor may add in another order."""
    found = trained(torchkeras, x, y)
    assert found.keys() == plain.keys()
    for name, values in plain.items():
        np.testing.assert_allclose(found[name], values, rtol=3e-7)


def test_categories_are_what_they_stand_for():
    frame = FRAME.assign(a=pandas.Categorical(LABELS))
    expected = trained(torchkeras, FRAME.assign(a=LABELS), pandas.Series(LABELS))
    assert trained(torchkeras, frame, pandas.Series(LABELS).astype("category")) == expected


def test_truth_values_among_the_columns_are_numbers():
    expected = trained(torchkeras, FRAME.assign(a=(X[:, 0] > 0).astype("float32")), Y)
    assert trained(torchkeras, FRAME.assign(a=X[:, 0] > 0), Y) == expected
    assert trained(torchkeras, FRAME.assign(a=pandas.array(X[:, 0] > 0)), Y) == expected


def test_a_missing_value_of_a_nullable_type_is_found():
    y = pandas.Series(LABELS, dtype="Int64")
    y[3] = pandas.NA
    with pytest.raises(ValueError, match="NaN in 1 of 50 samples'; .* The first is number 3"):
        trained(torchkeras, X, y)


@pytest.mark.parametrize("kind", [object, "category", "U1"])
def test_targets_of_text_are_refused(kind):
    names = pandas.Series(np.array(list("abc"))[LABELS])
    y = names.to_numpy().astype("U1") if kind == "U1" else names.astype(kind)
    with pytest.raises(TypeError, match=r"fit: y is 'an array of .*; expected numbers\. Turn"):
        trained(torchkeras, X, y)


def test_columns_of_text_and_of_dates_are_refused():
    with pytest.raises(TypeError, match="Turn text into numbers first"):
        trained(torchkeras, FRAME.assign(a="word"), Y)
    dates = pandas.date_range("2020", periods=50)
    for column in (dates, dates - dates[0], dates.to_period("D")):
        with pytest.raises(TypeError, match="column 'a' is .*; expected numbers, truth values"):
            trained(torchkeras, FRAME.assign(a=column), Y)


def test_too_many_inputs_are_refused():
    model = torchkeras.Sequential([torchkeras.Input((4,)), torchkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for call in (model.fit, model.evaluate, model.train_on_batch):
        with pytest.raises(ValueError, match="2 input tensors were given; expected 1"):
            call([X, X], Y)


# Sources of batches.


class Samples(Dataset):
    def __init__(self, form):
        self.form = form

    def __len__(self):
        return 50

    def __getitem__(self, index):
        x, y, w = X[index], Y[index], W[index]
        return {
            "pairs": (x, y),
            "weights": (x, y, w),
            "dicts": ({"left": x[:2], "right": x[2:]}, y),
        }[self.form]


class Stream(IterableDataset):
    def __iter__(self):
        return iter(Samples("pairs"))


def by_tens():
    for start in range(0, 50, 10):
        yield X[start : start + 10], Y[start : start + 10]


@pytest.mark.parametrize("form", ["pairs", "weights", "dicts"])
def test_loaders_train_as_in_keras(form):
    inputs = halves if form == "dicts" else None
    assert_as_keras(DataLoader(Samples(form), 10), inputs=inputs)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # Keras says so after each pass
def test_a_loader_of_unknown_length_trains_as_in_keras():
    assert_as_keras(DataLoader(Stream(), 10))
    assert_as_keras(DataLoader(Stream(), 10), steps_per_epoch=3, epochs=4)


def test_a_loader_with_steps_goes_on_as_in_keras():
    assert_as_keras(DataLoader(Samples("pairs"), 10), steps_per_epoch=2, epochs=2)


def test_a_dataset_is_cut_into_batches(plain):
    assert trained(torchkeras, Samples("pairs")) == plain
    assert trained(torchkeras, Samples("pairs"), batch_size=10) == trained(
        torchkeras, X, Y, batch_size=10
    )


class HuggingFace:
    """What ``datasets`` gives in its torch format: dicts of columns, without torch's base."""

    column_names = ["left", "right", "label"]

    def __len__(self):
        return 50

    def __getitem__(self, index):
        x, y = torch.tensor(X[index]), torch.tensor(Y[index])
        return {"left": x[..., :2], "right": x[..., 2:], "label": y}

    def __getitems__(self, indices):
        return [self[index] for index in indices]

    def __iter__(self):
        return (self[index] for index in range(50))


@pytest.mark.filterwarnings("ignore:.*'label'.* did not match any model input")
def test_a_dataset_of_dicts_is_cut_into_batches_by_itself():
    model = regressor(torchkeras, halves(torchkeras))
    expected = model.predict(HALVES, verbose=0)
    np.testing.assert_allclose(model.predict(HuggingFace(), verbose=0), expected, rtol=1e-6)


class Column:
    """What ``datasets`` gives for the name of a column: rows that are read when asked for."""

    __module__ = "datasets.arrow_dataset"

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


@pytest.mark.parametrize("form", [torch.tensor, np.ndarray.tolist], ids=["torch", "plain"])
def test_columns_of_a_dataset_are_arrays(form):
    x = {name: Column(form(part)) for name, part in HALVES.items()}
    expected = trained(torchkeras, HALVES, Y, inputs=halves)
    assert trained(torchkeras, x, Column(form(Y)), inputs=halves) == expected


def test_columns_of_a_dataset_of_dicts_are_sorted_by_a_collate_function():
    def collate(rows):
        batch = torch.utils.data.default_collate(rows)
        return batch, batch.pop("label")

    found = trained(torchkeras, DataLoader(HuggingFace(), 10, collate_fn=collate), inputs=halves)
    assert found == trained(torchkeras, HALVES, Y, batch_size=10, inputs=halves)


@pytest.mark.parametrize("epochs, steps", [(2, 5), (1, 5), (2, 2), (1, None)])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_generators_train_as_in_keras(epochs, steps):
    expected = trained(real, by_tens(), epochs=epochs, steps_per_epoch=steps)
    found = trained(torchkeras, by_tens(), epochs=epochs, steps_per_epoch=steps)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5)


def test_a_generator_that_ends_early_ends_training():
    with pytest.warns(UserWarning, match="ran out of data after 2 of 3 batches; interrupting"):
        history = trained(torchkeras, by_tens(), steps_per_epoch=3, epochs=4)
    assert len(history["loss"]) == 2


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_steps_limit_what_is_read(method):
    for data, options in (((X, Y), {"batch_size": 10}), ((by_tens(),), {})):
        data = data[:1] if method == "predict" else data
        expected = getattr(regressor(real), method)(*data, steps=2, verbose=0, **options)
        data = (by_tens(),) if len(data) == 1 and not options else data
        found = getattr(regressor(torchkeras), method)(*data, steps=2, verbose=0, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("steps, batch_size", [(7, None), (2, 10), (3, 10), (5, 10)])
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_steps_of_arrays_are_those_of_keras(steps, batch_size):
    assert_as_keras(X, Y, steps_per_epoch=steps, batch_size=batch_size, epochs=4)


@BOTH
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_more_steps_than_there_are_batches_warn(keras):
    with pytest.warns(UserWarning, match="ran out of data"):
        regressor(keras).fit(X, Y, batch_size=10, steps_per_epoch=9, verbose=0)


@pytest.mark.parametrize(
    "options", [{"batch_size": 0}, {"batch_size": 2.5}, {"steps_per_epoch": 0}], ids=str
)
def test_sizes_that_make_no_sense_are_refused(options):
    with pytest.raises(ValueError, match="expected an integer, 1 or more"):
        trained(torchkeras, X, Y, **options)


@BOTH
@pytest.mark.parametrize("argument", ["y", "sample_weight"])
def test_targets_and_weights_beside_a_source_are_refused(keras, argument):
    for source in (by_tens(), DataLoader(Samples("pairs"), 10)):
        with pytest.raises(ValueError, match="When providing `x` as a"):
            trained(keras, source, **{argument: Y})
