//===- WithoutOneDNN.cpp - Where oneDNN is not installed ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Peer.h"

using namespace mlir;
using namespace mlir::ptq;

llvm::Expected<std::unique_ptr<PeerProduct>>
ptq::createOneDNNProduct(const ProductCase &, const Buffer &, const Buffer &,
                         const Buffer &, int64_t, unsigned) {
  return llvm::createStringError(
      "expects a build with oneDNN for --peer=onednn, but got one without "
      "(libdnnl-dev of Debian 12)");
}
