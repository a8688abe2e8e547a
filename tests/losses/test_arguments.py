"""Each argument of each loss matters."""

import pytest
import torch
from influence import Change, Subject, cases, check, missing, named
from methods import Method, missing_methods

from torchkeras import losses
from torchkeras.losses import functions

LABELS = torch.tensor([0, 2, 1, 2])
ONE_HOT = torch.nn.functional.one_hot(LABELS, 3).float()
LOGITS = torch.tensor([[0.2, -1.0, 0.4], [1.5, 0.1, 0.3], [-0.6, 0.2, 0.9], [0.7, 0.6, -2.0]])
CHANCES = torch.softmax(LOGITS, -1)
BITS = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
SHARES = torch.sigmoid(LOGITS)
STEPS = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))

# What each kind of loss is given.
CLASSES = {"y_true": ONE_HOT, "y_pred": CHANCES}
BINARY = {"y_true": BITS, "y_pred": SHARES}
NUMBERED = {"y_true": LABELS, "y_pred": CHANCES}
EMBEDDED = {"y_true": torch.tensor([0, 1, 0, 1]), "y_pred": LOGITS}
SEQUENCES = {"y_true": torch.tensor([[1, 2], [2, 0]]), "y_pred": STEPS}

KEPT = {"reduction": "none"}
# Own arguments of losses and their functions, by the name of the loss.
OWN = {
    "BinaryCrossentropy": {"from_logits": True, "label_smoothing": 0.1, "axis": Change(0, KEPT)},
    "BinaryFocalCrossentropy": {
        "apply_class_balancing": True,
        "alpha": Change(0.6, {"apply_class_balancing": True}),
        "gamma": 1.0,
        "from_logits": True,
        "label_smoothing": 0.1,
        "axis": Change(0, KEPT),
    },
    "CategoricalCrossentropy": {
        "from_logits": Change(True, {"y_pred": LOGITS.abs() + 0.1}),
        "label_smoothing": 0.1,
        "axis": Change(0, KEPT),
    },
    "CategoricalFocalCrossentropy": {
        "alpha": 0.6,
        "gamma": 1.0,
        "from_logits": Change(True, {"y_pred": LOGITS.abs() + 0.1}),
        "label_smoothing": 0.1,
        "axis": Change(0, KEPT),
    },
    "CategoricalGeneralizedCrossEntropy": {"q": 0.8},
    "Circle": {"gamma": 2.0, "margin": 0.1, "remove_diagonal": Change(False, {"gamma": 2.0})},
    "CosineSimilarity": {"axis": Change(0, KEPT)},
    "Dice": {"axis": (1,)},
    "Huber": {"delta": 0.2},
    "SparseCategoricalCrossentropy": {
        "from_logits": Change(True, {"y_pred": LOGITS.abs() + 0.1}),
        "ignore_class": 2,
        "axis": Change(1, {"y_true": LABELS[:2].repeat(2, 2), "y_pred": STEPS.abs()[:, :4] + 0.1}),
    },
    "Tversky": {"alpha": 0.2, "beta": 0.2, "axis": (1,)},
}
GIVEN = {
    "BinaryCrossentropy": BINARY,
    "BinaryFocalCrossentropy": BINARY,
    "CategoricalGeneralizedCrossEntropy": NUMBERED,
    "Circle": EMBEDDED,
    "CTC": SEQUENCES,
    "Dice": BINARY,
    "SparseCategoricalCrossentropy": NUMBERED,
    "Tversky": BINARY,
}
FUNCTIONS = {
    "BinaryCrossentropy": losses.binary_crossentropy,
    "BinaryFocalCrossentropy": losses.binary_focal_crossentropy,
    "CTC": losses.ctc,
    "CategoricalCrossentropy": losses.categorical_crossentropy,
    "CategoricalFocalCrossentropy": losses.categorical_focal_crossentropy,
    "CategoricalGeneralizedCrossEntropy": losses.categorical_generalized_cross_entropy,
    "CategoricalHinge": losses.categorical_hinge,
    "Circle": losses.circle,
    "CosineSimilarity": losses.cosine_similarity,
    "Dice": losses.dice,
    "Hinge": losses.hinge,
    "Huber": losses.huber,
    "KLDivergence": losses.kl_divergence,
    "LogCosh": losses.log_cosh,
    "MeanAbsoluteError": losses.mean_absolute_error,
    "MeanAbsolutePercentageError": losses.mean_absolute_percentage_error,
    "MeanSquaredError": losses.mean_squared_error,
    "MeanSquaredLogarithmicError": losses.mean_squared_logarithmic_error,
    "Poisson": losses.poisson,
    "SparseCategoricalCrossentropy": losses.sparse_categorical_crossentropy,
    "SquaredHinge": losses.squared_hinge,
    "Tversky": losses.tversky,
}
# What can't be left out of a function's call, beside the data.
NEEDED = {"CategoricalGeneralizedCrossEntropy": {"q": 0.5}}
FURTHER = {
    "Circle": {
        "ref_labels": Change(torch.tensor([0, 0, 1, 1]), {"ref_embeddings": LOGITS + 0.3}),
        "ref_embeddings": Change(LOGITS.flip(0) * 2, {"ref_labels": EMBEDDED["y_true"]}),
    }
}


