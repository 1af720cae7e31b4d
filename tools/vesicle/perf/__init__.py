# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf: what guests' exits cost, and where time goes."""
