# SPDX-License-Identifier: BSD-2-Clause
#
# Functions for the AArch64 side: native PDs, small guests, boot archives, systems.

include(Debian)
include(Libraries)

execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
    OUTPUT_VARIABLE gcc_include OUTPUT_STRIP_TRAILING_WHITESPACE)

# For everything that runs on the machine. Only the compiler's own headers are visible; a C library's come
# with the library (Libraries.cmake).
add_compile_options(
    -march=armv8.1-a -mno-outline-atomics -fno-pie -ffreestanding -fno-common
    -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables
    -ffunction-sections -fdata-sections
    -nostdinc "SHELL:-isystem ${gcc_include}")
add_link_options(
    -nostdlib -static -no-pie
    -Wl,--build-id=none -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,norelro)

# The image maker and the plugins of QEMU are programs of the build machine: a small host build inside this one makes them.
set(VESICLE_MKARCHIVE ${CMAKE_BINARY_DIR}/host-tools/tools/mkarchive/mkarchive CACHE INTERNAL "")
set(VESICLE_IRQOFF ${CMAKE_BINARY_DIR}/host-tools/tools/plugins/libirqoff.so CACHE INTERNAL "")
set(VESICLE_METER ${CMAKE_BINARY_DIR}/host-tools/tools/plugins/libmeter.so CACHE INTERNAL "")
add_custom_target(host_tools ALL
    COMMAND ${CMAKE_COMMAND} -S ${CMAKE_SOURCE_DIR} -B ${CMAKE_BINARY_DIR}/host-tools -G Ninja
            -DVESICLE_TOOLS_ONLY=ON --log-level=WARNING -Wno-dev > ${CMAKE_BINARY_DIR}/host-tools.log
    COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR}/host-tools --target mkarchive irqoff meter exact
            >> ${CMAKE_BINARY_DIR}/host-tools.log || ${CMAKE_COMMAND} -E cat ${CMAKE_BINARY_DIR}/host-tools.log
    BYPRODUCTS ${VESICLE_MKARCHIVE} ${VESICLE_IRQOFF} ${VESICLE_METER}
    COMMENT "Tools"
    VERBATIM)

set(VESICLE_NATIVE_LD ${CMAKE_CURRENT_LIST_DIR}/native.ld CACHE INTERNAL "")

# vesicle_native(<name>
#     SOURCES <file>...
#     [LIBS <library>...]          beyond libgpi and picolibc, e.g. fdt_arm64
#     [INCLUDES <dir>...] [DEFINITIONS <def>...]
#     [PD]                         runs under the root task; otherwise it is one
#     [BARE]                       no libgpi: brings its own _start
#     [FP])                        may use floating-point and SIMD registers
#
# A native EL0 program: a static ELF whose segments are page-aligned, never writable and executable at once.
# Debug information goes to <name>.debug beside it, found by debuggers through its link.
function(vesicle_native name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "BARE;PD;FP" "" "SOURCES;LIBS;INCLUDES;DEFINITIONS")
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${arg_INCLUDES})
    target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS})
    if(NOT arg_FP)
        target_compile_options(${name} PRIVATE -mgeneral-regs-only)
    endif()
    target_link_options(${name} PRIVATE
        -Wl,-T,${VESICLE_NATIVE_LD} -Wl,-z,max-page-size=4096 -Wl,-z,separate-code -Wl,--fatal-warnings)
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${VESICLE_NATIVE_LD})
    if(NOT arg_BARE)
        target_link_libraries(${name} PRIVATE $<IF:$<BOOL:${arg_PD}>,gpi_pd,gpi>)
    endif()
    target_link_libraries(${name} PRIVATE ${arg_LIBS} picolibc)
    vesicle_split_debug(${name})
endfunction()

# vesicle_split_debug(<executable>): moves debug information into <executable>.debug; symbols stay.
function(vesicle_split_debug name)
    add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:${name}> $<TARGET_FILE:${name}>.debug
        COMMAND ${CMAKE_OBJCOPY} --strip-debug --add-gnu-debuglink=$<TARGET_FILE:${name}>.debug
                $<TARGET_FILE:${name}>
        BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/${name}.debug
        VERBATIM)
endfunction()

