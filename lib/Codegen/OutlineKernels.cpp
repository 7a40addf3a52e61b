//===- OutlineKernels.cpp - Products become calls of kernels --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatProduct.h"
#include "KernelBuilder.h"
#include "PackedKernel.h"
#include "ptq/Codegen/Passes.h"
#include "ptq/IR/PTQ.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A product that a kernel computes: its shape and its operands, tensors of
/// stored integers and floats. Or why there is no kernel.
struct KernelMatch {
  KernelShape shape;
  bool isInteger = false;          // both sides are codes
  SmallVector<Value> rowInputs;    // first those with one row per activation
  SmallVector<Value> weightInputs; // then the weights and their scales
  std::string reason;
};

} // namespace

namespace {

/// A call of a kernel: what it computes, and with which tensors.
struct KernelCall {
  struct Argument {
    Value tensor;
    bool isRows; // a row for each of the activations, or all of a tensor
  };

  std::string name;
  StringRef attrName;
  DictionaryAttr shape;
  int64_t numColumns;
  SmallVector<Argument> arguments;

  void addRows(Value tensor) { arguments.push_back({tensor, true}); }
  void addWhole(Value tensor) { arguments.push_back({tensor, false}); }
};

} // namespace

static KernelMatch refuse(const Twine &reason) {
  KernelMatch match;
  match.reason = reason.str();
  return match;
}

//===----------------------------------------------------------------------===//
// Quantized products
//===----------------------------------------------------------------------===//

/// The stored integers behind a quantized tensor, and whether they are packed.
static std::pair<Value, bool> getStorage(OpBuilder &builder, Value quantized) {
  if (auto cast = quantized.getDefiningOp<StorageCastOp>())
    return {cast.getInput(), cast.getPacked()};
  auto type = cast<RankedTensorType>(quantized.getType());
  auto format = cast<QuantType>(type.getElementType());
  Value codes =
      StorageCastOp::create(builder, quantized.getLoc(),
                            type.clone(format.getByteStorageType()), quantized,
                            /*packed=*/false);
  return {codes, false};
}

/// Why no kernel takes weights of `format`; empty if one does.
static StringRef getWeightRefusal(QuantType format, int64_t depth) {
  if (format.getStorageWidth() > 8)
    return "weights are wider than 8 bits";
  if (format.hasZeroPointOperand())
    return "zero points of the weights are not constant";
  ArrayRef<int64_t> groups =
      format.hasMultiplier() ? format.getMultiplierBlock() : format.getBlock();
  if (format.getBlock().front() != 1 || groups.front() != 1)
    return "scales of the weights are not per output channel";
  int64_t group = groups.back();
  if (group != 0 && group < depth && group % 2 != 0)
    return "groups of the weights are odd";
  if (group != 0 && llvm::divideCeil(depth, group) > 1024)
    return "weights have more than 1024 groups";
  return "";
}

/// The one scale of the lhs, once for each of its rows.
static Value repeatScale(OpBuilder &builder, MatmulOp op) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getLhs().getType());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(builder, loc, op.getLhs());
  sizes.back() = builder.getIndexAttr(1);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value scale = tensor::ExtractOp::create(
      builder, loc, op.getLhsScale(), SmallVector<Value>(type.getRank(), zero));
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, scale.getType());
  return linalg::FillOp::create(builder, loc, scale, empty).getResult(0);
}

