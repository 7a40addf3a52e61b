# How the libraries and tools of ptq are declared.

# ptq_add_library(PTQName sources... DEPENDS tablegen-targets LINK libraries)
#
# A static library, exported as PTQ::PTQName, that shares one precompiled header
# and links MLIR as the one shared library: naming an MLIR component archive
# beside libMLIR.so would register every pass and option twice.
function(ptq_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  add_library(PTQ::${name} ALIAS ${name})
  add_dependencies(${name} PTQIncGen ${ARG_DEPENDS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # PTQConfig.cmake adds those of MLIR where ptq is installed.
  target_include_directories(${name} SYSTEM INTERFACE "$<BUILD_INTERFACE:${PTQ_MLIR_INCLUDE_DIRS}>")
  target_compile_features(${name} PUBLIC cxx_std_17)
  llvm_update_compile_flags(${name})
  if(PTQ_ENABLE_PCH)
    if(name STREQUAL "PTQIR")
      target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/lib/IR/Precompiled.h)
    else()
      target_precompile_headers(${name} REUSE_FROM PTQIR)
    endif()
  endif()
  install(TARGETS ${name} EXPORT PTQTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  set_property(GLOBAL APPEND PROPERTY PTQ_INSTALLED_TARGETS ${name})
endfunction()

# ptq_add_tool(name sources... LINK libraries)
function(ptq_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} PTQIncGen)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  llvm_update_compile_flags(${name})
  install(TARGETS ${name} EXPORT PTQTargets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
  set_property(GLOBAL APPEND PROPERTY PTQ_INSTALLED_TARGETS ${name})
endfunction()
