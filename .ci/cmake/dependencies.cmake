# The libraries, each behind one name deps::NAME. Debian's packages, except SQLite and SQLiteCpp:
# those are compiled from Debian's source packages, so that every kind of build has the same SQLite
# with the same options (.ci/libraries). `./bootstrap` puts the sources into build/deps.
set(default_deps ${CMAKE_SOURCE_DIR}/build/deps)
if(DEFINED ENV{EBPF_HANDLER_DEPS})
  set(default_deps $ENV{EBPF_HANDLER_DEPS})
endif()
set(EBPF_HANDLER_DEPS ${default_deps} CACHE PATH "Sources of SQLite and SQLiteCpp")
foreach(source IN ITEMS sqlite/sqlite3.c sqlitecpp/src/Database.cpp)
  if(NOT EXISTS ${EBPF_HANDLER_DEPS}/${source})
    message(FATAL_ERROR "${EBPF_HANDLER_DEPS}/${source} is missing: run ./bootstrap build once, "
                        "or set EBPF_HANDLER_DEPS")
  endif()
endforeach()

# deps_library(NAME LIBRARIES…): an interface target deps::NAME over LIBRARIES.
function(deps_library name)
  add_library(deps_${name} INTERFACE)
  target_link_libraries(deps_${name} INTERFACE ${ARGN})
  add_library(deps::${name} ALIAS deps_${name})
endfunction()

find_package(Threads REQUIRED)
if(WIN32)
  # Debian has these for its own architecture only, but nothing of them needs compiling: their
  # headers, by links, since all of /usr/include would be Linux' C library too.
  set(headers ${CMAKE_BINARY_DIR}/headers)
  file(MAKE_DIRECTORY ${headers})
  foreach(folder IN ITEMS nlohmann fmt spdlog CLI)
    if(NOT EXISTS /usr/include/${folder})
      message(FATAL_ERROR "/usr/include/${folder} is missing: run ./bootstrap build once")
    endif()
    file(CREATE_LINK /usr/include/${folder} ${headers}/${folder} SYMBOLIC)
  endforeach()
  foreach(name IN ITEMS json fmt spdlog cli11)
    deps_library(${name})
    target_include_directories(deps_${name} SYSTEM INTERFACE ${headers})
  endforeach()
  target_compile_definitions(deps_fmt INTERFACE FMT_HEADER_ONLY)
  target_link_libraries(deps_spdlog INTERFACE deps::fmt Threads::Threads)
  target_compile_definitions(deps_spdlog INTERFACE SPDLOG_HEADER_ONLY SPDLOG_WCHAR_FILENAMES)
  deps_library(crypto bcrypt)
else()
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)
  find_package(LibArchive REQUIRED)
  find_package(nlohmann_json REQUIRED)
  find_package(fmt REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(CLI11 REQUIRED)
  deps_library(json nlohmann_json::nlohmann_json)
  deps_library(fmt fmt::fmt)
  deps_library(spdlog spdlog::spdlog)
  deps_library(cli11 CLI11::CLI11)
  deps_library(crypto OpenSSL::Crypto)
  deps_library(archive LibArchive::LibArchive)
endif()

# SQLite, SQLiteCpp and GoogleTest: the same ones for all presets of one compiler, made here when
# they are not there (half a minute).
if(WIN32)
  set(libraries ${CMAKE_SOURCE_DIR}/build/libraries/mingw-w64)
  set(compilers --toolchain ${CMAKE_SOURCE_DIR}/.ci/cmake/mingw-w64.cmake)
else()
  set(libraries ${CMAKE_SOURCE_DIR}/build/libraries/native)
  set(compilers -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++)
endif()
file(LOCK ${libraries}.lock GUARD FILE TIMEOUT 900) # another kind of build may be at it
execute_process(
  COMMAND ${CMAKE_COMMAND} -G Ninja -S ${CMAKE_SOURCE_DIR}/.ci/libraries -B ${libraries} ${compilers}
    -DEBPF_HANDLER_DEPS=${EBPF_HANDLER_DEPS}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${libraries} COMMAND_ERROR_IS_FATAL ANY)
include(${libraries}/libraries.cmake)
deps_library(sqlite sqlite)
deps_library(sqlitecpp sqlitecpp)
deps_library(gtest gmock)
deps_library(gtest_main gmock_main)
