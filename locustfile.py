"""Names the users and shapes, and hands Locust's events to jobload. Run it with `locust`."""

from locust import events

from jobload import FlowUser, JobFollower, JobSubmitter, JobWatcher, install
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
