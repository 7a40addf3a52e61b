//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops on logical shapes: what is computed, not how. Arithmetic in f32, rne is
// round to nearest with ties to even. Constraints (Cn) are those of
// docs/spec.md and of the verifiers.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZED_OPS
#define PTQ_QUANTIZED_OPS

include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/CastInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"
include "mlir/Dialect/Linalg/IR/LinalgInterfaces.td"
include "ptq/IR/PTQAttrs.td"
include "ptq/IR/PTQInterfaces.td"
include "ptq/IR/PTQTypes.td"

//===----------------------------------------------------------------------===//
// Operand and result types
//===----------------------------------------------------------------------===//

def PTQ_Float : AnyTypeOf<[F32, F16, BF16]>;
def PTQ_ScaleFloat : AnyTypeOf<[F32, F16, BF16, F8E8M0FNU]>;
def PTQ_ZeroPointInteger : AnyTypeOf<[I8, I16, I32]>;

def PTQ_QuantElement : Type<CPred<"::llvm::isa<::mlir::ptq::QuantType>($_self)">,
    "quantized", "::mlir::ptq::QuantType">;

/// A ranked tensor; if its elements are quantized, its rank is their block's.
class PTQ_BlockedTensorOf<list<Type> elements> : RankedTensorOf<elements,
    [CPred<"::mlir::ptq::QuantType::hasBlockPerDimension($_self)">],
    "ranked tensor (one block per dimension)">;

def PTQ_FloatTensor : RankedTensorOf<[PTQ_Float]>;
def PTQ_QuantTensor : PTQ_BlockedTensorOf<[PTQ_QuantElement]>;
def PTQ_FloatOrQuantTensor : PTQ_BlockedTensorOf<[PTQ_Float, PTQ_QuantElement]>;
def PTQ_StorageOrQuantTensor : PTQ_BlockedTensorOf<[I8, I16, PTQ_QuantElement]>;
def PTQ_ScaleTensor : RankedTensorOf<[PTQ_ScaleFloat]>;
def PTQ_ZeroPointTensor : RankedTensorOf<[PTQ_ZeroPointInteger]>;
def PTQ_MultiplierTensor : RankedTensorOf<[I8]>;
def PTQ_SumTensor : RankedTensorOf<[I32]>;
def PTQ_AccumulatorOrQuantTensor : PTQ_BlockedTensorOf<[I32, PTQ_QuantElement]>;
def PTQ_AccumulatorOrFloatTensor : RankedTensorOf<[I32, PTQ_Float]>;

/// Results are named for what they hold: `%codes`, `%scale`, `%sums`, `%bytes`.
def PTQ_NamedResults : DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>;

class PTQ_Op<string opMnemonic, list<Trait> traits = []>
    : Op<PTQ_Dialect, opMnemonic, traits>;

