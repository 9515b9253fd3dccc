"""What a number depends on: the machine and the versions of everything, without names of machines and people."""

import os
import pathlib
import platform
import re
import subprocess

import building
import terraform


def described():
    """The machine, before anything is measured."""
    load = os.getloadavg()[0]
    return {
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": f"{load:.2f} (a run beside other work tells little)",
    }


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def versions(programs):
    locked = (building.ROOT / "Cargo.lock").read_text()
    sdk = re.search(r'name = "aws-sdk-cloudwatchlogs"\nversion = "(.*)"', locked).group(1)
    found = {
        "logpolicy": f"{said([programs.logpolicy, '--version']).split()[-1]}, commit {commit()}",
        "Rust": said(["rustc", "--version"]).split()[1],
        "AWS SDK for Rust": f"aws-sdk-cloudwatchlogs {sdk}",
        "terraform": terraform.version(),
        "Python": platform.python_version(),
    }
    if programs.python:
        for package in ("boto3", "moto"):
            code = f"from importlib.metadata import version; print(version('{package}'))"
            found[package] = said([programs.python, "-c", code])
    return {name: version for name, version in found.items() if version}


def commit():
    return said(["git", "-C", building.ROOT, "rev-parse", "--short", "HEAD"]) or "unknown"


def said(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
