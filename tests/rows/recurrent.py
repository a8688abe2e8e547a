"""Rows and argument changes of recurrent layers and wrappers over time."""

from typing import Any

from parity import recipe
from row import Row


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


TABLE = [
    Row("LSTM", {"units": 3}),
    Row("LSTM", {"units": 3, "return_sequences": True, "return_state": True, "use_bias": False}),
    Row("LSTM", {"units": 3, "activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    Row("GRU", {"units": 3, "return_sequences": True, "go_backwards": True}),
    Row("GRU", {"units": 3, "reset_after": False, "return_state": True}),
    Row("SimpleRNN", {"units": 3, "unroll": True}),
    Row("SimpleRNN", {"units": 3, "activation": "relu", "return_sequences": True}),
    Row("GRU", {"units": 3, "dropout": 0.3, "recurrent_dropout": 0.3}, random=True),
    Row("RNN", {"cell": gru_cell, "return_sequences": True}),
    Row("RNN", {"cell": two_cells}),
    Row("Bidirectional", {"layer": lstm}),
    Row("Bidirectional", {"layer": gru, "merge_mode": "ave"}),
    Row("Bidirectional", {"layer": gru_with_state, "merge_mode": None}),
    Row("TimeDistributed", {"layer": dense}),
    Row("TimeDistributed", {"layer": batch_norm}),
]

ARGUMENTS = []

WITHOUT = {}
