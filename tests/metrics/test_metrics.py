"""Every metric beside Keras's, over streams of batches, weights and masks."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from torchkeras import metrics

# Class, options, kind of data.
CASES = [
    ("Accuracy", {}, "indices"),
    ("BinaryAccuracy", {}, "bits"),
    ("BinaryAccuracy", {"threshold": 0.3}, "steps"),
    ("CategoricalAccuracy", {}, "one_hot"),
    ("SparseCategoricalAccuracy", {}, "classes"),
    ("SparseCategoricalAccuracy", {}, "class_steps"),
    ("TopKCategoricalAccuracy", {"k": 2}, "one_hot"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "classes"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "class_steps"),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "ranked"),
    ("MeanSquaredError", {}, "values"),
    ("RootMeanSquaredError", {}, "values"),
    ("MeanAbsoluteError", {}, "values"),
    ("MeanAbsolutePercentageError", {}, "values"),
    ("MeanSquaredLogarithmicError", {}, "values"),
    ("CosineSimilarity", {}, "values"),
    ("LogCoshError", {}, "values"),
    ("KLDivergence", {}, "bits"),
    ("Poisson", {}, "bits"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "bits"),
    ("BinaryCrossentropy", {"from_logits": True}, "steps"),
    ("CategoricalCrossentropy", {}, "one_hot"),
    ("SparseCategoricalCrossentropy", {}, "classes"),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "ignore_class": 1}, "class_steps"),
    ("Hinge", {}, "bits"),
    ("SquaredHinge", {}, "bits"),
    ("CategoricalHinge", {}, "one_hot"),
    ("PearsonCorrelation", {}, "values"),
    ("ConcordanceCorrelation", {}, "values"),
    ("R2Score", {}, "values"),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 1}, "values"),
    ("R2Score", {"class_aggregation": None}, "values"),
    ("TruePositives", {}, "bits"),
    ("FalsePositives", {"thresholds": [0.2, 0.7]}, "bits"),
    ("TrueNegatives", {"thresholds": [0.7, 0.2, 0.5]}, "bits"),
    ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, "steps"),
    ("Precision", {}, "bits"),
    ("Precision", {"thresholds": [0.1, 0.6]}, "steps"),
    ("Precision", {"top_k": 2}, "one_hot"),
    ("Precision", {"class_id": 1}, "one_hot"),
    ("Recall", {}, "bits"),
    ("Recall", {"top_k": 2, "class_id": 0}, "one_hot"),
    ("SensitivityAtSpecificity", {"specificity": 0.4, "num_thresholds": 20}, "bits"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 1}, "bits"),
    ("PrecisionAtRecall", {"recall": 0.5, "class_id": 2}, "one_hot"),
    ("RecallAtPrecision", {"precision": 0.4}, "bits"),
    ("AUC", {}, "bits"),
    ("AUC", {"curve": "PR", "num_thresholds": 30}, "bits"),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, "bits"),
    ("AUC", {"curve": "PRGAIN", "summation_method": "minoring"}, "bits"),
    ("AUC", {"thresholds": [0.1, 0.6, 0.65]}, "bits"),
    ("AUC", {"multi_label": True}, "bits"),
    ("AUC", {"multi_label": True, "curve": "PR", "label_weights": [0.2, 0.3, 0.5]}, "bits"),
    ("AUC", {"multi_label": True, "num_labels": 3, "thresholds": [0.3, 0.4]}, "bits"),
    ("AUC", {"label_weights": [0.2, 0.3, 0.5]}, "bits"),
    ("AUC", {"from_logits": True}, "bits"),
    ("FBetaScore", {"beta": 2.0}, "one_hot"),
    ("FBetaScore", {"beta": 0.5, "threshold": 0.4, "average": "weighted"}, "one_hot"),
    ("F1Score", {"average": "macro"}, "one_hot"),
    ("F1Score", {"average": "micro"}, "one_hot"),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, "indices"),
    ("MeanIoU", {"num_classes": 3, "ignore_class": 1}, "indices"),
    ("BinaryIoU", {"threshold": 0.4}, "bits"),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1]}, "one_hot"),
    ("OneHotMeanIoU", {"num_classes": 3}, "one_hot"),
]
WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "bincount")
UNMASKED = ("R2", "True", "False", "Precision", "Recall", "Sens", "Spec", "AUC", "F", "IoU")


class NoReading(TorchDispatchMode):
    """Fail on functions that need a tensor's values on the host."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        assert function.__name__.split(".")[0] not in WAITING, f"{function} waits for the device"
        return function(*args, **(kwargs or {}))


def data(kind, random, batch):
    """Labels and predictions of one batch."""
    p = random.uniform(0.01, 0.99, (batch, 3)).astype("float32")
    classes = random.integers(0, 3, batch)
    if kind == "bits":
        return random.integers(0, 2, (batch, 3)).astype("float32"), p
    if kind == "indices":
        return classes, random.integers(0, 3, batch)
    if kind == "one_hot":
        return np.eye(3, dtype="float32")[classes], p
    if kind == "classes":
        return classes[:, None], p / p.sum(-1, keepdims=True)
    if kind == "ranked":
        return classes, np.argsort(p)[:, ::-1].copy()
    if kind == "values":
        return random.normal(size=(batch, 3)).astype("float32"), p * 4 - 2
    steps = random.uniform(0.01, 0.99, (batch, 2, 3)).astype("float32")
    if kind == "class_steps":
        return random.integers(0, 3, (batch, 2)), steps / steps.sum(-1, keepdims=True)
    return random.integers(0, 2, (batch, 2, 3)).astype("float32"), steps


