"""Faults to be found: each alters the code in memory, in a process of its own, before a seed is
played. They are slips that could have been made, one for each kind of promise and more."""

from verify.simulate.planted import counts, load, times, verdict

PLANTED = {**counts.FAULTS, **times.FAULTS, **load.FAULTS, **verdict.FAULTS}
