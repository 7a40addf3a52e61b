//===- ValueBoundsTest.cpp ------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

constexpr const char *source = R"mlir(
!a8 = !ptq.q<s8<-127:127>:f32, block = [1, 32], scale = f32>
!w4 = !ptq.q<u4:f32, block = [1, 32], scale = f32>
func.func @f(%x: tensor<?x?xf32>, %bytes: tensor<?x86xi8>, %w: tensor<8x?xf32>, %out: tensor<?x8xf32>) {
  %q, %s, %sums = ptq.dynamic_quantize %x sums [1, 16] : tensor<?x?xf32> -> tensor<?x?x!a8>, tensor<?x?xf32>, tensor<?x?xi32>
  %y = ptq.dequantize %q, %s : tensor<?x?x!a8>, tensor<?x?xf32> -> tensor<?x?xf32>
  %c = ptq.storage_cast %bytes packed : tensor<?x86xi8> to tensor<?x172x!w4>
  %z = ptq.matmul ins(%x, %w : tensor<?x?xf32>, tensor<8x?xf32>) outs(%out : tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
)mlir";

class ValueBoundsTest : public testing::Test {
protected:
  ValueBoundsTest() {
    context.loadDialect<PTQDialect, func::FuncDialect>();
    module = parseSourceString<ModuleOp>(source, &context);
    function = *module->getOps<func::FuncOp>().begin();
  }

  Value argument(unsigned index) { return function.getArgument(index); }
  template <typename OpTy>
  OpTy find() {
    return *function.getOps<OpTy>().begin();
  }
  /// True if dim(a, i) - dim(b, j) is proved to be zero.
  bool areEqual(Value a, int64_t i, Value b, int64_t j) {
    FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual({a, i}, {b, j});
    return succeeded(equal) && *equal;
  }

  /// The bound of dim(value, 1) where dim(x, 1) is 172; -1 if there is none.
  int64_t getBoundFor172(Value value, presburger::BoundType type) {
    AffineMap map;
    ValueDimList operands;
    if (failed(ValueBoundsConstraintSet::computeDependentBound(
            map, operands, type, {value, 1}, {{argument(0), 1}},
            /*closedUB=*/true)) ||
        operands.size() != 1)
      return -1;
    Builder builder(&context);
    SmallVector<Attribute> results;
    if (failed(map.constantFold(builder.getIndexAttr(172), results)))
      return -1;
    return cast<IntegerAttr>(results.front()).getInt();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
};

TEST_F(ValueBoundsTest, CodesHaveTheShapeOfTheInput) {
  auto quantize = find<DynamicQuantizeOp>();
  Value values = find<DequantizeOp>().getResult();
  EXPECT_TRUE(areEqual(quantize.getResult(), 0, argument(0), 0));
  EXPECT_TRUE(areEqual(quantize.getResult(), 1, argument(0), 1));
  EXPECT_TRUE(areEqual(values, 1, argument(0), 1));
  EXPECT_FALSE(areEqual(values, 1, argument(0), 0));
}

TEST_F(ValueBoundsTest, ScalesAndSumsHaveOneElementPerBlock) {
  auto quantize = find<DynamicQuantizeOp>();
  EXPECT_TRUE(areEqual(quantize.getScale(), 0, argument(0), 0));
  EXPECT_FALSE(areEqual(quantize.getScale(), 1, argument(0), 1));
  EXPECT_EQ(getBoundFor172(quantize.getScale(), presburger::BoundType::LB), 6);
  EXPECT_EQ(getBoundFor172(quantize.getScale(), presburger::BoundType::UB), 6);
  EXPECT_EQ(getBoundFor172(quantize.getSums(), presburger::BoundType::LB), 11);
  EXPECT_EQ(getBoundFor172(quantize.getSums(), presburger::BoundType::UB), 11);
}

TEST_F(ValueBoundsTest, CastsKeepTheNumberOfRows) {
  EXPECT_TRUE(areEqual(find<StorageCastOp>().getResult(), 0, argument(1), 0));
}

TEST_F(ValueBoundsTest, ContractionsHaveTheShapeOfTheInit) {
  EXPECT_TRUE(areEqual(find<MatmulOp>().getResult(), 0, argument(3), 0));
}

} // namespace
