"""Starts the servers that the tests talk to, each on a free port of this machine, and stops them again."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

BINARY = os.environ.get("LOGPOLICY_TEST_BINARY", "logpolicy")
SECRET = "sandbox"
START_SECONDS = 60


def installed(program):
    """A program of the virtual environment that this runs in."""
    return str(Path(sys.executable).parent / program)


@contextlib.contextmanager
def emulator(*arguments):
    """`logpolicy emulate`; gives its URL."""
    with running([BINARY, "emulate", *arguments], r"listening on (http:\S+)\n") as url:
        yield url


@contextlib.contextmanager
def moto():
    """moto: keeps one account, and forgets all on POST /moto-api/reset."""
    with running([installed("moto_server"), "--port", "0"], r"Running on (http://[^\s\x1b]+)\s") as url:
        yield url


@contextlib.contextmanager
def ministack():
    """ministack: takes the access key for the account, and forgets all on POST /_ministack/reset."""
    # It cannot be asked to take a free port, and would take a fixed one for IoT besides.
    port = free_port()
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0"}
    url = f"http://127.0.0.1:{port}"
    with running([installed("ministack")], None, settings):
        wait_for(f"{url}/_ministack/health")
        yield url


@contextlib.contextmanager
def running(command, announced, settings=None):
    """Runs a server in a folder of its own until the block ends; gives what it announces."""
    with tempfile.TemporaryDirectory() as folder, open(Path(folder, "log"), "wb") as log:
        server = subprocess.Popen(command, cwd=folder, env={**os.environ, **(settings or {})},
                                  stdout=log, stderr=subprocess.STDOUT)
        try:
            yield announcement(server, Path(log.name), announced) if announced else None
        finally:
            server.terminate()
            server.wait()


def announcement(server, log, announced):
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        found = re.search(announced, log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"the server does not start: {log.read_text(errors='replace')}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def environment(account, home, **more):
    """The variables of a client that has one account's credentials, and nothing of this machine's configuration."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", **more}
