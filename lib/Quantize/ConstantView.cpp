//===- ConstantView.cpp - A constant tensor seen through its views --------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConstantView.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Dimensions
//===----------------------------------------------------------------------===//

int64_t ConstantView::getSize(unsigned dim) const {
  int64_t size = 1;
  for (Stride stride : dims[dim])
    size *= stride.size;
  return size;
}

bool ConstantView::isRepeated(unsigned dim) const {
  return llvm::all_of(dims[dim],
                      [](Stride stride) { return stride.stride == 0; });
}

void ptq::appendDimension(ViewDimension &dim, const ViewDimension &inner) {
  for (Stride stride : inner) {
    if (stride.size == 1)
      continue;
    if (!dim.empty() && dim.back().stride == stride.size * stride.stride)
      dim.back() = {dim.back().size * stride.size, stride.stride};
    else
      dim.push_back(stride);
  }
}

/// Splits `dim` into dimensions of the given sizes; fails where a size ends
/// inside a stride that it does not divide.
static FailureOr<SmallVector<ViewDimension>>
splitDimension(ViewDimension dim, ArrayRef<int64_t> sizes) {
  SmallVector<ViewDimension> parts(sizes.size());
  for (int64_t i = int64_t(sizes.size()) - 1; i >= 0; --i) {
    ViewDimension reversed;
    for (int64_t rest = sizes[i]; rest > 1;) {
      if (dim.empty())
        return failure();
      auto [size, stride] = dim.pop_back_val();
      if (size <= rest) {
        if (rest % size != 0)
          return failure();
        reversed.push_back({size, stride});
        rest /= size;
        continue;
      }
      if (size % rest != 0)
        return failure();
      reversed.push_back({rest, stride});
      dim.push_back({size / rest, rest * stride});
      rest = 1;
    }
    parts[i].assign(reversed.rbegin(), reversed.rend());
  }
  return parts;
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

/// Why `elements` cannot be read as weights; empty if they can.
static std::string refuseElements(Attribute source, RankedTensorType type) {
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (auto elements = dyn_cast<ElementsAttr>(source);
      elements && elements.getShapedType() != type) {
    os << "expects a weight of " << type << ", but got "
       << elements.getShapedType();
    return reason;
  }
  if (isa<DenseElementsAttr, ExternalAttr>(source))
    return reason;
  auto resource = dyn_cast<DenseResourceElementsAttr>(source);
  if (!resource) {
    os << "expects the elements of the weight to be dense, a dense_resource or "
          "#ptq.external";
    return reason;
  }
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  size_t numBytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  if (!blob)
    os << "expects data for resource '" << resource.getRawHandle().getKey()
       << "', but got none";
  else if (blob->getData().size() != numBytes)
    os << "expects " << numBytes << " bytes in resource '"
       << resource.getRawHandle().getKey() << "', but got "
       << blob->getData().size();
  return reason;
}

/// Why a weight of `type` would be too small or too large, which for the one
/// element of a splat is sooner; empty if it is neither.
static std::string refuseSize(RankedTensorType type, bool isSplat) {
  int64_t maxElements = int64_t(1) << (isSplat ? 28 : 33), numElements = 1;
  bool isUsable = true;
  for (int64_t size : type.getShape())
    isUsable &= size != 0 && !llvm::MulOverflow(numElements, size, numElements);
  std::string reason;
  if (!isUsable || numElements > maxElements)
    llvm::raw_string_ostream(reason)
        << "expects a weight of 1 to " << maxElements << " elements, but got "
        << type;
  return reason;
}

/// The view of a whole source.
static FailureOr<ConstantView> viewSource(Attribute source, Type type,
                                          ml_program::GlobalOp global,
                                          std::string &reason) {
  auto tensorType = dyn_cast<RankedTensorType>(type);
  Type element = tensorType ? tensorType.getElementType() : type;
  if (!tensorType || !tensorType.hasStaticShape() ||

      !(element.isF32() || element.isF16() || element.isBF16())) {
    llvm::raw_string_ostream(reason)
        << "expects a static weight of f32, f16 or bf16, but got " << type;
    return failure();
  }
  auto dense = dyn_cast<DenseElementsAttr>(source);
  bool isSplat = dense && dense.isSplat();
  reason = refuseSize(tensorType, isSplat);
  if (reason.empty())
    reason = refuseElements(source, tensorType);
  if (!reason.empty())
    return failure();
  ConstantView view;
  view.source = source;
  view.global = global;
  view.sourceType = tensorType;
  int64_t stride = 1;
  for (int64_t size : llvm::reverse(tensorType.getShape())) {
    ViewDimension dim;
    if (size != 1)
      dim.push_back({size, isSplat ? 0 : stride});
    view.dims.push_back(dim);
    stride *= size;
  }
  std::reverse(view.dims.begin(), view.dims.end());
  return view;
}

static FailureOr<ConstantView> viewGlobal(Operation *load, SymbolRefAttr symbol,
                                          SymbolTableCollection &symbols,
                                          std::string &reason) {
  auto global =
      symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(load, symbol);
  if (!global || global.getIsMutable() || !global.getValue()) {
    llvm::raw_string_ostream(reason)
        << "expects global " << symbol << " to be immutable, with a value";
    return failure();
  }
  return viewSource(*global.getValue(), global.getType(), global, reason);
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

static LogicalResult transposeView(ConstantView &view,
                                   ArrayRef<int64_t> permutation) {
  SmallVector<ViewDimension> dims;
  for (int64_t dim : permutation)
    dims.push_back(view.dims[dim]);
  view.dims = std::move(dims);
  return success();
}

static LogicalResult collapseView(ConstantView &view,
                                  ArrayRef<ReassociationIndices> groups) {
  SmallVector<ViewDimension> dims(groups.size());
  for (auto [group, dim] : llvm::zip_equal(groups, dims))
    for (int64_t inner : group)
      appendDimension(dim, view.dims[inner]);
  view.dims = std::move(dims);
  return success();
}

static LogicalResult expandView(ConstantView &view, tensor::ExpandShapeOp op) {
  SmallVector<ViewDimension> dims;
  if (!op.getType().hasStaticShape())
    return failure();
  for (auto [dim, group] :
       llvm::zip_equal(view.dims, op.getReassociationIndices())) {
    SmallVector<int64_t> sizes = llvm::map_to_vector(
        group, [&](int64_t inner) { return op.getType().getDimSize(inner); });
    FailureOr<SmallVector<ViewDimension>> parts = splitDimension(dim, sizes);
    if (failed(parts))
      return failure();
    dims.append(*parts);
  }
  view.dims = std::move(dims);
  return success();
}

static LogicalResult broadcastView(ConstantView &view, linalg::BroadcastOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getInit().getType());
  if (!type || !type.hasStaticShape())
    return failure();
  SmallVector<ViewDimension> dims;
  auto *source = view.dims.begin();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    if (!llvm::is_contained(op.getDimensions(), dim))
      dims.push_back(*source++);
    else
      dims.push_back({{type.getDimSize(dim), 0}});
  }
  view.dims = std::move(dims);
  return success();
}

