"""Load-tests an HTTP API with Locust and gives a verdict that can be trusted.

What a locustfile of one's own may import. A name is imported when it is asked for, so that
`import jobload` costs nothing and leaves Locust to be imported first.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobload.lifecycle.install import install as install
    from jobload.load.staged_shape import StagedShape as StagedShape
    from jobload.load.users.flow_user import FlowUser as FlowUser
    from jobload.load.users.job_follower import JobFollower as JobFollower
    from jobload.load.users.job_submitter import JobSubmitter as JobSubmitter
    from jobload.load.users.job_watcher import JobWatcher as JobWatcher
    from jobload.load.users.operation_user import OperationUser as OperationUser

_WHERE = {
    "FlowUser": "jobload.load.users.flow_user",
    "JobFollower": "jobload.load.users.job_follower",
    "JobSubmitter": "jobload.load.users.job_submitter",
    "JobWatcher": "jobload.load.users.job_watcher",
    "OperationUser": "jobload.load.users.operation_user",
    "StagedShape": "jobload.load.staged_shape",
    "install": "jobload.lifecycle.install",
}
__all__ = [
    "FlowUser",
    "JobFollower",
    "JobSubmitter",
    "JobWatcher",
    "OperationUser",
    "StagedShape",
    "install",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
