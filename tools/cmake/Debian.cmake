# SPDX-License-Identifier: BSD-2-Clause
#
# arm64 files out of Debian's archive, unpacked below build/debian and shared by all build folders. The
# user's own machine gets no foreign architecture.

set(VESICLE_DEBIAN_DIR ${CMAKE_SOURCE_DIR}/build/debian CACHE PATH "Where arm64 Debian packages are unpacked")

# vesicle_debian(<name> PACKAGES <package>... PATHS <pattern>...)
#
# Unpacks the packages and what they depend on, keeps what matches the tar patterns, and sets
# VESICLE_DEBIAN_<name> to the folder. Nothing happens if that was done before.
function(vesicle_debian name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PACKAGES;PATHS")
    set(dir ${VESICLE_DEBIAN_DIR}/${name})
    execute_process(
        COMMAND ${CMAKE_SOURCE_DIR}/tools/debian/unpack ${dir} --packages ${arg_PACKAGES} --paths ${arg_PATHS}
        COMMAND_ERROR_IS_FATAL ANY)
    set(VESICLE_DEBIAN_${name} ${dir} PARENT_SCOPE)
endfunction()
