//===- OnnxWeights.h - Tensors that an ONNX file stores ---------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_ONNXWEIGHTS_H
#define PTQ_LIB_IMPORT_ONNX_ONNXWEIGHTS_H

#include "OnnxTensor.h"
#include "Protobuf.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

namespace mlir::ptq {

/// Reads the tensors of a model: typed fields, raw bytes, or a part of a file
/// beside the model.
class OnnxWeights {
public:
  OnnxWeights(MLIRContext *context, StringRef folder)
      : context(context), folder(folder.str()) {}

  /// The elements of `proto`, one after the other as `getElementType` lays them
  /// out: `dense` up to a few of them, else `dense_resource`.
  llvm::Expected<ElementsAttr> read(const ::onnx::TensorProto &proto,
                                    OnnxType &type);

private:
  llvm::Expected<RankedTensorType> readType(const ::onnx::TensorProto &proto,
                                            OnnxType &type);
  /// Bytes as in the file: in `proto`, or in the file that it names.
  llvm::Expected<StringRef> findBytes(const ::onnx::TensorProto &proto);
  llvm::Expected<StringRef> openExternal(StringRef location);

  MLIRContext *context;
  std::string folder;
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> files;
};

/// Elements of tensors of at most this many are printed with the module.
constexpr int64_t maxInlineElements = 64;

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_ONNXWEIGHTS_H
