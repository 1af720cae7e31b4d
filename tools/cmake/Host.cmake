# SPDX-License-Identifier: BSD-2-Clause
#
# Functions for the build machine's side.

option(VESICLE_SANITIZE "Unit tests under address and undefined-behaviour sanitizers" ON)

# vesicle_unit_test(<name>
#     SOURCES <file>...            sources of the test and of what it tests
#     [INCLUDES <dir>...] [LIBS <library>...] [DEFINITIONS <def>...]
#     [ARGS <argument>...]         arguments of the test program
#     [TIMEOUT <seconds>])         default 120
#
# A test program of the build machine under ASan and UBSan, registered with CTest (label host). Status 0 is
# success. A program that prints the lines of the test protocol (TEST-BEGIN, CASE, PASS, FAIL, SKIP, TEST-END;
# see tests/qemu/protocol.py) has its cases counted one by one, another counts as one case.
function(vesicle_unit_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;INCLUDES;LIBS;DEFINITIONS;ARGS")
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${arg_INCLUDES})
    target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS})
    target_link_libraries(${name} PRIVATE ${arg_LIBS})
    if(VESICLE_SANITIZE)
        target_compile_options(${name} PRIVATE
            -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${name} PRIVATE -fsanitize=address,undefined)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_test(NAME host.${name} COMMAND ${name} ${arg_ARGS})
    set_tests_properties(host.${name} PROPERTIES LABELS host TIMEOUT ${arg_TIMEOUT})
endfunction()
