/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MKARCHIVE_FAULT_H
#define MKARCHIVE_FAULT_H

/** What is wrong with an input file, in words, without the file's name. */
struct fault {
    char text[200];
};

#endif
