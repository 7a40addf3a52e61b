# Sets PTQ_HAS_ONNX, and the libraries that the importer of ONNX links: the
# messages of the format, nothing else of libonnx. They are named by path, so that
# who links PTQ::PTQIR alone needs neither of them.
set(PTQ_HAS_ONNX OFF)
if(PTQ_ENABLE_ONNX)
  find_path(PTQ_ONNX_INCLUDE_DIR onnx/onnx_pb.h)
  find_library(PTQ_ONNX_PROTO_LIBRARY onnx_proto)
  find_package(Protobuf QUIET)
  if(PTQ_ONNX_INCLUDE_DIR AND PTQ_ONNX_PROTO_LIBRARY AND Protobuf_FOUND)
    set(PTQ_HAS_ONNX ON)
    message(STATUS "ONNX ${PTQ_ONNX_PROTO_LIBRARY}, protobuf ${Protobuf_VERSION}")
  else()
    message(STATUS "ONNX: libonnx-dev or libprotobuf-dev not found, so that ONNX models cannot be imported")
  endif()
endif()
