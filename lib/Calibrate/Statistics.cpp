//===- Statistics.cpp - What the tensors of a model were like -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/Statistics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace mlir::ptq;

llvm::Error Statistics::checkModel(StringRef hash, StringRef path) const {
  if (model == hash)
    return llvm::Error::success();
  return llvm::createStringError(path + ": expects statistics of this model, " +
                                 hash + ", but they are of " + model);
}

llvm::Error Statistics::add(TensorStatistics tensor) {
  if (find(tensor.tensor.name))
    return llvm::createStringError("'" + tensor.tensor.name +
                                   "' has statistics already");
  tensors.push_back(std::move(tensor));
  return llvm::Error::success();
}

llvm::Error Statistics::merge(const Statistics &other) {
  if (model != other.model)
    return llvm::createStringError("expects statistics of the model " + model +
                                   ", but they are of " + other.model);
  for (const TensorStatistics &theirs : other.tensors)
    if (!find(theirs.tensor.name))
      return llvm::createStringError("'" + theirs.tensor.name +
                                     "' is observed in one of them only");
  for (TensorStatistics &mine : tensors) {
    const TensorStatistics *theirs = other.find(mine.tensor.name);
    if (!theirs)
      return llvm::createStringError("'" + mine.tensor.name +
                                     "' is observed in one of them only");
    if (llvm::Error error = mine.merge(*theirs))
      return error;
  }
  return llvm::Error::success();
}

TensorStatistics *Statistics::find(StringRef name) {
  auto it = llvm::find_if(tensors, [&](const TensorStatistics &statistics) {
    return statistics.tensor.name == name;
  });
  return it == tensors.end() ? nullptr : &*it;
}

const TensorStatistics *Statistics::find(StringRef name) const {
  return const_cast<Statistics *>(this)->find(name);
}

llvm::Expected<const TensorStatistics *> Statistics::get(StringRef name) const {
  if (const TensorStatistics *statistics = find(name))
    return statistics;
  return llvm::createStringError("expects statistics of '" + name +
                                 "', but there are none");
}

llvm::Expected<const TensorStatistics *>
Statistics::getInput(StringRef linear) const {
  for (const TensorStatistics &statistics : tensors)
    if (llvm::is_contained(statistics.tensor.linears, linear))
      return &statistics;
  return llvm::createStringError("expects statistics of the input of '" +
                                 linear + "', but there are none");
}
