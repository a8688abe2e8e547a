import re
import shutil
import sys

import keras as real
import pytest

import torchkeras
from torchkeras.utils import model_to_dot, plot_model

pydot = pytest.importorskip("pydot")


def nested(keras):
    inner = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(3, name="d"), keras.layers.ReLU(name="r")],
        name="inner",
    )
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(3, activation="relu", name="a")(x)
    core = keras.Input((3,), name="core_x")
    core = keras.Model(core, keras.layers.Dense(3, name="core_d")(core), name="core")
    return keras.Model(x, keras.layers.Add(name="add")([inner(y), core(y)]), name="m")


def outline(dot):
    """Texts of the boxes, and the lines between them, without Graphviz's numbers."""
    text = dot.to_string()
    boxes = {
        number: re.sub(r"<[^>]*>", " ", label)
        for number, label in re.findall(r"(\d{6,}) \[label=<(.*)>, fontname", text)
    }
    boxes = {number: " ".join(label.split()) for number, label in boxes.items()}
    lines = {(boxes[a], boxes[b]) for a, b in re.findall(r"(\d{6,}) -> (\d{6,})", text)}
    frames = set(re.findall(r"label=(\w+);", text))
    return sorted(boxes.values()), lines, frames


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"expand_nested": True},
        {"show_shapes": True, "show_dtype": True, "show_layer_activations": True},
        {"show_trainable": True, "show_layer_names": False},
    ],
)
def test_drawings_have_the_boxes_and_lines_of_keras(options):
    ours = outline(model_to_dot(nested(torchkeras), **options))
    theirs = outline(real.utils.model_to_dot(nested(real), **options))
    if not options.get("expand_nested"):
        assert ours == theirs
    assert ours[0] == theirs[0]
    assert ours[2] == theirs[2]


def test_lines_enter_and_leave_nested_models():
    _, lines, _ = outline(model_to_dot(nested(torchkeras), expand_nested=True))
    short = {tuple(text.split()[0] for text in line) for line in lines}
    assert short == {
        ("x", "a"),
        ("a", "d"),
        ("d", "r"),
        ("a", "core_x"),
        ("core_x", "core_d"),
        ("r", "add"),
        ("core_d", "add"),
    }


def test_other_models_are_one_box():
    class Plain(torchkeras.Model):
        def call(self, x):
            return x

    model = Plain(name="p")
    model.built = True
    assert outline(model_to_dot(model))[0] == ["p (Plain)"]


def test_a_frame_can_be_had_instead():
    assert model_to_dot(nested(torchkeras), subgraph=True).to_string().startswith("subgraph")


@pytest.mark.filterwarnings("ignore")  # of what pydot is parsed with
@pytest.mark.parametrize("name", ['<<img src="x">>', '"a" image="x" b="c"', "a\\", "a\0b\x1b"])
def test_names_of_nested_models_are_texts(name):
    keras = torchkeras
    inner = keras.Sequential([keras.Input((3,)), keras.layers.ReLU()], name=name)
    model = keras.Sequential([keras.Input((3,)), inner])
    (graph,) = pydot.graph_from_dot_data(model_to_dot(model, expand_nested=True).to_string())
    (frame,) = graph.get_subgraphs()
    assert set(frame.get_attributes()) == {"label", "labeljust", "style"}
    assert frame.get("label").startswith('"')
    assert not set("\0\x1b") & set(graph.to_string())


def test_drawings_are_written(tmp_path):
    plot_model(nested(torchkeras), tmp_path / "m.dot", show_shapes=True)
    assert "Output shape" in (tmp_path / "m.dot").read_text()


@pytest.mark.skipif(shutil.which("dot") is not None, reason="Graphviz is installed")
def test_without_graphviz_it_says_what_to_do(tmp_path):
    with pytest.raises(ImportError, match="You must install graphviz"):
        plot_model(nested(torchkeras), tmp_path / "m.png")


def test_without_pydot_it_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="You must install pydot"):
        plot_model(nested(torchkeras), tmp_path / "m.png")
    monkeypatch.setitem(sys.modules, "IPython.core.magics.namespace", None)
    assert plot_model(nested(torchkeras), tmp_path / "m.png") is None
    assert "You must install pydot" in capsys.readouterr().out


def test_bad_input_is_explained():
    unbuilt = torchkeras.Sequential([torchkeras.layers.Dense(1)])
    for draw in (model_to_dot, plot_model):
        with pytest.raises(ValueError, match="This model has not yet been built"):
            draw(unbuilt)
    with pytest.raises(ValueError, match="layer_range"):
        model_to_dot(nested(torchkeras), layer_range=["a", "b"])
    with pytest.raises(ValueError, match="none so named"):
        plot_model(nested(torchkeras), "x.png", layers=3)


def test_a_part_can_be_drawn_from_one_layer_to_another():
    model = torchkeras.Sequential(
        [torchkeras.Input((4,)), *(torchkeras.layers.Dense(3, name=name) for name in "abc")]
    )
    boxes, lines, _ = outline(model_to_dot(model, layer_range=["b", "c"]))
    assert boxes == ["b (Dense)", "c (Dense)"]
    assert lines == {("b (Dense)", "c (Dense)")}
    boxes, lines, _ = outline(model_to_dot(nested(torchkeras), layer_range=("inner", "a.*")))
    assert boxes == ["add (Add)", "core (Functional)", "inner (Sequential)"]
    assert lines == {(start, "add (Add)") for start in boxes[1:]}