/// An op that computes: it is pure, tells its shape, can be tiled, and
/// decomposes to integer linalg.
class PTQ_ComputeOp<string opMnemonic, list<Trait> traits = []>
    : PTQ_Op<opMnemonic, traits # [
        Pure,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>,
        DeclareOpInterfaceMethods<AggregatedOpInterface, ["decomposeOperation"]>,
        DeclareOpInterfaceMethods<TilingInterface,
          ["getLoopIteratorTypes", "getIterationDomain",
           "getTiledImplementation", "getResultTilePosition",
           "generateResultTileValue"]>]> {
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

def PTQ_QuantizeOp : PTQ_ComputeOp<"quantize", [AttrSizedOperandSegments, PTQ_NamedResults]> {
  let summary = "Quantize a float tensor with given scales";
  let description = [{
    ```
    inv      = 1 / scale                            one f32 division per block
    result   = int(clamp(rne(input * inv) + zp, min, max))
    ```
    The clamp is in float, before the conversion: infinities saturate, and NaN
    gives `min`. With a multiplier `k`, `scale` stands for `k * scale` in f32,
    and a multiplier of 0 gives the code of zero.

    Constraints: (C1) the result has the input's shape; (C2) `scale`, (C3) `zp`
    and (C4) `multiplier` have the shape and element type that the result's
    format gives, and are there exactly if the format has them.

    ```mlir
    // %x: [[0.5, 1.5, 2.5, 300.0]], %s: [[1.0]]
    %q = ptq.quantize %x, %s
      : tensor<1x4xf32>, tensor<1x1xf32>
      -> tensor<1x4x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>
    // codes: [[0, 2, 2, 127]]
    ```
  }];
  let arguments = (ins PTQ_FloatTensor:$input, PTQ_ScaleTensor:$scale,
    Optional<PTQ_MultiplierTensor>:$multiplier,
    Optional<PTQ_ZeroPointTensor>:$zeroPoint);
  let results = (outs PTQ_QuantTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `` custom<MultiplierAndZeroPoint>($multiplier, $zeroPoint)
    attr-dict `:` type($input) `,` type($scale) `` custom<TypesOf>(
      ref($multiplier), type($multiplier), ref($zeroPoint), type($zeroPoint))
    `->` type($result)
  }];
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def PTQ_DequantizeOp : PTQ_ComputeOp<"dequantize", [AttrSizedOperandSegments]> {
  let summary = "Express codes as floats";
  let description = [{
    ```
    result = f32(input - zp) * scale
    result = f32(multiplier * (input - zp)) * scale      with two-level scales
    ```
    rounded to the result's element type. Never folds, not even on constants:
    a constant weight would be stored as float again.

    Constraints: (C1) the result has the input's shape; (C2) `scale`, (C3) `zp`
    and (C4) `multiplier` have the shape and element type that the input's
    format gives, and are there exactly if the format has them.

    ```mlir
    // codes of %q: [[0, 8, 15]], %s: [[0.5]]
    %x = ptq.dequantize %q, %s
      : tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>, tensor<1x1xf32>
      -> tensor<1x3xf32>
    // %x: [[-4.0, 0.0, 3.5]]
    ```
  }];
  let arguments = (ins PTQ_QuantTensor:$input, PTQ_ScaleTensor:$scale,
    Optional<PTQ_MultiplierTensor>:$multiplier,
    Optional<PTQ_ZeroPointTensor>:$zeroPoint);
  let results = (outs PTQ_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `` custom<MultiplierAndZeroPoint>($multiplier, $zeroPoint)
    attr-dict `:` type($input) `,` type($scale) `` custom<TypesOf>(
      ref($multiplier), type($multiplier), ref($zeroPoint), type($zeroPoint))
    `->` type($result)
  }];
  let hasCanonicalizer = 1;
}

def PTQ_DynamicQuantizeOp : PTQ_ComputeOp<"dynamic_quantize", [PTQ_NamedResults]> {
  let summary = "Quantize with scales taken from the values";
  let description = [{
    For each block of the result's format:
    ```
    a      = max of |input| over the block              a NaN is ignored
    scale  = a / max, rounded to the scale type; 1 if that is zero, or an f32 subnormal
    result = quantize(input, scale)
    sums   = sum of codes over each block of `sums`     i32
    ```
    The sums are what a `ptq.matmul` subtracts for the zero point of its
    weights: their block along the last dimension is the group of the weights.

    Constraints: (C1) the result has the input's shape; (C2) `scale` has the
    shape and type that the result's format gives; (C3) the format is symmetric
    with a range `[-max, max]` and one level of scales; (C4) `sums` has the
    shape of its blocks, and is there exactly if they are; (C5) a block of
    `sums` has one index in every dimension but the last; (C6) every sum fits
    i32: the block along the last dimension is static, and that times `max` is
    below 2^31.

    ```mlir
    // %x: [[1.0, -2.0, 0.5]]
    %q, %s, %sum = ptq.dynamic_quantize %x sums [1, 0] : tensor<1x3xf32>
      -> tensor<1x3x!ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>>,
         tensor<1x1xf32>, tensor<1x1xi32>
    // codes: [[64, -127, 32]], %s: [[0.01574803]], %sum: [[-31]]
    ```
  }];
  let arguments = (ins PTQ_FloatTensor:$input,
    OptionalAttr<DenseI64ArrayAttr>:$sumsBlock);
  let results = (outs PTQ_QuantTensor:$result, PTQ_ScaleTensor:$scale,
    Optional<PTQ_SumTensor>:$sums);
  let assemblyFormat = [{
    $input (`sums` $sumsBlock^)? attr-dict `:` type($input) `->` type($result) `,`
    type($scale) (`,` type($sums)^)?
  }];
  let hasCanonicalizer = 1;
}