class Distance(losses.Loss):
    """A loss made of the base alone."""

    def call(self, y_true, y_pred):
        return (y_true - y_pred).abs().mean(-1)


def data_of(name):
    return GIVEN.get(name, CLASSES)


class Computed:
    """A loss's class as a function of its arguments and of the data."""

    def __init__(self, cls):
        self.cls, self.__name__, self.data = cls, cls.__name__, data_of(cls.__name__)

    def outcome(self, data):
        data = {**self.data, **data}
        return lambda loss: loss(data["y_true"], data["y_pred"])


def loss_subject(name):
    """The class ``name``: data that a change brings are data of its outcome."""
    cls = getattr(losses, name)
    computed = Computed(cls)
    changes = {"reduction": "sum", "name": named, "dtype": "float64"}
    if name in ("Dice", "Tversky"):  # whose axes, by default, leave one number
        changes["reduction"] = Change("sum", {"axis": (1,)})
    for argument, change in OWN.get(name, {}).items():
        change = change if isinstance(change, Change) else Change(change)
        data = {key: value for key, value in change.given.items() if key.startswith("y_")}
        given = {key: value for key, value in change.given.items() if key not in data}
        changes[argument] = Change(change.value, given, computed.outcome(data))
    return Subject(cls, changes, outcome=computed.outcome({}))


def function_subject(name):
    """The function of the loss ``name``."""
    data = data_of(name)
    changes = {"y_true": data["y_true"].flip(-1), "y_pred": data["y_pred"].flip(-1) * 0.5}
    if name == "Circle":
        changes |= {"y_true": torch.tensor([0, 0, 1, 1]), "y_pred": LOGITS.square()}
    if data is NUMBERED:
        changes["y_true"] = LABELS.roll(1)
    for argument, change in OWN.get(name, {}).items():
        change = change if isinstance(change, Change) else Change(change)
        given = {key: value for key, value in change.given.items() if key != "reduction"}
        changes[argument] = Change(change.value, given)
    changes.update(FURTHER.get(name, {}))
    return Subject(FUNCTIONS[name], changes, {**data, **NEEDED.get(name, {})})


def thrice(y_true, y_pred, factor=3.0):
    return functions.mean_absolute_error(y_true, y_pred) * factor


def on_classes(loss):
    return loss(ONE_HOT, CHANCES)


