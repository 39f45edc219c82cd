"""The only place that wires jobload into Locust's events."""

from jobload.lifecycle.install import install

__all__ = ["install"]
