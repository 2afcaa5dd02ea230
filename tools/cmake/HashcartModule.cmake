# One static library per folder of src/; each DEPS edge is an arrow of the table in src/README.md.
#
#   hashcart_module(match SOURCES a.cc b.cc DEPS hashcart::base PRIVATE PkgConfig::hyperscan)
#   hashcart_test(match LABELS unit SOURCES matcher_test.cc DEPS hashcart::match PRIVATE ...)

include_guard()

function(hashcart_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;PRIVATE")
  add_library(hashcart_${name} STATIC ${arg_SOURCES})
  add_library(hashcart::${name} ALIAS hashcart_${name})
  target_include_directories(hashcart_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(hashcart_${name} PUBLIC ${arg_DEPS} PRIVATE hashcart::flags ${arg_PRIVATE})
endfunction()

# A GoogleTest binary tests/<name>_tests, registered as one ctest per test case of its own. UNSANITIZED: the test sources
# themselves (oracles on slow libraries) are compiled without sanitizers; what they test is in libraries, which are not.
function(hashcart_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "UNSANITIZED" "" "SOURCES;DEPS;PRIVATE;LABELS")
  add_executable(${name}_tests ${arg_SOURCES})
  target_include_directories(${name}_tests PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  set(flags hashcart::flags)
  if(arg_UNSANITIZED)
    set(flags hashcart::plain_flags)
  endif()
  target_link_libraries(${name}_tests PRIVATE ${flags} ${arg_DEPS} ${arg_PRIVATE} GTest::gtest_main)
  # Tests are compiled for the compiler's sake: what they test is compiled as it ships.
  target_compile_options(${name}_tests PRIVATE -O1 -g0)
  if(HASHCART_SANITIZERS AND NOT arg_UNSANITIZED)
    # Half of the time such a source takes to compile goes into these checks; the libraries have them.
    set_source_files_properties(${arg_SOURCES} PROPERTIES COMPILE_OPTIONS -fno-sanitize=undefined)
  endif()
  target_compile_definitions(${name}_tests PRIVATE HASHCART_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name}_tests DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}"
                       DISCOVERY_MODE PRE_TEST)
endfunction()
