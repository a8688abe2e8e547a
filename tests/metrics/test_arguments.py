"""Each argument of each metric matters."""

import pytest
import torch
from influence import Change, Fresh, Subject, cases, check, missing, named, public_objects
from methods import Method, missing_methods

from torchkeras import losses, metrics

LABELS = torch.tensor([0, 2, 1, 2])
ONE_HOT = torch.nn.functional.one_hot(LABELS, 3).float()
LOGITS = torch.tensor([[0.2, -1.0, 0.4], [1.5, 0.1, 0.3], [-0.6, 0.2, 0.9], [0.7, 0.6, -2.0]])
CHANCES = torch.softmax(LOGITS, -1)
BITS = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
SHARES = torch.sigmoid(LOGITS)
GUESSES = torch.tensor([0, 1, 1, 2])

CLASSES, BINARY = (ONE_HOT, CHANCES), (BITS, SHARES)
NUMBERED, GUESSED = (LABELS, CHANCES), (LABELS, GUESSES)


def on(*data):
    """A metric's result for data, and the states it came from."""

    def outcome(metric):
        return metric(*data), [variable.tensor for variable in metric.variables]

    return outcome


def dtype_of(metric):
    return metric.dtype


# Changes and data of each class; the changes of name and type are added.
counts = {"thresholds": 0.2}
decisions = {**counts, "top_k": 1, "class_id": 1}
trade_off = {"num_thresholds": 3, "class_id": 1}
regions = {
    "ignore_class": 2,
    "sparse_y_true": Change(False, outcome=on(LABELS[:, None], GUESSES)),
    "sparse_y_pred": Change(False, outcome=on(LABELS, GUESSES[:, None])),
}
BOTH_ONE_HOT = {"sparse_y_true": False, "sparse_y_pred": False}
ALONG_ROWS = Change(0, outcome=on(ONE_HOT[:3], CHANCES[:3]))
COUNTS = ("FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives")
OWN = {
    "AUC": (
        {
            "num_thresholds": 3,
            "curve": "PR",
            "summation_method": Change("majoring", {"num_thresholds": 4}),
            "thresholds": [0.4],
            "multi_label": True,
            "num_labels": Change(2, {"multi_label": True}, raises=ValueError),
            "label_weights": Change([1.0, 2.0, 5.0], {"multi_label": True}),
            "from_logits": Change(True, outcome=on(BITS, SHARES + 0.3)),
        },
        BINARY,
    ),
    "Accuracy": ({}, GUESSED),
    "BinaryAccuracy": ({"threshold": 0.7}, BINARY),
    "BinaryCrossentropy": ({"from_logits": True, "label_smoothing": 0.2}, BINARY),
    "BinaryIoU": ({"target_class_ids": (1,), "threshold": 0.7}, BINARY),
    "CategoricalCrossentropy": (
        {
            "from_logits": Change(True, outcome=on(ONE_HOT, LOGITS.abs() + 0.1)),
            "label_smoothing": 0.2,
            "axis": Change(0, outcome=on(ONE_HOT, CHANCES.square())),
        },
        CLASSES,
    ),
    "ConcordanceCorrelation": ({"axis": 0}, CLASSES),
    "CosineSimilarity": ({"axis": 0}, CLASSES),
    "F1Score": ({"average": "macro", "threshold": 0.6}, BINARY),
    "FBetaScore": ({"average": "macro", "beta": 2.0, "threshold": 0.6}, BINARY),
    **dict.fromkeys(
        ("FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives"), (counts, BINARY)
    ),
    "IoU": ({**regions, "num_classes": 4, "target_class_ids": [1]}, GUESSED),
    "MeanIoU": ({**regions, "num_classes": 4}, GUESSED),
    "OneHotIoU": (
        {
            "num_classes": 4,
            "target_class_ids": Change([2], outcome=on(ONE_HOT, ONE_HOT[[0, 1, 0, 1]])),
            "ignore_class": 2,
            "sparse_y_pred": Change(True, outcome=on(ONE_HOT, GUESSES[:, None])),
        },
        CLASSES,
    ),
    "OneHotMeanIoU": (
        {
            "num_classes": 4,
            "ignore_class": 2,
            "sparse_y_pred": Change(True, outcome=on(ONE_HOT, GUESSES[:, None])),
        },
        CLASSES,
    ),
    "Mean": ({}, (LOGITS,)),
    "MeanTensor": ({"shape": Change((2, 2), raises=ValueError)}, (LOGITS,)),
    "MeanRelativeError": ({"normalizer": [1.0, 3.0, 2.0]}, CLASSES),
    "PearsonCorrelation": ({"axis": 0}, CLASSES),
    "Precision": (decisions, BINARY),
    "PrecisionAtRecall": ({**trade_off, "recall": 0.9}, BINARY),
    "R2Score": ({"class_aggregation": None, "num_regressors": 2}, CLASSES),
    "Recall": (decisions, BINARY),
    "RecallAtPrecision": ({**trade_off, "precision": 0.9}, BINARY),
    "SensitivityAtSpecificity": ({**trade_off, "specificity": 0.9}, BINARY),
    "SpecificityAtSensitivity": ({**trade_off, "sensitivity": 0.9}, BINARY),
    "SparseCategoricalAccuracy": ({}, NUMBERED),
    "SparseCategoricalCrossentropy": (
        {
            "from_logits": Change(True, outcome=on(LABELS, LOGITS.abs() + 0.1)),
            "ignore_class": 2,
            "axis": Change(0, outcome=on(LABELS[:3], CHANCES[:3].square())),
        },
        NUMBERED,
    ),
    "SparseTopKCategoricalAccuracy": (
        {"k": 1, "from_sorted_ids": Change(True, {"k": 2}, outcome=on(LABELS, CHANCES))},
        NUMBERED,
    ),
    "Sum": ({}, (LOGITS,)),
    "TopKCategoricalAccuracy": ({"k": 1}, CLASSES),
}
for name in ("IoU", "MeanIoU"):
    OWN[name][0]["axis"] = Change(0, BOTH_ONE_HOT, ALONG_ROWS.outcome)
