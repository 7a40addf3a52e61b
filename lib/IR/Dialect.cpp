//===- Dialect.cpp - Registration of types, attributes and ops ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ptq;

#include "ptq/IR/PTQDialect.cpp.inc"

#include "ptq/IR/PTQEnums.cpp.inc"

#include "ptq/IR/PTQTypeInterfaces.cpp.inc"

#include "ptq/IR/PTQOpInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "ptq/IR/PTQAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "ptq/IR/PTQTypes.cpp.inc"

namespace {

/// Every op is pure: any of them may be inlined anywhere.
struct PTQInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool,
                       IRMapping &) const override {
    return true;
  }
};

} // namespace

void PTQDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ptq/IR/PTQAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "ptq/IR/PTQTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ptq/IR/QuantizedOps.cpp.inc"
      >();
  addInterfaces<PTQInlinerInterface>();
}
