//===- Bytecode.cpp - Versioned binary encoding of types and attributes ---===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   quant     = 0 width flags [min max] expressed scale block [zero-point]
//               [width flags min max block]
//   external  = 0 file key
//   mode      = 1 number
//   block     = rank length*
//
// All numbers are variable-width; `flags` says which of the optional parts are
// there. A file begins with the version of this encoding: readers refuse newer
// ones, and a change that old readers would misread increments it.
//
//===----------------------------------------------------------------------===//

#include "Bytecode.h"

#include "ptq/IR/PTQ.h"

#include "mlir/Bytecode/BytecodeImplementation.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

constexpr uint64_t currentVersion = 1;

struct PTQVersion : DialectVersion {
  explicit PTQVersion(uint64_t number) : number(number) {}
  uint64_t number;
};

enum TypeCode : uint64_t { quantCode = 0 };
enum AttributeCode : uint64_t { externalCode = 0, requantizeModeCode = 1 };

enum QuantFlags : uint64_t {
  isSignedFlag = 1,
  hasRangeFlag = 2, // otherwise the range is all of the storage
  hasConstantZeroPointFlag = 4,
  hasZeroPointTypeFlag = 8,
  hasMultiplierFlag = 16,
  allFlags = 31,
};

} // namespace

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static void writeBlock(DialectBytecodeWriter &writer, ArrayRef<int64_t> block) {
  writer.writeList(block, [&](int64_t length) { writer.writeVarInt(length); });
}

/// Grows one length at a time: the rank in a broken file may be any number.
static LogicalResult readBlock(DialectBytecodeReader &reader,
                               SmallVectorImpl<int64_t> &block) {
  uint64_t rank, length;
  if (failed(reader.readVarInt(rank)))
    return failure();
  for (uint64_t i = 0; i < rank; ++i) {
    if (failed(reader.readVarInt(length)))
      return failure();
    block.push_back(length);
  }
  return success();
}

static void writeQuantType(DialectBytecodeWriter &writer, QuantType type) {
  unsigned width = type.getStorageWidth();
  bool isSigned = type.getIsSigned();
  bool hasRange =
      type.getStorageMin() != QuantType::getMinOf(width, isSigned) ||
      type.getStorageMax() != QuantType::getMaxOf(width, isSigned);
  writer.writeVarInt(quantCode);
  writer.writeVarInt(width);
  writer.writeVarInt(
      (isSigned ? isSignedFlag : 0) | (hasRange ? hasRangeFlag : 0) |
      (type.hasConstantZeroPoint() ? hasConstantZeroPointFlag : 0) |
      (type.hasZeroPointOperand() ? hasZeroPointTypeFlag : 0) |
      (type.hasMultiplier() ? hasMultiplierFlag : 0));
  if (hasRange) {
    writer.writeSignedVarInt(type.getStorageMin());
    writer.writeSignedVarInt(type.getStorageMax());
  }
  writer.writeType(type.getExpressedType());
  writer.writeType(type.getScaleType());
  writeBlock(writer, type.getBlock());
  if (type.hasConstantZeroPoint())
    writer.writeSignedVarInt(type.getConstantZeroPoint());
  if (type.hasZeroPointOperand())
    writer.writeType(type.getZeroPointType());
  if (!type.hasMultiplier())
    return;
  writer.writeVarInt(type.getMultiplierWidth());
  writer.writeVarInt(type.getIsMultiplierSigned() ? isSignedFlag : 0);
  writer.writeSignedVarInt(type.getMultiplierMin());
  writer.writeSignedVarInt(type.getMultiplierMax());
  writeBlock(writer, type.getMultiplierBlock());
}

/// Refuses flags and widths that mean nothing.
static LogicalResult readStored(DialectBytecodeReader &reader, unsigned &width,
                                uint64_t &flags, uint64_t knownFlags) {
  uint64_t longWidth;
  if (failed(reader.readVarInt(longWidth)) || failed(reader.readVarInt(flags)))
    return failure();
  if (longWidth < 2 || longWidth > 16)
    return reader.emitError(
               "expects a stored integer of 2 to 16 bits, but got ")
           << longWidth;
  if (flags & ~knownFlags)
    return reader.emitError("expects flags below ")
           << knownFlags + 1 << ", but got " << flags;
  width = longWidth;
  return success();
}

static LogicalResult readZeroPoint(DialectBytecodeReader &reader,
                                   uint64_t flags, Attribute &zeroPoint) {
  if (flags & hasConstantZeroPointFlag) {
    int64_t value;
    if (failed(reader.readSignedVarInt(value)))
      return failure();
    zeroPoint =
        IntegerAttr::get(IntegerType::get(reader.getContext(), 64), value);
  }
  if (flags & hasZeroPointTypeFlag) {
    Type type;
    if (failed(reader.readType(type)))
      return failure();
    zeroPoint = TypeAttr::get(type);
  }
  return success();
}