def stream(room, name, options, batches):
    """Results after each batch."""
    metric = getattr(room, name)(**options)
    results = []
    for y_true, y_pred, weight, mask in batches:
        y_pred = torch.tensor(y_pred)
        if mask is not None:
            y_pred._keras_mask = torch.tensor(mask)
            if room is keras.metrics:
                keras.src.backend.set_keras_mask(y_pred, torch.tensor(mask))
        metric.update_state(torch.tensor(y_true), y_pred, sample_weight=weight)
        results.append(keras.ops.convert_to_numpy(metric.result()))
    return metric, results


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
@pytest.mark.filterwarnings("ignore:More independent:UserWarning")
@pytest.mark.filterwarnings("ignore:Division by zero:UserWarning")
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    weighted=st.booleans(),
    masked=st.booleans(),
    seed=st.integers(0, 999),
)
def test_results_after_each_batch_are_those_of_keras(
    name, options, kind, sizes, weighted, masked, seed
):
    random = np.random.default_rng(seed)
    masked = masked and not any(word in name for word in UNMASKED)
    batches = []
    for size in sizes:
        shape = (size, 3) if name == "BinaryIoU" else (size,)
        if kind == "steps" and name in ("Precision", "FalseNegatives"):
            shape = (size, 2)  # Keras has no weights of samples for these
        weight = random.integers(0, 3, shape) if weighted else None
        if weighted and "IoU" not in name:
            weight = weight.astype("float32") * 0.5
        mask = random.integers(0, 2, size).astype(bool) if masked else None
        batches.append((*data(kind, random, size), weight, mask))
    if options.get("ignore_class") == 1 and name.startswith("Sparse"):
        batches = [(y_true, y_pred, None, None) for y_true, y_pred, _, _ in batches]
    ours, results = stream(metrics, name, options, batches)
    theirs, expected = stream(keras.metrics, name, options, batches)
    for result, other in zip(results, expected, strict=True):
        assert result.shape == other.shape
        np.testing.assert_allclose(result, other, rtol=1e-4, atol=1e-5)
    for state, other in zip(ours.variables, theirs.variables, strict=True):
        assert (state.name, state.shape) == (other.name, other.shape)
        assert state.dtype == other.dtype or "IoU" in name  # int32 there
        np.testing.assert_allclose(state.numpy(), other.numpy(), rtol=1e-4, atol=1e-5)
    ours.reset_state()
    assert all(not state.numpy().any() for state in ours.variables)


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
@given(seed=st.integers(0, 99), weighted=st.booleans())
def test_joined_batches_give_the_same_states_where_that_is_promised(
    name, options, kind, seed, weighted
):
    random = np.random.default_rng(seed)
    apart, joined = (getattr(metrics, name)(**options) for _ in range(2))
    if not apart.is_concatenable:
        return
    batches = [data(kind, random, size) for size in (3, 5)]
    weights = [random.integers(0, 3, size) for size in (3, 5)]
    for (y_true, y_pred), weight in zip(batches, weights, strict=True):
        apart.update_state(y_true, y_pred, weight if weighted else None)
    y_true, y_pred = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    joined.update_state(y_true, y_pred, np.concatenate(weights) if weighted else None)
    for first, second in zip(apart.variables, joined.variables, strict=True):
        np.testing.assert_allclose(first.numpy(), second.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_configurations_make_the_same_metric_again(name, options, kind):
    metric = getattr(metrics, name)(**options, name="mine")
    theirs = getattr(keras.metrics, name)(**options, name="mine")
    config, expected = metric.get_config(), theirs.get_config()
    if "label_weights" in options:
        assert np.allclose(expected.pop("label_weights"), config["label_weights"])
    if "IoU" in name:
        assert expected.pop("dtype").startswith("int")  # int64, and int32 in Keras on torch
    # Keras 3 forgets some options (axis); what it writes is the same.
    assert {**config, **expected} == config
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == config
    getattr(keras.metrics, name).from_config(config)
    batches = [(*data(kind, np.random.default_rng(0), 6), None, None)]
    again.update_state(*batches[0][:2])
    _, results = stream(metrics, name, options, batches)
    np.testing.assert_allclose(again.result().numpy(), results[0])


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_updates_never_wait_and_keep_no_graph(name, options, kind):
    metric = getattr(metrics, name)(**options)
    y_true, y_pred = (torch.tensor(x) for x in data(kind, np.random.default_rng(0), 4))
    if y_pred.is_floating_point():
        y_pred.requires_grad_()
    metric.update_state(y_true, y_pred)
    with torch.inference_mode():
        metric.update_state(y_true, y_pred)
    with NoReading():
        metric.update_state(y_true, y_pred)
        metric.update_state(y_true, y_pred, sample_weight=torch.ones(4, dtype=torch.int64))
    assert not any(state.parameter.requires_grad for state in metric.variables)
    assert not any(state.parameter.is_inference() for state in metric.variables)


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_states_first_made_in_inference_mode_can_be_updated_outside(name, options, kind):
    metric = getattr(metrics, name)(**options)
    y_true, y_pred = (torch.tensor(x) for x in data(kind, np.random.default_rng(0), 4))
    with torch.inference_mode():
        metric.update_state(y_true, y_pred)
    metric.reset_state()
    metric.update_state(y_true, y_pred)
