# SPDX-License-Identifier: BSD-2-Clause
"""What the command says, and how it fails."""

import sys


class Failure(Exception):
    """Ends the command with a message that says what went wrong and what to do."""


def say(text):
    """One line of progress."""
    print(f"vesicle: {text}", flush=True)


def complain(text):
    """One message on standard error."""
    print(f"vesicle: {text}", file=sys.stderr, flush=True)
