# SPDX-License-Identifier: BSD-2-Clause
#
# Warnings that every C file of the tree is compiled with, on both sides.

add_compile_options(
    $<$<COMPILE_LANGUAGE:C>:-Wall>
    $<$<COMPILE_LANGUAGE:C>:-Wextra>
    $<$<COMPILE_LANGUAGE:C>:-Wconversion>
    $<$<COMPILE_LANGUAGE:C>:-Wshadow>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Werror>
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

if(VESICLE_DEBUG)
    add_compile_definitions(VESICLE_DEBUG=1)
endif()
