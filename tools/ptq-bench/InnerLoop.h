//===- InnerLoop.h - The loop that a kernel spends its time in --*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_PTQ_BENCH_INNERLOOP_H
#define PTQ_TOOLS_PTQ_BENCH_INNERLOOP_H

#include "mlir/Support/LLVM.h"

#include <string>
#include <vector>

namespace mlir::ptq {

/// Instructions that multiply and add numbers of a product.
struct DotProducts {
  std::vector<StringRef> mnemonics; // {"smlal", "smlal2"}
  int64_t numMacs;                  // multiply-accumulates of one, in 128 bits
  bool contains(StringRef instruction) const;
};

/// Instructions of AArch64 in a row, without labels.
using InstructionList = std::vector<std::string>;

/// The instructions of the block of `assembly` that ends in a jump to its own
/// beginning and has the most of `dots`, and of those the shortest: the other
/// one expands codes that were not expanded before. None if there is no block.
InstructionList findInnerLoop(StringRef assembly, const DotProducts &dots);

/// Bytes that `instruction` loads; `vectorBytes` are those of a register `z`.
int64_t countLoadedBytes(StringRef instruction, int64_t vectorBytes);

/// Whether `instruction` works on registers of any length.
bool isScalable(StringRef instruction);

bool usesStack(StringRef instruction);

} // namespace mlir::ptq

#endif // PTQ_TOOLS_PTQ_BENCH_INNERLOOP_H
