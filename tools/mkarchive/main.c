/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"

int main(int argc, char *argv[])
{
    return mkarchive_run(argc, argv, stdout, stderr);
}
