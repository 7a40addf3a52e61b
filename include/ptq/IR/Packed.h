//===- Packed.h - Packed weights, and the product with them -----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_PACKED_H
#define PTQ_IR_PACKED_H

#include "ptq/IR/PTQ.h"

#include "mlir/IR/TensorEncoding.h"

#include "ptq/IR/PackedEnums.h.inc"

namespace mlir::ptq {
class Microkernel;
class PackedAttr;

/// Whether `type` is a tensor with the encoding `#ptq.packed`.
bool isPacked(Type type);
/// The encoding of `type`; null if it has another one or none.
PackedAttr getPackedEncoding(Type type);
} // namespace mlir::ptq

#include "ptq/IR/PackedAttrInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ptq/IR/PackedAttrs.h.inc"

#define GET_OP_CLASSES
#include "ptq/IR/PackedOps.h.inc"

namespace mlir::ptq {

/// A weight in host memory, as it is before it is packed.
struct WeightBytes {
  /// Codes, one per byte, or floats, row by row; or rows of packed bits.
  ArrayRef<char> weights;
  /// Codes are a stream of bits of their width, each row padded to a byte.
  bool areBitsPacked = false;
  /// `[N, G]` scales of the format's type; empty for floats.
  ArrayRef<char> scales;
  /// `[N, G]` bytes; empty if there are no multipliers.
  ArrayRef<char> multipliers;
};

/// Writes panel `panel` of `packed` to `bytes`, of `getPanelBytes()`.
void packPanel(PackedAttr packed, const WeightBytes &source, int64_t panel,
               MutableArrayRef<char> bytes);

/// Writes all panels to `bytes`, of `getNumBytes()`, on all processors.
void packPanels(PackedAttr packed, const WeightBytes &source,
                MutableArrayRef<char> bytes);

/// The inverse of packPanels: codes one per byte, or floats, scales, and
/// multipliers.
void unpackPanels(PackedAttr packed, ArrayRef<char> bytes,
                  MutableArrayRef<char> weights, MutableArrayRef<char> scales,
                  MutableArrayRef<char> multipliers);

} // namespace mlir::ptq

#endif // PTQ_IR_PACKED_H
