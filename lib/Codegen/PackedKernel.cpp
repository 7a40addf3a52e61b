//===- PackedKernel.cpp - Panels, tiles and epilogues ---------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedKernel.h"
#include "ParallelFor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

DictionaryAttr PackedKernelShape::getAttr(MLIRContext *context) const {
  Builder builder(context);
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("isa", isa), builder.getNamedAttr("packed", packed),
       builder.getNamedAttr("rows", TypeAttr::get(rows)),
       builder.getNamedAttr("epilogue", epilogue)});
}

FailureOr<PackedKernelShape> PackedKernelShape::get(DictionaryAttr attr) {
  PackedKernelShape shape;
  shape.isa = dyn_cast_if_present<MicrokernelInterface>(attr.get("isa"));
  shape.packed = attr.getAs<PackedAttr>("packed");
  shape.epilogue = attr.getAs<ArrayAttr>("epilogue");
  auto rows = attr.getAs<TypeAttr>("rows");
  if (!shape.isa || !shape.packed || !shape.epilogue || !rows)
    return failure();
  shape.rows = rows.getValue();
  return shape;
}

PackedKernelBuilder::PackedKernelBuilder(func::FuncOp function,
                                         const PackedKernelShape &shape)
    : b(function.getLoc(), OpBuilder::atBlockBegin(&function.front())),
      shape(shape), kernel(shape.getKernel()), formats(shape.getFormats()),
      packed(shape.packed), lanes(kernel.getNumLanes()),
      numRegisters(packed.getLayout().getColumns() / lanes) {
  // A longer body gives the scheduler of LLVM the freedom to spill.
  b.mayUnroll = false;
  ArrayRef<BlockArgument> arguments = function.getArguments();
  int64_t numOperands = llvm::count_if(shape.epilogue, [](Attribute step) {
    return cast<EpilogueStepAttr>(step).getValue() != EpilogueStep::SiLU;
  });
  result = arguments.back();
  arguments = arguments.drop_back();
  llvm::append_range(epilogueOperands, arguments.take_back(numOperands));
  weights = arguments.drop_back(numOperands).back();
  numRows = memref::DimOp::create(b, arguments.front(), 0);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void PackedKernelBuilder::forPanels(llvm::function_ref<void()> emitPanel,
                                    llvm::function_ref<void()> prologue,
                                    llvm::function_ref<void()> epilogue) {
  auto emit = [&](Value index) {
    panel = index;
    firstByte = b.mul(panel, packed.getPanelBytes());
    Value end = b.mul(b.add(panel, b.index(1)), numRegisters * lanes);
    isWhole = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, end,
                                    b.index(packed.getNumColumns()));
    emitPanel();
  };
  // A register of products is one instruction or so.
  OpFoldResult depth = b.getIndexAttr(llvm::divideCeil(packed.getDepth(), 16));
  buildParallelFor(b, b.getLoc(), b.getIndexAttr(packed.getNumPanels()),
                   {numRows, depth, b.getIndexAttr(packed.getNumColumns())},
                   emit, prologue, epilogue);
}

void PackedKernelBuilder::forFewRows(Value first, Value numRows,
                                     int64_t maxRows, EmitTile emitTile) {
  SmallVector<int64_t> cases =
      llvm::to_vector(llvm::seq<int64_t>(1, maxRows + 1));
  auto rest =
      scf::IndexSwitchOp::create(b, TypeRange(), numRows, cases, cases.size());
  OpBuilder::InsertionGuard guard(b);
  for (auto [count, region] : llvm::zip_equal(cases, rest.getCaseRegions())) {
    b.createBlock(&region);
    emitTile(first, count);
    scf::YieldOp::create(b);
  }
  b.createBlock(&rest.getDefaultRegion());
  scf::YieldOp::create(b);
}

void PackedKernelBuilder::forRows(int64_t tileRows, EmitTile emitTile) {
  Value blocks = arith::DivUIOp::create(b, numRows, b.index(tileRows));
  Value blockedRows = b.mul(blocks, tileRows);
  b.forLoop(b.index(0), blockedRows, tileRows,
            [&](Value row) { emitTile(row, tileRows); });
  // The rows that are left in one pass, so that the panel is read once.
  if (tileRows > 1)
    forFewRows(blockedRows, arith::SubIOp::create(b, numRows, blockedRows),
               tileRows - 1, emitTile);
}

void PackedKernelBuilder::forTiles(EmitTile emitTile) {
  int64_t tileRows = kernel.getNumRows(formats);
  forPanels([&] { forRows(tileRows, emitTile); },
            [&] {
              auto allocate = [&](Type element) {
                int64_t size = tileRows * numRegisters * lanes;
                return memref::AllocaOp::create(
                    b, MemRefType::get({size}, element),
                    b.getI64IntegerAttr(64));
              };
              if (kernel.keepsTotalsInMemory(formats, tileRows))
                totals = allocate(b.getF32Type());
              if (kernel.isScalable())
                groupSums = allocate(b.getI32Type());
            });
}

