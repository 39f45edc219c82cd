"""Locust, imported in three quarters of the time; before all else, since it patches what others
import."""

import sys
from importlib import import_module, metadata


def import_locust() -> None:
    """Once, however often it is asked for. gevent looks for its plugins with each module that it
    patches, and each time the metadata of all packages would be read anew: 25 times."""
    if "locust" in sys.modules:
        return
    read = metadata.entry_points
    vars(metadata)["entry_points"] = read().select
    try:
        import_module("locust")
    finally:
        vars(metadata)["entry_points"] = read
