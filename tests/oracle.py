"""The Python that has TensorFlow; in this one, the drop-in may bear that name."""

import os
import subprocess

VARIABLE = "TORCHKERAS_TENSORFLOW_PYTHON"


def output_of(*arguments: object, **environment: str) -> str:
    """What that Python prints when it runs ``arguments``, without this one's path.

    Raises:
        CalledProcessError: it fails.
    """
    own = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment}
    own.pop("PYTHONPATH", None)
    command = [os.environ[VARIABLE], *map(str, arguments)]
    return subprocess.run(command, env=own, check=True, capture_output=True, text=True).stdout