def PTQ_FakeQuantizeOp : PTQ_ComputeOp<"fake_quantize", [AttrSizedOperandSegments]> {
  let summary = "Quantize and dequantize, to simulate the error";
  let description = [{
    ```
    result = dequantize(quantize(input))
    ```
    with the format `format`. The result stays float. It never cancels: two
    equal ones may be merged, but none is the identity.

    Constraints: (C1) the result has the input's shape, and `format` a block per
    dimension; (C2) to (C4) as those of `ptq.quantize` with `format`.

    ```mlir
    // %x: [[0.3, -1.7]], %s: [[0.5]]
    %y = ptq.fake_quantize %x, %s as !ptq.q<s8:f32, block = [0, 0], scale = f32>
      : tensor<1x2xf32>, tensor<1x1xf32> -> tensor<1x2xf32>
    // %y: [[0.5, -1.5]]
    ```
  }];
  let arguments = (ins PTQ_FloatTensor:$input, PTQ_ScaleTensor:$scale,
    Optional<PTQ_MultiplierTensor>:$multiplier,
    Optional<PTQ_ZeroPointTensor>:$zeroPoint,
    TypeAttrOf<PTQ_QuantType>:$format);
  let results = (outs PTQ_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `` custom<MultiplierAndZeroPoint>($multiplier, $zeroPoint)
    `as` $format attr-dict `:` type($input) `,` type($scale) `` custom<TypesOf>(
      ref($multiplier), type($multiplier), ref($zeroPoint), type($zeroPoint))
    `->` type($result)
  }];
  let hasCanonicalizer = 1;
}

