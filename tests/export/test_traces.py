"""What programs tell of the machine that wrote them."""

import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from torchkeras import Input, InputSpec, Model, layers
from torchkeras.export import ExportArchive, traces
from torchkeras.export.programs import export

FOLDERS = [
    Path(__file__).parent, Path(sys.prefix), Path(torch.__file__).parent, Path.home(), Path.cwd(),
    Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix),
]  # fmt: skip


class Secret(layers.Layer):
    def call(self, x):
        confidential = x * 2.0
        return torch.where(confidential > 1.0, confidential, x)


def network(last=layers.LSTM):
    image = Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, activation="relu")(Secret()(image))
    return Model(image, layers.Dense(2)(last(3)(layers.Reshape((-1, 4))(x))))


def texts(path):
    """All that a file holds, and the files in it."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from map(archive.read, archive.namelist())


def check(path):
    told = [str(folder).encode() for folder in FOLDERS if len(str(folder)) > 1]
    for data in texts(path):
        assert not [name for name in (*told, b"confidential", b'File "') if name in data]


def test_programs_name_no_folder_and_show_no_source(tmp_path):
    model = network()
    export(model, tmp_path / "model.pt2", verbose=False)
    check(tmp_path / "model.pt2")
    x = torch.randn(3, 8, 8, 3)
    found = torch.export.load(tmp_path / "model.pt2").module()(x)
    torch.testing.assert_close(found, model(x))


def test_archives_name_no_folder_and_show_no_source(tmp_path):
    model = network()
    archive = ExportArchive()
    archive.add_endpoint("serve", lambda x: model(x) + 1.0, [InputSpec(shape=(None, 8, 8, 3))])
    archive.write_out(tmp_path, verbose=False)
    check(tmp_path / "serve.pt2")


def test_onnx_names_no_folder_and_shows_no_source(tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    model = network(layers.Dense)
    export(model, tmp_path / "model.onnx", verbose=False)
    check(tmp_path / "model.onnx")
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype("float32")
    session = runtime.InferenceSession(
        str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    (found,) = session.run(None, {"image": x})
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


def test_branches_of_a_program_are_cleared_too():
    class Branches(torch.nn.Module):
        def forward(self, x):
            return torch.cond(x.sum() > 0, torch.sin, torch.cos, (x,))

    program = torch.export.export(Branches(), (torch.ones(2),))
    parts = [part for part in program.graph_module.modules() if hasattr(part, "graph")]
    assert len(parts) == 3
    traces.untraced(program)
    assert not any("stack_trace" in node.meta for part in parts for node in part.graph.nodes)


def test_packages_keep_their_bytes_but_for_folders(tmp_path, monkeypatch):
    monkeypatch.chdir("/usr")
    headers = f"{Path(torch.__file__).parent}/include/x.h".encode()
    held = {
        "model/a.cpp": b"// g++ -I" + headers + b" -I/usr/include",
        "model/a.so": b"\x7fELF" + headers + b"\0 weights: /usr/ \0",
        "model/data.bin": headers,
    }
    with zipfile.ZipFile(tmp_path / "given.pt2", "w") as archive:
        for name, data in held.items():
            archive.writestr(name, data)
    traces.copy_package(tmp_path / "given.pt2", tmp_path / "made.pt2")
    with zipfile.ZipFile(tmp_path / "made.pt2") as archive:
        made = {name: archive.read(name) for name in archive.namelist()}
    blank = b"/" * (len(headers) - len(b"include/x.h")) + b"include/x.h"
    assert made == {
        "model/a.cpp": b"// g++ -I" + blank + b" -I/////include",
        "model/a.so": b"\x7fELF" + blank + b"\0 weights: /usr/ \0",
        "model/data.bin": headers,
    }


@pytest.mark.slow
def test_machine_code_names_no_folder_and_shows_no_source(tmp_path):
    model = network()
    export(model, tmp_path / "model.pt2", "aoti", verbose=False)
    check(tmp_path / "model.pt2")
    x = torch.randn(3, 8, 8, 3)
    loaded = torch._inductor.aoti_load_package(tmp_path / "model.pt2")
    torch.testing.assert_close(loaded(x), model(x))