static LogicalResult sliceView(ConstantView &view, tensor::ExtractSliceOp op) {
  if (!op.getType().hasStaticShape() ||
      ShapedType::isDynamicShape(op.getStaticOffsets()) ||
      ShapedType::isDynamicShape(op.getStaticStrides()))
    return failure();
  SmallVector<ViewDimension> dims;
  llvm::SmallBitVector dropped = op.getDroppedDims();
  for (auto [i, dim] : llvm::enumerate(view.dims)) {
    int64_t offset = op.getStaticOffset(i), size = op.getStaticSize(i);
    if (size == view.getSize(i)) {
      if (!dropped.test(i))
        dims.push_back(dim);
      continue;
    }
    if (dim.size() != 1 || offset < 0 || op.getStaticStride(i) < 1 ||
        offset + (size - 1) * op.getStaticStride(i) >= dim[0].size)
      return failure();
    view.offset += offset * dim[0].stride;
    if (!dropped.test(i))
      dims.push_back({Stride{size, dim[0].stride * op.getStaticStride(i)}});
  }
  view.dims = std::move(dims);
  return success();
}

static LogicalResult castView(ConstantView &view, Type from, Type to) {
  auto narrow = dyn_cast<FloatType>(getElementTypeOrSelf(to));
  if (!narrow || narrow.getWidth() > 32)
    return failure();
  if (narrow.getWidth() >=
      cast<FloatType>(getElementTypeOrSelf(from)).getWidth())
    return success();
  if (view.roundedTo && view.roundedTo != narrow)
    return failure();
  view.roundedTo = narrow;
  return success();
}

