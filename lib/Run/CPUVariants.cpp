//===- CPUVariants.cpp - Which code a machine can run ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CPUVariants.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A feature of LLVM, and the bit of the word by which a machine announces it.
struct FeatureBit {
  const char *name;
  unsigned word, bit;
};

/// From asm/hwcap.h of Linux: AT_HWCAP, AT_HWCAP2.
constexpr FeatureBit armBits[] = {
    {"aes", 0, 3},        {"sha2", 0, 6},     {"crc", 0, 7},
    {"lse", 0, 8},        {"fullfp16", 0, 9}, {"fullfp16", 0, 10},
    {"rdm", 0, 12},       {"jsconv", 0, 13},  {"complxnum", 0, 14},
    {"rcpc", 0, 15},      {"sha3", 0, 17},    {"sm4", 0, 18},
    {"dotprod", 0, 20},   {"sve", 0, 22},     {"fp16fml", 0, 23},
    {"rcpc-immo", 0, 26}, {"flagm", 0, 27},   {"sve2", 1, 1},
    {"altnzcv", 1, 7},    {"fptoint", 1, 8},  {"i8mm", 1, 13},
    {"bf16", 1, 14},      {"mops", 1, 43}};

/// From the manual of cpuid. The last word is XCR0: what the system saves.
constexpr FeatureBit x86Bits[] = {
    {"sse3", 0, 0},          {"ssse3", 0, 9},
    {"fma", 0, 12},          {"cx16", 0, 13},
    {"sse4.1", 0, 19},       {"sse4.2", 0, 20},
    {"movbe", 0, 22},        {"popcnt", 0, 23},
    {"aes", 0, 25},          {"avx", 0, 28},
    {"f16c", 0, 29},         {"bmi", 1, 3},
    {"avx2", 1, 5},          {"bmi2", 1, 8},
    {"avx512f", 1, 16},      {"avx512dq", 1, 17},
    {"avx512ifma", 1, 21},   {"avx512cd", 1, 28},
    {"avx512bw", 1, 30},     {"avx512vl", 1, 31},
    {"avx512vbmi", 2, 1},    {"avx512vbmi2", 2, 6},
    {"gfni", 2, 8},          {"vaes", 2, 9},
    {"vpclmulqdq", 2, 10},   {"avx512vnni", 2, 11},
    {"avx512bitalg", 2, 12}, {"avx512vpopcntdq", 2, 14},
    {"avxvnni", 3, 4},       {"avx512bf16", 3, 5},
    {"lzcnt", 4, 5},         {"avx", 5, 1},
    {"avx", 5, 2},           {"avx512f", 5, 5},
    {"avx512f", 5, 6},       {"avx512f", 5, 7}};

} // namespace

llvm::Expected<CPURequirement>
ptq::getCPURequirement(const llvm::TargetMachine &machine) {
  const llvm::Triple &triple = machine.getTargetTriple();
  bool isArm = triple.isAArch64(64) && triple.isOSLinux();
  bool isX86 =
      triple.getArch() == llvm::Triple::x86_64 && triple.isOSBinFormatELF();
  if (!isArm && !isX86)
    return llvm::createStringError("expects Linux on AArch64 or x86-64 to "
                                   "choose code at run time, but got '" +
                                   triple.str() + "'");
  CPURequirement words(isArm ? 2 : 6, 0);
  const llvm::MCSubtargetInfo &info = *machine.getMCSubtargetInfo();
  for (const FeatureBit &feature :
       isArm ? ArrayRef<FeatureBit>(armBits) : ArrayRef<FeatureBit>(x86Bits))
    if (info.checkFeatures((Twine("+") + feature.name).str()))
      words[feature.word] |= uint64_t(1) << feature.bit;
  return words;
}

/// Reads the words of AArch64 into %w0, %w1.
static void printArmWords(llvm::raw_ostream &os) {
  os << "  %w0 = call i64 @getauxval(i64 16)\n"
        "  %w1 = call i64 @getauxval(i64 26)\n";
}

/// Reads those of x86-64 into %w0 to %w5.
static void printX86Words(llvm::raw_ostream &os) {
  auto cpuid = [&](StringRef name, unsigned leaf, unsigned subleaf) {
    os << "  %" << name
       << " = call {i32, i32, i32, i32} asm sideeffect \"cpuid\", "
          "\"={ax},={bx},={cx},={dx},{ax},{cx},~{dirflag},~{fpsr},~{flags}\"("
          "i32 "
       << int32_t(leaf) << ", i32 " << subleaf << ")\n";
  };
  auto word = [&](unsigned number, StringRef from, unsigned index) {
    os << "  %x" << number << " = extractvalue {i32, i32, i32, i32} %" << from
       << ", " << index << "\n  %w" << number << " = zext i32 %x" << number
       << " to i64\n";
  };
  cpuid("one", 1, 0);
  cpuid("seven", 7, 0);
  cpuid("more", 7, 1);
  cpuid("extended", 0x80000001, 0);
  word(0, "one", 2);
  word(1, "seven", 1);
  word(2, "seven", 2);
  word(3, "more", 0);
  word(4, "extended", 2);
  // Without OSXSAVE there is no xgetbv, and nothing is saved.
  os << "  %osxsave = and i32 %x0, 134217728\n"
        "  %has = icmp ne i32 %osxsave, 0\n"
        "  br i1 %has, label %saved, label %words\n"
        "saved:\n"
        "  %xcr = call {i32, i32} asm sideeffect \"xgetbv\", "
        "\"={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}\"(i32 0)\n"
        "  %low = extractvalue {i32, i32} %xcr, 0\n"
        "  %wide = zext i32 %low to i64\n"
        "  br label %words\n"
        "words:\n"
        "  %w5 = phi i64 [0, %entry], [%wide, %saved]\n";
}

std::string ptq::makeSelectFunction(const llvm::Triple &triple, StringRef name,
                                    ArrayRef<CPURequirement> variants) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (triple.isAArch64(64))
    os << "declare i64 @getauxval(i64)\n";
  os << "define internal i32 @" << name << "() {\nentry:\n";
  triple.isAArch64(64) ? printArmWords(os) : printX86Words(os);
  os << "  br label %test0\n";
  for (auto [i, words] : llvm::enumerate(variants.drop_back())) {
    os << "test" << i << ":\n";
    std::string missing = "0";
    for (auto [w, bits] : llvm::enumerate(words)) {
      os << "  %n" << i << "." << w << " = xor i64 %w" << w << ", -1\n"
         << "  %m" << i << "." << w << " = and i64 %n" << i << "." << w << ", "
         << int64_t(bits) << "\n"
         << "  %s" << i << "." << w << " = or i64 " << missing << ", %m" << i
         << "." << w << "\n";
      missing = ("%s" + Twine(i) + "." + Twine(w)).str();
    }
    os << "  %c" << i << " = icmp eq i64 " << missing << ", 0\n"
       << "  br i1 %c" << i << ", label %take" << i << ", label %test" << i + 1
       << "\ntake" << i << ":\n  ret i32 " << i << "\n";
  }
  os << "test" << variants.size() - 1 << ":\n  ret i32 " << variants.size() - 1
     << "\n}\n";
  return text;
}
