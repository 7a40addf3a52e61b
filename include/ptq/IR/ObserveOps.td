//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Calibration: what is observed where, and what follows from it. An observed
// tensor is seen as rows of channels. Constraints (Cn) are those of
// docs/spec.md and of the verifiers.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_OBSERVE_OPS
#define PTQ_OBSERVE_OPS

include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ptq/IR/ObserverAttrs.td"
include "ptq/IR/PTQDialect.td"

def PTQ_ObservedTensor : RankedTensorOf<[F32, F16, BF16]>;

def PTQ_StatisticsOp : Op<PTQ_Dialect, "statistics", [Symbol]> {
  let summary = "Name what is observed of a tensor";
  let description = [{
    Declares statistics of the tensors that `ptq.observe` ops of this name see.
    The tensors are seen as rows of channels: `axis` is the dimension of the
    channels, by default the last one, and all others, in their order, number
    the rows. `skip` leaves out the first positions of each sequence, which is
    the innermost dimension but the channels: the first token of a text, say,
    whose activations may be a hundred times those of others.

    `linears` names the linears whose input the tensor is. After calibration
    `samples` and `tokens` say how much was seen, and `file` where the numbers
    are: under the symbol's name, in a file that docs/calibration.md describes.

    Constraints: (C1) the type is a ranked tensor of f32, f16 or bf16 with a
    dimension or more; (C2) `axis` is one of its dimensions, of static size, not
    0; (C3) there is an observer, each is an attribute that observes, and none
    is there twice; (C4) `skip` is not negative, and 0 if the tensor has no
    other dimension than the channels; (C5) `samples`, `tokens` and `file` are
    all there or none of them.

    ```mlir
    ptq.statistics @fc.in : tensor<?x64xf32>
      observers [#ptq.minmax, #ptq.channel_absmax, #ptq.histogram, #ptq.gram]
      linears ["fc"]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
    OptionalAttr<I64Attr>:$axis, OptionalAttr<I64Attr>:$skip,
    ArrayAttr:$observers, OptionalAttr<StrArrayAttr>:$linears,
    OptionalAttr<I64Attr>:$samples, OptionalAttr<I64Attr>:$tokens,
    OptionalAttr<StrAttr>:$file);
  let assemblyFormat = [{
    $sym_name `:` $type (`axis` `(` $axis^ `)`)? (`skip` `(` $skip^ `)`)?
    `observers` $observers (`linears` $linears^)?
    (`samples` `(` $samples^ `)`)? (`tokens` `(` $tokens^ `)`)?
    (`file` `(` $file^ `)`)? attr-dict
  }];
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    int64_t getChannelAxis() {
      return getAxis().value_or(getTensorType().getRank() - 1);
    }
    int64_t getNumChannels() {
      return getTensorType().getDimSize(getChannelAxis());
    }
    /// Whether an observer of type `T` is there.
    template <typename T>
    bool observes() {
      return ::llvm::any_of(getObservers(), ::llvm::IsaPred<T>);
    }
    bool isCalibrated() { return getFile().has_value(); }
  }];
  let hasVerifier = 1;
}

def PTQ_ObserveOp : Op<PTQ_Dialect, "observe", [
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Add a tensor to statistics";
  let description = [{
    Writes to the statistics and has no result: it changes no value, does not
    come between an op and its user, and is neither removed nor merged with
    another.

    `against` is a second tensor, that `#ptq.output_error` compares with the
    first.

    Constraints: (C1) the symbol is a `ptq.statistics`; (C2) the tensors have
    its type, up to dimensions that are dynamic on one side; the dimension of
    the channels has its size; (C3) `against` is there exactly if the statistics
    have `#ptq.output_error`.

    ```mlir
    ptq.observe %x, @fc.in : tensor<?x64xf32>
    ptq.observe %y against %approximate, @fc.out : tensor<?x32xf32>
    ```
  }];
  let arguments = (ins PTQ_ObservedTensor:$input,
    Optional<PTQ_ObservedTensor>:$reference, FlatSymbolRefAttr:$statistics);
  let assemblyFormat = [{
    $input (`against` $reference^)? `,` $statistics attr-dict `:`
    custom<ObservedType>(type($input), ref($reference), type($reference))
  }];
}

def PTQ_ChooseParamsOp : Op<PTQ_Dialect, "choose_params", [
    Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Choose a scale, and a zero point, from statistics";
  let description = [{
    The scale of `format` for the range that `method` chooses from the
    statistics, and the zero point, if the format has one that is an operand.
    `ptq-choose-parameters` replaces the op by constants once the module is
    calibrated.

    | method | range |
    |---|---|
    | `minmax` | all that was seen |
    | `moving_average` | the averaged extremes of samples |
    | `percentile(P)` | P percent of the values |
    | `entropy` | that whose quantized distribution diverges least |
    | `mse` | that of the least squared error among 100 |

    Constraints: (C1) the symbol is a `ptq.statistics`; (C2) the format has the
    rank of its tensor, one block, and no multiplier; (C3) the scale is a tensor
    of one element of the format's scale type; (C4) the zero point likewise,
    there exactly if the format has a zero-point type; (C5) the statistics have
    the observers that the method needs; (C6) a percentile is in (0, 100] and
    there exactly if the method is `percentile`.

    ```mlir
    %s = ptq.choose_params @fc.in entropy for !a8 : tensor<1x1xf32>
    %t, %z = ptq.choose_params @fc.in percentile(99.9) for !u8 : tensor<1x1xf32>, tensor<1x1xi32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$statistics, PTQ_RangeMethodAttr:$method,
    OptionalAttr<F64Attr>:$percentile, TypeAttr:$format);
  let results = (outs RankedTensorOf<[F32, F16, BF16, F8E8M0FNU]>:$scale,
    Optional<RankedTensorOf<[I8, I16, I32]>>:$zeroPoint);
  let assemblyFormat = [{
    $statistics custom<RangeMethod>($method, $percentile) `for` $format
    attr-dict `:` type(results)
  }];
}

#endif // PTQ_OBSERVE_OPS
