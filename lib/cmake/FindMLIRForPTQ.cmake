# Makes MLIR and LLVM known: the targets MLIR and LLVM, each one shared library,
# the headers, the generators and the macros of their CMake modules.

set(PTQ_MLIR_IS_IMPORTED ON)
if(TARGET MLIR)
  get_target_property(PTQ_MLIR_IS_IMPORTED MLIR IMPORTED)
elseif(DEFINED LLVM_MAIN_SRC_DIR)
  message(FATAL_ERROR "ptq expects MLIR as one shared library: build LLVM with "
    "LLVM_ENABLE_PROJECTS=mlir and LLVM_BUILD_LLVM_DYLIB=ON")
endif()
# The project around this one may have found them, in a scope that is not ours.
if(PTQ_MLIR_IS_IMPORTED AND (NOT TARGET MLIR OR NOT DEFINED LLVM_PACKAGE_VERSION))
  find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
endif()

if(PTQ_MLIR_IS_IMPORTED)
  message(STATUS "MLIR ${MLIR_DIR}, LLVM ${LLVM_PACKAGE_VERSION}")
  if(NOT DEFINED LLVM_RUNTIME_OUTPUT_INTDIR)
    set(LLVM_RUNTIME_OUTPUT_INTDIR ${PROJECT_BINARY_DIR}/bin)
  endif()
  if(NOT DEFINED LLVM_LIBRARY_OUTPUT_INTDIR)
    set(LLVM_LIBRARY_OUTPUT_INTDIR ${PROJECT_BINARY_DIR}/lib)
  endif()
  if(NOT DEFINED LLVM_USE_LINKER)
    find_program(PTQ_LLD ld.lld-22)
    if(PTQ_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      set(LLVM_USE_LINKER lld-22)
    endif()
  endif()
  list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
  include(TableGen)
  include(AddLLVM)
  include(AddMLIR)
  include(HandleLLVMOptions)
  separate_arguments(PTQ_LLVM_DEFINITIONS NATIVE_COMMAND ${LLVM_DEFINITIONS})
  set(PTQ_MLIR_INCLUDE_DIRS ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
else()
  # In a build of LLVM, whose own CMakeLists.txt has set flags and macros, and
  # found its generators: those of LLVM_NATIVE_TOOL_DIR, if it is set.
  set(MLIR_MAIN_SRC_DIR ${LLVM_MAIN_SRC_DIR}/../mlir)
  if(NOT DEFINED MLIR_TABLEGEN_EXE)
    set(MLIR_TABLEGEN_EXE $<TARGET_FILE:mlir-tblgen>)
    set(MLIR_TABLEGEN_TARGET mlir-tblgen)
  endif()
  list(APPEND CMAKE_MODULE_PATH ${LLVM_MAIN_SRC_DIR}/cmake/modules ${MLIR_MAIN_SRC_DIR}/cmake/modules)
  include(TableGen)
  include(AddLLVM)
  include(AddMLIR)
  set(LLVM_TOOLS_BINARY_DIR ${LLVM_RUNTIME_OUTPUT_INTDIR})
  set(PTQ_LLVM_DEFINITIONS)
  set(PTQ_MLIR_INCLUDE_DIRS
    ${LLVM_MAIN_INCLUDE_DIR} ${LLVM_INCLUDE_DIR}
    ${MLIR_MAIN_SRC_DIR}/include ${LLVM_BINARY_DIR}/tools/mlir/include)
  set(MLIR_INCLUDE_DIRS ${PTQ_MLIR_INCLUDE_DIRS})
endif()

add_definitions(${PTQ_LLVM_DEFINITIONS})
include_directories(SYSTEM ${PTQ_MLIR_INCLUDE_DIRS})
include_directories(${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