static KernelMatch matchMatmul(OpBuilder &builder, MatmulOp op) {
  QuantType lhs = op.getLhsFormat(), rhs = op.getRhsFormat();
  auto rhsType = cast<RankedTensorType>(op.getRhs().getType());
  auto lhsType = cast<RankedTensorType>(op.getLhs().getType());
  if (!rhs)
    return refuse("weights are not quantized");
  if (op.getType().getElementType().isInteger())
    return refuse("the result are accumulators");
  if (!rhsType.hasStaticShape())
    return refuse("weights have a dynamic shape");
  KernelMatch match;
  KernelShape &shape = match.shape;
  shape.numColumns = rhsType.getDimSize(0);
  shape.depth = rhsType.getDimSize(1);
  if (shape.numColumns == 0 || shape.depth == 0)
    return refuse("weights are empty");
  StringRef refusal = getWeightRefusal(rhs, shape.depth);
  if (!refusal.empty())
    return refuse(refusal);
  if (lhs &&
      (!lhs.getIsSigned() || lhs.getStorageWidth() > 8 || !lhs.isSymmetric()))
    return refuse(
        "activations are not signed and symmetric, of 8 bits or fewer");
  auto isWhole = [](int64_t size) { return size == 0; };
  bool hasOneScale = lhs && llvm::all_of(lhs.getBlock(), isWhole);
  if (lhs && !hasOneScale &&
      (lhs.getBlock().back() != 0 ||
       llvm::any_of(lhs.getBlock().drop_back(),
                    [](int64_t b) { return b != 1; })))
    return refuse("activations have other scales than one per row");

  int64_t group = rhs.getBlock().back();
  shape.hasGroups = group != 0;
  shape.hasMultipliers = rhs.hasMultiplier();
  shape.areMultipliersSigned = rhs.getIsMultiplierSigned();
  if (shape.hasMultipliers)
    group = rhs.getMultiplierBlock().back();
  shape.groupSize = group == 0 ? shape.depth : std::min(group, shape.depth);
  if (!lhs && shape.groupSize != shape.depth && shape.groupSize > 1024)
    return refuse("groups of the weights are longer than 1024");
  shape.isSigned = rhs.getIsSigned();
  shape.zeroPoint = rhs.getConstantZeroPoint();
  auto [weights, isPacked] = getStorage(builder, op.getRhs());
  if (isPacked && rhs.getStorageWidth() != 4)
    return refuse("packed weights are not of 4 bits");
  shape.storage = isPacked ? WeightStorage::Nibbles : WeightStorage::Bytes;
  match.weightInputs = {weights, op.getRhsScale()};
  if (shape.hasMultipliers)
    match.weightInputs.push_back(op.getRhsMultiplier());
  match.shape.areRowsCodes = bool(lhs);
  if (!lhs) {
    Value rows = op.getLhs();
    if (!lhsType.getElementType().isF32())
      rows = arith::ExtFOp::create(builder, op.getLoc(),
                                   lhsType.clone(builder.getF32Type()), rows);
    match.rowInputs = {rows};
    return match;
  }
  auto [codes, isLhsPacked] = getStorage(builder, op.getLhs());
  if (isLhsPacked)
    return refuse("activations are packed");
  match.rowInputs = {codes,
                     hasOneScale ? repeatScale(builder, op) : op.getLhsScale()};
  if (shape.zeroPoint != 0)
    match.rowInputs.push_back(op.getLhsSums());
  return match;
}

//===----------------------------------------------------------------------===//
// Float products
//===----------------------------------------------------------------------===//

static KernelMatch matchFloat(const FloatProduct &product) {
  auto weightType = cast<ShapedType>(product.weights.getType());
  KernelMatch match;
  match.shape.numColumns = weightType.getDimSize(0);
  match.shape.depth = match.shape.groupSize = weightType.getDimSize(1);
  match.shape.storage = WeightStorage::Floats;
  match.shape.isSigned = true;
  match.shape.zeroPoint = 0;
  match.rowInputs = {product.rows};
  match.weightInputs = {product.weights};
  return match;
}

//===----------------------------------------------------------------------===//
// Products with packed weights
//===----------------------------------------------------------------------===//

/// The bytes of packed weights without what says how they are packed.
static Value dropEncoding(OpBuilder &builder, Value packed) {
  auto type = cast<RankedTensorType>(packed.getType());
  return tensor::CastOp::create(
      builder, packed.getLoc(),
      RankedTensorType::get(type.getShape(), type.getElementType()), packed);
}

static KernelCall getCall(OpBuilder &builder, PackedMatmulOp op) {
  PackedKernelShape shape{op.getIsa(), op.getPacked(),
                          op.getLhs().getType().getElementType(),
                          op.getEpilogue()};
  KernelCall call;
  call.attrName = kPackedKernelAttrName;
  call.shape = shape.getAttr(op.getContext());
  call.numColumns = shape.packed.getNumColumns();
  llvm::raw_string_ostream os(call.name);
  os << "matmul";
  if (auto isa = dyn_cast<IsaAttr>(Attribute(op.getIsa())))
    os << '_' << stringifyIsa(isa.getValue());
  os << (shape.getFormats().isInteger() ? "_integer_" : "_float_")
     << shape.packed.getLayout().getBits() << "bit_n" << call.numColumns << "_k"
     << shape.packed.getDepth();
  if (shape.packed.getNumGroups() > 1)
    os << "_g" << shape.packed.getGroupSize()
       << (shape.packed.hasMultipliers() ? "x" : "");
  if (op.getLhsFormat()) {
    call.addRows(getStorage(builder, op.getLhs()).first);
    call.addRows(op.getLhsScale());
    if (op.getLhsSums())
      call.addRows(op.getLhsSums());
  } else {
    call.addRows(op.getLhs());
  }
  call.addWhole(dropEncoding(builder, op.getRhs()));
  auto operand = op.getEpilogueOperands().begin();
  for (Attribute attribute : op.getEpilogue()) {
    EpilogueStep step = cast<EpilogueStepAttr>(attribute).getValue();
    if (step == EpilogueStep::Bias)
      call.addWhole(*operand++);
    else if (step != EpilogueStep::SiLU)
      call.addRows(*operand++);
  }
  return call;
}

