"""Runs jobs in processes on this machine or on a Dask cluster. The two differ only in their executor."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import takewhile
from multiprocessing import connection, forkserver
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from ..modules import DISTRIBUTION
from . import GradingError, TierChoice, sandbox
from .sandbox import Endpoint, ForkServer

Task = TypeVar("Task")
Result = TypeVar("Result")


class PoolError(GradingError):
    """There is no pool. The text says why and what to do."""


class Pool(Protocol):
    """A pool does tasks in parallel, and yields each result when it is ready."""

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Do each task, and yield it with its result as soon as it is there; None where a task ended its process."""
        ...


class Until:
    """A pool that begins no more tasks after it was told to stop. Tasks in flight end normally."""

    def __init__(self, pool: Pool, stopped: Callable[[], bool]) -> None:
        self._pool = pool
        self._stopped = stopped

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Do each task that comes before it is told to stop, and yield it with its result as soon as it is there."""
        return self._pool.map(function, takewhile(lambda _: not self._stopped(), tasks))


class LocalPool:
    """Processes on this machine, which are started at the first task.

    Parameters
    ----------
    workers
        How many processes.
    choice
        The walls around the fork server that they share; None where no submission is run.
    """

    def __init__(self, workers: int, choice: TierChoice | None = None) -> None:
        self._workers = workers
        self._choice = choice
        self._server: ForkServer | None = None
        # A server that forks: it has no connection to the gradebook that a fork could take along, and imports once.
        self._context = multiprocessing.get_context("forkserver")
        self._executor: Executor | None = None
        # The processes end when it is closed.
        self._ended, self._open = self._context.Pipe(duplex=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        try:
            if kind is not None:
                # Nobody waits any more for what is in flight.
                self._open.close()
            if self._executor is not None:
                self._executor.shutdown(cancel_futures=True)
        finally:
            if self._server is not None:
                self._server.close()
            self._open.close()
            self._ended.close()

    def take(self, choice: TierChoice) -> None:
        """Take these walls, if others were prepared. A course's configuration names them, and is read in the meantime.

        Raises
        ------
        SandboxError
            When this machine has no walls, and "auto" is taken.
        """
        if self._server is not None and sandbox.tier_of(choice) != self._server.endpoint.tier:
            self._server.close()
            self._server = None
        self._choice = choice

    def prepare(self) -> None:
        """Begin to start the processes that the first task needs. Their imports take seconds.

        Raises
        ------
        SandboxError
            When the walls can't be put up.
        """
        # What lies in the current directory is no module of ours, whatever it is called.
        os.environ["PYTHONSAFEPATH"] = "1"
        if self._choice is not None:
            self._context.set_forkserver_preload(["autograder.grading.pooled"])
        forkserver.ensure_running()
        if self._choice is not None and self._server is None:
            self._server = sandbox.start(sandbox.tier_of(self._choice))

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Do each task, and yield it with its result as soon as it is there.

        When a process dies, which task it died of can't be told: those in flight are done again, one at a time. One that
        ends its process again is yielded with None.
        """
        suspects: list[Task] = []
        for task, future in _in_flight(lambda one: self._submit(function, one), tasks, 2 * self._workers):
            try:
                yield task, future.result()
            except BrokenProcessPool:
                suspects.append(task)
        for task in suspects:
            try:
                yield task, self._submit(function, task).result()
            except BrokenProcessPool:
                yield task, None

    def _start(self) -> Executor:
        self.prepare()
        endpoint = self._server.endpoint if self._server is not None else None
        shared = self._ended, endpoint, self._choice
        return ProcessPoolExecutor(self._workers, self._context, initializer=_begin, initargs=shared)

    def _submit(self, function: Callable[[Task], Result], task: Task) -> Future[Result]:
        if self._executor is None:
            self._executor = self._start()
        try:
            return self._executor.submit(function, task)
        except BrokenProcessPool:
            self._executor.shutdown()
            self._executor = self._start()
            return self._executor.submit(function, task)


class ClusterPool:
    """The workers of a Dask cluster, whose scheduler is at `address`, as `tcp://127.0.0.1:8786`.

    Raises
    ------
    PoolError
        When Dask is not installed, or no scheduler answers.
    """

    def __init__(self, address: str) -> None:
        try:
            import dask
            from distributed import Client
        except ImportError:
            raise PoolError(
                f"A cluster needs Dask, and Dask is not installed. Run: pip install '{DISTRIBUTION}[cluster]'"
            ) from None
        # Otherwise Dask keeps the last thousand messages that were sent, for who looks for its faults. Each holds a submission.
        dask.config.set({"distributed.admin.low-level-log-length": 0})
        try:
            self._client = Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise PoolError(
                f"No Dask scheduler answers at {address}: {error}. Check the address, or start `dask scheduler`."
            ) from None
        self._executor = self._client.get_executor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | None]]:
        """Do each task, and yield it with its result as soon as it is there; None where it ended several workers.

        Raises
        ------
        PoolError
            When the cluster has no worker, or is lost.
        """
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        threads = sum(self._client.nthreads().values())
        if not threads:
            raise PoolError("The Dask cluster has no worker. Start one with `dask worker ADDRESS --nthreads 1`.")
        for task, future in _in_flight(lambda one: self._executor.submit(function, one), tasks, 2 * threads):
            try:
                yield task, future.result()
            except KilledWorker:
                yield task, None
            except (CancelledError, CommClosedError):
                raise PoolError(
                    "The Dask cluster does not answer any more. All written grades are kept. Run the same command again, with or without --scheduler."
                ) from None


def _begin(ended: connection.Connection, endpoint: Endpoint | None, choice: TierChoice | None) -> None:
    """Begin a process of the pool. It ends at once when the other end of `ended` is closed."""
    # The caller handles Ctrl-C: it decides about the tasks in flight.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_caller, args=(ended,), daemon=True).start()
    if endpoint is not None and choice is not None:
        from .engines import share

        share(endpoint, choice)


def _end_with_caller(ended: connection.Connection) -> None:
    """End this process when the caller has ended, or says so. Otherwise it would not notice that the caller was killed."""
    caller = multiprocessing.parent_process()
    if caller is not None:
        connection.wait([caller.sentinel, ended])
        os._exit(1)


def _in_flight(
    submit: Callable[[Task], Future[Any]], tasks: Iterable[Task], most: int
) -> Iterator[tuple[Task, Future[Any]]]:
    """Keep at most so many tasks in flight. A task holds a submission, and a whole class does not fit into memory."""
    flying: dict[Future[Any], Task] = {}
    for task in tasks:
        flying[submit(task)] = task
        if len(flying) >= most:
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                yield flying.pop(future), future
    while flying:
        for future in wait(flying, return_when=FIRST_COMPLETED).done:
            yield flying.pop(future), future
