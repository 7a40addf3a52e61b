//===- Parameters.cpp - The bytes of #ptq.external attributes -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Parameters.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

std::string ptq::getParameterRoot(ModuleOp module, StringRef root) {
  if (!root.empty())
    return root.str();
  if (auto location = module.getLoc()->findInstanceOf<FileLineColLoc>())
    return llvm::sys::path::parent_path(location.getFilename().getValue())
        .str();
  return "";
}

llvm::Expected<const SafetensorsFile *> Parameters::open(StringRef name) {
  SmallString<128> path(name);
  if (!llvm::sys::path::is_absolute(name)) {
    path = root;
    llvm::sys::path::append(path, name);
  }
  std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<SafetensorsFile> &slot = files[path];
  if (slot)
    return slot.get();
  llvm::Expected<std::unique_ptr<SafetensorsFile>> file =
      SafetensorsFile::open(path);
  if (!file)
    return file.takeError();
  slot = std::move(*file);
  return slot.get();
}

static std::string describe(const SafetensorsTensor &tensor) {
  std::string text = tensor.dtype + " [";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(tensor.shape, stream);
  return text + "]";
}

llvm::Expected<Parameter> Parameters::get(ExternalAttr external,
                                          RankedTensorType type) {
  llvm::Expected<const SafetensorsFile *> file =
      open(external.getFile().getValue());
  if (!file)
    return file.takeError();
  StringRef path = (*file)->getPath();
  StringRef key = external.getKey().getValue();
  const SafetensorsTensor *tensor = (*file)->find(key);
  if (!tensor)
    return llvm::createStringError(path + ": has no tensor '" + key + "'");
  Type elementType =
      getSafetensorsElementType(tensor->dtype, type.getContext());
  if (elementType != type.getElementType() ||
      type.getShape() != ArrayRef(tensor->shape)) {
    std::string expected;
    llvm::raw_string_ostream(expected) << type;
    return llvm::createStringError(path + ": tensor '" + key + "': expects " +
                                   expected + ", but got " + describe(*tensor));
  }

  ArrayRef<char> bytes = (*file)->bytes(*tensor);
  llvm::Align align(llvm::PowerOf2Ceil(
      llvm::divideCeil(getSafetensorsBits(tensor->dtype), 8)));
  if (!llvm::isAddrAligned(align, bytes.data())) {
    std::lock_guard<std::mutex> lock(mutex);
    std::unique_ptr<char[]> &copy = copies[tensor];
    if (!copy) {
      copy = std::make_unique<char[]>(bytes.size());
      llvm::copy(bytes, copy.get());
    }
    bytes = ArrayRef<char>(copy.get(), bytes.size());
  }
  return Parameter{*file, tensor, bytes};
}
