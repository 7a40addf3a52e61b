//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_INTERFACES
#define PTQ_INTERFACES

include "mlir/IR/OpBase.td"

def PTQ_QuantFormatInterface : TypeInterface<"QuantFormatInterface"> {
  let cppNamespace = "::mlir::ptq";
  let description = [{
    What a pass needs to know of an element type to quantize to it, without
    knowing which format it is.

    Blocks partition a tensor: along dimension `i`, a block spans
    `block[i]` indices (the last one may be shorter), or the whole dimension
    if `block[i]` is 0. Each block has one scale, and one zero point if the
    format has zero points that are operands.
  }];
  let methods = [
    InterfaceMethod<"Bits that one stored code takes, without scales",
      "unsigned", "getStorageBits">,
    InterfaceMethod<"Float type whose values the codes express",
      "::mlir::FloatType", "getExpressedFloatType">,
    InterfaceMethod<[{
        Shape of the scales of a tensor of shape `shape`:
        `block[i] == 0 ? 1 : ceildiv(shape[i], block[i])`, dynamic where the
        dimension is dynamic. Expects `shape.size() == block.size()`.
      }],
      "::llvm::SmallVector<int64_t>", "getScaleShape",
      (ins "::llvm::ArrayRef<int64_t>":$shape)>,
    InterfaceMethod<[{
        Quantizes the values of one block:
        `code = int(clamp(rne(value * (1 / scale)) + zeroPoint, min, max))`.
        `codes` and `values` have the same size.
      }],
      "void", "encodeBlock",
      (ins "::llvm::ArrayRef<float>":$values, "float":$scale,
           "int32_t":$zeroPoint, "::llvm::MutableArrayRef<int32_t>":$codes)>,
    InterfaceMethod<[{
        Dequantizes the codes of one block:
        `value = f32(code - zeroPoint) * scale`.
      }],
      "void", "decodeBlock",
      (ins "::llvm::ArrayRef<int32_t>":$codes, "float":$scale,
           "int32_t":$zeroPoint, "::llvm::MutableArrayRef<float>":$values)>,
  ];
}

def PTQ_QuantizableOpInterface : OpInterface<"QuantizableOpInterface"> {
  let cppNamespace = "::mlir::ptq";
  let description = [{
    A float contraction that can become a `ptq.matmul`: the product of an
    activation and a weight over one contracted dimension. Attached to
    upstream ops as external models; implement it on your own op to have
    `ptq-quantize-linears` take it.
  }];
  let methods = [
    InterfaceMethod<[{
        Analyses the op as a linear. Fails with a reason (returned, lower case,
        no full stop) if it is a float product but no linear, and without one
        if it is no float product at all.
      }],
      "::llvm::FailureOr<::mlir::ptq::LinearStructure>", "getLinearStructure",
      (ins "::std::string &":$reason)>,
  ];
}

#endif // PTQ_INTERFACES
