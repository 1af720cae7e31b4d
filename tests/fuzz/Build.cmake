# SPDX-License-Identifier: BSD-2-Clause
#
# How fuzzers are built.

add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
add_link_options(-fsanitize=address,undefined)

add_compile_options(-Wno-string-conversion) # CHECK(!"what cannot be")

# The portable parts, as the unit tests have them.
set(VESICLE_SANITIZE OFF)
add_subdirectory(${CMAKE_SOURCE_DIR}/tests/unit ${CMAKE_BINARY_DIR}/unit EXCLUDE_FROM_ALL)

set(kernel ${CMAKE_SOURCE_DIR}/kernel/src)

# Ways through the checker are no discoveries; and it goes through all slots of a CNode.
file(GLOB checker ${kernel}/check/*.c)
set_source_files_properties(${checker} TARGET_DIRECTORY kernel_host PROPERTIES COMPILE_OPTIONS -fno-sanitize=fuzzer-no-link)
target_compile_definitions(kernel_host PUBLIC MACHINE_CSPACE_BITS=8)

# fuzz(<name> SOURCES <file>... [INCLUDES <dir>...] [LIBS <library>...])
function(fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;INCLUDES;LIBS")
    add_executable(fuzz_${name} fuzz_${name}.c lib/fuzz.c ${arg_SOURCES})
    target_include_directories(fuzz_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${arg_INCLUDES})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

fuzz(archive SOURCES ${kernel}/boot/archive.c ${kernel}/boot/cpio.c INCLUDES ${kernel})
fuzz(elf SOURCES ${kernel}/boot/elf.c INCLUDES ${kernel})
fuzz(platform
    SOURCES ${kernel}/boot/memory.c ${kernel}/boot/regions.c ${kernel}/platform/platform.c ${kernel}/platform/tree.c
    INCLUDES ${kernel} LIBS fdt)
fuzz(objects
    SOURCES ${CMAKE_SOURCE_DIR}/tests/unit/kernel/core_fixture.c
    INCLUDES ${CMAKE_SOURCE_DIR}/tests/unit/kernel LIBS kernel_host)
fuzz(guest SOURCES lib/vmm.c LIBS vmm_host)
fuzz(image SOURCES lib/vmm.c LIBS vmm_host)
fuzz(systree
    SOURCES lib/tree.c ${CMAKE_SOURCE_DIR}/servers/init/tree.c ${CMAKE_SOURCE_DIR}/vmm/pd/node.c
    INCLUDES ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/libgpi/include ${CMAKE_SOURCE_DIR}/kernel/api/include LIBS fdt)
fuzz(devices
    SOURCES fuzz_devices_vmm.c lib/tree.c lib/vmm.c ${CMAKE_SOURCE_DIR}/servers/init/passthrough.c
        ${CMAKE_SOURCE_DIR}/libgpi/src/device_rest.c
    LIBS vmm_host)
target_compile_definitions(fuzz_systree PRIVATE _POSIX_C_SOURCE=200809L)
