# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf tool: Debian's own perf for arm64, which knows exits of arm64 guests, on whatever machine this is."""

import subprocess

from .. import paths
from ..ui import Failure

ROOT = paths.TOP / "build" / "debian" / "perf"
# As in tests/perf/CMakeLists.txt: what is there for one is there for the other.
PACKAGES = ["linux-perf"]
PATHS = ["./usr/bin/perf*", "./lib", "./usr/lib/aarch64-linux-gnu"]


def command(words):
    """The command line."""
    return ["qemu-aarch64-static", "-L", str(ROOT), str(ROOT / "usr" / "bin" / "perf"), *words]


def unpack():
    """Fetches it from Debian's archive, once."""
    done = subprocess.run([str(paths.TOP / "tools" / "debian" / "unpack"), str(ROOT), "--packages", *PACKAGES, "--paths", *PATHS],
                          check=False)
    if done.returncode:
        raise Failure("Debian's perf could not be fetched; the messages are above")


def run(args):
    """The subcommand."""
    words = args.words + (["--"] if args.words and args.extra else []) + args.extra
    if not words:
        raise Failure("what shall perf do? For example: ./vesicle perf tool kvm -i perf.data stat report")
    unpack()
    return subprocess.run(command(words), check=False).returncode
