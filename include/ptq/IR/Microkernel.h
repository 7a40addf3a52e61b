//===- Microkernel.h - What an instruction set says of kernels --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The loop nest, remainders, compensation of zero points, groups and epilogue
// of a product with packed weights are emitted once, by lib/Codegen. An
// instruction set answers the small questions below.
//
// A register holds `lanes` numbers of 32 bits, one for each output column. A
// dot product adds, for each column, the products of `depth` neighbours along
// K: of codes of weights, from a register of `depth` codes per lane, with codes
// of one row of activations, which take 32 bits and are broadcast to all lanes.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_MICROKERNEL_H
#define PTQ_IR_MICROKERNEL_H

#include "ptq/IR/Packed.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::ptq {

/// Element types of both sides of a product: `!ptq.q` or floats.
struct ProductFormats {
  Type lhs, rhs;

  QuantType getLhsFormat() const { return dyn_cast<QuantType>(lhs); }
  QuantType getRhsFormat() const { return dyn_cast<QuantType>(rhs); }
  bool isInteger() const { return getLhsFormat() && getRhsFormat(); }
  /// Bits of a weight in memory: 4, 8, 16 or 32.
  int64_t getWeightBits() const;
};

class Microkernel {
public:
  virtual ~Microkernel() = default;

  /// Features of LLVM's that emitted code needs: {"avx2", "fma"}.
  virtual ArrayRef<StringRef> getFeatures() const = 0;

  /// Why it does not take `formats`; empty if it does. The default refuses what
  /// `#ptq.packed` cannot hold and activations other than f32 and signed
  /// symmetric codes of 8 bits or fewer with one scale per row.
  virtual std::string getRefusal(ProductFormats formats) const;

  /// How it reads the weights.
  virtual LayoutAttr getLayout(MLIRContext *context,
                               ProductFormats formats) const = 0;

  /// Numbers of 32 bits in a register.
  virtual int64_t getNumLanes() const = 0;

  /// Most rows that one pass over a panel computes.
  virtual int64_t getNumRows(ProductFormats formats) const = 0;

  /// Whether the sums of a tile over groups are in memory rather than in
  /// registers, which the sums of one group fill.
  virtual bool keepsTotalsInMemory(ProductFormats formats,
                                   int64_t numRows) const {
    return false;
  }

  //===--- Integers -------------------------------------------------------===//

  /// Bytes of one code of activations where dot() reads it: 1, or 2 for codes
  /// that are widened beforehand.
  virtual int64_t getActivationBytes(ProductFormats formats) const { return 1; }

  /// Dot products that may be added in i16, from 0, before endSpan has to widen
  /// the sum; 0 if they add in i32.
  virtual int64_t getSpan(ProductFormats formats) const { return 0; }

  /// Registers of codes for dot(), in the order of k, from one register's part
  /// of a step as it is in memory.
  virtual SmallVector<Value> expand(ImplicitLocOpBuilder &b,
                                    ProductFormats formats,
                                    Value bytes) const = 0;

  /// `accumulator + weights . activations`, in i32, or in a span in i16, twice
  /// as many lanes. `activations` is a vector of i32, all lanes equal.
  virtual Value dot(ImplicitLocOpBuilder &b, ProductFormats formats,
                    Value accumulator, Value weights,
                    Value activations) const = 0;

  /// `accumulator + span`, widened to i32; only where getSpan() is not 0.
  virtual Value endSpan(ImplicitLocOpBuilder &b, ProductFormats formats,
                        Value accumulator, Value span) const {
    return {};
  }
};

/// Why no kernel takes `formats`, whatever the instruction set; empty if one
/// may.
std::string getPackedRefusal(ProductFormats formats);

} // namespace mlir::ptq

#endif // PTQ_IR_MICROKERNEL_H
