"""What torch's exporters say."""

import logging
import subprocess
import sys
import warnings

import pytest
import torch
from torch import nn

from torchkeras import Input, Sequential, from_torch, layers
from torchkeras.export.noise import quiet
from torchkeras.export.programs import export

CODE = """
import warnings
warnings.simplefilter("error")
import torchkeras as keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.export("model.onnx", verbose=False)
"""


def test_what_depends_on_values_is_an_error_without_pages_of_half_a_program(tmp_path, caplog):
    class Masked(nn.TransformerEncoder):
        def forward(self, x):
            return super().forward(x, nn.Transformer.generate_square_subsequent_mask(x.size(1)))

    module = Masked(nn.TransformerEncoderLayer(4, 2, 4, batch_first=True), 1)
    with pytest.raises(ValueError, match="values of tensors can't be written"):
        export(from_torch(module, (3, 4)), tmp_path / "model.pt2", verbose=False)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.slow
def test_writing_onnx_says_nothing_in_a_process_of_its_own(tmp_path):
    pytest.importorskip("onnxscript")
    said = subprocess.run(
        [sys.executable, "-c", CODE], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert said.stdout + said.stderr == ""


def test_messages_about_torchvision_alone_are_left_out(caplog):
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    with quiet():
        logger.warning("torchvision is not installed. Skipping %s", "torchvision::nms")
        logger.warning("An operation is registered twice")
    logger.warning("torchvision is not installed. Skipping %s", "torchvision::nms")
    assert caplog.messages == [
        "An operation is registered twice",
        "torchvision is not installed. Skipping torchvision::nms",
    ]


def test_recurrent_modules_are_written_without_a_word(tmp_path):
    model = from_torch(nn.LSTM(3, 4, num_layers=2, batch_first=True), (5, 3))
    export(model, tmp_path / "model.pt2", verbose=False)
    outputs, _ = torch.export.load(tmp_path / "model.pt2").module()(torch.zeros(2, 5, 3))
    assert outputs.shape == (2, 5, 4)


def test_a_strict_export_is_made_without_a_word(tmp_path):
    layers.Dense(2, activity_regularizer="l2")(torch.zeros(2, 3))  # adds a loss
    model = Sequential([Input((3,)), layers.Dense(2)])
    export(model, tmp_path / "model.pt2", strict=True, verbose=False)
    assert torch.export.load(tmp_path / "model.pt2").module()(torch.zeros(2, 3)).shape == (2, 2)


class Talking(layers.Layer):
    def call(self, x):
        warnings.warn("the scale is a guess", RuntimeWarning)
        return x * 3.0


def test_a_models_own_warnings_are_heard(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Sequential([Input((3,)), Talking()])
    with pytest.warns(RuntimeWarning, match="the scale is a guess"):
        export(model, tmp_path / "model.pt2", verbose=False)
