//===- TokenSpelling.h - What the symbols of a vocabulary spell -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_TOKENSPELLING_H
#define PTQ_LIB_IMPORT_TOKENSPELLING_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::ptq {

/// Stands for a space in the vocabularies of SentencePiece.
inline constexpr StringLiteral spaceSymbol = "\u2581";

/// The symbol of `byte` in a byte-level vocabulary: GPT-2's character for it.
std::string getByteLevelSymbol(uint8_t byte);

/// The bytes that `symbol` of a byte-level vocabulary spells. None if one of
/// its characters stands for no byte.
std::optional<std::string> spellByteLevel(StringRef symbol);

/// The symbol of `byte` in a vocabulary with byte fallback: `<0xNN>`.
std::string getByteFallbackSymbol(uint8_t byte);

/// The byte that a symbol `<0xNN>` spells; none for any other symbol.
std::optional<char> spellByteFallback(StringRef symbol);

/// The text that a symbol spells in which U+2581 stands for a space.
std::string spellSpaces(StringRef symbol);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_TOKENSPELLING_H
