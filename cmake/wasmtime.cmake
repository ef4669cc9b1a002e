# Wasmtime as one static library, built by cargo from src/engine/wasmtime into a cache outside the
# checkout. What cargo compiled is keyed by the lock file, the library by all of the crate, so that a
# second checkout finds it built.

set(crate ${PROJECT_SOURCE_DIR}/src/engine/wasmtime)
set(crate_files Cargo.lock Cargo.toml src/lib.rs)

# CARGO may name the cargo to use; scripts/setup says which when the first one found is too old.
find_program(WAGI_CARGO NAMES $ENV{CARGO} cargo REQUIRED)

if(DEFINED ENV{XDG_CACHE_HOME})
  set(cache_home $ENV{XDG_CACHE_HOME})
else()
  set(cache_home $ENV{HOME}/.cache)
endif()
set(crate_hash "")
foreach(file IN LISTS crate_files)
  # A change of these files is a change of the paths below.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${crate}/${file})
  file(SHA256 ${crate}/${file} file_hash)
  string(APPEND crate_hash ${file_hash})
endforeach()
string(SUBSTRING ${crate_hash} 0 16 lock_hash)
string(SHA256 crate_hash ${crate_hash})
string(SUBSTRING ${crate_hash} 0 16 crate_hash)
set(wasmtime_cache ${cache_home}/wagi/wasmtime-${lock_hash})
set(archive ${wasmtime_cache}/libwagi_wasmtime-${crate_hash}.a)
# Several checkouts may build it at the same time: each writes a file of its own before the rename.
string(SHA256 unique ${PROJECT_BINARY_DIR})
set(archive_part ${archive}.${unique})

# The headers are in the crate that cargo downloaded.
execute_process(
  COMMAND ${WAGI_CARGO} metadata --locked --format-version 1 --manifest-path ${crate}/Cargo.toml
  OUTPUT_VARIABLE metadata ERROR_VARIABLE metadata_error RESULT_VARIABLE metadata_result)
if(NOT metadata_result EQUAL 0)
  message(FATAL_ERROR "cargo metadata failed:\n${metadata_error}")
endif()
if(NOT metadata MATCHES "\"manifest_path\":\"([^\"]*wasmtime-c-api-impl-[^\"]*)/Cargo.toml\"")
  message(FATAL_ERROR "cargo metadata names no wasmtime-c-api-impl")
endif()
set(c_api ${CMAKE_MATCH_1})

# conf.h says which features the library has: those of Cargo.toml.
file(READ ${crate}/Cargo.toml manifest)
string(REGEX MATCHALL "\n  \"[a-z0-9-]+\"," features "${manifest}")
foreach(feature IN LISTS features)
  string(REGEX REPLACE "[^a-z0-9-]" "" feature "${feature}")
  string(TOUPPER "${feature}" feature)
  string(REPLACE "-" "_" feature "${feature}")
  set(WASMTIME_FEATURE_${feature} ON)
endforeach()
configure_file(${c_api}/include/wasmtime/conf.h.in ${PROJECT_BINARY_DIR}/wasmtime/wasmtime/conf.h)

# From a copy at a fixed place: cargo compiles a crate anew that has moved.
set(copies "")
foreach(file IN LISTS crate_files)
  list(APPEND copies COMMAND ${CMAKE_COMMAND} -E copy_if_different
       ${crate}/${file} ${wasmtime_cache}/crate/${file})
endforeach()
add_custom_command(
  OUTPUT ${archive}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${wasmtime_cache}/crate/src
  ${copies}
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${wasmtime_cache}
          ${WAGI_CARGO} build --release --locked --manifest-path ${wasmtime_cache}/crate/Cargo.toml
  COMMAND ${CMAKE_COMMAND} -E copy ${wasmtime_cache}/release/libwagi_wasmtime.a ${archive_part}
  COMMAND ${CMAKE_COMMAND} -E rename ${archive_part} ${archive}
  COMMENT "Building Wasmtime (about five minutes the first time, then cached)"
  USES_TERMINAL VERBATIM)
add_custom_target(wasmtime_build DEPENDS ${archive})

add_library(wasmtime INTERFACE)
add_dependencies(wasmtime wasmtime_build)
target_include_directories(wasmtime SYSTEM INTERFACE
  ${PROJECT_BINARY_DIR}/wasmtime ${c_api}/include)
target_link_libraries(wasmtime INTERFACE ${archive} pthread dl m)
