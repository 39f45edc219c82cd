"""Names the users and shapes, and hands Locust's events to jobload. Run it with `locust`."""

from locust import events

from jobload.lifecycle import install
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.job_watcher import JobWatcher
from shapes import AdHoc, Capacity, Endurance, Ramp, Spike, StepStress, Suite

__all__ = [
    "AdHoc",
    "Capacity",
    "Endurance",
    "FlowUser",
    "JobFollower",
    "JobSubmitter",
    "JobWatcher",
    "Ramp",
    "Spike",
    "StepStress",
    "Suite",
]

install(events)
