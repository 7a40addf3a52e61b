//===- Dialect.cpp - Registration of types, attributes and ops ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bytecode.h"
#include "ValueBounds.h"
#include "ptq/IR/Observe.h"
#include "ptq/IR/PTQ.h"
#include "ptq/IR/Packed.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ptq;

#include "ptq/IR/PTQDialect.cpp.inc"

#include "ptq/IR/PTQEnums.cpp.inc"

#include "ptq/IR/ObserverEnums.cpp.inc"

#include "ptq/IR/ObserverAttrInterface.cpp.inc"

#include "ptq/IR/PTQTypeInterfaces.cpp.inc"

#include "ptq/IR/PTQOpInterfaces.cpp.inc"

/// An f64, printed without its type.
static ParseResult parseMomentum(AsmParser &parser, FloatAttr &momentum) {
  return parser.parseAttribute(momentum, parser.getBuilder().getF64Type());
}
static void printMomentum(AsmPrinter &printer, FloatAttr momentum) {
  printer.printAttributeWithoutType(momentum);
}

#define GET_ATTRDEF_CLASSES
#include "ptq/IR/PTQAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "ptq/IR/PTQTypes.cpp.inc"

namespace {

/// Every op is pure, or observes: any of them may be inlined anywhere.
struct PTQInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool,
                       IRMapping &) const override {
    return true;
  }
};

/// Formats print as `!u4_g32`: the stored integer, the group along the
/// innermost dimension if there is one. Equal names get a suffix.
struct PTQAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;
  AliasResult getAlias(Type type, raw_ostream &os) const override {
    auto format = dyn_cast<QuantType>(type);
    if (!format)
      return AliasResult::NoAlias;
    os << (format.getIsSigned() ? 's' : 'u') << format.getStorageWidth();
    if (int64_t group = format.getBlock().back(); group > 1)
      os << "_g" << group;
    return AliasResult::FinalAlias;
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
  addOperations<
#define GET_OP_LIST
#include "ptq/IR/ObserveOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ptq/IR/PackedOps.cpp.inc"
      >();
  addInterfaces<PTQAsmInterface, PTQInlinerInterface>();
  addBytecodeInterface(*this);
  attachValueBounds(*getContext());
}
