//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_PACKED_ATTRS
#define PTQ_PACKED_ATTRS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/TensorEncoding.td"
include "ptq/IR/PTQDialect.td"
include "ptq/IR/PackedInterfaces.td"

class PTQ_PackedLevelAttr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<PTQ_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Instruction sets and epilogues
//===----------------------------------------------------------------------===//

def PTQ_Isa : I32EnumAttr<"Isa", "Instruction set that kernels are emitted for", [
    I32EnumAttrCase<"SSE41", 0, "sse41">,
    I32EnumAttrCase<"AVX2", 1, "avx2">,
    I32EnumAttrCase<"AVXVNNI", 2, "avxvnni">,
    I32EnumAttrCase<"AVX512VNNI", 3, "avx512vnni">,
    I32EnumAttrCase<"NEON", 4, "neon">,
    I32EnumAttrCase<"DotProd", 5, "dotprod">,
    I32EnumAttrCase<"I8MM", 6, "i8mm">,
    I32EnumAttrCase<"SVE", 7, "sve">]> {
  let cppNamespace = "::mlir::ptq";
  let genSpecializedAttr = 0;
}

def PTQ_IsaAttr : EnumAttr<PTQ_Dialect, PTQ_Isa, "isa"> {
  let summary = "Instruction set of a kernel";
  let assemblyFormat = "`<` $value `>`";
}

def PTQ_EpilogueStep : I32EnumAttr<"EpilogueStep", "What is done to a product before it is stored", [
    I32EnumAttrCase<"Bias", 0, "bias">,
    I32EnumAttrCase<"SiLU", 1, "silu">,
    I32EnumAttrCase<"SiLUTimes", 2, "silu_times">,
    I32EnumAttrCase<"Add", 3, "add">]> {
  let cppNamespace = "::mlir::ptq";
  let genSpecializedAttr = 0;
}
def PTQ_EpilogueStepAttr : EnumAttr<PTQ_Dialect, PTQ_EpilogueStep, "epilogue_step"> {
  let assemblyFormat = "`<` $value `>`";
}
def PTQ_EpilogueAttr : TypedArrayAttrBase<PTQ_EpilogueStepAttr, "steps of an epilogue">;

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

def PTQ_LayoutAttr : PTQ_PackedLevelAttr<"Layout", "layout"> {
  let summary = "Order of packed weights in memory";
  let description = [{
    Weights `[N, K]` are cut into panels of `columns` output columns, a panel
    into the groups of the format, a group into steps along K. Memory holds
    panel after panel, each as one stream:

    ```
    panel ::= group*
            | scale[columns] group*         two levels of scales
    group ::= scale[columns] step*          the scales only of quantized formats
            | multiplier[columns] step*     two levels, a byte each
    step  ::= byte[columns][depth]          bits = 8: k = depth * step + d
                                            bits = 4: the low half is k = 2 * depth * step + d,
                                                      the high half k + depth
              element[columns][depth]       bits = 16 or 32: floats
    ```
    Codes are stored unsigned: a signed code of w bits plus `2^(w-1)`; `centered`
    stores 128 less, a signed byte. Columns beyond N, and k beyond the end of a
    group, are zero bits.

    Constraints: (C1) `columns` is a power of two in [4, 64]; (C2) `depth` is 1,
    2, 4 or 8; (C3) `bits` is 4, 8, 16 or 32; (C4) floats have depth 1; (C5) only
    elements of 8 bits are centered.
  }];
  let parameters = (ins "int64_t":$columns, "int64_t":$depth, "int64_t":$bits,
    DefaultValuedParameter<"bool", "false">:$centered);
  let builders = [AttrBuilder<(ins "int64_t":$columns, "int64_t":$depth, "int64_t":$bits), [{
    return $_get($_ctxt, columns, depth, bits, /*centered=*/false);
  }]>];
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// Elements along K in a step.
    int64_t getStepSize() const { return getDepth() * (getBits() == 4 ? 2 : 1); }
  }];
}

