"""The thresholds.yaml that goes with a draft."""

from __future__ import annotations

from jobload.init.draft import Draft
from jobload.init.scenarios_text import RATE

_TEXT = """\
# What must hold, or the run is a FAIL. Run once, look at the figures, then write down what is
# good enough; these limits are a beginning.
scenarios:
  {scenario}:
    - {{metric: throughput, expect: ">= {throughput:g}/s", stage: hold}}
    - {{metric: error_rate, expect: "<= 1%"}}
    - {{metric: p95, expect: "<= 1s"}}           # of the response time of a whole operation
"""


def thresholds_text(draft: Draft) -> str:
    return _TEXT.format(scenario=draft.scenario, throughput=0.9 * RATE)
