# Compiles text files into a library, as string views:
#
#   hashcart_embed(hashcart_demo_posts HEADER app/demo_posts.h NAMESPACE hashcart::app
#                  TEXTS kDemoPosts=${PROJECT_SOURCE_DIR}/fixtures/posts/demo.ndjson)
#
# makes the target hashcart_demo_posts, whose header declares hashcart::app::kDemoPosts. The sources
# are made anew in the build folder whenever a text changes.

include_guard()

set(HASHCART_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_texts.cmake)

function(hashcart_embed target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;NAMESPACE" "TEXTS")
  set(root ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded)
  set(header ${root}/${arg_HEADER})
  string(REGEX REPLACE "\\.h$" ".cc" source ${header})
  set(files)
  foreach(text IN LISTS arg_TEXTS)
    string(REGEX REPLACE "^[^=]*=" "" file ${text})
    list(APPEND files ${file})
  endforeach()
  string(REPLACE ";" "|" texts "${arg_TEXTS}")
  add_custom_command(
    OUTPUT ${header} ${source}
    COMMAND ${CMAKE_COMMAND} -DHEADER=${header} -DSOURCE=${source} -DINCLUDE=${arg_HEADER}
            -DNAMESPACE=${arg_NAMESPACE} "-DTEXTS=${texts}" -P ${HASHCART_EMBED_SCRIPT}
    DEPENDS ${files} ${HASHCART_EMBED_SCRIPT}
    VERBATIM)
  add_library(${target} STATIC ${source} ${header})
  target_include_directories(${target} PUBLIC ${root})
  target_link_libraries(${target} PRIVATE hashcart::flags)
endfunction()
