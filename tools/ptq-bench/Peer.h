//===- Peer.h - Products of other libraries ---------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_PEER_H
#define PTQ_TOOLS_PTQ_BENCH_PEER_H

#include "MatmulModule.h"

namespace mlir::ptq {

/// The product of another library, to measure beside ours.
class PeerProduct {
public:
  virtual ~PeerProduct() = default;

  /// Computes the product once, with copy `copy` of the weights.
  virtual llvm::Error run(size_t copy) = 0;

  /// Bytes of weights and scales of a copy.
  virtual int64_t getNumBytes() const = 0;
};

/// The product of oneDNN with `weights` ([N, K]: codes or f32) and `scales`
/// ([N], null for f32), once copied to the order that it prefers and then
/// `numCopies` times. Rows of a quantized product are codes already, unlike
/// ours: oneDNN has no dynamic quantization. Its codes of weights are half of
/// ours, since without VNNI it is right for 7 bits only. Runs on `threads`
/// threads.
///
/// Fails if the program was built without oneDNN, for formats other than w8a8
/// and f32, and if the result is not that of the product.
llvm::Expected<std::unique_ptr<PeerProduct>>
createOneDNNProduct(const ProductCase &product, const Buffer &rows,
                    const Buffer &weights, const Buffer &scales,
                    int64_t numCopies, unsigned threads);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_PEER_H
