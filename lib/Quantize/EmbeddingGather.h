//===- EmbeddingGather.h - Rows of a table, gathered by linalg --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_QUANTIZE_EMBEDDINGGATHER_H
#define PTQ_LIB_QUANTIZE_EMBEDDINGGATHER_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace mlir::ptq {

/// `result[i.., k] = table[indices[i..], k]`, through float casts.
struct EmbeddingGather {
  Value indices, table;
};

/// Recognizes the `linalg.generic` that gathers whole rows of a table:
///
/// ```mlir
/// linalg.generic {iterator_types = ["parallel", "parallel"], indexing_maps = [
///     affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d0, d1)>]}
///     ins(%tokens : tensor<?xi64>) outs(%init : tensor<?x64xf32>) {
/// ^bb0(%token: i64, %unused: f32):
///   %row = arith.index_cast %token : i64 to index
///   %k = linalg.index 1 : index
///   %element = tensor.extract %table[%row, %k] : tensor<512x64xf32>
///   linalg.yield %element : f32
/// }
/// ```
std::optional<EmbeddingGather> matchEmbeddingGather(linalg::GenericOp op);

} // namespace mlir::ptq

#endif // PTQ_LIB_QUANTIZE_EMBEDDINGGATHER_H
