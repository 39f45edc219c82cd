"""The words a verdict is made of."""

from typing import Literal

RunStatus = Literal["PASS", "FAIL", "INVALID", "PROFILED"]
CheckStatus = Literal["PASS", "FAIL", "WARN", "INSUFFICIENT"]
ValidityStatus = Literal["PASS", "FAIL", "WARN"]
