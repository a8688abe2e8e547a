"""Traced models taken apart."""

import torch
from torch import nn

from torchkeras import Input, Model, Sequential, layers
from torchkeras.export.units import Architect, Traces
from torchkeras.tracer.frames import trace


def architect(model, *examples, inline=()):
    traces = Traces(
        *(
            trace(
                model,
                *(examples or model._remembered_inputs()),
                is_layer=lambda m: isinstance(m, layers.Layer),
                training=training,
            )
            for training in (True, False)
        )
    )

    def replacement(module):
        return nn.Dropout(module.rate) if type(module) is layers.Dropout else None

    return Architect(traces, lambda m: isinstance(m, Model), replacement, set(inline))


def called(unit):
    return [step.unit.frame.module.name for step in unit.steps["training"] if step.unit is not None]


def test_small_layers_stay_in_line_and_models_are_called():
    inner = Sequential([Input((3,)), layers.Dense(3, "relu")], name="inner")
    model = Sequential([Input((3,)), layers.Dense(3, name="plain"), inner])
    assert called(architect(model).root()) == ["inner"]


def test_sums_of_many_stay_in_line():
    x = Input((3,))
    branches = [layers.Dense(2)(x) for _ in range(9)]
    assert called(architect(Model(x, layers.Average()(branches))).root()) == []


def test_layers_of_several_weights_are_called():
    x = Input((4, 3))
    model = Model(x, layers.MultiHeadAttention(2, 2, name="attention")(x, x))
    (step,) = [s for s in architect(model).root().steps["training"] if s.unit is not None]
    assert step.unit.inputs == ["query"]


def test_layers_that_differ_in_training_are_called():
    model = Sequential([Input((3,)), layers.GaussianNoise(0.1, name="noise"), layers.Dense(2)])
    unit = architect(model).root()
    assert called(unit) == ["noise"]
    assert unit.choices is not None
    assert unit.steps["training"][0].unit.choices is None


def test_a_dropout_is_one_step():
    model = Sequential([Input((3,)), layers.Dropout(0.5), layers.Dense(2)])
    assert type(architect(model).root().steps["inference"][0].replaced) is nn.Dropout


def test_layers_whose_weights_others_use_stay_in_line():
    shared = layers.Dense(3)
    inner = Sequential([Input((3,)), shared], name="inner")
    x = Input((3,))
    assert called(architect(Model(x, inner(shared(x)))).root()) == []


def test_what_is_asked_for_stays_in_line():
    inner = Sequential([Input((3,)), layers.Dense(3)], name="inner")
    model = Sequential([Input((3,)), inner])
    path = next(path for path, module in model.named_modules() if module is inner)
    assert called(architect(model, inline=[path]).root()) == []


def test_masks_are_inputs_of_what_is_called():
    ids = Input((5,), dtype="int32")
    x = layers.Embedding(7, 4, mask_zero=True)(ids)
    unit = architect(Model(ids, layers.MultiHeadAttention(2, 2)(x, x))).root()
    (step,) = [s for s in unit.steps["training"] if s.unit is not None]
    assert step.unit.inputs == ["query", "query_mask"]
    assert torch.is_tensor(torch.zeros(1))