for name in ("OneHotIoU", "OneHotMeanIoU"):
    OWN[name][0]["axis"] = ALONG_ROWS
# What can't be left out of a call.
NEEDED = {
    "IoU": {"num_classes": 3, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 3},
    "MeanRelativeError": {"normalizer": [1.0, 1.0, 1.0]},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.3},
    "RecallAtPrecision": {"precision": 0.3},
    "SensitivityAtSpecificity": {"specificity": 0.3},
    "SpecificityAtSensitivity": {"sensitivity": 0.3},
    "SparseTopKCategoricalAccuracy": {"k": 2},
    "TopKCategoricalAccuracy": {"k": 2},
}
BASES = ("MeanMetricWrapper", "Metric")
CLASS_NAMES = [
    name
    for name, value in public_objects(metrics).values()
    if isinstance(value, type) and name not in BASES
]


def metric_subject(name):
    changes, data = OWN.get(name, ({}, CLASSES))
    changes = {"name": named, "dtype": "float64", **changes}
    return Subject(getattr(metrics, name), changes, NEEDED.get(name, {}), on(*data))


def function_subject(function, data, **own):
    """A function; its predictions are changed with its own arguments at their defaults."""
    changes = {"y_true": data[0].roll(1, 0), "y_pred": data[1].roll(1, -1), **own}
    return Subject(function, changes, {"y_true": data[0], "y_pred": data[1]})


def halves(y_true, y_pred, factor=0.5):
    return losses.mean_absolute_error(y_true, y_pred) * factor


