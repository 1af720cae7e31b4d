/* SPDX-License-Identifier: BSD-2-Clause */
/* Words arrive as decimal strings; argv ends with a null pointer. */
#include <string.h>

int main(int argc, char **argv)
{
    static const char *const expected[] = {"0", "18446744073709551615", "1234567890123"};
    int wrong = argv[argc] != 0;
    for (int i = 0; i < 3; i++) {
        wrong += i >= argc || strcmp(argv[i], expected[i]) != 0;
    }
    return wrong;
}
