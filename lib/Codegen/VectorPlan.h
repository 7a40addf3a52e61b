//===- VectorPlan.h - How a linalg.generic becomes vector loops -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_CODEGEN_VECTORPLAN_H
#define PTQ_LIB_CODEGEN_VECTORPLAN_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::ptq {

/// Lanes of every vector loop, on every CPU: the number of partial results of
/// a reduction is part of the arithmetic.
constexpr int64_t kLanes = 16;

/// How an operand moves when the vector dimension advances by one.
enum class Access {
  Invariant,  // not at all
  Contiguous, // to the next element in memory
  Strided,    // elsewhere
};

/// What to do with one `linalg.generic` on memrefs.
struct VectorPlan {
  unsigned vectorDim;
  bool isReduction;                    // along vectorDim
  SmallVector<unsigned> parallelDims;  // the others, outermost first
  SmallVector<unsigned> reductionDims; // the others, outermost first
  SmallVector<Access> accesses;        // of every operand, inputs first
  SmallVector<Operation *> combiners;  // of every output, if reductions
};

/// Chooses the dimension along which to vectorize `op`: a parallel one along
/// which it writes memory in order, or a reduction whose combination may be
/// reordered, such as a sum; a `math.fma` into the result may not, and keeps
/// its order. Returns nothing if there is none: the loops stay scalar.
std::optional<VectorPlan> planVectorLoops(linalg::GenericOp op);

} // namespace mlir::ptq

#endif // PTQ_LIB_CODEGEN_VECTORPLAN_H