static KernelCall getCall(const KernelMatch &match, MLIRContext *context) {
  const KernelShape &shape = match.shape;
  KernelCall call;
  call.attrName = kKernelAttrName;
  call.shape = shape.getAttr(context);
  call.numColumns = shape.numColumns;
  StringRef storage = shape.storage == WeightStorage::Floats    ? "float"
                      : shape.storage == WeightStorage::Nibbles ? "4bit"
                                                                : "8bit";
  llvm::raw_string_ostream os(call.name);
  os << (shape.areRowsCodes ? "matmul_integer_" : "matmul_float_") << storage
     << "_n" << shape.numColumns << "_k" << shape.depth;
  if (shape.hasGroups || shape.hasMultipliers)
    os << "_g" << shape.groupSize << (shape.hasMultipliers ? "x" : "");
  for (Value tensor : match.rowInputs)
    call.addRows(tensor);
  for (Value tensor : match.weightInputs)
    call.addWhole(tensor);
  return call;
}

//===----------------------------------------------------------------------===//
// Functions and calls
//===----------------------------------------------------------------------===//

/// Any number of rows, at any distance, of contiguous elements.
static MemRefType getRowsType(RankedTensorType type, bool isDynamic) {
  SmallVector<int64_t> shape(type.getShape());
  if (isDynamic)
    shape.front() = ShapedType::kDynamic;
  SmallVector<int64_t> strides(shape.size(), ShapedType::kDynamic);
  strides.back() = 1;
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, strides);
  return MemRefType::get(shape, type.getElementType(), layout);
}

/// All dimensions but the last as one.
static Value collapseRows(OpBuilder &builder, Location loc, Value tensor) {
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  if (rank == 2)
    return tensor;
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t i = 0; i < rank - 1; ++i)
    groups[0].push_back(i);
  groups[1].push_back(rank - 1);
  return tensor::CollapseShapeOp::create(builder, loc, tensor, groups);
}

/// The inverse, with the sizes of `like`, a tensor of the result's shape.
static Value expandRows(OpBuilder &builder, Location loc, Value tensor,
                        Value like) {
  auto type = cast<RankedTensorType>(like.getType());
  int64_t rank = type.getRank();
  if (rank == 2)
    return tensor::CastOp::create(builder, loc, type, tensor);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, like);
  if (llvm::count_if(type.getShape().drop_back(), ShapedType::isDynamic) > 1) {
    // The lowering of memref.expand_shape finds one size by the others.
    Value shape = tensor::FromElementsOp::create(
        builder, loc, getValueOrCreateConstantIndexOp(builder, loc, sizes));
    return tensor::ReshapeOp::create(builder, loc, type, tensor, shape);
  }
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t i = 0; i < rank - 1; ++i)
    groups[0].push_back(i);
  groups[1].push_back(rank - 1);
  // The kernel's type does not show a number of rows that is static.
  RankedTensorType rows =
      tensor::CollapseShapeOp::inferCollapsedType(type, groups);
  tensor = tensor::CastOp::create(builder, loc, rows, tensor);
  return tensor::ExpandShapeOp::create(builder, loc, type, tensor, groups,
                                       sizes);
}

namespace {

class KernelOutliner {
public:
  explicit KernelOutliner(ModuleOp module) : module(module), symbols(module) {}

  /// Replaces `op`, whose only init is `init`, by a call.
  void outline(IRRewriter &rewriter, Operation *op, Value init,
               const KernelCall &call);

private:
  func::FuncOp getKernel(const KernelCall &call, FunctionType type);

  ModuleOp module;
  SymbolTable symbols;
  llvm::DenseMap<std::pair<Attribute, Type>, func::FuncOp> kernels;
};

} // namespace

func::FuncOp KernelOutliner::getKernel(const KernelCall &call,
                                       FunctionType type) {
  func::FuncOp &kernel = kernels[{call.shape, type}];
  if (kernel)
    return kernel;
  OpBuilder builder(module.getContext());
  kernel = func::FuncOp::create(builder, module.getLoc(), call.name, type);
  kernel.setPrivate();
  symbols.insert(kernel, module.getBody()->end());
  kernel->setAttr(call.attrName, call.shape);
  return kernel;
}

