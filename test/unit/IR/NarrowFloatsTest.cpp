//===- NarrowFloatsTest.cpp -----------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against llvm::APFloat: every 16-bit pattern, and for narrowing the f32
// values around each of them, ties among them.
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/NarrowFloats.h"

#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"

using namespace mlir::ptq;
using llvm::APFloat;
using llvm::APInt;

namespace {

float widenExactly(const llvm::fltSemantics &semantics, uint16_t bits) {
  APFloat value(semantics, APInt(16, bits));
  bool losesInfo;
  value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value.convertToFloat();
}

uint16_t narrowExactly(const llvm::fltSemantics &semantics, float from) {
  APFloat value(from);
  bool losesInfo;
  value.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return value.bitcastToAPInt().getZExtValue();
}

void testFormat(const llvm::fltSemantics &semantics, float (*widen)(uint16_t),
                uint16_t (*narrow)(float)) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    float expected = widenExactly(semantics, bits), actual = widen(bits);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(actual)) << bits;
      ASSERT_TRUE(std::isnan(widen(narrow(actual)))) << bits;
      continue;
    }
    ASSERT_EQ(llvm::bit_cast<uint32_t>(expected),
              llvm::bit_cast<uint32_t>(actual));
    // The value, the middle to the next one, and both sides of that.
    float next = widenExactly(semantics, bits + 1 <= 0xffff ? bits + 1 : bits);
    float middle = actual + (next - actual) / 2;
    for (float value :
         {actual, middle, std::nextafter(middle, actual),
          std::nextafter(middle, next), std::nextafter(actual, next)})
      if (!std::isnan(value))
        ASSERT_EQ(narrow(value), narrowExactly(semantics, value)) << value;
  }
}

TEST(NarrowFloatsTest, Half) {
  testFormat(APFloat::IEEEhalf(), widenHalf, narrowToHalf);
  EXPECT_EQ(narrowToHalf(65519.996f), 0x7bff);
  EXPECT_EQ(narrowToHalf(65520.0f), 0x7c00); // the tie to 65536 overflows
  EXPECT_EQ(narrowToHalf(-1e30f), 0xfc00);
  EXPECT_EQ(narrowToHalf(0x1p-25f), 0); // half of the smallest, ties to even
  EXPECT_EQ(narrowToHalf(1e-40f), 0);
}

TEST(NarrowFloatsTest, BFloat16) {
  testFormat(APFloat::BFloat(), widenBFloat16, narrowToBFloat16);
  EXPECT_EQ(narrowToBFloat16(3.4e38f), 0x7f80);
  EXPECT_EQ(narrowToBFloat16(1e-40f), 1);
}

} // namespace