SCORES = torch.tensor([[2.0, 1.0, 0.0, 3.0], [0.0, 3.0, 1.0, 2.0]])
SUBJECTS = [
    *(metric_subject(name) for name in CLASS_NAMES),
    function_subject(metrics.binary_accuracy, BINARY, threshold=0.7),
    function_subject(
        metrics.binary_crossentropy, BINARY, from_logits=True, label_smoothing=0.1, axis=0
    ),
    function_subject(metrics.categorical_accuracy, CLASSES),
    function_subject(
        metrics.categorical_crossentropy,
        CLASSES,
        from_logits=Change(True, {"y_pred": LOGITS.abs() + 0.1}),
        label_smoothing=0.1,
        axis=0,
    ),
    function_subject(metrics.cosine_similarity, CLASSES, axis=0),
    function_subject(metrics.concordance_correlation, CLASSES, axis=0),
    function_subject(metrics.pearson_correlation, CLASSES, axis=0),
    function_subject(metrics.sparse_categorical_accuracy, NUMBERED),
    function_subject(
        metrics.sparse_categorical_crossentropy,
        NUMBERED,
        from_logits=Change(True, {"y_pred": LOGITS.abs() + 0.1}),
        ignore_class=2,
        axis=Change(0, {"y_true": LABELS[:3], "y_pred": CHANCES[:3].square()}),
    ),
    Subject(
        metrics.sparse_top_k_categorical_accuracy,
        {
            "y_true": torch.tensor([2, 0]),
            "y_pred": SCORES.flip(1),
            "k": 4,
            "from_sorted_ids": True,
        },
        {"y_true": torch.tensor([3, 2]), "y_pred": SCORES, "k": 2},
    ),
    Subject(
        metrics.top_k_categorical_accuracy,
        {"y_true": ONE_HOT.roll(1, 1), "y_pred": CHANCES.flip(1), "k": 3},
        {"y_true": ONE_HOT, "y_pred": CHANCES, "k": 1},
    ),
    Subject(
        metrics.Metric,
        {"name": named, "dtype": Change("float64", outcome=dtype_of)},
    ),
    Subject(
        metrics.MeanMetricWrapper,
        {
            "fn": losses.mean_squared_error,
            "name": named,
            "dtype": "float64",
            "**options": {"factor": 2.0},
        },
        {"fn": halves},
        on(*CLASSES),
    ),
    Subject(
        metrics.experimental.PyMetric,
        {
            "name": named,
            "dtype": Change("float64", outcome=dtype_of),
            "**options": Change({"unknown": 1}, outcome=dtype_of, raises=TypeError),
        },
    ),
    Subject(metrics.get, {"identifier": "mae"}, {"identifier": "mse"}, type),
    Subject(metrics.serialize, {"metric": metrics.MeanIoU(3)}, {"metric": metrics.MeanIoU(2)}),
    Subject(
        metrics.deserialize,
        {
            "config": {"class_name": "Sum", "config": {}},
            "custom_objects": {"Mean": metrics.Sum},
        },
        {"config": {"class_name": "Mean", "config": {}}},
        on(LOGITS),
    ),
]
WITHOUT = {
    ("serialize", "use_legacy_format"): "accepted for tf.keras 2; either form can be read back",
    ("deserialize", "use_legacy_format"): "accepted for tf.keras 2; both forms are read",
}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_matters(subject, argument):
    check(subject, argument)


def test_no_argument_is_left_out():
    of_losses = public_objects(losses).keys()  # their test is that of losses
    assert not missing([metrics, metrics.experimental], SUBJECTS, WITHOUT, of_losses)


@pytest.mark.parametrize("name, argument", WITHOUT)
def test_an_argument_without_influence_says_so(name, argument):
    assert f"``{argument}`` changes nothing" in getattr(metrics, name).__doc__


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_sample_weights_matter(name):
    data = OWN.get(name, ({}, CLASSES))[1]
    weight = torch.tensor([1, 3, 5, 2])
    if data[0] is LOGITS and name != "Mean":
        weight = weight[:, None]
    if name == "MeanTensor":
        weight = weight.expand(4, 3)
    states = []
    for weights in ({}, {"sample_weight": weight}):
        metric = getattr(metrics, name)(**NEEDED.get(name, {}))
        metric.update_state(*data, **weights)
        states.append([variable.numpy().tolist() for variable in metric.variables])
    assert states[0] != states[1]


def states_of(metric, result):
    return result, [variable.numpy().copy() for variable in metric.variables]


