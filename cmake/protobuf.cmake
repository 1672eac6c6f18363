# SPDX-License-Identifier: Apache-2.0
# The C twin of proto/signer.proto, generated into the build tree. Its warnings are not ours.
find_program(PROTOC protoc REQUIRED)
find_program(PROTOC_GEN_C protoc-gen-c REQUIRED)
set(WIRE_DIR ${CMAKE_BINARY_DIR}/wire)
set(WIRE_SOURCE ${WIRE_DIR}/signer.pb-c.c)
add_custom_command(
  OUTPUT ${WIRE_SOURCE} ${WIRE_DIR}/signer.pb-c.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${WIRE_DIR}
  COMMAND ${PROTOC} --proto_path=${CMAKE_SOURCE_DIR}/proto --c_out=${WIRE_DIR} signer.proto
  DEPENDS ${CMAKE_SOURCE_DIR}/proto/signer.proto)
set_source_files_properties(${WIRE_SOURCE} PROPERTIES COMPILE_OPTIONS "-w")
foreach(stem request response wire) # only these see protobuf-c
  set_source_files_properties(${CMAKE_SOURCE_DIR}/proto/${stem}.c PROPERTIES INCLUDE_DIRECTORIES ${WIRE_DIR}
    OBJECT_DEPENDS ${WIRE_DIR}/signer.pb-c.h)
endforeach()