static Type readQuantType(DialectBytecodeReader &reader) {
  unsigned width, multiplierWidth = 0;
  uint64_t flags, multiplierFlags = isSignedFlag;
  if (failed(readStored(reader, width, flags, allFlags)))
    return {};
  bool isSigned = flags & isSignedFlag;
  int64_t min = QuantType::getMinOf(width, isSigned);
  int64_t max = QuantType::getMaxOf(width, isSigned);
  if (flags & hasRangeFlag)
    if (failed(reader.readSignedVarInt(min)) ||
        failed(reader.readSignedVarInt(max)))
      return {};
  FloatType expressed, scale;
  SmallVector<int64_t> block, multiplierBlock;
  Attribute zeroPoint;
  if (failed(reader.readType(expressed)) || failed(reader.readType(scale)) ||
      failed(readBlock(reader, block)) ||
      failed(readZeroPoint(reader, flags, zeroPoint)))
    return {};
  int64_t multiplierMin = 0, multiplierMax = 0;
  if (flags & hasMultiplierFlag)
    if (failed(readStored(reader, multiplierWidth, multiplierFlags,
                          isSignedFlag)) ||
        failed(reader.readSignedVarInt(multiplierMin)) ||
        failed(reader.readSignedVarInt(multiplierMax)) ||
        failed(readBlock(reader, multiplierBlock)))
      return {};
  return QuantType::getChecked(
      [&] { return reader.emitError(); }, reader.getContext(), width, isSigned,
      min, max, expressed, ArrayRef<int64_t>(block), scale, zeroPoint,
      multiplierWidth, bool(multiplierFlags & isSignedFlag), multiplierMin,
      multiplierMax, ArrayRef<int64_t>(multiplierBlock));
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static Attribute readExternal(DialectBytecodeReader &reader) {
  StringRef file, key;
  if (failed(reader.readString(file)) || failed(reader.readString(key)))
    return {};
  MLIRContext *context = reader.getContext();
  return ExternalAttr::get(context, StringAttr::get(context, file),
                           StringAttr::get(context, key));
}

static Attribute readRequantizeMode(DialectBytecodeReader &reader) {
  uint64_t number;
  if (failed(reader.readVarInt(number)))
    return {};
  std::optional<RequantizeMode> mode =
      number <= getMaxEnumValForRequantizeMode()
          ? symbolizeRequantizeMode(static_cast<uint32_t>(number))
          : std::nullopt;
  if (mode)
    return RequantizeModeAttr::get(reader.getContext(), *mode);
  reader.emitError("expects a mode of requantization, but got ") << number;
  return {};
}

//===----------------------------------------------------------------------===//
// Interface
//===----------------------------------------------------------------------===//

namespace {

struct PTQBytecodeInterface : BytecodeDialectInterface {
  explicit PTQBytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}

  Type readType(DialectBytecodeReader &reader) const override {
    uint64_t code;
    if (failed(reader.readVarInt(code)))
      return {};
    if (code == quantCode)
      return readQuantType(reader);
    reader.emitError("expects the code of a ptq type, but got ") << code;
    return {};
  }

  LogicalResult writeType(Type type,
                          DialectBytecodeWriter &writer) const override {
    auto format = dyn_cast<QuantType>(type);
    if (!format)
      return failure();
    writeQuantType(writer, format);
    return success();
  }

  Attribute readAttribute(DialectBytecodeReader &reader) const override {
    uint64_t code;
    if (failed(reader.readVarInt(code)))
      return {};
    if (code == externalCode)
      return readExternal(reader);
    if (code == requantizeModeCode)
      return readRequantizeMode(reader);
    reader.emitError("expects the code of a ptq attribute, but got ") << code;
    return {};
  }

  LogicalResult writeAttribute(Attribute attribute,
                               DialectBytecodeWriter &writer) const override {
    if (auto external = dyn_cast<ExternalAttr>(attribute)) {
      writer.writeVarInt(externalCode);
      writer.writeOwnedString(external.getFile());
      writer.writeOwnedString(external.getKey());
      return success();
    }
    if (auto mode = dyn_cast<RequantizeModeAttr>(attribute)) {
      writer.writeVarInt(requantizeModeCode);
      writer.writeVarInt(static_cast<uint64_t>(mode.getValue()));
      return success();
    }
    return failure(); // written as text
  }

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(currentVersion);
  }

  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const override {
    uint64_t number;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    if (number == 0 || number > currentVersion) {
      reader.emitError("expects version 1 to ")
          << currentVersion << " of the ptq dialect, but got " << number;
      return nullptr;
    }
    return std::make_unique<PTQVersion>(number);
  }
};

} // namespace

void ptq::addBytecodeInterface(PTQDialect &dialect) {
  dialect.addInterfaces<PTQBytecodeInterface>();
}
