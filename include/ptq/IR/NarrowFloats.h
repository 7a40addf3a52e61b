//===- NarrowFloats.h - Bits of f16 and bf16 to f32 and back ----*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions for whole tensors of weights, where llvm::APFloat is a hundred
// times too slow. Widening is exact; narrowing is to nearest, ties to even. A
// NaN stays one. Branch-free, so that loops over them vectorize.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_NARROWFLOATS_H
#define PTQ_IR_NARROWFLOATS_H

#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstdint>

namespace mlir::ptq {

inline float widenBFloat16(uint16_t bits) {
  return llvm::bit_cast<float>(uint32_t(bits) << 16);
}

inline uint16_t narrowToBFloat16(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  uint32_t quiet = bits >> 16 | 0x40;
  return std::isnan(value) ? quiet : rounded;
}

inline float widenHalf(uint16_t bits) {
  uint32_t magnitude = bits & 0x7fff;
  // Rebias the exponent by a multiplication: it is exact for subnormals too.
  uint32_t finite = llvm::bit_cast<uint32_t>(
      llvm::bit_cast<float>(magnitude << 13) * 0x1p112f);
  uint32_t special = magnitude << 13 | 0x7f800000;
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  return llvm::bit_cast<float>(sign | (magnitude < 0x7c00 ? finite : special));
}

inline uint16_t narrowToHalf(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000;
  uint32_t magnitude = bits & 0x7fffffff;
  // Below 2^-14: the sum's last bit is 2^-24, the quantum of f16 subnormals.
  uint32_t subnormal =
      llvm::bit_cast<uint32_t>(llvm::bit_cast<float>(magnitude) + 0.5f) -
      0x3f000000;
  uint32_t normal =
      (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
  uint32_t finite = magnitude < 0x38800000 ? subnormal : normal;
  uint32_t special = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
  return sign | (magnitude < 0x477ff000 ? finite : special); // 65520 overflows
}

} // namespace mlir::ptq

#endif // PTQ_IR_NARROWFLOATS_H
