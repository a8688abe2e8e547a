"""``tf.train.ClusterSpec``: which processes there are, by their jobs."""

from collections.abc import Mapping
from typing import Any

from torchkeras.core.checks import argument_error


class ClusterSpec:
    """Addresses of processes by job and number.

    Args:
        cluster: ``{job: [address, ...]}`` or ``{job: {number: address}}``, or another one.
    """

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            cluster = cluster._jobs
        if not isinstance(cluster, Mapping):
            raise argument_error(self, "cluster", cluster, "a dict of jobs")
        self._jobs: dict[str, dict[int, str]] = {
            job: dict(tasks) if isinstance(tasks, Mapping) else dict(enumerate(tasks))
            for job, tasks in cluster.items()
        }

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    __hash__ = object.__hash__

    @property
    def jobs(self) -> list[str]:
        """Names of the jobs."""
        return list(self._jobs)

    def as_dict(self) -> dict[str, Any]:
        """Addresses by job: lists where numbers go up from 0."""
        return {
            job: list(tasks.values()) if list(tasks) == list(range(len(tasks))) else dict(tasks)
            for job, tasks in self._jobs.items()
        }

    def num_tasks(self, job_name: str) -> int:
        """How many processes a job has."""
        return len(self._tasks(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """Numbers of a job's processes."""
        return sorted(self._tasks(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a process."""
        tasks = self._tasks(job_name)
        if task_index not in tasks:
            raise argument_error(self, "task_index", task_index, f"one of {sorted(tasks)}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str]:
        """Addresses of a job's processes."""
        tasks = self._tasks(job_name)
        return [tasks[number] for number in sorted(tasks)]

    def _tasks(self, job: str) -> dict[int, str]:
        if job not in self._jobs:
            raise argument_error(self, "job_name", job, f"one of {self.jobs}")
        return self._jobs[job]
