# Wasmtime as one static library, built by cargo from src/engine/wasmtime into a cache outside the
# checkout. The cache is keyed by the lock file, so a second checkout finds it built.

set(crate ${PROJECT_SOURCE_DIR}/src/engine/wasmtime)

# CARGO may name the cargo to use; scripts/setup says which when the first one found is too old.
find_program(WAGI_CARGO NAMES $ENV{CARGO} cargo REQUIRED)

if(DEFINED ENV{XDG_CACHE_HOME})
  set(cache_home $ENV{XDG_CACHE_HOME})
else()
  set(cache_home $ENV{HOME}/.cache)
endif()
file(SHA256 ${crate}/Cargo.lock lock_hash)
string(SUBSTRING ${lock_hash} 0 16 lock_hash)
set(WAGI_WASMTIME_DIR ${cache_home}/wagi/wasmtime-${lock_hash} CACHE PATH "Where cargo builds Wasmtime")
set(archive ${WAGI_WASMTIME_DIR}/release/libwagi_wasmtime.a)

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

add_custom_command(
  OUTPUT ${archive}
  COMMAND ${CMAKE_COMMAND} -E env CARGO_TARGET_DIR=${WAGI_WASMTIME_DIR}
          ${WAGI_CARGO} build --release --locked --manifest-path ${crate}/Cargo.toml
  DEPENDS ${crate}/Cargo.toml ${crate}/Cargo.lock ${crate}/src/lib.rs
  COMMENT "Building Wasmtime (about seven minutes the first time, then cached)"
  USES_TERMINAL VERBATIM)
add_custom_target(wasmtime_build DEPENDS ${archive})

add_library(wasmtime INTERFACE)
add_dependencies(wasmtime wasmtime_build)
target_include_directories(wasmtime SYSTEM INTERFACE
  ${PROJECT_BINARY_DIR}/wasmtime ${c_api}/include)
target_link_libraries(wasmtime INTERFACE ${archive} pthread dl m)
