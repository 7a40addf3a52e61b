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
// of one row of activations, a word that is broadcast to all lanes. Instruction
// sets that multiply matrices have sums of two rows in a register instead.
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

/// What becomes of a panel of 4-bit codes, once per call, where more rows are
/// multiplied with it than one tile has.
enum class PanelExpansion {
  None,     ///< nothing: each tile expands it
  Codes,    ///< one code per byte, and the numbers of a group in 32 bits
  Products, ///< multiplier * (code - zp) + 128, unsigned bytes; all of K is one
            ///< group
};

class Microkernel {
public:
  virtual ~Microkernel() = default;

  /// Features of LLVM's that emitted code needs: {"avx2", "fma"}.
  virtual ArrayRef<StringRef> getFeatures() const = 0;

  /// Why it does not take `formats`; empty if it does. The default refuses what
  /// `#ptq.packed` cannot hold, activations other than f32 and signed symmetric
  /// codes of 8 bits or fewer with one scale per row, and multipliers without
  /// an expansion.
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

  /// How panels are expanded. With `Products` the kernel multiplies expanded
  /// panels as it does weights of `getProductFormats(formats)`.
  virtual PanelExpansion getExpansion(ProductFormats formats) const {
    return PanelExpansion::None;
  }

  /// Whether expanded bytes are signed: codes less their zero point, products
  /// without the 128. Nothing is left to compensate, and the kernel is that of
  /// packed panels.
  virtual bool expandsToSigned() const { return false; }

  /// Most rows that one pass over a panel of `Codes` computes.
  virtual int64_t getNumExpandedRows(ProductFormats formats) const {
    return getNumRows(formats);
  }

  /// Bytes of one code of activations where dot() reads it: 1, or 2 for codes
  /// that are widened beforehand.
  virtual int64_t getActivationBytes(ProductFormats formats) const { return 1; }

  /// Rows whose sums share a register: 1, where a lane is a column; or 2, where
  /// half of the lanes are columns of the first row and half of the second. Of
  /// such rows `depth` codes of one lie beside those of the other, and dot()
  /// gets both.
  virtual int64_t getRowsOfSums(ProductFormats formats) const { return 1; }

  /// Dot products whose activations are loaded at once, and spread from there:
  /// for instructions that multiply by a lane of a register.
  virtual int64_t getDotsPerLoad(ProductFormats formats) const { return 1; }

  /// Whether small sums become floats by a subtraction, where that is faster
  /// than a conversion: they start from the bits of 1.5 * 2^23 instead of 0,
  /// and as long as they are below 2^22 these bits plus the sum are the float
  /// 1.5 * 2^23 + sum.
  virtual bool convertsBySubtraction() const { return false; }

  /// Dot products that may be added in i16, from 0, before endSpan has to widen
  /// the sum; 0 if they add in i32.
  virtual int64_t getSpan(ProductFormats formats) const { return 0; }

  /// Registers of codes for dot(), in the order of k, from one register's part
  /// of a step as it is in memory.
  virtual SmallVector<Value> expand(ImplicitLocOpBuilder &b,
                                    ProductFormats formats,
                                    Value bytes) const = 0;

  /// `accumulator + weights . activations`, in i32, or in a span in i16, twice
  /// as many lanes. `activations` is a vector of `lanes` words of `depth`
  /// codes, all equal; of two rows, words of half of `depth`, in their order.
  virtual Value dot(ImplicitLocOpBuilder &b, ProductFormats formats,
                    Value accumulator, Value weights,
                    Value activations) const = 0;

  /// Whether registers are of any multiple of 128 bits, `lanes` and `depth`
  /// being those of 128 bits. Then dotByLane() is called instead of dot(), on
  /// sums and weights of that kind, and there are no spans.
  virtual bool isScalable() const { return false; }

  /// `accumulator + weights . activations` with word `lane` of `activations`,
  /// which is of 128 bits; only where isScalable().
  virtual Value dotByLane(ImplicitLocOpBuilder &b, Value accumulator,
                          Value weights, Value activations,
                          int64_t lane) const {
    return {};
  }

  /// `accumulator + span`, widened to i32; only where getSpan() is not 0.
  virtual Value endSpan(ImplicitLocOpBuilder &b, ProductFormats formats,
                        Value accumulator, Value span) const {
    return {};
  }

  /// `accumulator + span * multipliers`, in i32; `multipliers` are pairs of
  /// i16, both that of a column. Only where getSpan() is not 0.
  virtual Value endMultipliedSpan(ImplicitLocOpBuilder &b,
                                  ProductFormats formats, Value accumulator,
                                  Value span, Value multipliers) const {
    return {};
  }
};

/// Those of expanded panels: unsigned bytes with zero point 128.
ProductFormats getProductFormats(ProductFormats formats);

/// Why no kernel takes `formats`, whatever the instruction set; empty if one
/// may.
std::string getPackedRefusal(ProductFormats formats);

} // namespace mlir::ptq

#endif // PTQ_IR_MICROKERNEL_H