# vesicle_guest(<name>
#     SOURCES <file>...
#     LINKER_SCRIPT <file>
#     [INCLUDES <dir>...] [DEFINITIONS <def>...]
#     [FP])                        may use floating-point and SIMD registers
#
# A tiny bare EL1 guest: <name> is the ELF, <name>.bin beside it the flat binary. The property VESICLE_FLAT of
# the target holds the flat binary's path.
function(vesicle_guest name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "FP" "LINKER_SCRIPT" "SOURCES;INCLUDES;DEFINITIONS")
    cmake_path(ABSOLUTE_PATH arg_LINKER_SCRIPT)
    set(flat ${CMAKE_CURRENT_BINARY_DIR}/${name}.bin)
    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE ${arg_INCLUDES})
    target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS})
    target_compile_options(${name} PRIVATE -mstrict-align)
    if(NOT arg_FP)
        target_compile_options(${name} PRIVATE -mgeneral-regs-only)
    endif()
    target_link_options(${name} PRIVATE -Wl,-T,${arg_LINKER_SCRIPT})
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${arg_LINKER_SCRIPT} VESICLE_FLAT ${flat})
    add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${name}> ${flat}
        BYPRODUCTS ${flat}
        VERBATIM)
endfunction()

# vesicle_archive(<name>
#     FILES <path>=<entry>...      in this order; <path> may be a target: its program, or a guest's flat binary
#     [OUTPUT <file>])             default <name>.cpio in the current build folder
#
# A boot archive; the first entry must be called roottask. Part of the default build.
function(vesicle_archive name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "FILES")
    if(NOT arg_OUTPUT)
        set(arg_OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpio)
    endif()
    set(inputs)
    set(depends)
    foreach(item IN LISTS arg_FILES)
        string(FIND "${item}" "=" at REVERSE)
        string(SUBSTRING "${item}" 0 ${at} path)
        math(EXPR at "${at} + 1")
        string(SUBSTRING "${item}" ${at} -1 entry)
        if(path MATCHES "^[A-Za-z0-9_]+$")
            # A target, perhaps of a folder that comes later: looked up when everything is known.
            set(flat "$<TARGET_PROPERTY:${path},VESICLE_FLAT>")
            list(APPEND inputs "$<IF:$<BOOL:${flat}>,${flat},$<TARGET_FILE:${path}>>=${entry}")
            list(APPEND depends ${path} "$<TARGET_FILE:${path}>")
        else()
            if(NOT path MATCHES "^\\$<")
                cmake_path(ABSOLUTE_PATH path)
            endif()
            list(APPEND inputs "${path}=${entry}")
            list(APPEND depends "${path}")
        endif()
    endforeach()
    # For ./vesicle run --system FILE, which makes archives of the same files.
    list(JOIN inputs "\n" listed)
    file(GENERATE OUTPUT ${arg_OUTPUT}.files CONTENT "${listed}\n")
    add_custom_command(OUTPUT ${arg_OUTPUT}
        COMMAND ${VESICLE_MKARCHIVE} -o ${arg_OUTPUT} ${inputs}
        DEPENDS ${depends} host_tools ${VESICLE_MKARCHIVE}
        COMMENT "Boot archive ${name}"
        VERBATIM)
    add_custom_target(${name} ALL DEPENDS ${arg_OUTPUT})
endfunction()

# vesicle_system(<name> ROOTTASK <target> [CONSOLES <n>] [TREE <file>] [FILES <path>=<entry>...])
#
# What one boot of the machine is given: systems/<name>.cpio in the build folder. TREE: a system tree for
# servers/init, compiled into the archive as system.dtb. With CONSOLES, ./vesicle gives the machine a console device
# of so many ports (1 to 30) and runs the system by them. systems/<name>.programs lists its programs as NAME=ELF.
function(vesicle_system name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOTTASK;CONSOLES;TREE" "FILES")
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/systems)
    if(arg_TREE)
        cmake_path(ABSOLUTE_PATH arg_TREE)
        set(tree ${CMAKE_CURRENT_BINARY_DIR}/${name}.dtb)
        add_custom_command(OUTPUT ${tree}
            COMMAND dtc -q -I dts -O dtb -d ${tree}.d -o ${tree} ${arg_TREE}
            DEPENDS ${arg_TREE}
            DEPFILE ${tree}.d
            COMMENT "System tree ${name}"
            VERBATIM)
        list(APPEND arg_FILES ${tree}=system.dtb)
    endif()
    # ./vesicle run tells those of the tests apart.
    cmake_path(IS_PREFIX VESICLE_TESTS ${CMAKE_CURRENT_SOURCE_DIR} test)
    if(test)
        file(TOUCH ${CMAKE_BINARY_DIR}/systems/${name}.test)
    endif()
    if(arg_CONSOLES)
        file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/systems/${name}.consoles CONTENT "${arg_CONSOLES}\n" @ONLY)
    endif()
    # For those who look at a system from outside: whose code is whose.
    set(programs "kernel=$<TARGET_FILE:kernel.elf>\n")
    foreach(item ${arg_ROOTTASK}=roottask ${arg_FILES})
        if(item MATCHES "^([A-Za-z0-9_]+)=(.+)$")
            string(APPEND programs "${CMAKE_MATCH_2}=$<TARGET_FILE:${CMAKE_MATCH_1}>\n")
        endif()
    endforeach()
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/systems/${name}.programs CONTENT "${programs}")
    vesicle_archive(system-${name}
        OUTPUT ${CMAKE_BINARY_DIR}/systems/${name}.cpio
        FILES ${arg_ROOTTASK}=roottask ${arg_FILES})
