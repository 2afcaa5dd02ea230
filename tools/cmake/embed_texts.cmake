# Run by hashcart_embed: writes HEADER and SOURCE, which define each text of TEXTS
# (name=file|name=file) in NAMESPACE.

string(REPLACE "|" ";" texts "${TEXTS}")
set(declarations)
set(definitions)
foreach(text IN LISTS texts)
  string(REGEX MATCH "^[^=]*" name "${text}")
  string(REGEX REPLACE "^[^=]*=" "" file "${text}")
  file(READ "${file}" hex HEX)
  # Character literals, so that a byte over 0x7F needs no narrowing; the last NUL keeps an empty
  # text legal.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  # Lines a compiler and a person can stand.
  string(REGEX REPLACE "(('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',))" "\\1\n    "
         bytes "${bytes}")
  string(APPEND declarations "extern const std::string_view ${name};\n")
  string(APPEND definitions
         "constexpr char ${name}Bytes[] = {\n    ${bytes}'\\0'};\n"
         "constinit const std::string_view ${name}{${name}Bytes, sizeof ${name}Bytes - 1};\n")
endforeach()

file(WRITE "${HEADER}"
     "// Made by tools/cmake/embed_texts.cmake.\n#pragma once\n\n#include <string_view>\n\n"
     "namespace ${NAMESPACE} {\n\n${declarations}\n}  // namespace ${NAMESPACE}\n")
file(WRITE "${SOURCE}"
     "// Made by tools/cmake/embed_texts.cmake.\n#include \"${INCLUDE}\"\n\n"
     "namespace ${NAMESPACE} {\n\n${definitions}\n}  // namespace ${NAMESPACE}\n")
