# SPDX-License-Identifier: BSD-2-Clause
"""Installs the Debian packages that are missing."""

import os
import shutil
import subprocess

from . import paths
from .ui import Failure, say


def listed():
    """The (package, command or None) pairs of the package file."""
    pairs = []
    for line in paths.PACKAGES.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words:
            pairs.append((words[0], words[1] if len(words) > 1 else None))
    return pairs


def installed():
    """Names of all installed packages, or None where there is no dpkg."""
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        return None
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"]
    lines = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[1] for line in lines if line.startswith("installed ")}


def as_root(command):
    """The command as it must be called to run as root."""
    if os.geteuid() == 0:
        return command
    if shutil.which("sudo") is None:
        raise Failure("packages are missing and this is neither root nor is there sudo; run as root:\n  "
                      + " ".join(command))
    return ["sudo", *command]


def install(missing):
    """Installs packages with apt-get, showing what it does."""
    say("installing Debian packages: " + " ".join(missing))
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    take = ["apt-get", "install", "-y", "-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-qq"], take):
        if subprocess.run(as_root(command), env=environment, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            raise Failure(f"'{' '.join(command[:2])}' failed. Check apt's sources and the network, or install "
                          "by hand:\n  " + " ".join(take))


def ensure():
    """Sees to it that everything the package file lists is there."""
    present = installed()
    if present is None:
        lacking = [f"{command} (Debian package {package})" for package, command in listed()
                   if command and shutil.which(command) is None]
        if lacking:
            raise Failure("this is not Debian, and these tools are missing; install them and try again:\n  "
                          + "\n  ".join(lacking))
        return
    missing = [package for package, _ in listed() if package not in present]
    if missing:
        install(missing)