endfunction()

set(VESICLE_TESTS ${CMAKE_SOURCE_DIR}/tests)

# The longest that interrupts may stay masked, in instructions.
set(VESICLE_IRQ_OFF_MAX 20000 CACHE INTERNAL "")

# vesicle_qemu_test(<system>
#     DRIVER <file in tests/qemu>
#     LABEL <ring>                 kernel, pd or guest
#     [TIMEOUT <seconds>]          of one boot, default 120
#     [BOOTS <n>]                  how often the driver boots it, default 1
#     [SMP <n>] [MEM <MiB>] [ICOUNT]
#     [ONE_THREAD]                 QEMU runs all cores on one thread of the build machine
#     [DEBUG]                      with the kernel that can check itself
#     [LONG]                       only where long tests are asked for
#     [IRQ_OFF]                    fails if interrupts were masked for more than VESICLE_IRQ_OFF_MAX instructions
#     [APPEND <words>]             boot arguments for the root task
#     [NAME <name>]                default: the system's
#     [CPUS <model>...])           default: all three
#
# Registers a system's test with CTest, once for each CPU model: <ring>.<name>.<model>.
function(vesicle_qemu_test system)
    cmake_parse_arguments(PARSE_ARGV 1 arg "ICOUNT;IRQ_OFF;ONE_THREAD;DEBUG;LONG" "DRIVER;LABEL;TIMEOUT;BOOTS;SMP;MEM;NAME;APPEND" "CPUS")
    foreach(default "NAME;${system}" "TIMEOUT;120" "BOOTS;1" "SMP;1" "MEM;1024" "CPUS;neoverse-n1;cortex-a76;max")
        list(POP_FRONT default option)
        if(NOT arg_${option})
            set(arg_${option} ${default})
        endif()
    endforeach()
    set(kernel ${CMAKE_BINARY_DIR}/kernel/kernel$<$<BOOL:${arg_DEBUG}>:-debug>.img)
    # The build machine's cores that it keeps busy: of a machine's several cores most wait most of the time.
    set(processors 1)
    if(arg_SMP GREATER 1 AND NOT arg_ONE_THREAD AND NOT arg_ICOUNT)
        set(processors 2)
    endif()
    math(EXPR limit "${arg_TIMEOUT} * ${arg_BOOTS} + 10")
    set(configurations)
    if(arg_LONG)
        set(configurations CONFIGURATIONS long) # keeps it from whoever calls CTest by hand
    endif()
    foreach(cpu IN LISTS arg_CPUS)
        add_test(NAME ${arg_LABEL}.${arg_NAME}.${cpu} ${configurations}
            COMMAND ${CMAKE_SOURCE_DIR}/tests/qemu/${arg_DRIVER}
                --kernel ${kernel}
                --archive ${CMAKE_BINARY_DIR}/systems/${system}.cpio
                --cpu ${cpu} --smp ${arg_SMP} --mem ${arg_MEM} --timeout ${arg_TIMEOUT}
                $<$<BOOL:${arg_APPEND}>:--append=${arg_APPEND}>
                $<$<BOOL:${arg_ICOUNT}>:--icount>
                $<$<BOOL:${arg_ONE_THREAD}>:--one-thread>
                $<$<BOOL:${arg_IRQ_OFF}>:--irq-off=${VESICLE_IRQOFF}> --irq-off-max ${VESICLE_IRQ_OFF_MAX}
            COMMAND_EXPAND_LISTS)
        set_tests_properties(${arg_LABEL}.${arg_NAME}.${cpu} PROPERTIES
            LABELS "${arg_LABEL}$<$<BOOL:${arg_LONG}>:;long>" TIMEOUT ${limit} PROCESSORS ${processors})
    endforeach()
endfunction()
