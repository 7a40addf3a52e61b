//===- Protobuf.h - The messages of ONNX files ------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_PROTOBUF_H
#define PTQ_LIB_IMPORT_ONNX_PROTOBUF_H

// How libonnx itself was compiled.
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif

#include <onnx/onnx_pb.h>

#endif // PTQ_LIB_IMPORT_ONNX_PROTOBUF_H
