//===- Element.h - One element of a tensor, as an expression ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Front ends write one formula in many ways: as one linalg.generic, as a chain
// of them, as named ops, as arith on tensors. Seen element by element, they are
// the same expression. An `Element` is a node of it; leaves are elements of
// tensors, at indices that are affine in the loops of the op that was asked
// about.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_ELEMENT_H
#define PTQ_LIB_IMPORT_DIALECTS_ELEMENT_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::ptq {

class Element {
public:
  Element() = default;

  /// The scalar `value` of the body of a linalg op, in its loops; or the
  /// element of the tensor that an elementwise op computes, in its dimensions.
  static Element atRoot(Value value);

  explicit operator bool() const { return bool(value); }

  /// Type of the element.
  Type getType() const;

  /// The same element in the nearest tensor that holds it; null if none does: a
  /// scalar, or computed in a body.
  Element inTensor() const;
  /// Of an element in a tensor: the tensor, and from the loops of the root to
  /// its indices.
  Value getTensor() const;
  AffineMap getMap() const { return map; }

  /// The scalar from outside of all bodies that the element is; null if it is
  /// none.
  Value getScalar() const;

  /// The same element where it comes from: through ops that only move it, out
  /// of tensors that hold one value.
  Element getSource() const;

  /// The op that computes the element, wherever that is, if it is an `OpTy`.
  template <typename OpTy>
  OpTy getOp() const {
    return dyn_cast_if_present<OpTy>(getSource().value.getDefiningOp());
  }
  /// Operand `i` of the op that computes the element.
  Element getOperand(unsigned i) const;

  /// Whether both are computed by the same op, or held by the same tensor, at
  /// the same indices.
  bool isSame(Element other) const;

  /// The number that the element is whatever the loops, through casts.
  std::optional<APFloat> getConstantFloat() const;
  /// Sign-extended from the width of the element.
  std::optional<int64_t> getConstantInteger() const;

private:
  Element(Value value, AffineMap map) : value(value), map(map) {}
  std::optional<Element> step() const;
  Attribute getConstant() const;

  Value value;
  /// From the loops of the root to the indices of `value`, if it is a tensor;
  /// to the loops around it, if it is in a body.
  AffineMap map;
};

/// The linalg op whose body holds the scalar `value`; null if none does.
Operation *getLinalgOpAround(Value value);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_ELEMENT_H
