"""Every tool by its name, ours first."""

from __future__ import annotations

from verify.who_notices.tool import Tool
from verify.who_notices.tools.artillery import Artillery
from verify.who_notices.tools.autocannon import Autocannon
from verify.who_notices.tools.hey import Hey
from verify.who_notices.tools.jobload import Jobload
from verify.who_notices.tools.k9 import K9
from verify.who_notices.tools.locomotive import Locomotive
from verify.who_notices.tools.locust import Locust
from verify.who_notices.tools.pywrkr import Pywrkr
from verify.who_notices.tools.taurus import Taurus
from verify.who_notices.tools.wrk import Wrk

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Jobload(),
        Locust(),
        Locomotive(),
        K9(),
        Artillery(),
        Taurus(),
        Pywrkr(),
        Autocannon(),
        Hey(),
        Wrk(),
    )
}
