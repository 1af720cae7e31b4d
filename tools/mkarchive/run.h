/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MKARCHIVE_RUN_H
#define MKARCHIVE_RUN_H

#include <stdio.h>

/**
 * The image maker as a function: parses the arguments, checks every input, writes the archive. If anything is
 * wrong no archive is left behind.
 *
 * @param out     where help goes
 * @param errors  where messages go, each naming the file it is about
 * @return exit status: 0, 1 for a refused input or failed write, 2 for wrong usage
 */
int mkarchive_run(int argc, char *const argv[], FILE *out, FILE *errors);

#endif
