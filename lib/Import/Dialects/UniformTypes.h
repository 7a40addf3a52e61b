//===- UniformTypes.h - !quant.uniform as a format and numbers --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_UNIFORMTYPES_H
#define PTQ_LIB_IMPORT_DIALECTS_UNIFORMTYPES_H

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"

namespace mlir::ptq {

/// What a type of the quant dialect says, taken apart.
struct UniformNumbers {
  QuantType format;
  /// Of both tensors: one entry per dimension of the quantized tensor.
  SmallVector<int64_t> shape;
  SmallVector<float> scales;
  /// Empty if the format holds the zero point.
  SmallVector<int64_t> zeroPoints;

  bool operator==(const UniformNumbers &other) const {
    return format == other.format && shape == other.shape &&
           scales == other.scales && zeroPoints == other.zeroPoints;
  }
};

/// Takes `type`, the elements of a tensor of rank `rank`, apart. Fails with a
/// reason if no format expresses it.
FailureOr<UniformNumbers> takeApart(quant::QuantizedType type, int64_t rank,
                                    std::string &reason);

/// The type of the elements of a tensor of shape `shape`. Fails with a reason
/// if the quant dialect has none.
FailureOr<quant::QuantizedType> putTogether(const UniformNumbers &numbers,
                                            ArrayRef<int64_t> shape,
                                            std::string &reason);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_UNIFORMTYPES_H
