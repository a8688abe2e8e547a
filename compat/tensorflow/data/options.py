"""``tf.data.Options``: settings of TensorFlow's runtime."""

from typing import Any


class _Settings:
    """A group of settings; all are None until they are set.

    Their names are TensorFlow's. None of them changes elements or, beside ``deterministic``, their
    order.
    """

    names: tuple[str, ...] = ()

    def __init__(self) -> None:
        for name in self.names:
            object.__setattr__(self, name, None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.names:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return id(self)

    def merged(self, later: Any) -> Any:
        """These settings, and in their place those that are set in ``later``."""
        result = type(self)()
        for name in self.names:
            mine, theirs = getattr(self, name), getattr(later, name)
            both = isinstance(mine, _Settings)
            value = mine.merged(theirs) if both else mine if theirs is None else theirs
            setattr(result, name, value)
        return result


class AutotuneOptions(_Settings):
    """How TensorFlow chooses numbers of threads and sizes of buffers."""

    names = (
        "autotune_algorithm", "cpu_budget", "enabled", "initial_parallelism",
        "min_parallelism", "ram_budget",
    )  # fmt: skip


class DistributeOptions(_Settings):
    """How a dataset is cut over processes."""

    names = ("auto_shard_policy", "num_devices")


class OptimizationOptions(_Settings):
    """What TensorFlow's graph of a dataset is rewritten to."""

    names = (
        "apply_default_optimizations", "filter_fusion", "filter_parallelization",
        "inject_prefetch", "map_and_batch_fusion", "map_and_filter_fusion", "map_fusion",
        "map_parallelization", "noop_elimination", "parallel_batch", "seq_interleave_prefetch",
        "shuffle_and_repeat_fusion",
    )  # fmt: skip


class ServiceOptions(_Settings):
    """How TensorFlow's data service hands over elements."""

    names = ("pinned",)


class ThreadingOptions(_Settings):
    """How many threads TensorFlow uses."""

    names = ("max_intra_op_parallelism", "private_threadpool_size")


class Options(_Settings):
    """Settings of ``tf.data``; they tune TensorFlow's runtime and change no elements here.

    Raises:
        AttributeError: a setting that there isn't is set.

    Source: ``tf.data.Options``.
    """

    names = (
        "autotune", "dataset_name", "deterministic", "experimental_deterministic",
        "experimental_distribute", "experimental_external_state_policy",
        "experimental_optimization", "experimental_service", "experimental_slack",
        "experimental_symbolic_checkpoint", "experimental_threading",
        "experimental_warm_start", "framework_type", "threading",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.autotune = AutotuneOptions()
        self.experimental_distribute = DistributeOptions()
        self.experimental_optimization = OptimizationOptions()
        self.experimental_service = ServiceOptions()
        self.threading = self.experimental_threading = ThreadingOptions()

    def merge(self, options: "Options") -> "Options":
        """These settings, and in their place those that are set in ``options``."""
        return self.merged(options)