def PTQ_PackedAttr : PTQ_PackedLevelAttr<"Packed", "packed",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "What the bytes of packed weights hold";
  let description = [{
    Encoding of a `tensor<SIZExi8>`: weights of `shape` `[N, K]` and `element`,
    a quantized format or a float type, in `layout`. Scales lie among the codes.

    Constraints: (C1) both dimensions are positive; (C2) `element` is f32, f16,
    bf16, or a format with one index per block along N, a constant zero point or
    none, scales of f32, f16 or bf16, and, if it has multipliers, one scale per
    channel and codes of up to 4 bits; (C3) the bits of the layout
    hold an element: 4 for codes of up to 4 bits, 8 for codes of up to 8, 16 or
    32 for floats of that width; (C4) the tensor is of `i8`, of rank 1 and of
    exactly the size of the panels.

    ```mlir
    // 37 columns are 3 panels of 16; 172 of K are 5 groups of 32 and one of 12
    tensor<4800xi8, #ptq.packed<!ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>,
                                 shape = [37, 172], layout = <columns = 16, depth = 4, bits = 4>>>
    ```
  }];
  let parameters = (ins "::mlir::Type":$element,
    ArrayRefParameter<"int64_t">:$shape, "::mlir::ptq::LayoutAttr":$layout);
  let assemblyFormat =
    "`<` $element `,` `shape` `=` `[` $shape `]` `,` `layout` `=` $layout `>`";
  let extraClassDeclaration = [{
    int64_t getNumColumns() const { return getShape()[0]; }
    int64_t getDepth() const { return getShape()[1]; }
    /// Null if the weights are floats.
    ::mlir::ptq::QuantType getFormat() const;
    int64_t getNumPanels() const;
    /// Length of a group along K: that of the format, K if it is not shorter.
    int64_t getGroupSize() const;
    int64_t getNumFullGroups() const { return getDepth() / getGroupSize(); }
    /// Length of the last group if it is shorter, else 0.
    int64_t getTailSize() const { return getDepth() % getGroupSize(); }
    int64_t getNumGroups() const;
    bool hasMultipliers() const;
    /// Bytes of the scales in front of a panel, if groups have multipliers.
    int64_t getHeaderBytes() const;
    /// Bytes of the scales, or the multipliers, in front of a group.
    int64_t getScaleBytes() const;
    /// Bytes of one step.
    int64_t getStepBytes() const;
    int64_t getNumSteps(int64_t groupSize) const;
    /// Bytes of a group of `groupSize`, with its scales.
    int64_t getGroupBytes(int64_t groupSize) const;
    int64_t getPanelBytes() const;
    int64_t getNumBytes() const;
    /// Zero point of the codes in memory.
    int64_t getStoredZeroPoint() const;
    /// `tensor<SIZExi8, this>`
    ::mlir::RankedTensorType getTensorType() const;
    /// Of the weights before they are packed.
    ::mlir::RankedTensorType getWeightType() const;
    /// Of their scales; null for floats.
    ::mlir::RankedTensorType getScaleType() const;
    /// Of their multipliers; null if there are none.
    ::mlir::RankedTensorType getMultiplierType() const;
  }];
}

def PTQ_PackOnLoadAttr : PTQ_PackedLevelAttr<"PackOnLoad", "pack_on_load"> {
  let summary = "Weights that are packed when they are loaded";
  let description = [{
    Initial value of an `ml_program.global` of packed weights that are in no
    file: whoever binds the parameters of compiled code packs the tensor
    `weights`, which has the type `weightsType` (codes, one per byte or a stream
    of bits, or floats), with `scales` and `multipliers`, once.

    Constraints: (C1) `scales` are there exactly if the weights are quantized,
    `multipliers` exactly if they have some;
    (C2) `weightsType` holds the weights.

    ```mlir
    ml_program.global private @packed(
      #ptq.pack_on_load<#packed, <"m.safetensors", "q"> : tensor<37x86xi8>, scales = <"m.safetensors", "s">>)
      : tensor<4800xi8, #packed>
    ```
  }];
  let parameters = (ins "::mlir::ptq::PackedAttr":$packed,
    "::mlir::ptq::ExternalAttr":$weights, "::mlir::RankedTensorType":$weightsType,
    OptionalParameter<"::mlir::ptq::ExternalAttr">:$scales,
    OptionalParameter<"::mlir::ptq::ExternalAttr">:$multipliers);
  let assemblyFormat = [{
    `<` qualified($packed) `,` $weights `:` $weightsType (`,` `scales` `=` $scales^)?
    (`,` `multipliers` `=` $multipliers^)? `>`
  }];
  let extraClassDeclaration = [{
    /// Whether codes are a stream of bits.
    bool areBitsPacked() const;
  }];
}

#endif // PTQ_PACKED_ATTRS
