from torchkeras.cli.own_files import imported, imports_torch, own_files


def test_every_form_of_import_is_read(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import a.b, c\nfrom d import e\nfrom . import f\ndef g():\n    import h\n")
    assert set(imported(script)) == {"a.b", "c", "d", "d.e", "f", "h"}


def test_files_beside_the_script_belong_to_it(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("from parts import model\n")
    (tmp_path / "parts" / "model.py").write_text("import torch.nn\n")
    script = tmp_path / "train.py"
    script.write_text("import tensorflow\nimport parts\n")
    names = {path.relative_to(tmp_path).as_posix() for path in own_files(script)}
    assert names == {"train.py", "parts/__init__.py", "parts/model.py"}
    assert imports_torch(script)


def test_a_script_without_torch_does_not_use_it(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import torchvision_like\nimport tensorflow as tf\n")
    assert not imports_torch(script)


def test_a_file_that_is_not_python_is_left_alone(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("this is (no Python")
    assert not imports_torch(script)
