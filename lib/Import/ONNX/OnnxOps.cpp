//===- OnnxOps.cpp - The ops that can be imported -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"

#include "ptq/Import/ONNX.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace mlir::ptq;

using Table = llvm::StringMap<const OnnxOp *>;

static Table makeTable(ArrayRef<ArrayRef<OnnxOp>> families) {
  Table table;
  for (ArrayRef<OnnxOp> family : families)
    for (const OnnxOp &op : family)
      table[op.name] = &op;
  return table;
}

static const Table &getTable(StringRef domain) {
  static const Table standard =
      makeTable({getUnaryOps(), getBinaryOps(), getPowerOps(), getConstantOps(),
                 getShapeOps(), getMovementOps(), getGatherOps(),
                 getPaddingOps(), getReductionOps(), getNormalizationOps(),
                 getMatmulOps(), getConvolutionOps(), getPoolingOps(),
                 getQuantizationOps(), getIntegerOps()});
  // Quantize and dequantize are there too, for types that older operator sets
  // did not have.
  static const Table microsoft =
      makeTable({getMicrosoftOps(), getQuantizationOps()});
  static const Table none;
  if (domain.empty() || domain == "ai.onnx")
    return standard;
  return domain == "com.microsoft" ? microsoft : none;
}

const OnnxOp *ptq::findOnnxOp(StringRef domain, StringRef name) {
  return getTable(domain).lookup(name);
}

llvm::Expected<std::vector<std::string>> ptq::listOnnxOps() {
  std::vector<std::string> names;
  for (const auto &entry : getTable(""))
    names.push_back(entry.getKey().str());
  for (const auto &entry : getTable("com.microsoft"))
    names.push_back("com.microsoft." + entry.getKey().str());
  llvm::sort(names);
  return names;
}
