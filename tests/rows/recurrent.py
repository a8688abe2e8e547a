"""Rows and argument changes of recurrent layers and wrappers over time."""

from typing import Any

import torch
from influence import Change, Fresh
from layer_arguments import called, constructed
from parity import recipe
from row import Row

import torchkeras


@recipe
def lstm(package: Any) -> Any:
    return package.layers.LSTM(3, return_sequences=True)


@recipe
def gru(package: Any) -> Any:
    return package.layers.GRU(3)


@recipe
def gru_with_state(package: Any) -> Any:
    return package.layers.GRU(3, return_state=True, return_sequences=True)


@recipe
def dense(package: Any) -> Any:
    return package.layers.Dense(3)


@recipe
def batch_norm(package: Any) -> Any:
    return package.layers.BatchNormalization()


@recipe
def gru_cell(package: Any) -> Any:
    return package.layers.GRUCell(3)


@recipe
def two_cells(package: Any) -> Any:
    return [package.layers.LSTMCell(3), package.layers.SimpleRNNCell(2)]


@recipe
def other_gru(package: Any) -> Any:
    return package.layers.GRU(3, go_backwards=True, activation="relu", name="other_way")


@recipe
def forward_gru(package: Any) -> Any:
    return package.layers.GRU(3, dropout=0.2)


