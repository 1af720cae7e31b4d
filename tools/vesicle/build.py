# SPDX-License-Identifier: BSD-2-Clause
"""Configures and builds the two sides of the tree."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time

from . import packages, paths
from .ui import Failure, say


@contextlib.contextmanager
def alone(folder, name):
    """Nobody else builds in the folder meanwhile: neither CMake nor ninja sees to that."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting: another command builds the {name} side")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _configure(folder, name, options):
    if (folder / "build.ninja").exists():
        return
    say(f"configuring the {name} side (the first time, this fetches arm64 packages from Debian's archive)")
    run = subprocess.run(["cmake", "-S", str(paths.TOP), "-B", str(folder), "-G", "Ninja", *options],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        raise Failure(f"configuring the {name} side failed; if the tree was moved, remove build/ and try "
                      "again. CMake said:\n" + run.stdout)


def _build(folder, name):
    say(f"building the {name} side")
    start = time.monotonic()
    command = ["ninja", "-C", str(folder)]
    if not sys.stdout.isatty():
        command.append("--quiet")
    environment = dict(os.environ, NINJA_STATUS="  [%f/%t] ")
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        raise Failure(f"building the {name} side failed; the messages are above")
    if time.monotonic() - start > 5:
        say(f"built the {name} side in {time.monotonic() - start:.0f} s")


def host():
    """Builds tools and unit tests for this machine."""
    packages.ensure()
    with alone(paths.HOST, "host"):
        _configure(paths.HOST, "host", [])
        _build(paths.HOST, "host")
    return paths.HOST


def target(debug=False):
    """Builds what runs on the machine; with debug, with assertions. Returns the build folder."""
    packages.ensure()
    folder = paths.TARGET_DEBUG if debug else paths.TARGET
    name = "debug target" if debug else "target"
    options = [f"-DCMAKE_TOOLCHAIN_FILE={paths.TOOLCHAIN}"]
    if debug:
        options.append("-DVESICLE_DEBUG=ON")
    with alone(folder, name):
        _configure(folder, name, options)
        _build(folder, name)
    return folder


def require(path, what):
    """Fails with a plain message if a build product is not there."""
    if not path.exists():
        raise Failure(f"{what} was not built: {path.relative_to(paths.TOP)} is missing")
    return path
