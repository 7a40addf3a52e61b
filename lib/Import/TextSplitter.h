//===- TextSplitter.h - Cuts text into pieces -------------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_TEXTSPLITTER_H
#define PTQ_LIB_IMPORT_TEXTSPLITTER_H

#include "mlir/Support/LLVM.h"

namespace mlir::ptq {

/// Number of bytes of the first piece of `text`, which must not be empty: at
/// least 1. Calling it again on what follows cuts all of the text.
using TextSplitter = size_t (*)(StringRef text);

/// The splitter that cuts where the matches of a regular expression end, for
/// the expressions of GPT-2, Llama 3 and Qwen2, which match any text without
/// gaps. Null for any other expression.
TextSplitter getPatternSplitter(StringRef pattern);

/// The expression of GPT-2, which `ByteLevel` implies.
size_t splitLikeGPT2(StringRef text);

/// Every number character is a piece; so is what lies between them.
size_t splitDigits(StringRef text);

/// Every run of number characters is a piece; so is what lies between them.
size_t splitNumbers(StringRef text);

/// A piece starts at each space.
size_t splitBeforeSpaces(StringRef text);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_TEXTSPLITTER_H
