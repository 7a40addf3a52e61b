//===- Tokenizer.cpp - Text to tokens and back ----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Import/Tokenizer.h"

#include "CharacterClasses.h"
#include "TokenizerTables.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace mlir::ptq;

Tokenizer::Tokenizer(std::unique_ptr<TokenizerTables> tables)
    : tables(std::move(tables)) {}
Tokenizer::Tokenizer(Tokenizer &&) = default;
Tokenizer &Tokenizer::operator=(Tokenizer &&) = default;
Tokenizer::~Tokenizer() = default;

llvm::Expected<Tokenizer> Tokenizer::read(StringRef path) {
  if (llvm::sys::fs::is_directory(path))
    return llvm::createStringError(path + ": is a directory");
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}

llvm::Expected<Tokenizer> Tokenizer::parse(StringRef json, StringRef file) {
  auto tables = parseTokenizerTables(json, file);
  if (!tables)
    return tables.takeError();
  return Tokenizer(std::move(*tables));
}

/// Appends the bytes of `piece` as tokens, before any merge.
static void appendBytes(const TokenizerTables &tables, StringRef piece,
                        SmallVectorImpl<int64_t> &symbols) {
  for (char byte : piece)
    symbols.push_back(tables.bytes[static_cast<uint8_t>(byte)]);
}

/// Appends the characters of `piece` as tokens, before any merge.
static void appendCharacters(const TokenizerTables &tables, StringRef piece,
                             SmallVectorImpl<int64_t> &symbols) {
  while (!piece.empty()) {
    StringRef character = piece.take_front(readCharacter(piece).numBytes);
    auto found = tables.byText.find(character);
    if (found != tables.byText.end())
      symbols.push_back(found->second);
    else
      appendBytes(tables, character, symbols);
    piece = piece.drop_front(character.size());
  }
}

static void encodePiece(const TokenizerTables &tables, StringRef piece,
                        std::vector<int64_t> &result) {
  if (tables.ignoresMerges) {
    auto found = tables.byText.find(piece);
    if (found != tables.byText.end()) {
      result.push_back(found->second);
      return;
    }
  }
  SmallVector<int64_t> symbols;
  if (tables.isByteLevel)
    appendBytes(tables, piece, symbols);
  else
    appendCharacters(tables, piece, symbols);
  tables.merger.merge(symbols);
  llvm::append_range(result, symbols);
}

/// Cuts `text` with the first of `splitters`, the parts with the second...
static void encodeParts(const TokenizerTables &tables, StringRef text,
                        ArrayRef<TextSplitter> splitters,
                        std::vector<int64_t> &result) {
  if (splitters.empty())
    return encodePiece(tables, text, result);
  while (!text.empty()) {
    size_t size = splitters.front()(text);
    encodeParts(tables, text.take_front(size), splitters.drop_front(), result);
    text = text.drop_front(size);
  }
}

namespace {
/// Where an added token stands in a text.
struct Occurrence {
  size_t position;
  size_t numBytes;
  int64_t token;
};
} // namespace

/// The first added token in `text`, the longest if several start there.
static std::optional<Occurrence> findAdded(const TokenizerTables &tables,
                                           StringRef text, bool parseSpecial) {
  size_t position = text.find_first_of(tables.addedStarts);
  while (position != StringRef::npos) {
    for (int64_t id : tables.added) {
      const TokenizerTables::Token &token = tables.tokens.at(id);
      if ((parseSpecial || !token.isSpecial) &&
          text.substr(position).starts_with(token.text))
        return Occurrence{position, token.text.size(), id};
    }
    position = text.find_first_of(tables.addedStarts, position + 1);
  }
  return std::nullopt;
}

std::vector<int64_t> Tokenizer::encode(StringRef text,
                                       bool parseSpecial) const {
  std::vector<int64_t> result;
  bool isPrefixed = !tables->prependsSpace;
  while (!text.empty()) {
    std::optional<Occurrence> added = findAdded(*tables, text, parseSpecial);
    std::string part =
        text.take_front(added ? added->position : text.size()).str();
    if (!part.empty() && !isPrefixed) {
      part.insert(part.begin(), ' ');
      isPrefixed = true;
    }
    if (!part.empty())
      encodeParts(*tables, part, tables->splitters, result);
    if (!added)
      break;
    result.push_back(added->token);
    text = text.drop_front(added->position + added->numBytes);
  }
  return result;
}

std::string Tokenizer::decode(ArrayRef<int64_t> tokens) const {
  std::string result;
  bool isPrefixed = !tables->prependsSpace;
  for (int64_t id : tokens) {
    auto found = tables->tokens.find(id);
    if (found == tables->tokens.end())
      continue;
    StringRef text = found->second.text;
    if (!found->second.isAdded && !isPrefixed) {
      text.consume_front(" ");
      isPrefixed = true;
    }
    result += text;
  }
  return result;
}

bool Tokenizer::isSpecial(int64_t token) const {
  auto found = tables->tokens.find(token);
  return found != tables->tokens.end() && found->second.isSpecial;
}

const std::optional<std::vector<int64_t>> &Tokenizer::getPrefix() const {
  return tables->prefix;
}

int64_t Tokenizer::getNumTokens() const { return tables->numTokens; }
