"""The processes of one run: how many there are, which one this is, and starting them together."""

import atexit
import os
import sys
import time
from types import TracebackType
from typing import Any

import torch
from torch import distributed

from torchkeras.core.checks import argument_error

_PATIENCE = 12  # seconds until a process that misses another one fails, too
_LAST_WAIT = 0.05  # seconds in which the threads of gloo let go of what they hold


def world_size() -> int:
    """Number of processes of this run; 1 unless it was started by torchrun or alike."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_world_size()
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Number of this process among them, from 0."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank()
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """Number of this process among those of its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def is_chief() -> bool:
    """Whether this process is the one that prints and writes files."""
    return rank() == 0


def start() -> None:
    """Join the other processes of this run, if there are any and it hasn't been done.

    They talk by NCCL where each has a CUDA device, else by gloo.
    """
    if world_size() == 1 or distributed.is_initialized():
        return
    backend = "gloo"
    if torch.cuda.is_available() and distributed.is_nccl_available():
        torch.cuda.set_device(local_rank() % torch.cuda.device_count())
        backend = "nccl"
    distributed.init_process_group(backend)
    atexit.register(_leave)
    _tell_torchrun()


def agreed(value: Any) -> Any:
    """The chief's ``value``, in every process."""
    if not distributed.is_initialized():
        return value
    shared = [value]
    distributed.broadcast_object_list(shared, 0)
    return shared[0]


def gathered_objects(value: Any) -> list[Any]:
    """The ``value`` of each process, in every process."""
    if not distributed.is_initialized():
        return [value]
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, value)
    return found


def let_first_fail(error: BaseException) -> None:
    """Wait a little if ``error`` only says that another process is gone.

    torchrun ends all when the first has ended, and shows why that was.
    """
    is_lost = isinstance(error, RuntimeError) and "onnection" in str(error)
    if is_lost or isinstance(error, distributed.DistError):
        time.sleep(_PATIENCE)


def _tell_torchrun() -> None:
    """Let torchrun end with the traceback of the first process that failed."""
    if "TORCHELASTIC_ERROR_FILE" not in os.environ:
        return
    from torch.distributed.elastic.multiprocessing.errors import get_error_handler  # loads slowly

    show = sys.excepthook

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        let_first_fail(error)
        handler = get_error_handler()
        handler.initialize()
        try:
            raise error.with_traceback(trace)  # the handler writes of what is being handled
        except kind:
            handler.record_exception(error)
        show(kind, error, trace)

    sys.excepthook = tell


def _leave() -> None:
    """Leave the others, once gloo's threads hold no tensors.

    One that lets go of the last reference to a tensor waits for Python's lock. If Python ends
    meanwhile, so does the whole process, by SIGABRT ("terminate called without an active
    exception"), after all its work is done.
    """
    if distributed.is_initialized():
        time.sleep(_LAST_WAIT)
        distributed.destroy_process_group()


def initialize(
    job_addresses: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Join the other processes of a run that was not started by torchrun.

    Args:
        job_addresses: ``host:port`` of the first process; of a comma-separated list the first.
            None takes it from ``KERAS_DISTRIBUTION_JOB_ADDRESSES``, or from ``MASTER_ADDR`` and
            ``MASTER_PORT``.
        num_processes: Number of processes; None takes ``KERAS_DISTRIBUTION_NUM_PROCESSES``, or
            ``WORLD_SIZE``.
        process_id: Number of this process, from 0; None takes ``KERAS_DISTRIBUTION_PROCESS_ID``,
            or ``RANK``.

    Raises:
        ValueError: an address without a port.

    Source: Keras 3 ``distribution.initialize``.
    """
    environment = os.environ
    job_addresses = job_addresses or environment.get("KERAS_DISTRIBUTION_JOB_ADDRESSES")
    if num_processes is None:
        num_processes = environment.get("KERAS_DISTRIBUTION_NUM_PROCESSES")
    if process_id is None:
        process_id = environment.get("KERAS_DISTRIBUTION_PROCESS_ID")
    if job_addresses is not None:
        host, _, port = job_addresses.split(",")[0].rpartition(":")
        if not host or not port.isdigit():
            raise argument_error(
                "initialize", "job_addresses", job_addresses, "host:port of the first process"
            )
        os.environ.update(MASTER_ADDR=host, MASTER_PORT=port)
    if num_processes is not None:
        os.environ["WORLD_SIZE"] = str(num_processes)
    if process_id is not None:
        os.environ["RANK"] = str(process_id)
        os.environ.setdefault("LOCAL_RANK", str(process_id))
    start()


def list_devices(device_type: str | None = None) -> list[str]:
    """Names of the devices of this machine, such as ``"cuda:0"``.

    In a run of several processes there is one for each of them, on whatever machine.

    Args:
        device_type: ``"cpu"``, ``"gpu"``, ``"cuda"`` or ``"mps"``; None lists accelerators if
            there are any, else the CPU.

    Source: Keras 3 ``distribution.list_devices``.

    Example:
        >>> list_devices("cpu")
        ['cpu:0']
    """
    if device_type is None:
        return list_devices("cuda") or list_devices("mps") or list_devices("cpu")
    kind = {"gpu": "cuda"}.get(device_type.lower(), device_type.lower())
    if kind not in ("cpu", "cuda", "mps"):
        raise argument_error("list_devices", "device_type", device_type, '"cpu", "gpu" or "mps"')
    if kind == "cuda":
        number = torch.cuda.device_count()
    elif kind == "mps":
        number = int(torch.backends.mps.is_available())
    else:
        number = 1
    if number:
        number = number if world_size() == 1 else world_size()
    return [f"{kind}:{index}" for index in range(number)]


def get_device_count(device_type: str | None = None) -> int:
    """Number of devices that ``list_devices`` names.

    Source: Keras 3 ``distribution.get_device_count``.
    """
    return len(list_devices(device_type))