class Adding(torchkeras.layers.Layer):
    """A cell as users write them, whose state grows by the inputs and by constants.

    Args:
        units: Length of inputs, state and output.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")

    def call(self, inputs: Any, states: Any, constants: Any = None) -> Any:
        grown = states[0] + inputs * self.scale
        grown = grown if constants is None else grown + constants[0]
        return grown, [grown]


SHORT = (2, 3, 4)  # for loops, of which graphs have every step

TABLE = [
    Row("LSTM", {"units": 3}),
    Row("LSTM", {"units": 3, "return_sequences": True, "return_state": True, "use_bias": False}),
    Row("LSTM", {"units": 3, "activation": "relu", "recurrent_activation": "hard_sigmoid"}, SHORT),
    Row("GRU", {"units": 3, "return_sequences": True, "go_backwards": True}),
    Row("GRU", {"units": 3, "reset_after": False, "return_state": True}, SHORT),
    Row("GRU", {"units": 3, "dropout": 0.3, "recurrent_dropout": 0.3}, SHORT, random=True),
    Row("SimpleRNN", {"units": 3, "unroll": True, "use_bias": False}),
    Row("SimpleRNN", {"units": 3, "activation": "relu", "return_sequences": True}),
    Row("RNN", {"cell": gru_cell, "return_sequences": True}),
    Row("RNN", {"cell": two_cells}),
    Row("Bidirectional", {"layer": lstm}),
    Row("Bidirectional", {"layer": gru_with_state, "merge_mode": None}),
    Row("Bidirectional", {"layer": gru, "merge_mode": "sum", "backward_layer": other_gru}, SHORT),
    Row("TimeDistributed", {"layer": dense}),
    Row("TimeDistributed", {"layer": batch_norm}, SHORT),
    Row("TimeDistributed", {"layer": gru}, (2, 3, 5, 4)),
]  # fmt: skip


SEQUENCE = (2, 5, 4)
MASK = torch.tensor([[True, True, False, True, False]] * 2)
STEPS = MASK.unsqueeze(-1).expand(-1, -1, 3)


def _of_length(layer: Any) -> Any:
    """The shape that the first layer of a model gives its input."""
    return torchkeras.Sequential([layer]).input_shape


def _with_unknown_steps(layer: Any) -> Any:
    return layer(torchkeras.Input((None, 4))).shape


def _on_a_pair(layer: Any) -> Any:
    return layer([torch.ones(SEQUENCE), torch.ones(2, 4)]).detach()


def _on_a_list(layer: Any) -> Any:
    return layer([torch.ones(SEQUENCE), torch.ones(2, 4), torch.ones(2, 4)]).detach()


LOOP = {
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "time_major": True,
    "unroll": Change(True, outcome=_with_unknown_steps, raises=ValueError),
    "input_length": Change(5, given={"input_dim": 4}, outcome=_of_length),
}
DROPOUT = {
    "dropout": 0.5,
    "recurrent_dropout": 0.5,
    "seed": Change(1, given={"dropout": 0.5}),
}
GATES = {"recurrent_activation": "hard_sigmoid"}
OWN = {
    "LSTM": {**GATES, "unit_forget_bias": False},
    "GRU": {**GATES, "reset_after": False},
    "SimpleRNN": {},
}
STATES = {name: [torch.full((2, 3), 0.5)] * (1 + (name == "LSTM")) for name in OWN}


def _layer(name: str) -> list[Any]:
    base, row = {"units": 3}, Row(name, {}, SEQUENCE)
    masked = Row(name, {"units": 3}, SEQUENCE, options={"mask": MASK})
    called_on = _on_a_list if name == "LSTM" else _on_a_pair  # with as many states
    constants = Change(1, outcome=called_on, raises=ValueError, given={"units": 4})
    changes = {**LOOP, **DROPOUT, **OWN[name], "num_constants": constants}
    if name != "SimpleRNN":
        insisted = Change(True, given={"activation": "relu"}, raises=ValueError)
        changes["use_cudnn"] = insisted
    return [
        constructed(name, changes, base, row),
        constructed(name, {**DROPOUT, "zero_output_for_mask": True},
                    {**base, "return_sequences": True}, masked),
        called(Row(name, base, SEQUENCE), {"initial_state": Change(STATES[name]), "mask": MASK}),
        called(Row(name, base, SEQUENCE), {"constants": Change([MASK], raises=ValueError)}),
        called(Row(name, {**base, "dropout": 0.5}, SEQUENCE), {"training": True}),
    ]  # fmt: skip


def _cell(name: str) -> list[Any]:
    states = STATES[name]
    name, base, own = f"{name}Cell", {"units": 3}, OWN[name]
    row = Row(name, {}, (2, 4), options={"states": states})
    given = Row(name, {**base, "dropout": 0.5}, (2, 4))
    other = [state * 2 for state in states]
    units = Change(2, outcome=lambda cell: cell.state_size)
    return [
        constructed(name, {**DROPOUT, **own, "units": units}, base, row),
        called(given, {"states": Change(other), "training": True}, states=states),
    ]


def _adding() -> Any:
    return Adding(4)


def _two(reverse: bool = False) -> Any:
    cells = [torchkeras.layers.GRUCell(4), torchkeras.layers.LSTMCell(4)]
    return list(reversed(cells)) if reverse else cells


GRU_AND_LSTM = [[torch.ones(2, 4)], [torch.ones(2, 4), torch.zeros(2, 4)]]


def _directions(name: str, **options: Any) -> Any:
    return Fresh(lambda: getattr(torchkeras.layers, name)(3, **options))


ARGUMENTS = [
    *(subject for name in OWN for subject in [*_layer(name), *_cell(name)]),
    constructed(
        "RNN",
        {**LOOP, "cell": Fresh(_two), "num_constants": Change(1, outcome=_on_a_pair)},
        {"cell": Fresh(_adding)},
        Row("RNN", {}, SEQUENCE),
    ),
    constructed(
        "RNN",
        {"zero_output_for_mask": True},
        {"cell": Fresh(_adding), "return_sequences": True},
        Row("RNN", {}, SEQUENCE, options={"mask": MASK}),
    ),
    called(
        Row("RNN", {"cell": recipe(lambda package: _adding())}, SEQUENCE),
        {
            "initial_state": Change(torch.ones(2, 4)),
            "mask": MASK,
            "constants": Change(torch.ones(2, 4)),
        },
    ),
    called(Row("RNN", {"cell": recipe(lambda package: package.layers.GRUCell(3, dropout=0.5))},
               SEQUENCE), {"training": True}),
    constructed(
        "StackedRNNCells",
        {
            "cells": Fresh(lambda: [*_two()[:1], torchkeras.layers.LSTMCell(4, use_bias=False)]),
            "reverse_state_order": Change(True, outcome=lambda cells: cells.state_size),
        },
        {"cells": Fresh(_two)},
        Row("StackedRNNCells", {}, (2, 4), options={"states": GRU_AND_LSTM}),
    ),
    called(
        Row("StackedRNNCells", {"cells": recipe(lambda package: [_adding()])}, (2, 4)),
        {"constants": Change([torch.ones(2, 4)]), "states": Change([[torch.ones(2, 4)]])},
        states=[[torch.zeros(2, 4)]],
    ),
    called(
        Row("StackedRNNCells",
            {"cells": recipe(lambda package: [package.layers.GRUCell(4, dropout=0.5)])}, (2, 4)),
        {"training": True},
        states=[[torch.zeros(2, 4)]],
    ),
    constructed(
        "Bidirectional",
        {
            "layer": _directions("LSTM"),
            "merge_mode": "sum",
            "backward_layer": _directions("GRU", go_backwards=True, activation="relu"),
            "num_constants": Change(1, outcome=_on_a_list, raises=ValueError,
                                    given={"layer": Fresh(lambda: torchkeras.layers.GRU(4))}),
        },
        {"layer": _directions("GRU")},
        Row("Bidirectional", {}, SEQUENCE),
    ),
    called(
        Row("Bidirectional", {"layer": gru}, SEQUENCE),
        {
            "initial_state": Change([torch.ones(2, 3), torch.zeros(2, 3)]),
            "mask": MASK,
            "constants": Change([MASK], raises=ValueError),
        },
    ),
    called(Row("Bidirectional", {"layer": forward_gru}, SEQUENCE), {"training": True}),
    constructed(
        "TimeDistributed",
        {"layer": Fresh(lambda: torchkeras.layers.Dense(3, use_bias=False))},
        {"layer": Fresh(lambda: torchkeras.layers.Dense(3))},
        Row("TimeDistributed", {}, SEQUENCE),
    ),
    called(Row("TimeDistributed", {"layer": gru}, (2, 5, 3, 4)), {"mask": STEPS}),
    called(Row("TimeDistributed", {"layer": batch_norm}, SEQUENCE), {"training": True}),
    constructed(
        "Wrapper",
        {"layer": Change(_directions("LSTM"), outcome=lambda made: type(made.layer))},
        {"layer": Fresh(lambda: torchkeras.layers.Dense(3))},
        Row("Wrapper", {}, SEQUENCE),
    ),
]  # fmt: skip

SAME = "ways of computing the same in Keras"
WITHOUT = {
    **{(name, "implementation"): SAME for kind in OWN for name in (kind, f"{kind}Cell")},
    ("AbstractRNNCell.call", "states"): "written by subclasses",
}
