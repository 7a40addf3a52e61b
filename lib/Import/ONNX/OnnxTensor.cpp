//===- OnnxTensor.cpp - A value of an ONNX graph --------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxTensor.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::ptq;

StringRef ptq::getOnnxTypeName(OnnxType type) {
  switch (type) {
  case OnnxType::Undefined:
    return "undefined";
  case OnnxType::Float:
    return "float";
  case OnnxType::UInt8:
    return "uint8";
  case OnnxType::Int8:
    return "int8";
  case OnnxType::UInt16:
    return "uint16";
  case OnnxType::Int16:
    return "int16";
  case OnnxType::Int32:
    return "int32";
  case OnnxType::Int64:
    return "int64";
  case OnnxType::String:
    return "string";
  case OnnxType::Bool:
    return "bool";
  case OnnxType::Float16:
    return "float16";
  case OnnxType::Double:
    return "double";
  case OnnxType::UInt32:
    return "uint32";
  case OnnxType::UInt64:
    return "uint64";
  case OnnxType::BFloat16:
    return "bfloat16";
  case OnnxType::UInt4:
    return "uint4";
  case OnnxType::Int4:
    return "int4";
  }
  return "unknown";
}

bool ptq::isFloat(OnnxType type) {
  return type == OnnxType::Float || type == OnnxType::Float16 ||
         type == OnnxType::BFloat16 || type == OnnxType::Double;
}

bool ptq::isUnsigned(OnnxType type) {
  return type == OnnxType::UInt4 || type == OnnxType::UInt8 ||
         type == OnnxType::UInt16 || type == OnnxType::UInt32 ||
         type == OnnxType::UInt64;
}

bool ptq::isInteger(OnnxType type) {
  return isUnsigned(type) || type == OnnxType::Int4 || type == OnnxType::Int8 ||
         type == OnnxType::Int16 || type == OnnxType::Int32 ||
         type == OnnxType::Int64;
}

unsigned ptq::getBits(OnnxType type) {
  switch (type) {
  case OnnxType::Bool:
    return 1;
  case OnnxType::UInt4:
  case OnnxType::Int4:
    return 4;
  case OnnxType::UInt8:
  case OnnxType::Int8:
    return 8;
  case OnnxType::UInt16:
  case OnnxType::Int16:
  case OnnxType::Float16:
  case OnnxType::BFloat16:
    return 16;
  case OnnxType::Float:
  case OnnxType::UInt32:
  case OnnxType::Int32:
    return 32;
  default:
    return 64;
  }
}

int64_t ptq::getOnnxMin(OnnxType type) {
  return isUnsigned(type) ? 0 : llvm::minIntN(getBits(type));
}

int64_t ptq::getOnnxMax(OnnxType type) {
  return isUnsigned(type) ? int64_t(llvm::maxUIntN(getBits(type)))
                          : llvm::maxIntN(getBits(type));
}

Type ptq::getElementType(OnnxType type, MLIRContext *context) {
  Builder builder(context);
  switch (type) {
  case OnnxType::Float:
    return builder.getF32Type();
  case OnnxType::Float16:
    return builder.getF16Type();
  case OnnxType::BFloat16:
    return builder.getBF16Type();
  case OnnxType::Double:
    return builder.getF64Type();
  case OnnxType::Bool:
    return builder.getI1Type();
  default:
    return isInteger(type) ? builder.getIntegerType(std::max(8u, getBits(type)))
                           : Type();
  }
}

SmallVector<int64_t> ptq::getShape(ArrayRef<OpFoldResult> sizes) {
  return decomposeMixedValues(llvm::to_vector(sizes)).first;
}

std::optional<int64_t> ptq::countElements(ArrayRef<OpFoldResult> sizes) {
  int64_t count = 1;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> constant = getConstantIntValue(size);
    if (!constant || llvm::MulOverflow(count, *constant, count))
      return std::nullopt;
  }
  return count;
}

std::string ptq::toString(ArrayRef<OpFoldResult> sizes) {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(getShape(sizes), stream, [&](int64_t size) {
    if (ShapedType::isDynamic(size))
      stream << '?';
    else
      stream << size;
  });
  return text + "]";
}
