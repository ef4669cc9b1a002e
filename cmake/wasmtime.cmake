# Builds Wasmtime as one static library, by cargo from src/guest/engine/wasmtime, into a cache
# outside the checkout. Cargo's objects are keyed by the lock file, the library by all of the crate,
# so that a second checkout finds it built.

set(crate ${PROJECT_SOURCE_DIR}/src/guest/engine/wasmtime)
set(crate_files Cargo.lock Cargo.toml src/lib.rs src/run.rs src/transform.rs)

# CARGO may name the cargo to use; scripts/setup says which when the first one found is too old.
find_program(WAGI_CARGO NAMES $ENV{CARGO} cargo REQUIRED)

if(DEFINED ENV{XDG_CACHE_HOME})
  set(cache_home $ENV{XDG_CACHE_HOME})
else()
  set(cache_home $ENV{HOME}/.cache)
endif()
set(crate_hash "")
foreach(file IN LISTS crate_files)
  # A change of these files changes the paths below, so CMake must run again.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${crate}/${file})
  file(SHA256 ${crate}/${file} file_hash)
  string(APPEND crate_hash ${file_hash})
endforeach()
string(SUBSTRING ${crate_hash} 0 16 lock_hash)
string(SHA256 crate_hash ${crate_hash})
string(SUBSTRING ${crate_hash} 0 16 crate_hash)
set(wasmtime_cache ${cache_home}/wagi/wasmtime-${lock_hash})
set(archive ${wasmtime_cache}/libwagi_wasmtime-${crate_hash}.a)
string(SHA256 unique ${PROJECT_BINARY_DIR})

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
  COMMAND ${CMAKE_COMMAND} -DARCHIVE=${archive} -DPART=${archive}.${unique} -DCACHE=${wasmtime_cache}
          -DCRATE=${crate} "-DFILES=${crate_files}" -DCARGO=${WAGI_CARGO}
          -P ${CMAKE_CURRENT_LIST_DIR}/build_wasmtime.cmake
  COMMENT "Looking for Wasmtime's library" USES_TERMINAL VERBATIM)
add_custom_target(wasmtime_build DEPENDS ${archive})

add_library(wasmtime INTERFACE)
add_dependencies(wasmtime wasmtime_build)
target_include_directories(wasmtime SYSTEM INTERFACE
  ${PROJECT_BINARY_DIR}/wasmtime ${c_api}/include)
target_link_libraries(wasmtime INTERFACE ${archive} pthread dl m)
