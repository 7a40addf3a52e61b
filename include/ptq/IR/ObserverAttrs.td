//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What can be observed, and how ranges are chosen from it. The formulas are in
// docs/spec.md; the code of each observer is in lib/Calibrate.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_OBSERVER_ATTRS
#define PTQ_OBSERVER_ATTRS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "ptq/IR/PTQDialect.td"

class PTQ_Observer<string name, string attrMnemonic>
    : AttrDef<PTQ_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def PTQ_MinMaxAttr : PTQ_Observer<"MinMax", "minmax"> {
  let summary = "Observes the smallest and the largest value";
}
def PTQ_MovingAverageAttr : PTQ_Observer<"MovingAverage", "moving_average"> {
  let summary = "Observes the extremes of each sample, to average them";
  let description = [{
    `m = m + momentum * (x - m)` over the extremes `x` of the samples, from
    those of the first one on.

    Constraints: (C1) `momentum` is in (0, 1].
  }];
  let parameters = (ins "::mlir::FloatAttr":$momentum);
  let assemblyFormat = "`<` `momentum` `=` custom<Momentum>($momentum) `>`";
  let genVerifyDecl = 1;
}
def PTQ_AbsMaxAttr : PTQ_Observer<"AbsMax", "absmax"> {
  let summary = "Observes the largest magnitude";
}
def PTQ_ChannelAbsMaxAttr : PTQ_Observer<"ChannelAbsMax", "channel_absmax"> {
  let summary = "Observes the largest magnitude of each channel";
}
def PTQ_TokenAbsMaxAttr : PTQ_Observer<"TokenAbsMax", "token_absmax"> {
  let summary = "Counts rows by the octave of their largest magnitude";
}
def PTQ_MeanAttr : PTQ_Observer<"Mean", "mean"> {
  let summary = "Sums each channel";
}
def PTQ_MeanAbsAttr : PTQ_Observer<"MeanAbs", "mean_abs"> {
  let summary = "Sums the magnitudes of each channel";
}
def PTQ_MeanSquareAttr : PTQ_Observer<"MeanSquare", "mean_square"> {
  let summary = "Sums the squares of each channel";
}
def PTQ_HistogramAttr : PTQ_Observer<"Histogram", "histogram"> {
  let summary = "Counts values in 2048 bins over a range that doubles";
}
def PTQ_GramAttr : PTQ_Observer<"Gram", "gram"> {
  let summary = "Sums the products of each pair of channels";
}
def PTQ_OutputErrorAttr : PTQ_Observer<"OutputError", "output_error"> {
  let summary = "Sums the squares of a tensor, and of its difference to another";
}

def PTQ_RangeMethod : I32EnumAttr<"RangeMethod",
    "How the range that codes express is chosen", [
      I32EnumAttrCase<"MinMax", 0, "minmax">,
      I32EnumAttrCase<"MovingAverage", 1, "moving_average">,
      I32EnumAttrCase<"Percentile", 2, "percentile">,
      I32EnumAttrCase<"Entropy", 3, "entropy">,
      I32EnumAttrCase<"SquaredError", 4, "mse">]> {
  let cppNamespace = "::mlir::ptq";
  let genSpecializedAttr = 0;
}
def PTQ_RangeMethodAttr : EnumAttr<PTQ_Dialect, PTQ_RangeMethod, "range_method">;

#endif // PTQ_OBSERVER_ATTRS
