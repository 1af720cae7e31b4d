/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that is typed: echo, backspace, Ctrl-U (all gone), Ctrl-C (never mind). */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>

/** Shows the prompt and reads a line, without its end. False at the end of input (or Ctrl-D on an empty line). */
bool line_read(const char *prompt, char *line, size_t size);

#endif
