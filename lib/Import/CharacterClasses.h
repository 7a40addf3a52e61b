//===- CharacterClasses.h - Classes of characters ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_CHARACTERCLASSES_H
#define PTQ_LIB_IMPORT_CHARACTERCLASSES_H

#include "mlir/Support/LLVM.h"

namespace mlir::ptq {

enum class CharacterClass { Letter, Number, Space, Other };

/// One character of a text, or one byte that starts no legal UTF-8 sequence:
/// such a byte counts as a character of class `Other`, so any bytes are text.
struct Character {
  uint32_t code;
  CharacterClass kind; // \p{L}, \p{N}, \s or none of them
  unsigned numBytes;

  bool isNewline() const { return code == '\n' || code == '\r'; }
};

/// The first character of `text`, which must not be empty.
Character readCharacter(StringRef text);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_CHARACTERCLASSES_H
