"""Work spread over processes or machines, behind `concurrent.futures.Executor`.

module     knows
---------  --------------------------------------------------------------------------
opening    from `inline`, `processes:4` or `tls://host:port` to an executor
crew       what every executor tells of itself; the one that works in this process
processes  worker processes of this machine that end with it, replaced when one is killed
cluster    a scheduler of dask.distributed, and who may talk to it
working    many tasks through one executor, a few at a time, each with one outcome
"""

from corecar.store.executors.crew import Crew, Inline
from corecar.store.executors.opening import open_executor
from corecar.store.executors.working import work, work_together

__all__ = ["Crew", "Inline", "open_executor", "work", "work_together"]
