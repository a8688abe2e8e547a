import sys
import types

import pytest
from torchkeras_shim.names import missing


def test_the_nearest_name_is_offered(monkeypatch):
    module = types.ModuleType("tensorflow.example")
    module.gather, module._hidden = len, len
    monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(AttributeError, match=r"tf\.example has no 'gathr' on torch.*gather"):
        missing(module.__name__)("gathr")
    with pytest.raises(AttributeError):
        missing(module.__name__)("__path__")
