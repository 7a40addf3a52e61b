//===- EmulateIntrinsics.cpp - Dot products by their definition -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the instructions of kernels for x86 compute, in ops that every CPU has:
// so that a kernel for an instruction set can be run, slowly, where there is
// none. By the Intel 64 and IA-32 Architectures Software Developer's Manual,
// volume 2, operation of VPDPBUSD, PMADDUBSW and PMADDWD.
//
//===----------------------------------------------------------------------===//

#include "EmulateIntrinsics.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace mlir::ptq;

/// Of each lane of `width` bits part `index` of `partWidth` bits, the lowest
/// first, extended by its sign or by zeros.
static Value extractPart(ImplicitLocOpBuilder &b, Value lanes, int64_t index,
                         int64_t partWidth, bool isSigned) {
  auto type = cast<VectorType>(lanes.getType());
  int64_t width = type.getElementTypeBitWidth();
  auto shift = [&](int64_t bits) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(
               type, b.getIntegerAttr(type.getElementType(), bits)));
  };
  Value high =
      arith::ShLIOp::create(b, lanes, shift(width - (index + 1) * partWidth));
  if (isSigned)
    return arith::ShRSIOp::create(b, high, shift(width - partWidth));
  return arith::ShRUIOp::create(b, high, shift(width - partWidth));
}

/// The same bits as lanes of `width`.
static Value castLanes(ImplicitLocOpBuilder &b, Value value, int64_t width) {
  auto type = cast<VectorType>(value.getType());
  int64_t bits = type.getNumElements() * type.getElementTypeBitWidth();
  auto lanes = VectorType::get(bits / width, b.getIntegerType(width));
  return type == lanes ? value : vector::BitCastOp::create(b, lanes, value);
}

/// dst[i] += sum over 4 of zext(a) * sext(b), not saturated.
static Value emulateDotProduct(ImplicitLocOpBuilder &b, ValueRange operands) {
  Value sum = operands[0];
  Value lhs = castLanes(b, operands[1], 32),
        rhs = castLanes(b, operands[2], 32);
  for (int64_t i = 0; i < 4; ++i) {
    Value product =
        arith::MulIOp::create(b, extractPart(b, lhs, i, 8, /*isSigned=*/false),
                              extractPart(b, rhs, i, 8, /*isSigned=*/true));
    sum = arith::AddIOp::create(b, sum, product);
  }
  return sum;
}

/// dst[i] = saturate(zext(a) * sext(b) + the same of the next ones). A product
/// fits i16, a sum of two does not.
static Value emulateBytePairs(ImplicitLocOpBuilder &b, ValueRange operands) {
  Value lhs = castLanes(b, operands[0], 16),
        rhs = castLanes(b, operands[1], 16);
  auto type = cast<VectorType>(lhs.getType());
  auto wide = type.clone(b.getI32Type());
  Value sum;
  for (int64_t i = 0; i < 2; ++i) {
    Value product =
        arith::MulIOp::create(b, extractPart(b, lhs, i, 8, /*isSigned=*/false),
                              extractPart(b, rhs, i, 8, /*isSigned=*/true));
    product = arith::ExtSIOp::create(b, wide, product);
    sum = sum ? Value(arith::AddIOp::create(b, sum, product)) : product;
  }
  auto constant = [&](int32_t value) -> Value {
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(wide, b.getI32IntegerAttr(value)));
  };
  sum = arith::MaxSIOp::create(b, sum, constant(-32768));
  sum = arith::MinSIOp::create(b, sum, constant(32767));
  return arith::TruncIOp::create(b, type, sum);
}

/// dst[i] = sext(a) * sext(b) + the same of the next ones
static Value emulateWordPairs(ImplicitLocOpBuilder &b, ValueRange operands) {
  Value lhs = castLanes(b, operands[0], 32),
        rhs = castLanes(b, operands[1], 32);
  Value sum;
  for (int64_t i = 0; i < 2; ++i) {
    Value product =
        arith::MulIOp::create(b, extractPart(b, lhs, i, 16, /*isSigned=*/true),
                              extractPart(b, rhs, i, 16, /*isSigned=*/true));
    sum = sum ? Value(arith::AddIOp::create(b, sum, product)) : product;
  }
  return sum;
}

static Value emulate(ImplicitLocOpBuilder &b, StringRef name,
                     ValueRange operands) {
  if (name.starts_with("llvm.x86.avx512.vpdpbusd."))
    return emulateDotProduct(b, operands);
  if (name == "llvm.x86.avx2.pmadd.ub.sw" ||
      name == "llvm.x86.ssse3.pmadd.ub.sw.128")
    return emulateBytePairs(b, operands);
  if (name == "llvm.x86.avx2.pmadd.wd" || name == "llvm.x86.sse2.pmadd.wd")
    return emulateWordPairs(b, operands);
  return {};
}

LogicalResult ptq::emulateIntrinsics(Operation *root) {
  WalkResult result = root->walk([&](LLVM::CallIntrinsicOp op) -> WalkResult {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    Value value = emulate(b, op.getIntrin(), op.getArgs());
    if (!value)
      return op.emitOpError("expects an intrinsic that can be emulated, "
                            "but got '")
             << op.getIntrin() << "'";
    op.getResult(0).replaceAllUsesWith(value);
    op.erase();
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
