//===- SourceBytes.cpp - The bytes of a constant --------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SourceBytes.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::ptq;

llvm::Expected<ArrayRef<char>> ptq::getSourceBytes(Attribute source,
                                                   RankedTensorType type,
                                                   Parameters &parameters) {
  if (auto external = dyn_cast<ExternalAttr>(source)) {
    llvm::Expected<Parameter> parameter = parameters.get(external, type);
    if (!parameter)
      return parameter.takeError();
    return parameter->bytes;
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(source))
    return resource.getRawHandle().getBlob()->getData();
  return cast<DenseElementsAttr>(source).getRawData();
}