/// A generic that only moves elements and casts them: a transpose, a
/// broadcast, a cast, or all three.
static LogicalResult moveView(ConstantView &view, linalg::GenericOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  AffineMap from = op.getIndexingMapsArray()[0];
  AffineMap to = op.getIndexingMapsArray()[1];
  if (!type || !type.hasStaticShape() || !from.isProjectedPermutation() ||
      !to.isPermutation())
    return failure();
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  SmallVector<Operation *> casts;
  while (isa_and_present<arith::ExtFOp, arith::TruncFOp>(
      yielded.getDefiningOp())) {
    casts.push_back(yielded.getDefiningOp());
    yielded = casts.back()->getOperand(0);
  }
  if (yielded != op.getBlock()->getArgument(0))
    return failure();
  for (Operation *cast : llvm::reverse(casts))
    if (failed(castView(view, cast->getOperand(0).getType(),
                        cast->getResult(0).getType())))
      return failure();
  SmallVector<ViewDimension> dims(type.getRank());
  for (auto [dim, expr] : llvm::enumerate(to.getResults())) {
    std::optional<unsigned> source = from.getResultPosition(expr);
    dims[dim] =
        source ? view.dims[*source] : ViewDimension{{type.getDimSize(dim), 0}};
  }
  view.dims = std::move(dims);
  return success();
}

Value ptq::getViewed(Operation *op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    bool isView =
        generic.getNumDpsInputs() == 1 && generic.getNumDpsInits() == 1 &&
        generic.getNumResults() == 1 && generic.getNumReductionLoops() == 0;
    return isView ? generic.getDpsInputOperand(0)->get() : Value();
  }
  if (isa<linalg::TransposeOp, linalg::BroadcastOp, tensor::CollapseShapeOp,
          tensor::ExpandShapeOp, tensor::ExtractSliceOp, tensor::CastOp,
          arith::ExtFOp, arith::TruncFOp>(op))
    return op->getOperand(0);
  return {};
}

static LogicalResult applyView(ConstantView &view, Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](linalg::TransposeOp op) {
        return transposeView(view, op.getPermutation());
      })
      .Case([&](linalg::BroadcastOp op) { return broadcastView(view, op); })
      .Case([&](linalg::GenericOp op) { return moveView(view, op); })
      .Case([&](tensor::CollapseShapeOp op) {
        return collapseView(view, op.getReassociationIndices());
      })
      .Case([&](tensor::ExpandShapeOp op) { return expandView(view, op); })
      .Case([&](tensor::ExtractSliceOp op) { return sliceView(view, op); })
      .Case([&](tensor::CastOp) { return success(); })
      .Default([&](Operation *op) {
        return castView(view, op->getOperand(0).getType(),
                        op->getResult(0).getType());
      });
}

FailureOr<ConstantView> ptq::traceConstant(Value value,
                                           SymbolTableCollection &symbols,
                                           std::string &reason) {
  SmallVector<Operation *> views;
  Operation *op = value.getDefiningOp();
  while (op) {
    Value viewed = getViewed(op);
    if (!viewed)
      break;
    views.push_back(op);
    value = viewed;
    op = value.getDefiningOp();
  }
  FailureOr<ConstantView> view = failure();
  Attribute constant;
  if (op && matchPattern(op, m_Constant(&constant)))
    view = viewSource(constant, value.getType(), {}, reason);
  else if (auto load = dyn_cast_or_null<ml_program::GlobalLoadConstOp>(op))
    view = viewGlobal(load, load.getGlobal(), symbols, reason);
  else if (auto load = dyn_cast_or_null<ml_program::GlobalLoadOp>(op))
    view = viewGlobal(load, load.getGlobal(), symbols, reason);
  if (failed(view))
    return failure();
  for (Operation *op : llvm::reverse(views))
    if (failed(applyView(*view, op))) {
      llvm::raw_string_ostream(reason)
          << "expects the weight behind static views that keep its elements "
             "apart, but got "
          << op->getName();
      return failure();
    }
  return view;
}
