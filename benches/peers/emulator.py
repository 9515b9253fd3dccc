"""Servers, each in a process of its own."""

import contextlib
import re
import subprocess
import time


@contextlib.contextmanager
def emulate(bench, *arguments):
    """`logpolicy emulate`; its URL."""
    command = [bench.programs.logpolicy, "emulate", "--listen", "127.0.0.1:0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"HOME": str(bench.folder)})
    try:
        yield process.stdout.readline().removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def moto(bench):
    """moto's server; its URL."""
    log = bench.folder / "moto.log"
    with log.open("wb") as stream:
        command = [bench.programs.python.with_name("moto_server"), "--port", "0"]
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        yield address_in(log)
    finally:
        process.kill()
        process.wait()


def address_in(log):
    for _ in range(200):
        found = re.search(r"Running on (http://\S+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise SystemExit(f"moto's server does not start:\n{log.read_text()}")
