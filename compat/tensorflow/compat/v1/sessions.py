"""Sessions of the first generation, which scripts make to set up devices."""

from types import SimpleNamespace
from typing import Any

from torchkeras.core.checks import moment_error


class ConfigProto:
    """Settings of a session; torch takes memory as it is needed and places tensors itself.

    Args:
        gpu_options: Settings of GPUs.
        **settings: Others, kept as attributes.
    """

    def __init__(self, gpu_options: Any = None, **settings: Any) -> None:
        self.gpu_options = GPUOptions() if gpu_options is None else gpu_options
        self.graph_options = SimpleNamespace(
            optimizer_options=SimpleNamespace(global_jit_level=0),
            rewrite_options=SimpleNamespace(),
        )
        self.allow_soft_placement = True
        self.log_device_placement = False
        self.intra_op_parallelism_threads = 0
        self.inter_op_parallelism_threads = 0
        self.device_count: dict[str, int] = {}
        vars(self).update(settings)


class GPUOptions:
    """Settings of GPUs, kept as attributes."""

    def __init__(self, **settings: Any) -> None:
        self.allow_growth = False
        self.per_process_gpu_memory_fraction = 0.0
        self.visible_device_list = ""
        vars(self).update(settings)


class Session:
    """A session that can be made and closed; what it would run has run already.

    Args:
        target, graph: Accepted.
        config: See ``ConfigProto``.
    """

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self.config = config
        self.graph = graph

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def as_default(self) -> "Session":
        """This session."""
        return self

    def close(self) -> None:
        """Nothing."""

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ):
        """Raises a RuntimeError: there is no graph to run."""
        raise moment_error(
            "tf.compat.v1.Session.run", "there is no graph: everything runs at once",
            "Call the functions, and use their results as they are.",
        )  # fmt: skip


InteractiveSession = Session
