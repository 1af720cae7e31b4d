# SPDX-License-Identifier: BSD-2-Clause
"""Where things lie in the tree."""

import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = TOP / "tools" / "packages.txt"
TOOLCHAIN = TOP / "tools" / "cmake" / "aarch64.cmake"
HOST = TOP / "build" / "host"
TARGET = TOP / "build" / "target"
TARGET_DEBUG = TOP / "build" / "target-debug"
RUN = TOP / "build" / "run"
BENCH_ROWS = TOP / "tests" / "bench"


def kernel(target):
    """The kernel image of a target build."""
    return target / "kernel" / "kernel.img"


def system(target, name):
    """The boot archive of a system."""
    return target / "systems" / f"{name}.cpio"


def systems(target, tests):
    """Names of the systems that were built: those for people, or those of the tests."""
    archives = sorted(system(target, "x").parent.glob("*.cpio"))
    return [archive.stem for archive in archives if archive.with_suffix(".test").exists() == tests]


def consoles(archive):
    """How many consoles the system of a boot archive wants; 0: it talks over the serial line."""
    wanted = archive.with_suffix(".consoles")
    return int(wanted.read_text(encoding="utf-8")) if wanted.exists() else 0
