"""The shape behind all others; a class of one's own that names what it `plays` is one too."""

from jobload.load.staged_shape import Conductor, StagedShape, Tick

__all__ = ["Conductor", "StagedShape", "Tick"]
