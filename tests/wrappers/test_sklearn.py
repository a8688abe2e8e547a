import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["SKLearnClassifier", "scikit_learn"])
def test_without_scikit_learn_the_extra_is_named(name):
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import torchkeras\n"
        f"try: torchkeras.wrappers.{name}\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torchkeras-compat[sklearn]" in run.stdout


def test_scikit_learn_is_not_imported_before_it_is_used():
    code = "import sys, torchkeras; print('sklearn' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_name_that_is_none_is_an_attribute_error():
    import torchkeras

    with pytest.raises(AttributeError, match="SKLearnForest"):
        getattr(torchkeras.wrappers, "SKLearnForest")  # noqa: B009
