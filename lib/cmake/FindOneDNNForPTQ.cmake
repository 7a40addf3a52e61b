# Sets PTQ_HAS_ONEDNN: whether ptq-bench can measure oneDNN beside. Not by its
# CMake package, which wants OpenCL for the interface that is not used here.
# Version 3 has another interface.
set(PTQ_HAS_ONEDNN OFF)
if(PTQ_ENABLE_ONEDNN)
  find_path(PTQ_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl_version.h)
  find_library(PTQ_ONEDNN_LIBRARY dnnl)
  if(PTQ_ONEDNN_INCLUDE_DIR AND PTQ_ONEDNN_LIBRARY)
    file(STRINGS ${PTQ_ONEDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h PTQ_ONEDNN_MAJOR REGEX "DNNL_VERSION_MAJOR 2")
    if(PTQ_ONEDNN_MAJOR)
      set(PTQ_HAS_ONEDNN ON)
      message(STATUS "oneDNN ${PTQ_ONEDNN_LIBRARY}")
    endif()
  endif()
endif()
