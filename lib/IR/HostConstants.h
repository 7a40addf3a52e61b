//===- HostConstants.h - Constants as host tensors and back -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IR_HOSTCONSTANTS_H
#define PTQ_LIB_IR_HOSTCONSTANTS_H

#include "ptq/IR/Reference.h"

namespace mlir::ptq {

/// A tensor in host memory: floats, integers (sign-extended), or codes.
using HostValue =
    std::variant<reference::FloatTensor, reference::Tensor<int64_t>,
                 reference::IntegerTensor>;

ArrayRef<int64_t> getShape(const HostValue &value);

/// The elements of `bytes`, which has all of them, or one for all. Fails if the
/// size does not fit `type` or the element type is not one of the dialect.
FailureOr<HostValue> decodeBytes(ArrayRef<char> bytes, ShapedType type);

/// The elements of a dense or dense_resource attribute. Fails if it is of
/// another kind, or the resource is not loaded.
FailureOr<HostValue> decodeConstant(ElementsAttr attribute);

/// A dense attribute; `elementType` is i8 or i16 for codes.
DenseElementsAttr encodeConstant(const HostValue &value, Type elementType);

} // namespace mlir::ptq

#endif // PTQ_LIB_IR_HOSTCONSTANTS_H
