"""Each argument of each method matters: small parts, policies, seeds, quantizers, variables."""

import pytest
import torch
from influence import Change, Subject, cases, check
from methods import Method, missing_methods, public_methods

import torchkeras
from torchkeras import (
    activations,
    constraints,
    dtype_policies,
    initializers,
    mixed_precision,
    quantizers,
    random,
    regularizers,
)
from torchkeras.core.layout import Permuted
from torchkeras.tracer import KerasTensor

X = torch.tensor([[-3.5, -0.7, 0.3, 0.9], [1.6, -0.2, 4.5, 7.0]])
OWN_POLICY = {"module": None, "class_name": "Own", "config": {"name": "bfloat16"}}
POLICY = {"policy_map": {"head": {**OWN_POLICY, "registered_name": "Own"}}}


class Sixteen(dtype_policies.DTypePolicy):
    """A user's policy that stands for another."""

    def __init__(self, name="float16"):
        super().__init__("float16")


def filled(cls):
    """Makes an initializer whose numbers don't change from call to call."""
    return cls if cls in UNSEEDED else lambda: cls(seed=1)


UNSEEDED = (
    *(initializers.Constant, initializers.Zeros, initializers.Ones, initializers.Identity),
    initializers.STFT,
)
INITIALIZERS = [
    cls
    for cls in vars(initializers).values()
    if isinstance(cls, type)
    and issubclass(cls, initializers.Initializer)
    and cls not in (initializers.Initializer, initializers.RandomInitializer)
    and not cls.__name__.startswith("_")
]


def on_graph():
    return KerasTensor((None, 1, 4))


def sized(tensor):
    return getattr(tensor, "shape", tensor)


def number():
    return torchkeras.Variable([1.0, 2.0], name="number")


def value_of(variable, result):
    return variable.numpy().copy()


def module():
    made = torch.nn.Linear(2, 3)
    with torch.no_grad():
        made.weight.copy_(torch.arange(6.0).reshape(3, 2))
        made.bias.fill_(7.0)
    return made


LINEAR, OTHER_LINEAR = module(), torch.nn.Linear(2, 3)


def described(variable):
    return (
        variable.name,
        variable.trainable,
        variable.autocast,
        variable.aggregation,
        variable.numpy(),
    )


