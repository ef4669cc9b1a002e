# Run by the build: makes ARCHIVE from CRATE in CACHE by cargo, unless it is there. The archive's
# name has the hash of all that it is made from; Ninja runs this all the same where another checkout
# has made it. Several checkouts may build it at the same time: each writes its PART and renames it.
if(EXISTS ${ARCHIVE})
  return()
endif()
message("Building Wasmtime, once: about a quarter of an hour on two cores. It is kept in ${CACHE}.")

# The crate is copied to a fixed place, since cargo compiles one that has moved anew.
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