void KernelOutliner::outline(IRRewriter &rewriter, Operation *op, Value init,
                             const KernelCall &call) {
  Location loc = op->getLoc();
  SmallVector<Value> arguments;
  for (auto [tensor, isRows] : call.arguments) {
    Value flat = isRows ? collapseRows(rewriter, loc, tensor) : tensor;
    auto type = cast<RankedTensorType>(flat.getType());
    MemRefType exact = getRowsType(type, /*isDynamic=*/false);
    Value buffer = bufferization::ToBufferOp::create(rewriter, loc, exact, flat,
                                                     /*read_only=*/true);
    MemRefType passed = getRowsType(type, isRows);
    if (passed != exact)
      buffer = memref::CastOp::create(rewriter, loc, passed, buffer);
    arguments.push_back(buffer);
  }

  Value numRows = memref::DimOp::create(rewriter, loc, arguments.front(), 0);
  Type element = getElementTypeOrSelf(init);
  auto resultType =
      RankedTensorType::get({ShapedType::kDynamic, call.numColumns}, element);
  Value result = memref::AllocOp::create(
      rewriter, loc, MemRefType::get(resultType.getShape(), element),
      ValueRange{numRows}, rewriter.getI64IntegerAttr(64));
  arguments.push_back(memref::CastOp::create(
      rewriter, loc, getRowsType(resultType, true), result));
  auto type = rewriter.getFunctionType(ValueRange(arguments).getTypes(), {});
  func::CallOp::create(rewriter, loc, getKernel(call, type), arguments);
  Value tensor =
      bufferization::ToTensorOp::create(rewriter, loc, resultType, result,
                                        /*restrict=*/true, /*writable=*/true);
  rewriter.replaceOp(op, expandRows(rewriter, loc, tensor, init));
}

//===----------------------------------------------------------------------===//
// Quantization of activations
//===----------------------------------------------------------------------===//

/// Moves each `ptq.dynamic_quantize` into a function of its types.
static void outlineDynamicQuantize(ModuleOp module) {
  SmallVector<DynamicQuantizeOp> ops;
  module.walk([&](DynamicQuantizeOp op) { ops.push_back(op); });
  SymbolTable symbols(module);
  llvm::StringMap<func::FuncOp> functions;
  for (DynamicQuantizeOp op : ops) {
    OpBuilder builder(op);
    auto type =
        builder.getFunctionType(op->getOperandTypes(), op->getResultTypes());
    std::string key;
    llvm::raw_string_ostream(key) << type << op->getAttrDictionary();
    func::FuncOp &function = functions[key];
    if (!function) {
      OpBuilder inner(module.getContext());
      function = func::FuncOp::create(inner, module.getLoc(),
                                      "dynamic_quantize", type);
      function.setPrivate();
      symbols.insert(function, module.getBody()->end());
      inner.setInsertionPointToStart(function.addEntryBlock());
      IRMapping mapping;
      mapping.map(op.getInput(), function.getArgument(0));
      Operation *clone = inner.clone(*op, mapping);
      func::ReturnOp::create(inner, module.getLoc(), clone->getResults());
    }
    auto call =
        func::CallOp::create(builder, op.getLoc(), function, op->getOperands());
    op->replaceAllUsesWith(call);
    op->erase();
  }
}

/// Says that `op` is decomposed to loops, and why.
static void reportFallback(Operation *op, StringRef reason) {
  remark::missed(op->getLoc(),
                 remark::RemarkOpts::name("kernel").category("ptq-codegen"))
      << remark::reason("{0}", reason);
}

namespace {

struct OutlineKernels : ptq::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    KernelOutliner outliner(module);
    SmallVector<Operation *> ops;
    module.walk([&](Operation *op) {
      if (isa<MatmulOp, PackedMatmulOp>(op) || matchFloatProduct(op))
        ops.push_back(op);
      if (isa<BatchMatmulOp>(op))
        reportFallback(op, "products in batches have no kernel");
    });
    outlineDynamicQuantize(module);
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops) {
      rewriter.setInsertionPoint(op);
      if (auto packed = dyn_cast<PackedMatmulOp>(op)) {
        outliner.outline(rewriter, op, packed.getInit(),
                         getCall(rewriter, packed));
        continue;
      }
      auto matmul = dyn_cast<MatmulOp>(op);
      if (!matmul) {
        FloatProduct product = *matchFloatProduct(op);
        outliner.outline(rewriter, op, product.init,
                         getCall(matchFloat(product), &getContext()));
        continue;
      }
      KernelMatch match = matchMatmul(rewriter, matmul);
      if (match.reason.empty())
        outliner.outline(rewriter, op, matmul.getInit(),
                         getCall(match, &getContext()));
      else
        reportFallback(op, match.reason);
    }
  }
};

} // namespace
