"""``tf.distribute.cluster_resolver``: which processes there are."""

import json
import os
from typing import Any

from torchkeras_shim.names import missing

from tensorflow.train.cluster import ClusterSpec

__getattr__ = missing(__name__)


class SimpleClusterResolver:
    """Processes as they are told.

    Args:
        cluster_spec: The processes.
        master: Address of the one that leads.
        task_type: This process's job.
        task_id: This process's number.
        environment: Accepted.
        num_accelerators: Accelerators by kind.
        rpc_layer: Accepted; torch chooses how processes talk.
    """

    def __init__(
        self,
        cluster_spec: ClusterSpec,
        master: str = "",
        task_type: str | None = None,
        task_id: int | None = None,
        environment: str = "",
        num_accelerators: dict[str, int] | None = None,
        rpc_layer: str | None = None,
    ) -> None:
        self._cluster = ClusterSpec(cluster_spec)
        self._master = master
        self.task_type = task_type
        self.task_id = task_id
        self.environment = environment
        self.rpc_layer = rpc_layer
        self._accelerators = num_accelerators or {}

    def cluster_spec(self) -> ClusterSpec:
        """The processes."""
        return self._cluster

    def master(
        self, task_type: str | None = None, task_id: int | None = None, rpc_layer: Any = None
    ) -> str:
        """The address of a process; of the one that leads, unless one is named."""
        if task_type is not None and task_id is not None:
            return self._cluster.task_address(task_type, task_id)
        return self._master

    def num_accelerators(
        self, task_type: Any = None, task_id: Any = None, config_proto: Any = None
    ) -> dict[str, int]:
        """Accelerators by kind, as they were told for every process.

        ``task_type``, ``task_id`` and ``config_proto`` change nothing here.
        """
        return self._accelerators


class TFConfigClusterResolver(SimpleClusterResolver):
    """Processes as the environment variable ``TF_CONFIG`` tells.

    Args:
        task_type, task_id: In place of those in ``TF_CONFIG``.
        rpc_layer, environment: Accepted.
    """

    def __init__(
        self,
        task_type: str | None = None,
        task_id: int | None = None,
        rpc_layer: str | None = None,
        environment: str | None = None,
    ) -> None:
        told = json.loads(os.environ.get("TF_CONFIG") or "{}")
        task = told.get("task", {})
        super().__init__(
            ClusterSpec(told.get("cluster", {})),
            task_type=task_type or task.get("type"),
            task_id=int(task.get("index", 0)) if task_id is None else task_id,
            environment=environment or "",
            rpc_layer=rpc_layer,
        )


class TPUClusterResolver:
    """TPUs, of which torch sees none without the package ``torch_xla``.

    Args:
        tpu: Their name.
        **settings: How to reach them.

    Raises:
        ValueError: always, as in TensorFlow where there are none.
    """

    def __init__(self, tpu: Any = None, **settings: Any) -> None:
        raise ValueError(
            f"TPUClusterResolver: tpu is {tpu!r}; there are no TPUs here. Use "
            "tf.distribute.get_strategy(), or the package torch_xla."
        )

    @staticmethod
    def connect(tpu: Any = None, zone: Any = None, project: Any = None) -> Any:
        """Raises the constructor's error, whatever ``zone`` and ``project``."""
        return TPUClusterResolver(tpu, zone=zone, project=project)
