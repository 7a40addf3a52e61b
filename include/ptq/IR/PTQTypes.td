//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TYPES
#define PTQ_TYPES

include "mlir/IR/AttrTypeBase.td"
include "ptq/IR/PTQDialect.td"
include "ptq/IR/PTQInterfaces.td"

class PTQ_Type<string name, string typeMnemonic, list<Trait> traits = []>
    : TypeDef<PTQ_Dialect, name, traits> {
  let mnemonic = typeMnemonic;
}

def PTQ_QuantType : PTQ_Type<"Quant", "q",
    [DeclareTypeInterfaceMethods<PTQ_QuantFormatInterface>]> {
  let summary = "Format of a quantized tensor element";
  let description = [{
    ```
    quant-type ::= `!ptq.q` `<` storage `:` float-type
                   `,` `block` `=` `[` integers `]`
                   `,` `scale` `=` float-type
                   (`,` `zp` `=` (integer | integer-type))?
                   (`,` `multiplier` `=` storage `per` `[` integers `]`)? `>`
    storage    ::= (`s` | `u`) width (`<` min `:` max `>`)?
    ```

    | parameter | meaning |
    |---|---|
    | storage | signed or unsigned integer of 2 to 16 bits; the range defaults to all of it |
    | expressed | the float type whose values the codes stand for |
    | block | one number per dimension of the tensor: 0 is the whole dimension, 1 each index, G groups of G, the last one may be shorter |
    | scale | type of the scales: f32, f16, bf16 or f8E8M0FNU |
    | zp | absent: symmetric; a number: every block has this zero point; a signless integer type: an operand holds one zero point per block |
    | multiplier | two-level scales: a second, integer factor with blocks of its own; `multiplier * (code - zp)` fits 8 bits |

    The value of a code is `f32(code - zp) * scale`, with a multiplier
    `f32(multiplier * (code - zp)) * scale`.

    Constraints: (C1) the storage has 2 to 16 bits; (C2) its range is in those
    of its bits, min below max; (C3) the expressed type is f32, f16 or bf16;
    (C4) the block has an entry or more, none negative; (C5) the scale is f32,
    f16, bf16 or f8E8M0FNU; (C6) a constant zero point is in the storage range;
    (C7) the type of a zero-point operand is i8, i16 or i32; (C8) the multiplier
    has 2 to 8 bits and a range in them, min below max; (C9) its block has the
    rank of the block and divides it: each block of the scales is made of whole
    blocks of multipliers; (C10) every `multiplier * (code - zp)` is in
    `[-128, 127]`.

    ```mlir
    !w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
    !a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
    !w4 = !ptq.q<u4:f32, block = [1, 32], scale = f16, zp = 8>
    !asymmetric = !ptq.q<u8:f32, block = [0, 0], scale = f32, zp = i32>
    ```
  }];
  let parameters = (ins
    "unsigned":$storageWidth,
    "bool":$isSigned,
    "int64_t":$storageMin,
    "int64_t":$storageMax,
    "::mlir::FloatType":$expressedType,
    ArrayRefParameter<"int64_t">:$block,
    "::mlir::FloatType":$scaleType,
    // Null: symmetric. IntegerAttr (i64): constant. TypeAttr: an operand.
    "::mlir::Attribute":$zeroPoint,
    // Zero width: no multiplier. It is signed unless it says otherwise.
    "unsigned":$multiplierWidth,
    "bool":$isMultiplierSigned,
    "int64_t":$multiplierMin,
    "int64_t":$multiplierMax,
    ArrayRefParameter<"int64_t">:$multiplierBlock);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    TypeBuilderWithInferredContext<(ins
      "unsigned":$storageWidth, "bool":$isSigned,
      "int64_t":$storageMin, "int64_t":$storageMax,
      "::mlir::FloatType":$expressedType, "::llvm::ArrayRef<int64_t>":$block,
      "::mlir::FloatType":$scaleType,
      CArg<"::mlir::Attribute", "nullptr">:$zeroPoint)>
  ];
  let extraClassDeclaration = [{
    /// `block[i] == 0 ? 1 : ceildiv(shape[i], block[i])`; dynamic stays dynamic.
    static ::llvm::SmallVector<int64_t>
    getBlockedShape(::llvm::ArrayRef<int64_t> shape,
                    ::llvm::ArrayRef<int64_t> block);

    /// True unless `type` is a tensor of quantized elements whose rank is not
    /// that of their block.
    static bool hasBlockPerDimension(::mlir::Type type);

    int64_t getRank() const { return getBlock().size(); }
    bool isSymmetric() const { return !getZeroPoint(); }
    bool hasConstantZeroPoint() const;
    bool hasZeroPointOperand() const;
    /// The zero point if it is constant; 0 if the format is symmetric.
    int64_t getConstantZeroPoint() const;
    /// Signless integer type of the zero-point operand; null without one.
    ::mlir::IntegerType getZeroPointType() const;
    bool hasMultiplier() const { return getMultiplierWidth() != 0; }
    /// Shape of the multipliers of a tensor of this shape.
    ::llvm::SmallVector<int64_t>
    getMultiplierShape(::llvm::ArrayRef<int64_t> shape) const;
    /// Smallest signless integer of whole bytes that holds a code: i8 or i16.
    ::mlir::IntegerType getByteStorageType() const;
    /// Range of `code - zp` over all codes, with a zero point operand over
    /// all zero points in the storage range too, times the multiplier's range.
    ::std::pair<int64_t, int64_t> getCenteredRange() const;
    /// Bounds of the storage integer, such as -128 and 127.
    static int64_t getMinOf(unsigned width, bool isSigned);
    static int64_t getMaxOf(unsigned width, bool isSigned);
  }];
}

#endif // PTQ_TYPES