quantizer = quantizers.AbsMaxQuantizer()
INT8 = quantizers.Int8QuantizationConfig(quantizer, None)
SUBJECTS = [
    *(
        Subject(
            Method(cls, "__call__", filled(cls)),
            {"shape": (4, 1, 3) if cls is initializers.STFT else (3, 2), "dtype": "float64"},
            {"shape": (6, 1, 4) if cls is initializers.STFT else (2, 2)},
        )
        for cls in INITIALIZERS
    ),
    Subject(
        Method(initializers.Constant, "from_config"),
        {"config": {"value": 2.0}},
        {"config": {"value": 1.0}},
        lambda made: made((2,)),
    ),
    Subject(
        Method(regularizers.L2, "from_config"),
        {"config": {"l2": 0.5}},
        {"config": {}},
        lambda made: made(X),
    ),
    *(
        Subject(Method(cls, "__call__", cls), {"x": X + 1}, {"x": X})
        for cls in (regularizers.L1, regularizers.L2)
    ),
    Subject(
        Method(regularizers.L1L2, "__call__", lambda: regularizers.L1L2(0.1, 0.2)),
        {"x": X + 1},
        {"x": X},
    ),
    Subject(
        Method(regularizers.OrthogonalRegularizer, "__call__", regularizers.OrthogonalRegularizer),
        {"inputs": X.flip(1).square()},
        {"inputs": X},
    ),
    *(
        Subject(Method(cls, "__call__", cls), {"w": w.flip(0) * 2}, {"w": w})
        for cls, w in (
            (constraints.MaxNorm, X),
            (constraints.MinMaxNorm, X),
            (constraints.UnitNorm, X),
            (constraints.NonNeg, X),
            (constraints.RadialConstraint, X.reshape(2, 2, 1, 2).repeat(1, 1, 1, 1)),
        )
    ),
    *(
        Subject(Method(cls, "desired", cls), {"norms": X.abs() * 3}, {"norms": X.abs()})
        for cls in (constraints.MaxNorm, constraints.MinMaxNorm)
    ),
    Subject(
        Method(
            dtype_policies.DTypePolicy, "convert_input", lambda: torchkeras.DTypePolicy("float16")
        ),
        {"x": X + 1, "autocast": False, "dtype": "float64"},
        {"x": X},
    ),
    Subject(
        Method(dtype_policies.DTypePolicyMap, "from_config"),
        {"config": {"policy_map": {}}, "custom_objects": {"Own": Sixteen}},
        {"config": POLICY, "custom_objects": {"Own": dtype_policies.DTypePolicy}},
        lambda made: made["head"].name,
    ),
    Subject(
        Method(random.SeedGenerator, "next", lambda: random.SeedGenerator(3), lambda g, _: g.state),
        {"ordered": False},
    ),
    Subject(Method(quantizers.Quantizer, "__call__", quantizers.Quantizer), {"x": X + 1}, {"x": X}),
    Subject(
        Method(quantizers.AbsMaxQuantizer, "__call__", quantizers.AbsMaxQuantizer),
        {"x": X + 1, "axis": 0},
        {"x": X},
    ),
    *(
        Subject(
            Method(quantizers.QuantizationConfig, name),
            {"config": INT8, "default": None},
            {"config": None, "default": quantizers.AbsMaxQuantizer(0)},
        )
        for name in ("weight_quantizer_or_default", "activation_quantizer_or_default")
    ),
    Subject(
        Method(quantizers.Int4QuantizationConfig, "from_config"),
        {"config": {"block_size": 32}},
        {"config": {}},
        lambda made: made.block_size,
    ),
    *(
        Subject(
            Method(torchkeras.Variable, name, number, value_of),
            {"value": [3.0, 5.0]},
            {"value": [1.0, 1.5]},
        )
        for name in ("assign", "assign_add", "assign_sub")
    ),
    Subject(
        Method(torchkeras.Variable, "adopt"),
        {
            "module": OTHER_LINEAR,
            "key": "bias",
            "layout": Permuted((1, 0)),
            "name": "other",
            "trainable": False,
            "autocast": False,
            "aggregation": "mean",
        },
        {"module": LINEAR, "key": "weight"},
        described,
    ),
    Subject(Method(KerasTensor, "size", on_graph), {"axis": 1}, {"axis": 2}),
    Subject(
        Method(KerasTensor, "reshape", on_graph, lambda _, y: y.shape),
        {"newshape": [-1, 2, 2], "further": Change((2, 2), given={"newshape": -1})},
        {"newshape": [-1, 4]},
    ),
    Subject(
        Method(KerasTensor, "squeeze", lambda: KerasTensor((3, 1, 1)), lambda _, y: y.shape),
        {"axis": None},
        {"axis": 1},
    ),
]
ROOMS = [
    *(activations, constraints, initializers, regularizers, quantizers, random),
    *(dtype_policies, mixed_precision, torchkeras.Variable, KerasTensor),
]
OF_OPTIMIZERS = [  # which mixed_precision shows too
    f"torchkeras.optimizers.{name}"
    for name in ("base", "loss_scale", "minimizing", "older", "slots", "state", "stepping")
]
WITHOUT = {
    "Initializer.__call__": "a subclass writes it; here it raises",
    "Regularizer.__call__": "a subclass writes it; here it gives 0",
    "Constraint.__call__": "a subclass writes it; here it gives the weights",
    "_Norm.__call__": "shared by the norms' classes",
    "_Norm.desired": "a subclass writes it",
    ("__call__", "to_numpy"): "says where to compute",
    "DTypePolicy.from_config": "its tests try it; nothing in a policy is a user's object",
    "UnitNorm.desired": "1, whatever the norms are",
}


@pytest.mark.parametrize("subject, argument", cases(SUBJECTS))
def test_changing_the_argument_of_a_method_matters(subject, argument):
    check(subject, argument)


def test_no_argument_of_a_method_is_left_out():
    assert not missing_methods(ROOMS, SUBJECTS, WITHOUT, OF_OPTIMIZERS)


def test_a_new_method_without_a_change_is_noticed():
    class Grown(quantizers.Quantizer):
        """A class of this library with a method that no table has."""

        def grow(self, size, extra=1):
            return size

    Grown.__module__ = "torchkeras.quantizers"
    assert "grow" in public_methods(Grown)
    subjects = [*SUBJECTS, Subject(Method(Grown, "grow", Grown), {"size": 2}, {"size": 1})]
    (left,) = missing_methods([Grown], subjects, {})
    assert left.endswith("Grown.grow(extra)")
