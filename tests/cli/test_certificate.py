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
