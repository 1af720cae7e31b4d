/* SPDX-License-Identifier: BSD-2-Clause */
/* Touches memory that it does not have: for restart policies. */
static volatile int *volatile nowhere;

int main(void)
{
    return *nowhere;
}
