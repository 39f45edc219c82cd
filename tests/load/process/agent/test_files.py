"""What a run needs of files is needed where it is used: in each process that makes load."""

from __future__ import annotations

from pathlib import Path

from one_process import OneProcess, scenario


def crashes(url: str, **fields: object) -> list[str]:
    process = OneProcess(url, scenario(**fields))
    try:
        process.say("load")
        process.agent.report()
        assert process.agent.workload is None, "nothing is sent"
        return process.sent[-1].crashes
    finally:
        process.end()


def test_a_process_without_the_certificates_sends_nothing_and_says_what_it_lacks(
    tmp_path: Path,
) -> None:
    tls = {"cert": str(tmp_path / "client.pem")}
    (sentence,) = crashes("https://127.0.0.1:1", tls=tls)
    assert (
        sentence == f"w1: {tmp_path}/client.pem: tls.cert: can't be read: No such file or directory"
    )
