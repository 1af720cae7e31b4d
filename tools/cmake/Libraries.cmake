# SPDX-License-Identifier: BSD-2-Clause
#
# What the target side links from Debian, as imported targets:
#   picolibc_headers  the C library's headers alone (for code that brings its own functions)
#   picolibc          headers, libc.a and libgcc.a
#   fdt_arm64         libfdt; the user of it brings mem*/str*, __stack_chk_fail and __stack_chk_guard

set(picolibc_root /usr/lib/picolibc/aarch64-linux-gnu CACHE PATH "Debian's picolibc for AArch64")
if(NOT EXISTS ${picolibc_root}/include/stdio.h)
    message(FATAL_ERROR "picolibc is missing: install picolibc-aarch64-linux-gnu (./vesicle does it for you)")
endif()
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-libgcc-file-name
    OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE)

# Debian builds one variant, position-dependent AArch64; release is the one optimised for speed.
add_library(picolibc_headers INTERFACE)
target_compile_options(picolibc_headers INTERFACE "SHELL:-isystem ${picolibc_root}/include" -ftls-model=local-exec)
add_library(picolibc INTERFACE)
target_link_libraries(picolibc INTERFACE picolibc_headers
    -Wl,--start-group ${picolibc_root}/lib/release/libc.a ${libgcc} -Wl,--end-group)

vesicle_debian(fdt
    PACKAGES libfdt-dev
    PATHS ./usr/include/libfdt* ./usr/include/fdt.h ./usr/lib/aarch64-linux-gnu/libfdt.a)
add_library(fdt_arm64 STATIC IMPORTED GLOBAL)
set_target_properties(fdt_arm64 PROPERTIES
    IMPORTED_LOCATION ${VESICLE_DEBIAN_fdt}/usr/lib/aarch64-linux-gnu/libfdt.a
    INTERFACE_COMPILE_OPTIONS "SHELL:-isystem ${VESICLE_DEBIAN_fdt}/usr/include")
target_link_libraries(fdt_arm64 INTERFACE picolibc_headers)
