# Debian packages, one per install component, made by tools/dev/package:
#
#   runtime      libptq       libptq-c.so and the plugin of mlir-opt
#   development  libptq-dev   headers, TableGen files, libraries, CMake package
#   tools        ptq-tools    ptq-opt and its sisters
#   python       python3-ptq  the Python package
#
# They belong to MLIR and LLVM as Debian packages them: what they need is found by
# dpkg-shlibdeps.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ptq)
set(CPACK_PACKAGE_VENDOR "ptq")
set(CPACK_PACKAGE_CONTACT "The ptq authors <ptq@localhost.invalid>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
get_cmake_property(CPACK_COMPONENTS_ALL COMPONENTS)
set(PTQ_PACKAGE_runtime libptq)
set(PTQ_PACKAGE_development libptq-dev)
set(PTQ_PACKAGE_tools ptq-tools)
set(PTQ_PACKAGE_python python3-ptq)
list(REMOVE_ITEM CPACK_COMPONENTS_ALL Unspecified)
foreach(component ${CPACK_COMPONENTS_ALL})
  if(NOT DEFINED PTQ_PACKAGE_${component})
    message(FATAL_ERROR "install rules: expects a component of lib/cmake/PTQPackages.cmake, "
      "but got '${component}'")
  endif()
  string(TOUPPER ${component} name)
  set(CPACK_DEBIAN_${name}_PACKAGE_NAME ${PTQ_PACKAGE_${component}})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${PTQ_PACKAGE_${component}} COMPONENT ${component})
endforeach()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(PTQ_SAME_VERSION "= ${PROJECT_VERSION}")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "Post-training quantization for MLIR: libraries
The C API of the ptq compiler, libptq-c.so, and PTQPlugin.so, which gives its
dialect, passes and pipelines to mlir-opt of MLIR 22.")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS mlir-22-tools)

set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Post-training quantization for MLIR: development files
Headers of the C and C++ APIs, TableGen files, libraries and the CMake package
of the ptq compiler.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
# The CMake packages of ptq, MLIR and LLVM check that all of their files exist.
string(JOIN ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libptq (${PTQ_SAME_VERSION})" "ptq-tools (${PTQ_SAME_VERSION})"
  "libmlir-22-dev (>= 1:22.1)" "mlir-22-tools (>= 1:22.1)" "llvm-22-dev (>= 1:22.1)"
  "libomp-22-dev (>= 1:22.1)" "zlib1g-dev" "libzstd-dev")

set(CPACK_COMPONENT_TOOLS_DESCRIPTION "Post-training quantization for MLIR: tools
ptq-opt, ptq-translate, ptq-run, ptq-llm, ptq-lsp-server and ptq-reduce: quantize
models after training, look at every decision, compile and run the result.")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "libptq (${PTQ_SAME_VERSION}), lld-22")

set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Post-training quantization for MLIR: Python package
Quantize, compile and call modules on NumPy arrays.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
  "libptq (${PTQ_SAME_VERSION}), python3 (>= 3.11), python3-numpy (>= 1:1.24)")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/lib/cmake/python3-ptq/postinst
  ${PROJECT_SOURCE_DIR}/lib/cmake/python3-ptq/prerm)

include(CPack)
