//===- ExternalParameters.cpp - Constants move to safetensors -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ExternalParameters.h"

#include "ptq/IR/PTQ.h"
#include "ptq/IR/Safetensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

using Constants = llvm::MapVector<Attribute, SmallVector<arith::ConstantOp>>;

/// The constants to move, by value.
static Constants collectConstants(ModuleOp module) {
  Constants constants;
  module.walk([&](arith::ConstantOp op) {
    if (isa<DenseResourceElementsAttr>(op.getValue()))
      constants[op.getValue()].push_back(op);
  });
  return constants;
}

/// The path of `file` from the folder of `outputFile`, where it is below.
static std::string getRelativePath(StringRef file, StringRef outputFile) {
  StringRef folder = llvm::sys::path::parent_path(outputFile);
  StringRef rest = file;
  if (llvm::sys::path::parent_path(file) == folder)
    return llvm::sys::path::filename(file).str();
  if (!folder.empty() && rest.consume_front(folder) && rest.consume_front("/"))
    return rest.str();
  SmallString<128> absolute(file);
  llvm::sys::fs::make_absolute(absolute);
  return absolute.str().str();
}

static llvm::Error writeConstants(const Constants &constants,
                                  ArrayRef<SafetensorsTensor> tensors,
                                  StringRef file) {
  auto writer = SafetensorsWriter::create(file, tensors);
  if (!writer)
    return writer.takeError();
  for (auto [entry, tensor] : llvm::zip_equal(constants, tensors)) {
    auto resource = cast<DenseResourceElementsAttr>(entry.first);
    ArrayRef<char> bytes = resource.getRawHandle().getBlob()->getData();
    if (llvm::Error error = (*writer)->write(tensor.name, bytes))
      return error;
  }
  return (*writer)->finish();
}

llvm::Error ptq::moveToParameters(ModuleOp module, StringRef file,
                                  StringRef outputFile) {
  Constants constants = collectConstants(module);
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  SymbolTable symbols(module);
  std::string path = getRelativePath(file, outputFile);
  std::vector<SafetensorsTensor> tensors;
  for (auto &[value, users] : constants) {
    auto resource = cast<DenseResourceElementsAttr>(value);
    auto type = cast<RankedTensorType>(resource.getType());
    auto global = ml_program::GlobalOp::create(
        builder, module.getLoc(), resource.getRawHandle().getKey(), type,
        /*is_mutable=*/false, /*value=*/nullptr,
        builder.getStringAttr("private"));
    StringRef name = symbols.insert(global).getValue();
    global.setValueAttr(ExternalAttr::get(builder.getContext(),
                                          builder.getStringAttr(path),
                                          builder.getStringAttr(name)));
    SafetensorsTensor tensor;
    tensor.name = name.str();
    tensor.dtype = getSafetensorsType(type.getElementType()).str();
    tensor.shape.assign(type.getShape().begin(), type.getShape().end());
    tensors.push_back(tensor);
    for (arith::ConstantOp user : users) {
      OpBuilder atUser(user);
      user.replaceAllUsesWith(
          ml_program::GlobalLoadConstOp::create(atUser, user.getLoc(), type,
                                                SymbolRefAttr::get(global))
              .getResult());
    }
  }
  if (llvm::Error error = writeConstants(constants, tensors, file))
    return error;
  for (auto &[value, users] : constants)
    for (arith::ConstantOp user : users)
      user.erase();
  return llvm::Error::success();
}
