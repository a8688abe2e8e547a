"""What a comparison of a model with Keras found."""

import json

import numpy as np

from torchkeras.cli.certificate import Certificate, compared


def test_shapes_and_numbers_decide():
    ones = [np.ones((2, 3))]
    assert compared("a", "A", ones, ones, 0, 0).within
    assert not compared("a", "A", ones, [np.ones((3, 2))], 1, 1).within
    assert not compared("a", "A", ones, [np.full((2, 3), 1.1)], 1e-3, 0).within
    assert not compared("a", "A", ones, [np.full((2, 3), np.nan)], 1, 1).within
    both_nan = [np.full(2, np.nan)]
    assert compared("a", "A", both_nan, both_nan, 0, 0).within


def test_a_gradient_is_measured_by_its_largest_number():
    wanted, found = [np.array([100.0, 0.0])], [np.array([100.0, 0.001])]
    assert compared("w", "gradient", wanted, found, 1e-4, 0).within
    assert not compared("a", "Dense", wanted, found, 1e-4, 0).within


def test_the_record_is_json_whatever_differs(capsys):
    row = compared("a", "A", [np.ones(2)], [np.ones(3)], 0, 0)
    certificate = Certificate("m.keras", "Keras 3", 1e-4, 1e-5, [row], ["b"])

    def refuse(constant):
        raise AssertionError(constant)

    record = json.loads(certificate.to_json(), parse_constant=refuse)
    assert record["rows"][0]["difference"] is None
    assert record["passed"] is False
    certificate.show()
    shown = capsys.readouterr().out
    assert "Called by one of the two alone, not compared: b." in shown
    assert "1 beyond atol=1e-05, rtol=0.0001, the first is a." in shown


def certificate_of(*differences):
    rows = [
        compared(name, "Dense", [np.ones((2, 3))], [np.full((2, 3), 1 + by)], 1e-4, 1e-5)
        for name, by in differences
    ]
    return Certificate("m.keras", "Keras 3", 1e-4, 1e-5, rows, [])


def test_the_worst_layer_is_pointed_out(capsys):
    close = certificate_of(("a", 1e-7), ("encoder/b", 1e-5), ("", 1e-6))
    assert close.worst.layer == "encoder/b"
    close.show()
    assert capsys.readouterr().out.endswith("The largest difference is 1.0e-05, of encoder/b.\n")
    far = certificate_of(("a", 1e-7), ("b", 0.5), ("", 2.0))
    far.show()
    shown = capsys.readouterr().out
    assert "2 beyond atol=1e-05, rtol=0.0001, the first is b." in shown
    assert "The largest difference is 2.0e+00, of (the model)." in shown
    assert json.loads(far.to_json())["worst"] == ""
    assert json.loads(certificate_of().to_json())["worst"] is None


def test_the_record_keeps_its_schema():
    record = json.loads(certificate_of(("a", 0.0)).to_json())
    assert list(record) == [
        "schema", "model", "oracle", "rtol", "atol", "rows", "unmatched", "passed", "worst",
    ]  # fmt: skip
    assert record["schema"] == 1
    row = {"layer": "a", "kind": "Dense", "shape": [2, 3], "difference": 0.0}
    assert record["rows"] == [{**row, "relative": 0.0, "within": True}]


def test_tables_of_nested_models_fit_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    certificate_of(("encoder/transformer_block_12/multi_head_attention/query_dense", 0.0)).show()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[:3])) <= 80
    assert "/query_dense" in lines[2]
