//===- ConstantTensors.cpp - Shapes of tensors, of constants too ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantTensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::ptq;

static RankedTensorType getTensorType(Value value) {
  return cast<RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

ElementsAttr ptq::getConstantElements(Value value) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return {};
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute))
    return dense;
  auto resource = dyn_cast<DenseResourceElementsAttr>(attribute);
  if (!resource || !resource.getRawHandle().getBlob())
    return {};
  return resource;
}

/// The bytes of `elements` if each element has whole ones; none if not, or if
/// one stands for all.
static std::optional<ArrayRef<char>> getBytes(ElementsAttr elements,
                                              int64_t &elementBytes) {
  Type type = elements.getElementType();
  if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() % 8 != 0)
    return std::nullopt;
  elementBytes = type.getIntOrFloatBitWidth() / 8;
  ArrayRef<char> bytes;
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    bytes = dense.getRawData();
  else
    bytes = cast<DenseResourceElementsAttr>(elements)
                .getRawHandle()
                .getBlob()
                ->getData();
  if (int64_t(bytes.size()) != elements.getNumElements() * elementBytes)
    return std::nullopt;
  return bytes;
}

/// The same bytes, as a constant of the kind of `like`.
static Value makeConstant(OpBuilder &builder, Location loc, ElementsAttr like,
                          RankedTensorType type, ArrayRef<char> bytes) {
  if (isa<DenseElementsAttr>(like))
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::getFromRawBuffer(type, bytes));
  auto handle = cast<DenseResourceElementsAttr>(like).getRawHandle();
  return arith::ConstantOp::create(
      builder, loc,
      DenseResourceElementsAttr::get(
          type, handle.getKey(),
          HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64)));
}

/// `value` with another shape of as many elements; null if it is no constant.
static Value reshapeConstant(OpBuilder &builder, Location loc, Value value,
                             RankedTensorType type) {
  ElementsAttr elements = getConstantElements(value);
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(elements))
    return arith::ConstantOp::create(builder, loc, dense.reshape(type));
  if (auto resource = dyn_cast_if_present<DenseResourceElementsAttr>(elements))
    return arith::ConstantOp::create(
        builder, loc,
        DenseResourceElementsAttr::get(type, resource.getRawHandle()));
  return {};
}

/// Dimension `i` of the result is dimension `permutation[i]` of `value`; null
/// if it is no constant whose bytes can be moved.
static Value transposeConstant(OpBuilder &builder, Location loc, Value value,
                               ArrayRef<int64_t> permutation) {
  ElementsAttr elements = getConstantElements(value);
  int64_t elementBytes = 0;
  auto source = elements ? getBytes(elements, elementBytes) : std::nullopt;
  RankedTensorType type = getTensorType(value);
  auto resultType = type.clone(applyPermutation(type.getShape(), permutation));
  if (auto dense = dyn_cast_if_present<DenseElementsAttr>(elements))
    if (dense.isSplat())
      return arith::ConstantOp::create(builder, loc, dense.reshape(resultType));
  if (!source)
    return {};
  SmallVector<int64_t> strides =
      applyPermutation(computeStrides(type.getShape()), permutation);
  std::vector<char> bytes(source->size());
  SmallVector<int64_t> index(permutation.size(), 0);
  ArrayRef<int64_t> shape = resultType.getShape();
  int64_t offset = 0;
  for (int64_t i = 0, e = elements.getNumElements(); i < e; ++i) {
    std::memcpy(bytes.data() + i * elementBytes,
                source->data() + offset * elementBytes, elementBytes);
    for (int64_t dim = index.size() - 1; dim >= 0; --dim) {
      offset += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      offset -= strides[dim] * shape[dim];
      index[dim] = 0;
    }
  }
  return makeConstant(builder, loc, elements, resultType, bytes);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

Value ptq::transposeTensor(OpBuilder &builder, Location loc, Value value,
                           ArrayRef<int64_t> permutation) {
  if (isIdentityPermutation(permutation))
    return value;
  if (Value constant = transposeConstant(builder, loc, value, permutation))
    return constant;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value);
  applyPermutationToVector(sizes, permutation);
  Value init = tensor::EmptyOp::create(builder, loc, sizes,
                                       getTensorType(value).getElementType());
  return linalg::TransposeOp::create(builder, loc, value, init, permutation)
      ->getResult(0);
}

Value ptq::collapseTensor(OpBuilder &builder, Location loc, Value value,
                          ArrayRef<ReassociationIndices> groups) {
  if (int64_t(groups.size()) == getTensorType(value).getRank())
    return value;
  RankedTensorType type = tensor::CollapseShapeOp::inferCollapsedType(
      getTensorType(value), llvm::to_vector(groups));
  if (type.hasStaticShape())
    if (Value constant = reshapeConstant(builder, loc, value, type))
      return constant;
  return tensor::CollapseShapeOp::create(builder, loc, value, groups);
}

/// One group per entry of `kept`, with the dropped dimensions around it.
static SmallVector<ReassociationIndices> groupAround(ArrayRef<int64_t> kept,
                                                     int64_t rank) {
  SmallVector<ReassociationIndices> groups(kept.size());
  size_t group = 0;
  for (int64_t dim = 0; dim < rank && !groups.empty(); ++dim) {
    if (group + 1 < kept.size() && dim == kept[group + 1])
      ++group;
    groups[group].push_back(dim);
  }
  return groups;
}

Value ptq::dropUnitDims(OpBuilder &builder, Location loc, Value value,
                        ArrayRef<int64_t> kept) {
  return collapseTensor(builder, loc, value,
                        groupAround(kept, getTensorType(value).getRank()));
}

Value ptq::addUnitDims(OpBuilder &builder, Location loc, Value value,
                       ArrayRef<int64_t> dims, int64_t rank) {
  RankedTensorType type = getTensorType(value);
  if (type.getRank() == rank)
    return value;
  SmallVector<int64_t> shape(rank, 1);
  for (auto [dim, size] : llvm::zip_equal(dims, type.getShape()))
    shape[dim] = size;
  auto resultType = type.clone(shape);
  if (type.hasStaticShape())
    if (Value constant = reshapeConstant(builder, loc, value, resultType))
      return constant;
  return tensor::ExpandShapeOp::create(builder, loc, resultType, value,
                                       groupAround(dims, rank));
}