SmallVector<Value> PackedKernelBuilder::forGroups(
    ValueRange inits,
    llvm::function_ref<SmallVector<Value>(Value, int64_t, ValueRange)> body) {
  return b.forPieces(packed.getNumFullGroups(), packed.getGroupSize(),
                     packed.getTailSize(), inits, body);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value PackedKernelBuilder::getGroupOffset(Value group) {
  Value first = b.add(firstByte, b.index(packed.getHeaderBytes()));
  return b.add(first,
               b.mul(group, packed.getGroupBytes(packed.getGroupSize())));
}

Value PackedKernelBuilder::loadBytes(Value offset, int64_t index,
                                     int64_t numBytes) {
  return vector::LoadOp::create(b, VectorType::get(numBytes, b.getI8Type()),
                                weights,
                                b.add(offset, b.index(index * numBytes)));
}

SmallVector<Value> PackedKernelBuilder::loadScales(Value groupOffset) {
  FloatType element = packed.getFormat().getScaleType();
  int64_t numBytes = lanes * (element.getWidth() / 8);
  SmallVector<Value> scales;
  for (int64_t i = 0; i < numRegisters; ++i) {
    Value bytes = loadBytes(groupOffset, i, numBytes);
    scales.push_back(b.toF32(
        vector::BitCastOp::create(b, VectorType::get(lanes, element), bytes)));
  }
  return scales;
}

void PackedKernelBuilder::prefetch(Value offset, int64_t numBytes) {
  constexpr int64_t page = 4096, line = 64;
  for (int64_t i = 0; i < numBytes; i += line)
    memref::PrefetchOp::create(b, weights, b.add(offset, b.index(page + i)),
                               /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
}

SmallVector<Value> ptq::spreadOverRows(KernelBuilder &b,
                                       ArrayRef<Value> columns,
                                       int64_t rowsOfSums) {
  if (rowsOfSums == 1)
    return SmallVector<Value>(columns);
  SmallVector<Value> spread;
  for (Value value : columns)
    for (int64_t part = 0; part < rowsOfSums; ++part) {
      int64_t lanes = cast<VectorType>(value.getType()).getNumElements();
      int64_t count = lanes / rowsOfSums;
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < lanes; ++lane)
        mask.push_back(part * count + lane % count);
      spread.push_back(b.shuffle(value, value, mask));
    }
  return spread;
}

//===----------------------------------------------------------------------===//
// Epilogue
//===----------------------------------------------------------------------===//

/// value / (1 + exp(-value))
static Value buildSiLU(KernelBuilder &b, Value value) {
  auto type = cast<VectorType>(value.getType());
  Value one = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, b.getF32FloatAttr(1.0f)));
  Value exponential = math::ExpOp::create(b, arith::NegFOp::create(b, value));
  return arith::DivFOp::create(b, value,
                               arith::AddFOp::create(b, one, exponential));
}

/// The operand's part at `indices`, extended to f32.
static Value loadOperand(KernelBuilder &b, Value memref, ValueRange indices,
                         VectorType type, Value mask) {
  auto stored = type.clone(getElementTypeOrSelf(memref));
  if (!mask)
    return b.toF32(vector::LoadOp::create(b, stored, memref, indices));
  Value zeros = b.zeros(type.getNumElements(), stored.getElementType());
  return b.toF32(
      vector::MaskedLoadOp::create(b, stored, memref, indices, mask, zeros));
}

Value PackedKernelBuilder::applyEpilogue(Value value, Value row, Value column,
                                         Value mask) {
  auto type = cast<VectorType>(value.getType());
  auto operand = epilogueOperands.begin();
  for (Attribute attribute : shape.epilogue) {
    EpilogueStep step = cast<EpilogueStepAttr>(attribute).getValue();
    if (step == EpilogueStep::SiLU || step == EpilogueStep::SiLUTimes)
      value = buildSiLU(b, value);
    if (step == EpilogueStep::SiLU)
      continue;
    SmallVector<Value> indices;
    if (step != EpilogueStep::Bias)
      indices.push_back(row);
    indices.push_back(column);
    Value other = loadOperand(b, *operand++, indices, type, mask);
    if (step == EpilogueStep::SiLUTimes)
      value = arith::MulFOp::create(b, value, other);
    else
      value = arith::AddFOp::create(b, value, other);
  }
  return b.fromF32(value, getElementTypeOrSelf(result));
}

void PackedKernelBuilder::storeRow(Value row, ValueRange values,
                                   bool isMasked) {
  Value first = b.mul(panel, numRegisters * lanes);
  for (auto [index, value] : llvm::enumerate(values)) {
    Value column = b.add(first, b.index(index * lanes));
    Value mask;
    if (isMasked) {
      // Negative for a register that is beyond the last column: no lanes.
      Value rest =
          arith::SubIOp::create(b, b.index(packed.getNumColumns()), column);
      mask = vector::CreateMaskOp::create(
          b, VectorType::get(lanes, b.getI1Type()), rest);
    }
    Value stored = applyEpilogue(value, row, column, mask);
    if (isMasked)
      vector::MaskedStoreOp::create(b, result, ValueRange{row, column}, mask,
                                    stored);
    else
      vector::StoreOp::create(b, stored, result, ValueRange{row, column});
  }
}

void PackedKernelBuilder::storeTile(Value row, int64_t numRows,
                                    ValueRange tile) {
  auto storeAll = [&](bool isMasked) {
    for (int64_t r = 0; r < numRows; ++r)
      storeRow(b.add(row, b.index(r)),
               tile.slice(r * numRegisters, numRegisters), isMasked);
  };
  if (packed.getNumColumns() % (numRegisters * lanes) == 0)
    return storeAll(false);
  auto branch = scf::IfOp::create(b, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  storeAll(false);
  b.setInsertionPointToStart(branch.elseBlock());
  storeAll(true);
}
