import numpy as np
import pytest
import torch

import torchkeras as keras
from torchkeras.saving import graph_operations

X = torch.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


def test_graphs_of_older_releases_are_read(of_tensorflow):
    model = keras.models.model_from_json((of_tensorflow / "older_graph.json").read_text())
    with np.load(of_tensorflow / "older_graph.npz") as known:
        results = model([known["x0"], known["x1"]])
        for number, result in enumerate(results):
            expected = known[f"y{number}"]
            np.testing.assert_allclose(result.numpy(), expected, atol=1e-5, err_msg=str(number))


def said(op, constants=None, **attributes):
    node = {"name": "x", "op": op, "attr": attributes}
    entry = {"class_name": "TensorFlowOpLayer", "config": {"node_def": node}}
    assert graph_operations.is_operation(entry)
    return graph_operations.read({"node_def": node, "constants": constants or {}})


def test_attributes_and_constants_are_read_as_json_has_them():
    total = said("Sum", {"1": 1}, keep_dims={"b": True}, T={"type": "DT_FLOAT"})
    assert total(X).tolist() == [[2.0], [3.0]]
    position = said("ArgMax", {"1": 0}, output_type={"type": "DT_INT32"})(X)
    assert position.dtype == torch.int32
    turned = said("MatMul", transpose_b={"b": True}, transpose_a={"b": False})
    assert turned([X, X]).tolist() == (X @ X.T).tolist()
    noted = {"class_name": "__numpy__", "config": {"value": [1, 0], "dtype": "int32"}}
    assert said("Transpose", {"1": noted})(X).tolist() == X.T.tolist()
    assert said("Sub", {"0": 1.0})(X).tolist() == (1 - X).tolist()
    assert said("AddN")([X, X]).tolist() == (2 * X).tolist()


def test_what_is_not_known_is_refused():
    with pytest.raises(ValueError, match=r"'Summ'.*Did you mean .Sum"):
        said("Summ")
    with pytest.raises(ValueError, match="node_def is 'str'"):
        graph_operations.read({"node_def": "bytes"})
