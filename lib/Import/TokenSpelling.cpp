//===- TokenSpelling.cpp - What the symbols of a vocabulary spell ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TokenSpelling.h"

#include "CharacterClasses.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

using namespace mlir;
using namespace mlir::ptq;

/// The byte's character if that prints, else one of those from U+0100 on, in
/// order of the bytes.
static std::array<uint32_t, 256> makeByteAlphabet() {
  std::array<uint32_t, 256> alphabet;
  uint32_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    bool prints = (byte >= 0x21 && byte <= 0x7E) ||
                  (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    alphabet[byte] = prints ? byte : next++;
  }
  return alphabet;
}

static const std::array<uint32_t, 256> &getByteAlphabet() {
  static const std::array<uint32_t, 256> alphabet = makeByteAlphabet();
  return alphabet;
}

std::string ptq::getByteLevelSymbol(uint8_t byte) {
  char buffer[UNI_MAX_UTF8_BYTES_PER_CODE_POINT];
  char *end = buffer;
  llvm::ConvertCodePointToUTF8(getByteAlphabet()[byte], end);
  return std::string(buffer, end);
}

std::optional<std::string> ptq::spellByteLevel(StringRef symbol) {
  static const llvm::DenseMap<uint32_t, char> bytes = [] {
    llvm::DenseMap<uint32_t, char> bytes;
    for (auto [byte, code] : llvm::enumerate(getByteAlphabet()))
      bytes[code] = static_cast<char>(byte);
    return bytes;
  }();
  std::string text;
  while (!symbol.empty()) {
    Character character = readCharacter(symbol);
    auto found = bytes.find(character.code);
    if (found == bytes.end())
      return std::nullopt;
    text += found->second;
    symbol = symbol.drop_front(character.numBytes);
  }
  return text;
}

std::string ptq::getByteFallbackSymbol(uint8_t byte) {
  return "<0x" + llvm::utohexstr(byte, /*LowerCase=*/false, /*Width=*/2) + ">";
}

std::optional<char> ptq::spellByteFallback(StringRef symbol) {
  uint8_t byte;
  if (symbol.size() != 6 || !symbol.consume_front("<0x") ||
      !symbol.consume_back(">") || symbol.getAsInteger(16, byte))
    return std::nullopt;
  return static_cast<char>(byte);
}

std::string ptq::spellSpaces(StringRef symbol) {
  std::string text;
  while (!symbol.empty()) {
    bool isSpace = symbol.consume_front(spaceSymbol);
    text += isSpace ? ' ' : symbol.front();
    symbol = symbol.drop_front(isSpace ? 0 : 1);
  }
  return text;
}
