//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_ATTRS
#define PTQ_ATTRS

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "ptq/IR/PTQDialect.td"

class PTQ_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<PTQ_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def PTQ_RequantizeModeFloat : I32EnumAttrCase<"Float", 0, "float">;
def PTQ_RequantizeModeFixed : I32EnumAttrCase<"Fixed", 1, "fixed">;
def PTQ_RequantizeMode : I32EnumAttr<"RequantizeMode",
    "How an accumulator is rescaled",
    [PTQ_RequantizeModeFloat, PTQ_RequantizeModeFixed]> {
  let cppNamespace = "::mlir::ptq";
  let genSpecializedAttr = 0;
}
def PTQ_RequantizeModeAttr : EnumAttr<PTQ_Dialect, PTQ_RequantizeMode, "requantize_mode">;

def PTQ_ExternalAttr : PTQ_Attr<"External", "external"> {
  let summary = "A tensor in a safetensors file";
  let description = [{
    Initial value of an `ml_program.global` whose bytes stay in a file: the
    tensor named `key` of the safetensors file `file`. The global's type says
    shape and element type. A relative `file` is resolved against the folder of
    the module that mentions it. The file is mapped into memory when the
    function that loads the global is called, never copied as a whole.

    ```mlir
    ml_program.global private @layers.0.q_proj.weight(
      #ptq.external<"model.safetensors", "model.layers.0.self_attn.q_proj.weight">)
      : tensor<64x64xbf16>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$file, "::mlir::StringAttr":$key);
  let assemblyFormat = "`<` $file `,` $key `>`";
}

#endif // PTQ_ATTRS