def update_subject(name):
    """``update_state`` of a class, seen in the states."""
    cls, data = getattr(metrics, name), OWN.get(name, ({}, CLASSES))[1]
    method = Method(cls, "update_state", lambda: cls(**NEEDED.get(name, {})), states_of)
    weights = torch.tensor([1, 3, 5, 2])
    if len(data) == 1:
        weights = weights if name == "Mean" else weights[:, None].expand(4, 3)
        return Subject(
            method, {"values": LOGITS.square(), "sample_weight": weights}, {"values": LOGITS}
        )
    changes = {
        "y_true": 1 - BITS if data is BINARY else data[0].roll(1, 0),
        "y_pred": data[1].roll(1, -1) if data is CLASSES or data is NUMBERED else data[1].flip(0),
        "sample_weight": weights,
    }
    return Subject(method, changes, {"y_true": data[0], "y_pred": data[1]})


def told(metric, variable):
    return variable.numpy(), variable.name, variable.aggregation, variable.reduction


def seen_mean():
    mean = metrics.Mean()
    mean.update_state(LOGITS)
    return mean


def sums(*values):
    return Fresh(lambda: [float(value) for value in values])


class Largest(metrics.Metric):
    """A metric made of the base alone."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor
        self.largest = self.add_variable((), "zeros", name="largest", reduction="max")

    def update_state(self, values, bound=100.0):
        self.largest.assign(torch.maximum(self.largest, values.max().clamp(max=bound)))

    def result(self):
        return self.largest.value * self.factor


new_state = {
    "shape": (3,),
    "initializer": "ones",
    "dtype": "float64",
    "aggregation": "mean",
    "name": "other",
}
LARGEST = {"args": [LOGITS + 1], "**kwargs": {"bound": 0.1}}
METHODS = [
    *(update_subject(name) for name in CLASS_NAMES),
    Subject(
        Method(metrics.Metric, "add_variable", metrics.Metric, told),
        {**new_state, "reduction": "max"},
        {"shape": (2,)},
    ),
    Subject(
        Method(metrics.Metric, "add_weight", metrics.Metric, told),
        {**new_state, "**options": {"reduction": "max"}},
        {"shape": (2,)},
    ),
    Subject(
        Method(metrics.Metric, "merge_state", seen_mean, states_of),
        {"metrics": Fresh(lambda: [seen_mean()])},
        {"metrics": []},
    ),
    Subject(Method(metrics.Metric, "__call__", Largest), LARGEST, {"args": [LOGITS]}),
    Subject(
        Method(metrics.Metric, "stateless_update_state", Largest),
        {**LARGEST, "metric_variables": sums(9)},
        {"args": [LOGITS], "metric_variables": sums(0)},
    ),
    Subject(
        Method(metrics.Metric, "stateless_result", metrics.Mean),
        {"metric_variables": sums(5, 2)},
        {"metric_variables": sums(6, 2)},
    ),
    Subject(
        Method(Largest, "from_config"),
        {"config": {"factor": 2.0}},
        {"config": {}},
        lambda metric: metric(LOGITS),
    ),
    *(
        Subject(
            Method(cls, "build", cls, states_of),
            {"y_true_shape": Change((4,), raises=ValueError), "y_pred_shape": (4, 2)},
            {"y_true_shape": (4, 3), "y_pred_shape": (4, 3)},
        )
        for cls in (metrics.FBetaScore, metrics.R2Score)
    ),
]
METHODS_WITHOUT = {
    "Metric.update_state": "a subclass writes it; here it raises",
    "formula": "handed on to the loss's function, which has rows of its own",
    ("add_variable", "synchronization"): "accepted for tf.distribute",
    ("add_weight", "synchronization"): "accepted for tf.distribute",
}


@pytest.mark.parametrize("subject, argument", cases(METHODS))
def test_changing_the_argument_of_a_method_matters(subject, argument):
    check(subject, argument)


def test_no_argument_of_a_method_is_left_out():
    assert not missing_methods(
        [metrics], [*SUBJECTS, *METHODS], METHODS_WITHOUT, ["torchkeras.losses.base"]
    )


def test_synchronization_of_a_state_says_that_it_changes_nothing():
    says = metrics.Metric.add_variable.__doc__
    assert "synchronization: Accepted for scripts written for tf.distribute" in says
