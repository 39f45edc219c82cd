"""Compiles into the wheel, with mypyc, what each request goes through: the same source, and Python
runs it wherever it was not compiled. Only when asked: HATCH_BUILD_HOOKS_ENABLE=true, as everywhere
with Hatch. Never in place: an old compiled module would hide what is edited beside it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHARED = "jobload.compiled"
"""The part that the modules have in common."""
IN_C = "jobload/load/kernel_calls"
SETUP = f"""
import sys
from mypyc.build import mypycify
from setuptools import Extension, setup

modules = mypycify(sys.argv[1:], opt_level="3", group_name={SHARED!r})
if sys.platform == "linux":
    modules.append(Extension({IN_C.replace("/", ".")!r}, [{(IN_C + ".c")!r}]))
setup(packages=[], py_modules=[], ext_modules=modules, script_args=["--quiet", "build_ext", "-i"])
"""


class CompiledModules(BuildHookInterface[Any]):
    def dependencies(self) -> list[str]:
        """Besides the compiler all that is imported: it knows the types from there."""
        core = self.metadata.core
        return [*core.optional_dependencies["compile"], *core.dependencies]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._work = TemporaryDirectory()
        work, root = Path(self._work.name), Path(self.root)
        shutil.copytree(root / "jobload", work / "jobload", ignore=shutil.ignore_patterns("*.so"))
        types = ["--config-file", str(root / "pyproject.toml"), "--no-incremental"]
        command = [sys.executable, "-c", SETUP, *types, *self.config["modules"]]
        done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            self.app.abort(
                f"{done.stdout.decode(errors='replace')}\nmypyc could not compile jobload. It needs"
                " a C compiler and Python's header files (Debian: gcc, python3-dev). Without"
                " HATCH_BUILD_HOOKS_ENABLE nothing is compiled, and all works, slower."
            )
        for module in work.rglob("*.so" if sys.platform != "win32" else "*.pyd"):
            if "build" not in module.relative_to(work).parts:
                build_data["force_include"][str(module)] = str(module.relative_to(work))
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._work.cleanup()
