# How our own targets are made.
#
#   ebpf_library(NAME SOURCES… [LINKS…])   static library; includes are written from the repository's root
#   ebpf_program(NAME SOURCES… [LINKS…])   executable in <build>/bin
#   ebpf_embed(…)                          text files in the binary: see below
#   ebpf_test(NAME SOURCES… [LINKS…] [NEEDS targets…] [LABELS label] [TIMEOUT seconds] [NO_MAIN])
#       executable in <build>/bin whose GoogleTest cases ctest knows one by one. NEEDS: targets that
#       the test uses when it runs (programs, payloads). The label `full` keeps a test out of
#       `./bootstrap test`: it is not built with the others, either. TIMEOUT is for one case, 60 s unless
#       told. NO_MAIN: SOURCES has main().
#   ebpf_windows_test(NAME SOURCES… [LINKS…])
#       the same for preset windows: ctest knows the program, all of whose cases run under Wine in one
#       prefix. Other presets only note the sources (ebpf_list_tests()).
include(GoogleTest)

# What all of our code is compiled with; not what the libraries are.
add_library(ebpf_options INTERFACE)
target_include_directories(ebpf_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(ebpf_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Woverloaded-virtual -Wnon-virtual-dtor -Wcast-align -Wnull-dereference
  -Wno-missing-field-initializers) # designated initialisers leave the rest to the defaults
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ebpf_options INTERFACE
    -fpch-preprocess # for ccache
    -Wno-subobject-linkage # in a unity source each file of ours is an included one
    # GCC 12 raises false alarms inside std::optional, std::string and std::regex when it optimizes.
    -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict
    -Wno-null-dereference) # false alarms inside libstdc++ with sanitizers
endif()
if(WIN32)
  target_compile_definitions(ebpf_options INTERFACE UNICODE WIN32_LEAN_AND_MEAN
    _WIN32_WINNT=0x0A00 NTDDI_VERSION=0x0A000006) # Windows 10 1809, Server 2019
endif()

# Headers that nearly every file includes, compiled once for all libraries and programs, and once
# more, with GoogleTest, for all tests. A file must still include what it uses: the clang and lint
# presets build without these.
set(precompiled
  <algorithm> <array> <chrono> <cstdint> <filesystem> <fstream> <functional> <map> <memory>
  <optional> <set> <span> <sstream> <string> <string_view> <system_error> <tuple> <utility>
  <variant> <vector> ${CMAKE_SOURCE_DIR}/json/json.h)
file(WRITE ${CMAKE_BINARY_DIR}/precompiled/empty.cpp.new "")
file(COPY_FILE ${CMAKE_BINARY_DIR}/precompiled/empty.cpp.new
  ${CMAKE_BINARY_DIR}/precompiled/empty.cpp ONLY_IF_DIFFERENT)
foreach(kind IN ITEMS precompiled precompiled_test)
  add_library(${kind} OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompiled/empty.cpp)
  target_link_libraries(${kind} PRIVATE ebpf_options deps::json)
endforeach()
target_link_libraries(precompiled_test PRIVATE deps::gtest)
target_precompile_headers(precompiled PRIVATE ${precompiled})
target_precompile_headers(precompiled_test PRIVATE ${precompiled} <gmock/gmock.h> <gtest/gtest.h>)

# clang-tidy sees our sources only, and again when its rules change.
function(ebpf_tidy name)
  if(EBPF_HANDLER_TIDY)
    set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "${EBPF_HANDLER_TIDY};--quiet")
    get_target_property(sources ${name} SOURCES)
    list(FILTER sources INCLUDE REGEX "\\.cpp$") # not the objects of others
    set_source_files_properties(${sources} PROPERTIES OBJECT_DEPENDS ${CMAKE_SOURCE_DIR}/.clang-tidy)
  endif()
endfunction()

# The sources of a test, for the test that each file of tests is built (ebpf_list_tests()).
function(ebpf_note_test)
  foreach(source IN LISTS ARGN)
    get_filename_component(file ${source} ABSOLUTE)
    set_property(GLOBAL APPEND PROPERTY ebpf_test_sources ${file})
  endforeach()
endfunction()

function(ebpf_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ebpf_options ${arg_LINKS})
  target_precompile_headers(${name} REUSE_FROM precompiled)
  ebpf_tidy(${name})
endfunction()

function(ebpf_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ebpf_options ${arg_LINKS})
  target_precompile_headers(${name} REUSE_FROM precompiled)
  ebpf_tidy(${name})
endfunction()

function(ebpf_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_MAIN" "TIMEOUT" "SOURCES;LINKS;NEEDS;LABELS")
  ebpf_note_test(${arg_SOURCES})
  add_executable(${name} ${arg_SOURCES})
  if(name IN_LIST EBPF_HANDLER_LEFT_OUT OR "full" IN_LIST arg_LABELS)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
  target_link_libraries(${name} PRIVATE ebpf_options ${arg_LINKS} deps::gtest)
  if(NOT arg_NO_MAIN)
    target_link_libraries(${name} PRIVATE deps::gtest_main)
  endif()
  target_precompile_headers(${name} REUSE_FROM precompiled_test)
  ebpf_tidy(${name})
  target_compile_definitions(${name} PRIVATE
    EBPF_TEST_BIN="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    EBPF_TEST_SOURCE="${CMAKE_SOURCE_DIR}"
    EBPF_TEST_PAYLOADS="${CMAKE_SOURCE_DIR}/build/payloads")
  if(arg_NEEDS)
    add_dependencies(${name} ${arg_NEEDS})
  endif()
  if(name IN_LIST EBPF_HANDLER_LEFT_OUT)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    list(APPEND properties LABELS ${arg_LABELS}) # one label: the list would be cut at the second
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES ${properties})
endfunction()

function(ebpf_windows_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  ebpf_note_test(${arg_SOURCES})
  if(NOT WIN32)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ebpf_options ${arg_LINKS} deps::gtest deps::gtest_main)
  target_precompile_headers(${name} REUSE_FROM precompiled_test)
  add_test(NAME windows.${name} COMMAND ${name})
  set_tests_properties(windows.${name} PROPERTIES TIMEOUT 300
    ENVIRONMENT "EBPF_TEST_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
endfunction()

# <build>/tests.txt: the sources of all tests, one a line.
function(ebpf_list_tests)
  get_property(sources GLOBAL PROPERTY ebpf_test_sources)
  list(JOIN sources "\n" lines)
  file(WRITE ${CMAKE_BINARY_DIR}/tests.txt "${lines}\n")
endfunction()

# ebpf_embed(TARGET HEADER NAMESPACE ns NAME kFiles FILES…): "folder/HEADER" for TARGET, with
# `inline constexpr std::array<std::pair<std::string_view, std::string_view>, N> ns::kFiles`, the
# name and the text of each of FILES in the order given. Made when CMake runs, so that clang-tidy
# needs no build.
function(ebpf_embed target header)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "NAMESPACE;NAME" "FILES")
  set(entries "")
  foreach(file IN LISTS arg_FILES)
    file(READ ${file} text)
    string(APPEND entries "    {\"${file}\", R\"~~(${text})~~\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  list(LENGTH arg_FILES count)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${header} @ONLY CONTENT
"// Made by CMake from the files named below.
#pragma once
#include <array>
#include <string_view>
#include <utility>
namespace @arg_NAMESPACE@ {
inline constexpr std::array<std::pair<std::string_view, std::string_view>, @count@> @arg_NAME@{{
@entries@}};
}
")
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR})
endfunction()