def PTQ_RequantizeOp : PTQ_ComputeOp<"requantize",
    [AttrSizedOperandSegments, PTQ_NamedResults]> {
  let summary = "Rescale integers to codes";
  let description = [{
    ```
    acc    = input + bias                 i32, modulo 2^32; codes as f(code) = code - zp
    float:  result = int(clamp(rne(f32(acc) * multiplier) + zp, min, max))
    fixed:  result = clamp(((i64(acc) * multiplier + (1 << (shift - 1))) >> shift) + zp, min, max)
    ```
    in the fixed mode with `multiplier` in [2^30, 2^31) and `shift` in [1, 62];
    the shift is arithmetic. Multipliers outside these ranges, where they are
    not constant, are undefined behaviour.

    The input are accumulators, or codes, less the constant zero point of their
    format: then this is the change from one scale to another, and, as every
    result is clamped to the range of its format, also ReLU and other clamps.

    Multipliers, shifts and biases have one element per block of the result's
    format, or per block of `per`: a product has one accumulator scale per
    output channel, and its codes may still share one scale.

    Constraints: (C1) the result has the input's shape; (C2) `multiplier`,
    `shift` and `bias` have one element per block; (C3) `multiplier` is f32 in
    the float mode and i32 in the fixed one, `shift` is there exactly in the
    fixed one; (C4) `zp` as the format says; (C5) constant multipliers and
    shifts are in range; (C6) no two-level scales, neither of the input nor of
    the result; (C7) the zero point of a quantized input is no operand; (C8)
    `per` has a length, not negative, for each dimension.

    ```mlir
    // %acc: [[7, 9, 11]], %m: [[0.5]]: 3.5 and 4.5 both round to 4
    %q = ptq.requantize %acc float %m
      : tensor<1x3xi32>, tensor<1x1xf32>
      -> tensor<1x3x!ptq.q<s8:f32, block = [0, 0], scale = f32>>
    // codes: [[4, 4, 6]]
    // %acc: [[7, 9]], %m: [[0.5, 1.0]], %b: [[-1, 100]]
    %p = ptq.requantize %acc float %m, bias %b per [0, 1]
      : tensor<1x2xi32>, tensor<1x2xf32>, tensor<1x2xi32>
      -> tensor<1x2x!ptq.q<s8:f32, block = [0, 0], scale = f32, zp = -5>>
    // codes: [[-2, 104]]
    ```
  }];
  let arguments = (ins PTQ_AccumulatorOrQuantTensor:$input, PTQ_RequantizeModeAttr:$mode,
    RankedTensorOf<[F32, I32]>:$multiplier, Optional<RankedTensorOf<[I32]>>:$shift,
    Optional<RankedTensorOf<[I32]>>:$bias,
    Optional<PTQ_ZeroPointTensor>:$zeroPoint,
    OptionalAttr<DenseI64ArrayAttr>:$per);
  let results = (outs PTQ_QuantTensor:$result);
  let assemblyFormat = [{
    $input $mode $multiplier `` custom<RequantizeOperands>($shift, $bias, $zeroPoint)
    (`per` $per^)? attr-dict `:` type($input) `,` type($multiplier) `` custom<TypesOfThree>(
      ref($shift), type($shift), ref($bias), type($bias), ref($zeroPoint), type($zeroPoint))
    `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input,
      "::mlir::ptq::RequantizeMode":$mode, "::mlir::Value":$multiplier,
      "::mlir::Value":$shift, "::mlir::Value":$zeroPoint), [{
    build($_builder, $_state, result, input, mode, multiplier, shift,
          /*bias=*/::mlir::Value(), zeroPoint, /*per=*/::mlir::DenseI64ArrayAttr());
  }]>];
  let extraClassDeclaration = [{
    /// Format of the input; null if it is accumulators.
    ::mlir::ptq::QuantType getInputFormat();
    /// The blocks of multipliers, shifts and biases.
    ::llvm::ArrayRef<int64_t> getMultiplierBlock();
  }];
  let hasCanonicalizer = 1;
}

def PTQ_AddOp : PTQ_ComputeOp<"add", [PTQ_NamedResults]> {
  let summary = "Add codes of two scales to codes of a third";
  let description = [{
    With `a` and `b` the codes of `lhs` and `rhs` less their zero points, `ma` and
    `mb` the multipliers:
    ```
    float:  result = int(clamp(rne(fma(f32(b), mb, f32(a) * ma)) + zp, min, max))
    fixed:  result = clamp(((i64(a) * ma + i64(b) * mb + (1 << (shift - 1))) >> shift) + zp, min, max)
    ```
    in the fixed mode with `shift` in [1, 62]; the shift is arithmetic. One
    rounding, of the sum. A negative multiplier subtracts.

    Constraints: (C1) both sides and the result are of one shape; (C2)
    multipliers, and `shift`, have one element per block of the result's
    format; (C3) multipliers are f32 in the float mode and i32 in the fixed
    one, `shift` is there exactly in the fixed one; (C4) constant shifts are in
    range; (C5) formats have no zero points that are operands, and no two-level
    scales.

    ```mlir
    // codes of %a: [[3, 100]], of %b: [[1, 100]], %ma: [[0.5]], %mb: [[1.0]]: 2.5 rounds to 2
    %q = ptq.add %a, %b float %ma, %mb
      : tensor<1x2x!s8>, tensor<1x2x!s8>, tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x2x!s8>
    // codes: [[2, 127]]
    ```
  }];
  let arguments = (ins PTQ_QuantTensor:$lhs, PTQ_QuantTensor:$rhs,
    PTQ_RequantizeModeAttr:$mode, RankedTensorOf<[F32, I32]>:$lhsMultiplier,
    RankedTensorOf<[F32, I32]>:$rhsMultiplier, Optional<RankedTensorOf<[I32]>>:$shift);
  let results = (outs PTQ_QuantTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs $mode $lhsMultiplier `,` $rhsMultiplier (`,` `shift` $shift^)?
    attr-dict `:` type($lhs) `,` type($rhs) `,` type($lhsMultiplier) `,` type($rhsMultiplier)
    (`,` type($shift)^)? `->` type($result)
  }];
}

def PTQ_StorageCastOp : PTQ_Op<"storage_cast", [
    Pure, PTQ_NamedResults, DeclareOpInterfaceMethods<CastOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface, ["reifyResultShapes"]>]> {
  let summary = "Say that bytes are codes, or codes bytes";
  let description = [{
    Changes the type, never a bit. Between a quantized tensor and a tensor of
    signless integers:

    * of the same shape, one code per `i8` (up to 8 bits) or `i16`, sign- or
      zero-extended as the storage is signed or not;
    * `packed`: of `i8`, each innermost row a little-endian stream of bits,
      code `k` at bits `[k * width, (k + 1) * width)`, the row padded with zero
      bits to a whole byte. 172 codes of 4 bits take 86 bytes, the first code
      in the low half of the first byte.

    The bytes hold codes in the range of the format; others are undefined
    behaviour.

    Constraints: (C1) one side is quantized and the other `i8` or `i16`; (C2)
    without `packed` the shapes are equal and the integer type is the smallest
    that holds a code; (C3) with `packed` the innermost dimension is
    `ceildiv(K * width, 8)` bytes, K static, and the others are equal; (C4) only
    widths below 8 are packed.

    ```mlir
    // %bytes: [[0x21, 0x03]]
    %q = ptq.storage_cast %bytes packed
      : tensor<1x2xi8> to tensor<1x3x!ptq.q<u4:f32, block = [1, 0], scale = f32, zp = 8>>
    // codes: [[1, 2, 3]]
    ```
  }];
  let arguments = (ins PTQ_StorageOrQuantTensor:$input,
    UnitAttr:$packed);
  let results = (outs PTQ_StorageOrQuantTensor:$result);
  let assemblyFormat = [{
    $input (`packed` $packed^)? attr-dict `:` type($input) `to` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

/// Operands of a contraction: each side brings the numbers of its format.
class PTQ_ContractionOp<string opMnemonic> : PTQ_ComputeOp<opMnemonic, [
    AttrSizedOperandSegments, DestinationStyleOpInterface]> {
  let arguments = (ins PTQ_FloatOrQuantTensor:$lhs, PTQ_FloatOrQuantTensor:$rhs,
    Optional<PTQ_ScaleTensor>:$lhsScale,
    Optional<PTQ_ZeroPointTensor>:$lhsZeroPoint,
    Optional<PTQ_SumTensor>:$lhsSums,
    Optional<PTQ_ScaleTensor>:$rhsScale,
    Optional<PTQ_MultiplierTensor>:$rhsMultiplier,
    Optional<PTQ_ZeroPointTensor>:$rhsZeroPoint,
    PTQ_AccumulatorOrFloatTensor:$init);
  let results = (outs PTQ_AccumulatorOrFloatTensor:$result);
  let assemblyFormat = [{
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)`
    `` custom<LhsParameters>($lhsScale, type($lhsScale), $lhsZeroPoint,
      type($lhsZeroPoint), $lhsSums, type($lhsSums))
    `` custom<RhsParameters>($rhsScale, type($rhsScale), $rhsMultiplier,
      type($rhsMultiplier), $rhsZeroPoint, type($rhsZeroPoint))
    `outs` `(` $init `:` type($init) `)` attr-dict `->` type($result)
  }];
  code commonExtraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    /// Format of a side; null if that side is float.
    ::mlir::ptq::QuantType getLhsFormat();
    ::mlir::ptq::QuantType getRhsFormat();
    /// Length of the integer-accumulated or float-accumulated span along K:
    /// the group of the weights or of the activations; the whole K if neither
    /// has groups.
    int64_t getGroupSize();
  }];
  let extraClassDeclaration = commonExtraClassDeclaration;
  let hasCanonicalizer = 1;
}

