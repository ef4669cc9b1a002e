# Options and functions for every target of this tree: one call makes a folder's library, another
# its tests.

find_program(WAGI_CCACHE ccache)
if(WAGI_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WAGI_CCACHE})
endif()

add_library(wagi_options INTERFACE)
target_include_directories(wagi_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(wagi_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor)
target_compile_definitions(wagi_options INTERFACE
  WAGI_VERSION="${PROJECT_VERSION}"
  BOOST_ASIO_DISABLE_THREADS       # A worker has one event loop and no second thread.
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_SEPARATE_COMPILATION  # src/base/asio.cc holds the library's own code.
  TOML_EXCEPTIONS=0                # toml++ returns a mistake in a file as a value.
  TOML_HEADER_ONLY=1)
# The time after which a test is ended; on a busy machine the longest takes a tenth of it.
set(test_s_max 120)
if(WAGI_SANITIZE)
  set(test_s_max 600)
  # The check of virtual calls (vptr) opens a pipe to see whether an object's memory is there: it ends
  # a process that is locked down, or has no descriptor left. Without it every build has one list of
  # system calls, and what a sanitizer sees of the lock-down is what is released.
  target_compile_options(wagi_options INTERFACE -fsanitize=${WAGI_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all -fno-sanitize=vptr)
  target_link_options(wagi_options INTERFACE -fsanitize=${WAGI_SANITIZE})
endif()
if(WAGI_FUZZERS)
  # Libraries are instrumented too, or the fuzzer wouldn't see what it reaches in them.
  target_compile_options(wagi_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(wagi_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(WAGI_COVERAGE)
  target_compile_options(wagi_options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(wagi_options INTERFACE --coverage)
endif()
find_program(WAGI_LLD NAMES ld.lld-19 ld.lld)
if(WAGI_LLD)
  # Wasmtime's archive is large: lld links it in a second, GNU ld in ten.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_link_options(wagi_options INTERFACE -fuse-ld=lld)
  else()
    target_link_options(wagi_options INTERFACE --ld-path=${WAGI_LLD})
  endif()
endif()

# wagi_library(NAME SOURCES a.cc ... DEPENDS wagi_base ...): the library of one folder.
function(wagi_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC wagi_options ${arg_DEPENDS})
endfunction()

# wagi_test(NAME SOURCES a_test.cc ... DEPENDS wagi_x ...): its tests, found by ctest one by one.
function(wagi_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${test_s_max})
endfunction()

# wagi_fuzzer(NAME x_fuzz.cc DEPENDS wagi_x ...): a libFuzzer target, whose corpus (a folder of the
# same name beside the source) replays as a plain test in every build.
function(wagi_fuzzer name source)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  if(WAGI_FUZZERS)
    add_executable(${name} ${source})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${source} ${PROJECT_SOURCE_DIR}/src/base/replay_main.cc)
  endif()
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
  add_test(NAME ${name}.corpus COMMAND ${name} -runs=0 ${corpus})
  set_tests_properties(${name}.corpus PROPERTIES TIMEOUT ${test_s_max})
endfunction()
