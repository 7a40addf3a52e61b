//===- CharacterClasses.cpp - Classes of characters -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CharacterClasses.h"

#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/UnicodeCharRanges.h"

using namespace mlir;
using namespace mlir::ptq;

#include "UnicodeRanges.inc"

/// What `\s` matches: the property White_Space.
static constexpr llvm::sys::UnicodeCharRange spaceRanges[] = {
    {0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
    {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
    {0x205F, 0x205F}, {0x3000, 0x3000},
};

static CharacterClass classify(uint32_t code) {
  static const llvm::sys::UnicodeCharSet letters(letterRanges);
  static const llvm::sys::UnicodeCharSet numbers(numberRanges);
  static const llvm::sys::UnicodeCharSet spaces(spaceRanges);
  if (letters.contains(code))
    return CharacterClass::Letter;
  if (spaces.contains(code))
    return CharacterClass::Space;
  if (numbers.contains(code))
    return CharacterClass::Number;
  return CharacterClass::Other;
}

Character ptq::readCharacter(StringRef text) {
  auto *bytes = reinterpret_cast<const llvm::UTF8 *>(text.data());
  const llvm::UTF8 *next = bytes;
  llvm::UTF32 code = 0;
  if (llvm::convertUTF8Sequence(&next, bytes + text.size(), &code,
                                llvm::strictConversion) != llvm::conversionOK)
    return {bytes[0] | 0x80000000u, CharacterClass::Other, 1};
  return {code, classify(code), static_cast<unsigned>(next - bytes)};
}