def PTQ_MatmulOp : PTQ_ContractionOp<"matmul"> {
  let summary = "Multiply by transposed weights, either side quantized";
  let description = [{
    `result[.., m, n] = sum over k of lhs[.., m, k] * rhs[n, k]`, with groups g
    along k (one group if neither side has groups), `a` the codes of `lhs`, `w`
    those of `rhs`, `za`, `zw` their zero points, `sa`, `sw` their scales in f32:

    ```
    both quantized
      d[g]   = sum over k in g of (a - za) * (w - zw)             exact in i32
      one group          y = (f32(d) * sw) * sa
      groups             acc = 0; for g ascending: acc = fma(f32(d[g]), sw[g], acc);  y = acc * sa
      lhs in groups too  acc = 0; for g ascending: acc = fma(f32(d[g]), sw[g] * sa[g], acc);  y = acc
      two-level scales   d    = sum over all k of (a - za) * (multiplier * (w - zw))
                         y    = (f32(d) * sw) * sa
    rhs quantized
      acc = 0; for g ascending: p = 0; for k in g ascending: p = fma(f32(lhs), f32(w - zw), p)
                                acc = fma(p, sw[g], acc);  y = acc
    lhs quantized
      acc = 0; for k ascending: acc = fma(f32(a - za) * sa, f32(rhs), acc);  y = acc
    neither
      acc = 0; for k ascending: acc = fma(f32(lhs), f32(rhs), acc);  y = acc
    ```
    `y` is rounded to the result's element type. A result of i32 is `d` itself,
    before any scale, for `ptq.requantize`. The init's content is not
    read. `sums`, of the codes of `lhs` over the groups (of the multiplier, if
    there is one), serve kernels that subtract `zw * sums` instead of centring
    the weights; the value is the same.

    Constraints: (C1) `rhs` is `[N, K]` and `lhs` `[.., K]`, of rank 2 or more; (C2) the
    init is `[.., N]`; (C3) scales, zero points and multipliers are there, in
    shape and type, as the formats say; (C4) `sums` are there exactly if both
    sides are quantized and `rhs` has a zero point; they have a sum per row of
    `lhs` and group; (C5) the groups of both sides along K, where there are
    any, are equal; (C6) blocks of `lhs` have one index in each leading
    dimension and in M, or are the whole tensor; blocks of `rhs` have one index
    or all of them in each dimension but K; (C7) every integer-accumulated span
    is of static length and fits i32: `length * max|a - za| * max|w - zw| <
    2^31`, where a group or else K is the length; (C8) only `rhs` has two-level
    scales, and then both sides are quantized and neither has groups along K
    but those of the multiplier; (C9) with a result of i32 both sides are
    quantized, without groups along K, and there are no scales.

    ```mlir
    %y = ptq.matmul ins(%q, %w : tensor<?x64x!a8>, tensor<32x64x!w8>)
           lhs(%s, sums %sum : tensor<?x1xf32>, tensor<?x1xi32>)
           rhs(%ws : tensor<32x1xf32>)
           outs(%out : tensor<?x32xf32>) -> tensor<?x32xf32>
    ```
  }];
}

