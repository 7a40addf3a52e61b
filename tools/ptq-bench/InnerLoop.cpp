//===- InnerLoop.cpp - The loop that a kernel spends its time in ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InnerLoop.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::ptq;

static StringRef getMnemonic(StringRef instruction) {
  return instruction.take_until([](char c) { return llvm::isSpace(c); });
}

bool DotProducts::contains(StringRef instruction) const {
  return llvm::is_contained(mnemonics, getMnemonic(instruction));
}

/// Names of registers: "q0" and "v1.16b" of "ld1 { v1.16b }, [x2]".
static SmallVector<StringRef> getOperands(StringRef instruction) {
  SmallVector<StringRef> operands;
  instruction.drop_front(getMnemonic(instruction).size())
      .split(operands, ',', -1, /*KeepEmpty=*/false);
  for (StringRef &operand : operands)
    operand = operand.trim(" \t{}");
  return operands;
}

static bool isRegister(StringRef operand, char kind) {
  return operand.size() > 1 && operand[0] == kind && llvm::isDigit(operand[1]);
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// The label that an instruction jumps to if a condition holds.
static StringRef getTarget(StringRef instruction) {
  StringRef mnemonic = getMnemonic(instruction);
  bool isJump =
      mnemonic.starts_with("b.") ||
      llvm::is_contained({"cbz", "cbnz", "tbz", "tbnz"}, mnemonic.str());
  return isJump ? getOperands(instruction).back() : StringRef();
}

InstructionList ptq::findInnerLoop(StringRef assembly,
                                   const DotProducts &dots) {
  InstructionList best, block;
  ptrdiff_t mostDots = 0;
  StringRef label;
  while (!assembly.empty()) {
    StringRef line;
    std::tie(line, assembly) = assembly.split('\n');
    line = line.split("//").first.trim();
    if (line.ends_with(":")) {
      label = line.drop_back();
      block.clear();
      continue;
    }
    if (line.empty() || line.starts_with("."))
      continue;
    block.push_back(line.str());
    if (label.empty() || getTarget(line) != label)
      continue;
    ptrdiff_t numDots = llvm::count_if(
        block, [&](StringRef text) { return dots.contains(text); });
    bool isShorter = numDots == mostDots && block.size() < best.size();
    if (numDots > mostDots || (isShorter && numDots > 0)) {
      mostDots = numDots;
      best = block;
    }
    block.clear();
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

bool ptq::isScalable(StringRef instruction) {
  return llvm::any_of(getOperands(instruction), [](StringRef operand) {
    return isRegister(operand, 'z');
  });
}

bool ptq::usesStack(StringRef instruction) {
  return instruction.contains("[sp");
}

/// Bytes of an element 'b' to 'd', or of a register 'q'.
static int64_t getSize(char letter) {
  return int64_t(1) << StringRef("bhsdq").find(letter);
}

/// Bytes of "v0.16b", or of one element of "v0.b".
static int64_t getVectorBytes(StringRef reg) {
  StringRef arrangement = reg.split('.').second;
  int64_t numElements = 1;
  arrangement.consumeInteger(10, numElements);
  return arrangement.empty() ? 16 : numElements * getSize(arrangement.front());
}

int64_t ptq::countLoadedBytes(StringRef instruction, int64_t vectorBytes) {
  StringRef mnemonic = getMnemonic(instruction);
  if (!mnemonic.starts_with("ld"))
    return 0;
  int64_t numBytes = 0;
  for (StringRef operand : getOperands(instruction.split('[').first)) {
    if (isRegister(operand, 'z'))
      numBytes += mnemonic.starts_with("ld1rq") ? 16 : vectorBytes;
    else if (isRegister(operand, 'v') && mnemonic == "ld1r")
      numBytes += getSize(operand.back());
    else if (isRegister(operand, 'v'))
      numBytes += getVectorBytes(operand);
    else if (isRegister(operand, 'x') || isRegister(operand, 'w'))
      numBytes += mnemonic.ends_with("b")   ? 1
                  : mnemonic.ends_with("h") ? 2
                  : mnemonic.ends_with("w") ? 4
                  : operand[0] == 'x'       ? 8
                                            : 4;
    else if (operand.size() > 1 && StringRef("bhsdq").contains(operand[0]) &&
             llvm::isDigit(operand[1]))
      numBytes += getSize(operand[0]);
  }
  return numBytes;
}
