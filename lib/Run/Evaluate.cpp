//===- Evaluate.cpp - Call a function by the exact arithmetic -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Evaluate.h"

#include "ptq/IR/Passes.h"
#include "ptq/Run/EntryPoint.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Buffers and constants
//===----------------------------------------------------------------------===//

/// The elements of `buffer` as a constant of its own shape.
static DenseElementsAttr makeConstant(const Buffer &buffer, Type elementType) {
  auto type = RankedTensorType::get(buffer.getShape(), elementType);
  // A raw buffer of booleans would be taken as bits.
  if (buffer.getElementKind() == ElementKind::Bool)
    return DenseElementsAttr::get(type,
                                  ArrayRef<bool>(buffer.getValues<bool>()));
  return DenseElementsAttr::getFromRawBuffer(type, buffer.getBytes());
}

static Buffer makeBuffer(DenseElementsAttr constant, ElementKind kind) {
  Buffer buffer = Buffer::allocate(kind, constant.getType().getShape());
  if (kind == ElementKind::Bool) {
    llvm::copy(constant.getValues<bool>(), buffer.getValues<bool>().begin());
    return buffer;
  }
  ArrayRef<char> bytes = constant.getRawData();
  char *data = static_cast<char *>(buffer.getData());
  for (int64_t i = 0; i < buffer.getNumBytes(); i += bytes.size())
    llvm::copy(bytes, data + i);
  return buffer;
}

/// A value that takes the place of an argument of type `type`.
static Value materialize(OpBuilder &builder, Location loc, const Buffer &input,
                         Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  DenseElementsAttr constant =
      makeConstant(input, tensor ? tensor.getElementType() : type);
  if (!tensor)
    return arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(*constant.value_begin<Attribute>()));
  Value value = arith::ConstantOp::create(builder, loc, constant);
  if (value.getType() != type)
    value = tensor::CastOp::create(builder, loc, type, value);
  return value;
}

/// The constant that `value` is, in its static shape; none if it is not.
static std::optional<Buffer> readConstant(Value value) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  std::optional<ElementKind> kind =
      getElementKind(getElementTypeOrSelf(value.getType()));
  Attribute attribute;
  if (!kind || !matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto constant = dyn_cast<DenseElementsAttr>(attribute))
    return makeBuffer(constant, *kind);
  if (!value.getType().isIntOrIndexOrFloat())
    return std::nullopt;
  auto scalar = RankedTensorType::get({}, value.getType());
  return makeBuffer(DenseElementsAttr::get(scalar, attribute), *kind);
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static llvm::Expected<func::FuncOp> findFunction(ModuleOp module,
                                                 StringRef name) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (function && function.isPublic() && !function.isExternal())
    return function;
  return llvm::createStringError("expects a public function of the module, "
                                 "but got '" +
                                 name + "'");
}

/// Fails unless `inputs` fit the tensors and scalars that `function` takes.
static llvm::Error checkInputs(func::FuncOp function, ArrayRef<Buffer> inputs) {
  llvm::Expected<EntryPoint> entry = readEntryPoint(function);
  if (!entry)
    return entry.takeError();
  if (llvm::any_of(entry->arguments, llvm::IsaPred<MemRefType>))
    return llvm::createStringError("the reference takes tensors and scalars, "
                                   "but '" +
                                   entry->name + "' takes a memref");
  return entry->checkInputs(inputs);
}

static void replaceArguments(func::FuncOp function, ArrayRef<Buffer> inputs) {
  Block &body = function.getBody().front();
  auto builder = OpBuilder::atBlockBegin(&body);
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), inputs))
    argument.replaceAllUsesWith(
        materialize(builder, argument.getLoc(), input, argument.getType()));
}

/// Inlines calls, computes, and folds what followed from that.
static LogicalResult evaluate(ModuleOp module, StringRef parameterRoot) {
  EvaluateOptions options;
  options.root = parameterRoot.str();
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createInlinerPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createEvaluate(options));
  manager.addPass(createCanonicalizerPass());
  return manager.run(module);
}

/// Reads what `function` returns; fails if that is not known.
static llvm::Expected<SmallVector<Buffer>> readResults(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  SmallVector<Buffer> results;
  for (Value value : terminator->getOperands())
    if (std::optional<Buffer> result = readConstant(value))
      results.push_back(*result);
  if (results.size() == terminator->getNumOperands() &&
      function.getBody().hasOneBlock())
    return results;
  for (Operation &op : function.getOps())
    if (!op.hasTrait<OpTrait::ConstantLike>() &&
        !isa<tensor::CastOp, tensor::EmptyOp>(op) &&
        !op.hasTrait<OpTrait::IsTerminator>()) {
      op.emitOpError("is not computed by the reference");
      break;
    }
  return llvm::createStringError("expects a function of ptq ops and what "
                                 "folds, but got '" +
                                 function.getName() + "'");
}

llvm::Expected<SmallVector<Buffer>>
ptq::evaluateReference(ModuleOp module, StringRef entry,
                       ArrayRef<Buffer> inputs, StringRef parameterRoot) {
  llvm::Expected<func::FuncOp> function = findFunction(module, entry);
  if (!function)
    return function.takeError();
  if (llvm::Error error = checkInputs(*function, inputs))
    return std::move(error);
  replaceArguments(*function, inputs);
  if (failed(evaluate(module, parameterRoot)))
    return llvm::createStringError("cannot evaluate the module");
  return readResults(*function);
}
