//===- Checkpoint.cpp - Tensors of one or many safetensors ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checkpoint.h"

#include "ptq/IR/JSON.h"

#include "llvm/Support/Path.h"

#include <set>

using namespace mlir;
using namespace mlir::ptq;

static std::string join(StringRef folder, StringRef fileName) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, fileName);
  return path.str().str();
}

llvm::Error Checkpoint::addFile(StringRef folder, StringRef fileName) {
  llvm::Expected<std::unique_ptr<SafetensorsFile>> file =
      SafetensorsFile::open(join(folder, fileName));
  if (!file)
    return file.takeError();
  for (const SafetensorsTensor &tensor : (*file)->getTensors()) {
    bool isNew =
        tensors.insert({tensor.name, {fileName.str(), file->get(), &tensor}})
            .second;
    if (!isNew)
      return llvm::createStringError((*file)->getPath() + ": tensor '" +
                                     tensor.name + "' is in '" +
                                     find(tensor.name)->fileName + "' too");
  }
  files.push_back(std::move(*file));
  return llvm::Error::success();
}

/// Reads `{"weight_map": {tensor: file}}` and opens the files. What the index
/// says has to agree with what the files hold.
llvm::Error Checkpoint::addIndex(StringRef folder, StringRef indexPath) {
  llvm::Expected<llvm::json::Value> json = readJSON(indexPath);
  if (!json)
    return json.takeError();
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Object *map =
      object ? object->getObject("weight_map") : nullptr;
  if (!map)
    return llvm::createStringError(indexPath +
                                   ": expects an object 'weight_map'");
  std::set<std::string> fileNames;
  for (const auto &[name, value] : *map) {
    StringRef fileName = value.getAsString().value_or("");
    if (fileName.empty() || llvm::sys::path::filename(fileName) != fileName ||
        fileName == "..")
      return llvm::createStringError(indexPath + ": tensor '" +
                                     StringRef(name) +
                                     "': expects the name of a file beside");
    fileNames.insert(fileName.str());
  }
  for (const std::string &fileName : fileNames)
    if (llvm::Error error = addFile(folder, fileName))
      return error;
  for (const auto &[name, value] : *map) {
    const CheckpointTensor *tensor = find(name);
    if (!tensor || tensor->fileName != *value.getAsString())
      return llvm::createStringError(indexPath + ": tensor '" +
                                     StringRef(name) + "' is not in '" +
                                     *value.getAsString() + "'");
  }
  return llvm::Error::success();
}

llvm::Expected<Checkpoint> Checkpoint::openFolder(StringRef folder) {
  std::string filePath = join(folder, "model.safetensors");
  if (llvm::sys::fs::exists(filePath))
    return openFile(filePath);
  std::string indexPath = join(folder, "model.safetensors.index.json");
  if (!llvm::sys::fs::exists(indexPath))
    return llvm::createStringError(
        folder +
        ": expects 'model.safetensors' or 'model.safetensors.index.json'");
  Checkpoint checkpoint;
  checkpoint.path = indexPath;
  if (llvm::Error error = checkpoint.addIndex(folder, indexPath))
    return std::move(error);
  return checkpoint;
}

llvm::Expected<Checkpoint> Checkpoint::openFile(StringRef path) {
  Checkpoint checkpoint;
  checkpoint.path = path.str();
  if (llvm::Error error = checkpoint.addFile(llvm::sys::path::parent_path(path),
                                             llvm::sys::path::filename(path)))
    return std::move(error);
  return checkpoint;
}

const CheckpointTensor *Checkpoint::find(StringRef name) const {
  auto it = tensors.find(name);
  return it == tensors.end() ? nullptr : &it->second;
}
