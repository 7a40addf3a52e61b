//===- LinearReport.cpp - Say what became of each linear ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearReport.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

LogicalResult ptq::reportFallbacks(const LinearPlan &plan, bool isError) {
  LogicalResult result = success();
  for (const Linear &linear : plan.linears) {
    if (linear.outcome != LinearOutcome::Refused)
      continue;
    InFlightDiagnostic diagnostic = isError
                                        ? linear.uses.front().op->emitError()
                                        : linear.uses.front().op->emitWarning();
    diagnostic << "linear '" << linear.name
               << "' stays float: " << linear.reason;
    if (isError)
      result = failure();
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

static StringRef getFunctionName(Operation *op) {
  auto function = op->getParentOfType<SymbolOpInterface>();
  return function && function.getNameAttr() ? function.getName() : "";
}

static StringRef getRemarkName(LinearOutcome outcome) {
  switch (outcome) {
  case LinearOutcome::Quantized:
    return "Quantized";
  case LinearOutcome::Skipped:
    return "Skipped";
  case LinearOutcome::Refused:
    return "LeftFloat";
  case LinearOutcome::Activations:
    return "ActivationProduct";
  }
  llvm_unreachable("unknown outcome");
}

void ptq::emitRemarks(const LinearPlan &plan,
                      ArrayRef<QuantizedWeight> weights) {
  for (const Linear &linear : plan.linears) {
    Operation *op = linear.uses.front().op;
    auto options = remark::RemarkOpts::name(getRemarkName(linear.outcome))
                       .category("ptq-quantize")
                       .function(getFunctionName(op));
    if (linear.outcome != LinearOutcome::Quantized) {
      remark::missed(op->getLoc(), options)
          << remark::metric("Linear", linear.name)
          << remark::reason("{0}", linear.reason);
      continue;
    }
    const QuantizedWeight &weight = weights[linear.weight];
    double bits = plan.weights[linear.weight].getBitsPerWeight();
    remark::passed(op->getLoc(), options)
        << remark::metric("Linear", linear.name)
        << remark::metric("Format", linear.format.str())
        << remark::metric("BitsPerWeight", llvm::formatv("{0:f3}", bits).str())
        << remark::metric("SQNR",
                          std::isfinite(weight.sqnr)
                              ? llvm::formatv("{0:f2} dB", weight.sqnr).str()
                              : std::string("exact"));
  }
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static DictionaryAttr describe(const Linear &linear, const LinearPlan &plan,
                               ArrayRef<QuantizedWeight> weights,
                               Builder &builder) {
  NamedAttrList fields;
  fields.append("name", builder.getStringAttr(linear.name));
  if (linear.outcome != LinearOutcome::Quantized) {
    fields.append("format", builder.getStringAttr("float"));
    fields.append("reason", builder.getStringAttr(linear.reason));
    return fields.getDictionary(builder.getContext());
  }
  const WeightJob &job = plan.weights[linear.weight];
  const QuantizedWeight &weight = weights[linear.weight];
  fields.append("format", builder.getStringAttr(linear.format.str()));
  fields.append("bits_per_weight",
                builder.getF64FloatAttr(job.getBitsPerWeight()));
  fields.append("clipped", builder.getF64FloatAttr(weight.clipped));
  fields.append("saturated", builder.getF64FloatAttr(weight.saturated));
  fields.append("unused_codes",
                builder.getI64IntegerAttr(weight.numUnusedCodes));
  fields.append("sqnr_db", builder.getF64FloatAttr(weight.sqnr));
  fields.append("num_weights",
                builder.getI64IntegerAttr(job.type.getNumElements()));
  return fields.getDictionary(builder.getContext());
}

StringRef ptq::getLinearName(Attribute entry) {
  auto fields = dyn_cast<DictionaryAttr>(entry);
  auto name = fields ? fields.getAs<StringAttr>("name") : StringAttr();
  return name ? name.getValue() : "";
}

bool ptq::isFloatLinear(Attribute entry) {
  auto fields = dyn_cast<DictionaryAttr>(entry);
  auto format = fields ? fields.getAs<StringAttr>("format") : StringAttr();
  return format && format.getValue() == "float";
}

void ptq::recordLinears(ModuleOp module, const LinearPlan &plan,
                        ArrayRef<QuantizedWeight> weights) {
  Builder builder(module.getContext());
  llvm::StringSet<> planned;
  for (const Linear &linear : plan.linears) {
    planned.insert(linear.name);
    for (const LinearUse &use : linear.uses)
      use.op->setAttr(nameAttrName, builder.getStringAttr(linear.name));
  }
  // An earlier run may have left decisions on other linears.
  SmallVector<Attribute> described;
  if (auto earlier = module->getAttrOfType<ArrayAttr>(linearsAttrName))
    for (Attribute entry : earlier)
      if (!planned.contains(getLinearName(entry)))
        described.push_back(entry);
  for (const Linear &linear : plan.linears)
    if (linear.outcome != LinearOutcome::Activations)
      described.push_back(describe(linear, plan, weights, builder));
  module->setAttr(linearsAttrName, builder.getArrayAttr(described));
}
