//===- LinalgBuilder.cpp - Short spelling of linalg on tensors ------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;

void LinalgBuilder::setName(StringRef name) {
  setLoc(NameLoc::get(getStringAttr(name)));
}

Value LinalgBuilder::createIndex(int64_t value) {
  return arith::ConstantIndexOp::create(*this, unnamed, value);
}

Value LinalgBuilder::createFloat(double value) {
  return arith::ConstantOp::create(*this, unnamed, getF32FloatAttr(value));
}

RankedTensorType LinalgBuilder::getTensorType(Sizes sizes) {
  SmallVector<int64_t> shape =
      decomposeMixedValues(llvm::to_vector(sizes)).first;
  return RankedTensorType::get(shape, getF32Type());
}

Value LinalgBuilder::createEmpty(Sizes sizes) {
  return tensor::EmptyOp::create(*this, unnamed, sizes, getF32Type());
}

Value LinalgBuilder::createFilled(Sizes sizes, double value) {
  Value init = createEmpty(sizes);
  return linalg::FillOp::create(*this, unnamed, createFloat(value), init)
      .getResult(0);
}

ArrayAttr LinalgBuilder::getMaps(LoopIndices loops) {
  unsigned numLoops = 0;
  for (ArrayRef<unsigned> indices : loops)
    for (unsigned loop : indices)
      numLoops = std::max(numLoops, loop + 1);
  return getAffineMapArrayAttr(
      llvm::map_to_vector(loops, [&](ArrayRef<unsigned> indices) {
        return AffineMap::getMultiDimMapWithTargets(numLoops, indices,
                                                    getContext());
      }));
}

Value LinalgBuilder::createGeneric(LoopIndices loops, ValueRange inputs,
                                   Value init, Body body) {
  ArrayAttr maps = getMaps(loops);
  auto outputMap = cast<AffineMapAttr>(maps[maps.size() - 1]).getValue();
  SmallVector<utils::IteratorType> iterators(outputMap.getNumDims(),
                                             utils::IteratorType::reduction);
  for (AffineExpr result : outputMap.getResults())
    iterators[cast<AffineDimExpr>(result).getPosition()] =
        utils::IteratorType::parallel;
  SmallVector<AffineMap> mapList =
      llvm::to_vector(maps.getAsValueRange<AffineMapAttr>());
  return linalg::GenericOp::create(
             *this, init.getType(), inputs, init, mapList, iterators,
             [&](OpBuilder &builder, Location, ValueRange arguments) {
               ImplicitLocOpBuilder inner(unnamed, builder);
               SmallVector<Value> values;
               for (Value value : arguments) {
                 auto type = dyn_cast<FloatType>(value.getType());
                 bool isNarrow = type && type.getWidth() < 32;
                 values.push_back(isNarrow ? arith::ExtFOp::create(
                                                 inner, getF32Type(), value)
                                           : value);
               }
               linalg::YieldOp::create(inner, body(inner, values));
             })
      .getResult(0);
}

Value LinalgBuilder::createContraction(LoopIndices loops, Value lhs, Value rhs,
                                       Sizes sizes, StringRef linearName) {
  Value init = createFilled(sizes, 0.0);
  NamedAttribute name = getNamedAttr("ptq.name", getStringAttr(linearName));
  return linalg::ContractOp::create(*this, init.getType(), ValueRange{lhs, rhs},
                                    init, getMaps(loops), name)
      .getResult(0);
}

Value LinalgBuilder::createSlice(RankedTensorType type, Value tensor,
                                 Sizes offsets, Sizes sizes) {
  SmallVector<OpFoldResult> strides(sizes.size(), getIndexAttr(1));
  return tensor::ExtractSliceOp::create(*this, type, tensor, offsets, sizes,
                                        strides);
}

OpFoldResult LinalgBuilder::getNumRows(Value tensor) {
  return tensor::getMixedSize(*this, unnamed, tensor, 0);
}
