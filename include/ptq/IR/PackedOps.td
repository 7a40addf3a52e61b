//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights in the order in which a kernel reads them, and the product with them.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PACKED_OPS
#define PTQ_PACKED_OPS

include "ptq/IR/PackedAttrs.td"
include "ptq/IR/QuantizedOps.td"

def PTQ_PackedTensor : Type<CPred<"::mlir::ptq::isPacked($_self)">,
    "tensor of packed weights", "::mlir::RankedTensorType">;

def PTQ_PackOp : PTQ_Op<"pack", [Pure, AttrSizedOperandSegments]> {
  let summary = "Bring weights into the order of a kernel";
  let description = [{
    The bytes that `#ptq.layout` describes, of codes and their scales or of
    floats.

    Constraints: (C1) `weights`, (C2) `scale` and `multiplier` have the shape and
    element type that the encoding of the result says; `scale` is there exactly
    if the weights are quantized, `multiplier` exactly if they have some.

    ```mlir
    %p = ptq.pack %w, %ws : tensor<37x172x!w4>, tensor<37x6xf16> -> tensor<4800xi8, #packed>
    ```
  }];
  let arguments = (ins PTQ_FloatOrQuantTensor:$weights, Optional<PTQ_ScaleTensor>:$scale,
    Optional<PTQ_MultiplierTensor>:$multiplier);
  let results = (outs PTQ_PackedTensor:$result);
  let assemblyFormat = [{
    $weights (`,` $scale^)? (`,` `multiplier` $multiplier^)? attr-dict
    `:` type($weights) (`,` type($scale)^)? (`,` type($multiplier)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def PTQ_UnpackOp : PTQ_Op<"unpack", [Pure, AttrSizedResultSegments]> {
  let summary = "Weights and scales of packed bytes";
  let description = [{
    The inverse of `ptq.pack`: `unpack(pack(w, s))` folds to `w, s`.

    Constraints: (C1) `weights`, (C2) `scale` and `multiplier` have the shape and
    element type that the encoding of the input says; `scale` is there exactly
    if the weights are quantized, `multiplier` exactly if they have some.

    ```mlir
    %w, %ws = ptq.unpack %p : tensor<4800xi8, #packed> -> tensor<37x172x!w4>, tensor<37x6xf16>
    ```
  }];
  let arguments = (ins PTQ_PackedTensor:$input);
  let results = (outs PTQ_FloatOrQuantTensor:$weights, Optional<PTQ_ScaleTensor>:$scale,
    Optional<PTQ_MultiplierTensor>:$multiplier);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($weights) (`,` type($scale)^)?
    (`,` type($multiplier)^)?
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def PTQ_PackedMatmulOp : PTQ_Op<"packed_matmul", [
    Pure, AttrSizedOperandSegments, DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
    DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>]> {
  let summary = "Multiply by packed weights on one instruction set";
  let description = [{
    ```
    y      = ptq.matmul of lhs and the weights that rhs holds, in f32
    bias        y = y + operand[n]
    silu        y = y / (1 + exp(-y))
    silu_times  y = (y / (1 + exp(-y))) * operand[.., m, n]
    add         y = y + operand[.., m, n]
    result = y, rounded to the element type of the result
    ```
    The steps of the epilogue are done in the order in which they are listed;
    each operand is extended to f32. `isa` says which kernel computes it: the
    layout of `rhs` has to be the one that this kernel reads.

    Constraints: (C1) `lhs` is `[.., K]`, of rank 2 or more, and the init
    `[.., N]`; (C2) `lhs` is f32, or codes, signed and symmetric, of 8 bits or
    fewer with one scale per row; with codes rhs is quantized; (C3) scales of
    `lhs` and (C4) `sums` as those of `ptq.matmul`; (C5) the kernel of `isa`
    takes the formats; (C6) it reads the layout of `rhs`; (C7) each step of the
    epilogue but `silu` has an operand, `[N]` for `bias` and of the shape of the
    init for the others; (C8) groups fit i32.

    ```mlir
    %y = ptq.packed_matmul ins(%q, %p : tensor<?x172x!a8>, tensor<4800xi8, #packed>)
           lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x6xi32>)
           isa #ptq.isa<avx2> epilogue(bias %b : tensor<37xf32>, silu)
           outs(%out : tensor<?x37xf32>) -> tensor<?x37xf32>
    ```
  }];
  let arguments = (ins PTQ_FloatOrQuantTensor:$lhs, PTQ_PackedTensor:$rhs,
    Optional<PTQ_ScaleTensor>:$lhsScale, Optional<PTQ_SumTensor>:$lhsSums,
    PTQ_MicrokernelInterface:$isa,
    DefaultValuedAttr<PTQ_EpilogueAttr, "{}">:$epilogue,
    Variadic<PTQ_FloatTensor>:$epilogueOperands,
    PTQ_FloatTensor:$init);
  let results = (outs PTQ_FloatTensor:$result);
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)`
    `` custom<PackedLhsParameters>($lhsScale, type($lhsScale), $lhsSums, type($lhsSums))
    `isa` $isa `` custom<Epilogue>($epilogue, $epilogueOperands, type($epilogueOperands))
    `outs` `(` $init `:` type($init) `)` attr-dict `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    ::mlir::ptq::QuantType getLhsFormat();
    ::mlir::ptq::PackedAttr getPacked();
  }];
  let hasVerifier = 1;
}

#endif // PTQ_PACKED_OPS
