# SPDX-License-Identifier: Apache-2.0
# The hardening flags are on in every build, and a sanitizer build is the same code with other checks.
option(WERROR "warnings are errors; ./check sets it" OFF)
add_compile_options(-Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes
  -Wmissing-prototypes -fstack-protector-strong -fno-common $<$<BOOL:${WERROR}>:-Werror>)
add_compile_definitions(_GNU_SOURCE SIGNER_VERSION="${PROJECT_VERSION}")
include_directories(${CMAKE_SOURCE_DIR})
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(SANDBOX_DEFAULT=SANDBOX_LOG) # a sanitizer makes calls that a room may not
  if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fsanitize=fuzzer-no-link) # what the fuzzers steer by
  endif()
else()
  add_compile_options(-fstack-clash-protection $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>)
  if(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE") # a distribution's own flags may have it
    add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  endif()
  add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()