def PTQ_BatchMatmulOp : PTQ_ContractionOp<"batch_matmul"> {
  let summary = "Multiply batches by transposed batches, either side quantized";
  let description = [{
    `result[b, m, n] = sum over k of lhs[b, m, k] * rhs[b, n, k]`, each batch as
    `ptq.matmul` computes it.

    Constraints: (C1) `lhs` is `[B, M, K]`, `rhs` `[B, N, K]`; (C2) the init is
    `[B, M, N]`; (C3) to (C9) as those of `ptq.matmul`.

    ```mlir
    %y = ptq.batch_matmul ins(%q, %w : tensor<4x?x64x!a8>, tensor<4x32x64x!w8>)
           lhs(%s, sums %sum : tensor<4x?x1xf32>, tensor<4x?x1xi32>)
           rhs(%ws : tensor<4x32x1xf32>)
           outs(%out : tensor<4x?x32xf32>) -> tensor<4x?x32xf32>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

class PTQ_ConvolutionOp<string opMnemonic> : PTQ_ComputeOp<opMnemonic, [
    AttrSizedOperandSegments, DestinationStyleOpInterface]> {
  let arguments = (ins UnitAttr:$channelsFirst, DenseI64ArrayAttr:$kernel,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
    PTQ_QuantTensor:$lhs, PTQ_QuantTensor:$rhs,
    Optional<PTQ_ScaleTensor>:$lhsScale, Optional<PTQ_ScaleTensor>:$rhsScale,
    PTQ_AccumulatorOrFloatTensor:$init);
  let results = (outs PTQ_AccumulatorOrFloatTensor:$result);
  let assemblyFormat = [{
    (`channels_first` $channelsFirst^)? `kernel` $kernel `strides` $strides `dilations` $dilations
    `ins` `(` $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `)`
    (`lhs` `(` $lhsScale^ `:` type($lhsScale) `)`)?
    (`rhs` `(` $rhsScale^ `:` type($rhsScale) `)`)?
    `outs` `(` $init `:` type($init) `)` attr-dict `->` type($result)
  }];
  code commonExtraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    ::mlir::ptq::QuantType getLhsFormat();
    ::mlir::ptq::QuantType getRhsFormat();
    /// Where lhs and result have their height; the width is the next dimension.
    int64_t getHeightDim() { return getChannelsFirst() ? 2 : 1; }
    int64_t getChannelDim() { return getChannelsFirst() ? 1 : 3; }
  }];
}

def PTQ_Conv2DOp : PTQ_ConvolutionOp<"conv_2d"> {
  let summary = "Convolve codes by weights in rows of windows";
  let description = [{
    ```
    d[n, y, x, f] = sum over i, j, c of (lhs[n, y * sy + i * dy, x * sx + j * dx, c] - za)
                                      * (rhs[f, (i * KX + j) * C + c] - zw)          exact in i32
    float:  result = (f32(d) * sw[f]) * sa, rounded to the element type
    i32:    result = d
    ```
    with `kernel [KY, KX]`, `strides [sy, sx]`, `dilations [dy, dx]`: `ptq.matmul` of
    windows, each as one row, by weights `[F, K]`, stored as those of a matmul.
    With `channels_first` lhs is `[N, C, H, W]`, the result `[N, F, OH, OW]`, and
    weights are in the order of such windows, `rhs[f, (c * KY + i) * KX + j]`.

    There is no padding: pad codes with their zero point before. The content of
    the init is not read. Tiles are of N and F.

    Constraints: (C1) lhs has four dimensions, and rhs is `[F, KY * KX * C]`; (C2)
    `kernel`, `strides` and `dilations` have two positive numbers each; (C3) the
    init is `[N, OH, OW, F]`, `OH = (H - (KY - 1) * dy - 1) / sy + 1` without
    remainder, OW likewise; (C4) no zero point is an operand, and there are no
    two-level scales; (C5) the block of lhs is 0 in every dimension, that of rhs
    `[1, 0]` or `[0, 0]`; (C6) scales are there, in shape and type, as the
    formats say, and none with a result of i32; (C7) the window is static, and
    `KY * KX * C * max|a - za| * max|w - zw| < 2^31`.

    ```mlir
    %acc = ptq.conv_2d kernel [3, 3] strides [2, 2] dilations [1, 1]
      ins(%q, %w : tensor<1x9x9x8x!a8>, tensor<16x72x!w8>)
      outs(%empty : tensor<1x4x4x16xi32>) -> tensor<1x4x4x16xi32>
    ```
  }];
  let extraClassDeclaration = commonExtraClassDeclaration # [{
    static constexpr bool isDepthwise = false;
  }];
}

def PTQ_DepthwiseConv2DOp : PTQ_ConvolutionOp<"depthwise_conv_2d"> {
  let summary = "Convolve each channel of codes by its own window";
  let description = [{
    ```
    d[n, y, x, c] = sum over i, j of (lhs[n, y * sy + i * dy, x * sx + j * dx, c] - za)
                                   * (rhs[c, i * KX + j] - zw)          exact in i32
    ```
    and the result from it as that of `ptq.conv_2d`. Tiles are of N and C.

    Constraints: (C1) lhs has four dimensions, and rhs is `[C, KY * KX]`; (C2) to
    (C7) as those of `ptq.conv_2d`, with C for F, and windows of `KY * KX`.

    ```mlir
    %acc = ptq.depthwise_conv_2d channels_first kernel [3, 3] strides [1, 1] dilations [1, 1]
      ins(%q, %w : tensor<1x8x9x9x!a8>, tensor<8x9x!w8>)
      outs(%empty : tensor<1x8x7x7xi32>) -> tensor<1x8x7x7xi32>
    ```
  }];
  let extraClassDeclaration = commonExtraClassDeclaration # [{
    static constexpr bool isDepthwise = true;
  }];
}

def PTQ_EmbeddingOp : PTQ_ComputeOp<"embedding", [
    AttrSizedOperandSegments, DestinationStyleOpInterface]> {
  let summary = "Gather rows of a table, and dequantize them";
  let description = [{
    `result[.., k] = dequantize(table[indices[..], k])`; a float table is only
    converted. Every index is in `[0, V)`; others are undefined behaviour.

    Constraints: (C1) `table` is `[V, K]`, and the init has the shape of
    `indices` followed by K; (C2) scales, zero points and multipliers are
    there, in shape and type, as the table's format says; (C3) blocks of the
    table have one index or all of them along V.

    ```mlir
    %x = ptq.embedding ins(%tokens, %table : tensor<?xi64>, tensor<512x64x!w8>)
           rhs(%ws : tensor<512x1xf32>) outs(%out : tensor<?x64xf32>) -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins RankedTensorOf<[I32, I64, Index]>:$indices,
    PTQ_FloatOrQuantTensor:$table, Optional<PTQ_ScaleTensor>:$scale,
    Optional<PTQ_MultiplierTensor>:$multiplier,
    Optional<PTQ_ZeroPointTensor>:$zeroPoint, PTQ_FloatTensor:$init);
  let results = (outs PTQ_FloatTensor:$result);
  let assemblyFormat = [{
    `ins` `(` $indices `,` $table `:` type($indices) `,` type($table) `)`
    `` custom<RhsParameters>($scale, type($scale), $multiplier,
      type($multiplier), $zeroPoint, type($zeroPoint))
    `outs` `(` $init `:` type($init) `)` attr-dict `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    ::mlir::ptq::QuantType getTableFormat();
  }];
  let hasCanonicalizer = 1;
}

#endif // PTQ_QUANTIZED_OPS
