//===- TextSplitter.cpp - Cuts text into pieces to merge ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each expression is an ordered list of alternatives, of which the first that
// matches wins, and each alternative is written here by hand: it returns the
// length of its match at the start of the text, 0 if there is none.
//
//===----------------------------------------------------------------------===//

#include "TextSplitter.h"

#include "CharacterClasses.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::ptq;

/// Length of the longest prefix whose characters all satisfy `predicate`, at
/// most `limit` of them.
static size_t spanOf(StringRef text,
                     llvm::function_ref<bool(const Character &)> predicate,
                     size_t limit = StringRef::npos) {
  size_t size = 0;
  for (size_t count = 0; size < text.size() && count < limit; ++count) {
    Character character = readCharacter(text.drop_front(size));
    if (!predicate(character))
      break;
    size += character.numBytes;
  }
  return size;
}

static size_t spanOf(StringRef text, CharacterClass kind,
                     size_t limit = StringRef::npos) {
  return spanOf(
      text, [kind](const Character &c) { return c.kind == kind; }, limit);
}

/// `'s|'t|'re|'ve|'m|'ll|'d`
static size_t matchContraction(StringRef text) {
  if (!text.consume_front("'"))
    return 0;
  for (StringRef ending : {"s", "t", "re", "ve", "m", "ll", "d"})
    if (text.starts_with(ending))
      return 1 + ending.size();
  return 0;
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)`; U+017F, the long s, is an s in any case.
static size_t matchAnyCaseContraction(StringRef text) {
  if (text.starts_with("'\u017F"))
    return StringRef("'\u017F").size();
  return matchContraction(text.take_front(3).lower());
}

/// ` ?X+` where X is a class of characters.
static size_t matchSpacedRun(StringRef text, CharacterClass kind) {
  size_t space = text.starts_with(" ") ? 1 : 0;
  size_t run = spanOf(text.drop_front(space), kind);
  return run ? space + run : 0;
}

/// `\s+(?!\S)|\s+`: all the space, except the last character of it if something
/// follows that it can be the start of.
static size_t matchSpaces(StringRef text) {
  size_t last = 0, run = 0;
  while (run < text.size()) {
    Character character = readCharacter(text.drop_front(run));
    if (character.kind != CharacterClass::Space)
      return last ? last : run;
    last = run;
    run += character.numBytes;
  }
  return run;
}

/// `[^\r\n\p{L}\p{N}]?\p{L}+`
static size_t matchWord(StringRef text) {
  Character first = readCharacter(text);
  bool takesFirst = first.kind != CharacterClass::Letter &&
                    first.kind != CharacterClass::Number && !first.isNewline();
  size_t prefix = takesFirst ? first.numBytes : 0;
  size_t letters = spanOf(text.drop_front(prefix), CharacterClass::Letter);
  return letters ? prefix + letters : 0;
}

/// ` ?[^\s\p{L}\p{N}]+[\r\n]*`
static size_t matchPunctuation(StringRef text) {
  size_t run = matchSpacedRun(text, CharacterClass::Other);
  return run ? text.size() - text.drop_front(run).ltrim("\r\n").size() : 0;
}

/// `\s*[\r\n]+`: space up to its last line break.
static size_t matchLineBreaks(StringRef text) {
  size_t space = spanOf(text, CharacterClass::Space);
  return text.take_front(space).find_last_of("\r\n") + 1; // npos + 1 is 0
}

size_t ptq::splitLikeGPT2(StringRef text) {
  if (size_t size = matchContraction(text))
    return size;
  for (CharacterClass kind :
       {CharacterClass::Letter, CharacterClass::Number, CharacterClass::Other})
    if (size_t size = matchSpacedRun(text, kind))
      return size;
  return matchSpaces(text);
}

template <size_t maxDigits>
static size_t splitLikeLlama3(StringRef text) {
  if (size_t size = matchAnyCaseContraction(text))
    return size;
  if (size_t size = matchWord(text))
    return size;
  if (size_t size = spanOf(text, CharacterClass::Number, maxDigits))
    return size;
  if (size_t size = matchPunctuation(text))
    return size;
  if (size_t size = matchLineBreaks(text))
    return size;
  return matchSpaces(text);
}

TextSplitter ptq::getPatternSplitter(StringRef pattern) {
  constexpr StringLiteral gpt2Tail(R"( ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|)"
                                   R"(\s+(?!\S)|\s+)");
  StringRef rest = pattern;
  if (rest.consume_front("'s|'t|'re|'ve|'m|'ll|'d|") ||
      rest.consume_front("'(?:[sdmt]|ll|ve|re)|"))
    return rest == gpt2Tail ? splitLikeGPT2 : nullptr;
  if (!rest.consume_front("(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
                          R"([^\r\n\p{L}\p{N}]?\p{L}+|)") ||
      !rest.consume_back(R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|)"
                         R"(\s+(?!\S)|\s+)"))
    return nullptr;
  return llvm::StringSwitch<TextSplitter>(rest)
      .Case(R"(\p{N}{1,3})", splitLikeLlama3<3>)
      .Case(R"(\p{N})", splitLikeLlama3<1>)
      .Default(nullptr);
}

static size_t spanOfOthers(StringRef text) {
  return spanOf(text, [](const Character &character) {
    return character.kind != CharacterClass::Number;
  });
}

size_t ptq::splitDigits(StringRef text) {
  size_t digit = spanOf(text, CharacterClass::Number, 1);
  return digit ? digit : spanOfOthers(text);
}

size_t ptq::splitNumbers(StringRef text) {
  size_t digits = spanOf(text, CharacterClass::Number);
  return digits ? digits : spanOfOthers(text);
}

size_t ptq::splitBeforeSpaces(StringRef text) {
  return std::min(text.find(' ', 1), text.size());
}
