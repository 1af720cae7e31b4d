#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks the tree itself: licence lines, formatting, layering, that headers stand alone, and what documents point to.

Prints the lines of the test protocol (tests/qemu/protocol.py), one case a rule.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
SPDX = "SPDX-License-Identifier: BSD-2-Clause"
WITHOUT_SPDX = {"LICENSE", "NOTICE"}
WITHOUT_COMMENTS = {".json"}
# Inputs of fuzzers are no texts.
INPUTS = "tests/fuzz/corpus/"
# <...> is a library's header or a public one: no target but their owner's has private folders in its search path.
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)

# In documents: a link to a file, and the name of a test. In tests of PDs: a case.
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
WORD = re.compile(r"`([a-z]+_[a-z_0-9*]+)`")
CASE = re.compile(r'\{"([a-z_0-9]+)",')

# Folders whose private headers others may not include, and who may.
PRIVATE = {"kernel/src": ("kernel/", "tests/unit/", "tests/fuzz/"), "vmm": ("vmm/", "tests/"),
           "roottask": ("roottask/", "tests/"), "servers": ("servers/", "tests/")}


def files():
    """Paths of the tree's files, relative to its top: what git tracks and what it would take."""
    listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP,
                             capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.split("\0")
    else:
        names = [str(path.relative_to(TOP)) for path in TOP.rglob("*")
                 if "build" not in path.relative_to(TOP).parts[:1] and ".git" not in path.parts]
    return [name for name in sorted(names) if name and (TOP / name).is_file()]


def read(name):
    """A file's text."""
    return (TOP / name).read_text(encoding="utf-8", errors="replace")


def licence_lines(names):
    """Every file says its licence near its top."""
    for name in names:
        path = pathlib.PurePath(name)
        if path.name in WITHOUT_SPDX or path.suffix in WITHOUT_COMMENTS or name.startswith(INPUTS):
            continue
        if SPDX not in "\n".join(read(name).splitlines()[:5]):
            yield f"{name}: no SPDX line"


def formatting(names):
    """C files are as clang-format makes them."""
    sources = [name for name in names if name.endswith((".c", ".h"))]
    if sources and shutil.which("clang-format"):
        run = subprocess.run(["clang-format", "--dry-run", "--Werror", *sources], cwd=TOP, capture_output=True,
                             text=True, check=False)
        wrong = {line.split(":")[0] for line in run.stderr.splitlines() if "error:" in line}
        for name in sorted(wrong):
            yield f"{name}: run clang-format -i"


def layers(names):
    """Private headers stay private."""
    sources = [name for name in names if name.endswith((".c", ".h", ".S"))]
    owner = {}
    for folder in PRIVATE:
        for name in sources:
            if name.startswith(folder + "/") and name.endswith(".h"):
                for start in range(len(pathlib.PurePath(name).parts)):
                    owner.setdefault("/".join(pathlib.PurePath(name).parts[start:]), set()).add(folder)
    for name in sources:
        own = str(pathlib.PurePath(name).parent)
        for included in INCLUDE.findall(read(name)):
            if (TOP / own / included).exists() or not included:
                continue
            reachable = [other for other in sources if other.endswith("/" + included)]
            folders = owner.get(included, set())
            outside = [other for other in reachable if not any(other.startswith(f + "/") for f in folders)]
            if folders and not outside and not any(name.startswith(PRIVATE[f]) for f in folders):
                yield f"{name}: includes {included}, private to {', '.join(sorted(folders))}"


def headers(names):
    """Every header of the API and of the libraries compiles by itself."""
    public = [name for name in names if name.endswith(".h") and "/include/" in "/" + name and "/src/" not in name]
    roots = sorted({name[:name.index("include/") + len("include")] for name in public})
    for name in public:
        with tempfile.NamedTemporaryFile("w", suffix=".c") as probe:
            probe.write(f'#include "{TOP / name}"\n')
            probe.flush()
            run = subprocess.run(["aarch64-linux-gnu-gcc", "-std=c11", "-fsyntax-only", "-Wall", "-Wextra",
                                  "-isystem", "/usr/lib/picolibc/aarch64-linux-gnu/include",
                                  *[f"-I{TOP / root}" for root in roots], probe.name],
                                 capture_output=True, text=True, check=False)
            if run.returncode != 0:
                yield f"{name}: does not stand alone: {(run.stderr.splitlines() or ['?'])[0]}"


def documents(names):
    """Links lead somewhere, and the tests that docs/reference.md points to are there."""
    for name in names:
        if name.endswith(".md"):
            for link in LINK.findall(read(name)):
                if not (TOP / name).parent.joinpath(link).exists():
                    yield f"{name}: {link} is not there"
    cases = set(CASE.findall("".join(read(name) for name in names if name.startswith("tests/pd/") and name.endswith(".c"))))
    areas = {case.split("_")[0] for case in cases}
    for word in WORD.findall(read("docs/reference.md")):
        pattern = re.compile(word.replace("*", ".*"))
        if word.split("_")[0] in areas and not any(pattern.fullmatch(case) for case in cases):
            yield f"docs/reference.md: no test is called {word}"


def main():
    """Status 0 if all rules hold."""
    names = files()
    rules = (licence_lines, formatting, layers, headers, documents)
    print(f"TEST-BEGIN tree {len(rules)}")
    failed = 0
    for rule in rules:
        name = rule.__name__
        print(f"CASE {name}")
        wrong = list(rule(names))
        for message in wrong:
            print(f"  {message}")
        if wrong:
            failed += 1
            print(f"FAIL {name}: {len(wrong)} places, the first: {wrong[0]}")
        else:
            print(f"PASS {name}")
    print(f"TEST-END {len(rules) - failed} {failed} 0")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
