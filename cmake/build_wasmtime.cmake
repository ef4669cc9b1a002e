# Run by the build: cargo makes ARCHIVE from CRATE in CACHE, unless it is there already. Its name has
# the hash of all that it is made from, but Ninja doesn't know a file that another checkout made.
# Several checkouts may build it at the same time: each writes its PART before the rename.
if(EXISTS ${ARCHIVE})
  return()
endif()
message("Building Wasmtime, once: about a quarter of an hour on two cores. It is kept in ${CACHE}.")

# From a copy at a fixed place: cargo compiles a crate anew that has moved.
foreach(file IN LISTS FILES)
  cmake_path(GET file PARENT_PATH folder)
  file(MAKE_DIRECTORY ${CACHE}/crate/${folder})
  configure_file(${CRATE}/${file} ${CACHE}/crate/${file} COPYONLY)
endforeach()
set(ENV{CARGO_TARGET_DIR} ${CACHE})
execute_process(
  COMMAND ${CARGO} build --release --locked --manifest-path ${CACHE}/crate/Cargo.toml
  COMMAND_ERROR_IS_FATAL ANY)
file(COPY_FILE ${CACHE}/release/libwagi_wasmtime.a ${PART})
file(RENAME ${PART} ${ARCHIVE})