HUBER = {"class_name": "Huber", "config": {"delta": 0.5}}
SUBJECTS = [
    *(loss_subject(name) for name in FUNCTIONS),
    *(function_subject(name) for name in FUNCTIONS),
    Subject(
        losses.Loss,
        {
            "name": named,
            "reduction": Change("sum", outcome=lambda loss: loss.reduction),
            "dtype": Change("float64", outcome=lambda loss: loss.dtype),
        },
    ),
    Subject(
        losses.LossFunctionWrapper,
        {
            "fn": functions.mean_squared_error,
            "reduction": "sum",
            "name": named,
            "dtype": "float64",
            "**options": {"factor": 2.0},
        },
        {"fn": thrice},
        on_classes,
    ),
    Subject(losses.get, {"identifier": "huber"}, {"identifier": "mse"}),
    Subject(
        losses.serialize,
        {"loss": losses.Huber(0.4)},
        {"loss": losses.Huber()},
    ),
    Subject(
        losses.deserialize,
        {
            "name": {"class_name": "Poisson", "config": {}},
            "custom_objects": Change({"Huber": Distance}, {"name": {**HUBER, "config": {}}}),
        },
        {"name": HUBER},
        on_classes,
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
    assert not missing([losses], SUBJECTS, WITHOUT)


@pytest.mark.parametrize("name, argument", WITHOUT)
def test_an_argument_without_influence_says_so(name, argument):
    assert f"``{argument}`` changes nothing" in getattr(losses, name).__doc__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_sample_weights_matter(name):
    data = data_of(name)
    loss = getattr(losses, name)()
    weight = torch.linspace(0.2, 3.0, len(data["y_pred"]))
    assert loss(**data) != loss(**data, sample_weight=weight)


VALUES = torch.tensor([[1.0, 2.0, 4.0], [0.5, 3.0, 1.5]])
HUBERS = {"y_true": ONE_HOT * 3, "y_pred": LOGITS}
CHANGED = {"y_true": ONE_HOT * 2, "y_pred": LOGITS.flip(0)}
METHODS = [
    Subject(
        Method(losses.Loss, "__call__", losses.Huber),
        {**CHANGED, "sample_weight": torch.tensor([0.5, 1.0, 2.0, 0.1])},
        HUBERS,
    ),
    Subject(
        Method(losses.Loss, "compute", losses.Huber),
        {**CHANGED, "sample_weight": torch.tensor([0.5, 1.0, 2.0, 0.1])},
        HUBERS,
    ),
    Subject(
        Method(losses.Loss, "reduce", losses.Huber),
        {
            "values": VALUES + 1,
            "sample_weight": torch.tensor([[0.5], [2.0]]),
            "mask": torch.tensor([[True, False, True], [True, True, True]]),
        },
        {"values": VALUES},
    ),
    Subject(Method(losses.LossFunctionWrapper, "call", losses.Huber), CHANGED, HUBERS),
    Subject(
        Method(losses.LossFunctionWrapper, "fused_mean", losses.MeanSquaredError),
        CHANGED,
        HUBERS,
    ),
    Subject(
        Method(losses.CTC, "formula"),
        {"y_true": SEQUENCES["y_true"].flip(0), "y_pred": STEPS * 0.5},
        SEQUENCES,
    ),
    Subject(
        Method(losses.Huber, "from_config"), {"config": {"delta": 0.1}}, {"config": {}}, on_classes
    ),
    Subject(
        Method(losses.Reduction, "validate"),
        {"key": Change("total", raises=ValueError)},
        {"key": "sum"},
    ),
]
METHODS_WITHOUT = {
    "Loss.call": "a subclass writes it; here it raises",
    "Loss.fused_mean": "None: there is no kernel for a loss that isn't known",
}


@pytest.mark.parametrize("subject, argument", cases(METHODS))
def test_changing_the_argument_of_a_method_matters(subject, argument):
    check(subject, argument)


def test_no_argument_of_a_method_is_left_out():
    assert not missing_methods([losses], [*SUBJECTS, *METHODS], METHODS_WITHOUT)
