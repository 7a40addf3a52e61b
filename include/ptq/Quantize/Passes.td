//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_QUANTIZE_PASSES
#define PTQ_QUANTIZE_PASSES

include "mlir/Pass/PassBase.td"

def QuantizeLinears : Pass<"ptq-quantize-linears", "::mlir::ModuleOp"> {
  let summary = "Quantize the weights of linears, and their activations";
  let description = [{
    | Requires    | float `linalg` on tensors                                   |
    |-------------|-------------------------------------------------------------|
    | Establishes | every linear is a `ptq.matmul`, `ptq.batch_matmul` or `ptq.embedding` with quantized weights, or is named in `ptq.linears` with the reason why it is not |
    | Leaves      | products of two activations; what is not a linear           |

    A linear is a product of an activation and a weight: an op that implements
    `QuantizableOpInterface`, one operand of which comes from a constant or an
    immutable global through transposes, reshapes, slices, broadcasts and float
    casts; or a gather of rows from such a table. Its name is the attribute
    `ptq.name`, or else `<function>.<op>.<index>`. Uses of one weight under one
    name, such as those in prefill and decode, are one linear, with one remark;
    linears of one weight and one format share its codes.

    The recipe says which format a linear gets; the first of these that matches
    its name wins:

    1. `skip`, a regular expression: it stays float;
    2. the rules of `recipe-file`;
    3. for recipes of 4-bit weights: the tables of embeddings, linears tied to
       one, and names that match
       `(^|[._])(lm_head|head|embed|embedding|embed_tokens|tok_embeddings)$` have
       weights of 8 bits per output channel;
    4. `recipe`: `w8a8`, `w8a8-static`, `w8a8-integer`, `w8a8-integer-fixed`, `w8a16`, `w4a16-gN`, `w4a8-gN`, `w4a8-gNx`. `w8` is 8 bits with f32
       scales, `w4` 4 bits with f16 scales; `a8` quantizes activations to 8 bits
       per token at run time, `a16` keeps them float; `-gN` gives every N weights
       of a row a scale of their own, `-gNx` an integer factor in [-15, 15] of
       the row's scale.

    ```yaml
    rules:
      - name: "^layers.0."     # a regular expression, searched in the name
        format: float
      - name: "down_proj"
        format: w8a8
        scale: absmax          # absmax, signed_max or search (default)
    ```

    Weights of the result are `dense_resource`; with `parameters=` they are
    written to this safetensors file as they are quantized, together with the
    external tensors that stay float, and the module refers to that file alone,
    by its name: it is meant to lie beside the module.

    Every linear has one remark of category `ptq-quantize`: `Quantized` (format,
    bits per weight with scales, signal to noise ratio of the weight in dB),
    `Skipped`, `LeftFloat` or `ActivationProduct` with the reason. One that is
    left in float although no rule says so is also a warning, and an error with
    `fail-on-fallback`. Every op keeps, or gets, its `ptq.name`, and `ptq.linears`
    on the module repeats the decisions:

    ```mlir
    module attributes {ptq.linears = [
      {bits_per_weight = 4.500000e+00 : f64, format = "w4a8-g32", name = "layers.0.q_proj", num_weights = 16384 : i64, sqnr_db = 2.201000e+01 : f64},
      {format = "float", name = "layers.0.up_proj", reason = "skip names it"}
    ]} {
    ```

    ```mlir
    // before
    func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
      %w = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xf32>
      %zero = arith.constant 0.0 : f32
      %out = linalg.fill ins(%zero : f32) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
      %y = linalg.matmul
        indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
        ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    // after, and canonicalized
    !a8 = !ptq.q<s8<-127:127>:f32, block = [1, 0], scale = f32>
    !w8 = !ptq.q<u8<1:255>:f32, block = [1, 0], scale = f32, zp = 128>
    func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
      %c0 = arith.constant 0 : index
      %codes = arith.constant dense_resource<fc.matmul.0.codes> : tensor<2x4xi8>
      %scales = arith.constant dense_resource<fc.matmul.0.scales> : tensor<2x1xf32>
      %m = tensor.dim %x, %c0 : tensor<?x4xf32>
      %w = ptq.storage_cast %codes : tensor<2x4xi8> to tensor<2x4x!w8>
      %empty = tensor.empty(%m) : tensor<?x2xf32>
      %q, %s, %sums = ptq.dynamic_quantize %x sums [1, 0]
        : tensor<?x4xf32> -> tensor<?x4x!a8>, tensor<?x1xf32>, tensor<?x1xi32>
      %y = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
             lhs(%s, sums %sums : tensor<?x1xf32>, tensor<?x1xi32>)
             rhs(%scales : tensor<2x1xf32>)
             outs(%empty : tensor<?x2xf32>) {ptq.name = "fc.matmul.0"} -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    ```
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", "\"w8a8\"",
           "Format of linears that no other rule names">,
    Option<"recipeFile", "recipe-file", "std::string", "",
           "YAML file of rules by name">,
    Option<"skip", "skip", "std::string", "",
           "Regular expression on the names of linears that stay float">,
    Option<"scale", "scale", "std::string", "",
           "How scales are found: absmax, signed_max or search (default)">,
    Option<"failOnFallback", "fail-on-fallback", "bool", "false",
           "Fail if a linear stays float though no rule says so">,
    Option<"statistics", "statistics", "std::string", "",
           "File of statistics, for formats whose activations have static "
           "scales">,
    Option<"range", "range", "std::string", "\"mse\"",
           "How the range of static activations is chosen: minmax, "
           "moving_average, percentile[:P], entropy or mse">,
    Option<"parameters", "parameters", "std::string", "",
           "Safetensors file that receives the weights">,
    Option<"root", "root", "std::string", "",
           "Folder of the files that external parameters name; by default that "
           "of the module">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::ml_program::MLProgramDialect", "::mlir::ptq::PTQDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def PropagateIntegers : Pass<"ptq-propagate-integers", "::mlir::ModuleOp"> {
  let summary = "Keep values between quantized ops integer";
  let description = [{
    | Requires    | values that are quantized and dequantized, with one constant scale each |
    |-------------|--------------------------------------------------------------|
    | Establishes | what lies between a `ptq.dequantize`, or a linear, and a `ptq.quantize` is integer, if integers can do it |
    | Leaves      | the rest in float, each with a remark `FloatIsland` that says why |

    Moves every `ptq.quantize` up, until it meets codes or a linear:

    | quantize of                                | becomes                              |
    |--------------------------------------------|--------------------------------------|
    | reshape, transpose, slice, `tensor.concat` | the same of bytes                    |
    | `tensor.pad` with 0                        | padded with the zero point           |
    | `linalg.pooling_*_max`                     | the largest codes                    |
    | ReLU, or another clamp                     | a format with a smaller range        |
    | a linear plus a bias per output channel    | accumulators in i32, `ptq.requantize`|
    | the sum of two tensors                     | `ptq.add`                            |
    | an average of windows                      | sums in i32, `ptq.requantize`        |
    | a `ptq.dequantize`                         | `ptq.requantize`, or nothing         |

    The first four keep every bit. The others round once where floats round
    twice: docs/spec.md, "Integer inference", says how. In the mode `float`
    scales are f32 inside `ptq.requantize` and `ptq.add`, in the mode `fixed`
    they are integers with a shift.

    ```mlir
    // before
    %y = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
           lhs(%s : tensor<1x1xf32>) rhs(%ws : tensor<2x1xf32>)
           outs(%empty : tensor<?x2xf32>) -> tensor<?x2xf32>
    %r = ptq.quantize %y, %t : tensor<?x2xf32>, tensor<1x1xf32> -> tensor<?x2x!a8>
    // after
    %acc = ptq.matmul ins(%q, %w : tensor<?x4x!a8>, tensor<2x4x!w8>)
             outs(%integers : tensor<?x2xi32>) -> tensor<?x2xi32>
    %r = ptq.requantize %acc float %m per [0, 1]
      : tensor<?x2xi32>, tensor<1x2xf32> -> tensor<?x2x!a8>
    ```
  }];
  let options = [
    Option<"mode", "mode", "std::string", "",
           "float or fixed; by default what the recipe said">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::ptq::PTQDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyInteger : Pass<"ptq-verify-integer", "::mlir::ModuleOp"> {
  let summary = "Check that nothing between quantized ops is float";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | an error for every op with a float result that follows from codes and that codes follow from, with its location and the reason |
    | Leaves      | the module as it is                                          |

    Codes follow from what a `ptq.quantize` or `ptq.dynamic_quantize` reads.
    Constants, such as scales, follow from nothing.
  }];
  let dependentDialects = ["::mlir::ptq::PTQDialect"];
}

def SmoothQuant : Pass<"ptq-smooth-quant", "::mlir::ModuleOp"> {
  let summary = "Move outliers from activations to weights";
  let description = [{
    | Requires    | linears that are not quantized yet, statistics with `channel_absmax` |
    |-------------|--------------------------------------------------------------|
    | Establishes | channels of inputs divided, and columns of weights multiplied, by `2^e`; `ptq.smoothed` and `ptq.model_hash` on the module |
    | Leaves      | linears whose input comes from nothing that can be scaled, that share it with something else, or whose weight is tied; with `search`, those that gain nothing. Each with a remark |

    SmoothQuant (Xiao et al., 2023): an activation of one scale loses what is
    far below its largest channel. With a and w the largest magnitudes of a
    channel and of its column, over all weights of linears that share the input,

    ```
    e = rne(alpha * log2(a) - (1 - alpha) * log2(w)),  0 if a or w is 0
    ```

    The division goes into the weight of the norm in front, that is, into a
    global that is multiplied, channel by channel, and read by nothing else; or
    into the rows, and the bias, of the linear in front (cross-layer
    equalization), if what it computes is a factor of every element of the
    input, as `up_proj` is in `silu(gate) * up`, and nothing else reads it.
    Between the two may be reshapes, sums over tokens, as in attention, and a
    cache that is an argument of the function. Channels that come from one row,
    as those of grouped queries do, have one e, of the largest a and w of them.

    With `search`, alpha is what of 0, 0.05, .. 1 has the least expected error
    of the outputs: of the weights, with the mean squares of the channels, and of
    the codes of the input. docs/spec.md has the formula.

    Factors are powers of two, so that weights of every float type stay exact,
    and the float model computes the same bits.
  }];
  let options = [
    Option<"statistics", "statistics", "std::string", "", "File of statistics">,
    Option<"alpha", "alpha", "double", "0.5",
           "How much of the outliers moves: 0 none, 1 all">,
    Option<"search", "search", "bool", "false",
           "Choose alpha for each input, by the error that is to be expected; "
           "needs mean_square">,
    Option<"recipe", "recipe", "std::string", "\"w8a8\"",
           "Recipe that says which linears are quantized">,
    Option<"recipeFile", "recipe-file", "std::string", "",
           "YAML file of rules by name">,
    Option<"skip", "skip", "std::string", "",
           "Regular expression on the names of linears that stay float">,
    Option<"root", "root", "std::string", "",
           "Folder of the files that external parameters name; by default that "
           "of the module">,
  ];
  let dependentDialects = ["::mlir::ml_program::MLProgramDialect",
                           "::mlir::ptq::PTQDialect"];
}

def PrintPlan : Pass<"ptq-print-plan", "::mlir::ModuleOp"> {
  let summary = "Print what would be quantized and why, and do nothing";
  let description = [{
    | Requires    | what `ptq-quantize-linears` requires             |
    |-------------|--------------------------------------------------|
    | Establishes | nothing: the decisions that `ptq-quantize-linears` would take with these options are printed |
    | Leaves      | the module as it is; no weight is read           |

    A line for each linear, in the order of the module: the format and how its
    scales would be found, the weight in float, the bits per weight with scales,
    the functions that compute it, and what decided. Then the totals, where a
    weight that several linears share counts once.

    ```
    linear             format  scale   weight   bits    in               why
    q_proj             w8a8    search  2x4xf32  16.000  prefill,decode   the recipe is w8a8
    lm_head            float   -       2x4xf32  -       decode           skip names it
    ```

    With `json`, one object with the arrays `linears` and the object `totals`;
    docs/pipeline.md lists the fields.
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", "\"w8a8\"",
           "Format of linears that no other rule names">,
    Option<"recipeFile", "recipe-file", "std::string", "",
           "YAML file of rules by name">,
    Option<"skip", "skip", "std::string", "",
           "Regular expression on the names of linears that stay float">,
    Option<"scale", "scale", "std::string", "",
           "How scales are found: absmax, signed_max or search">,
    Option<"json", "json", "bool", "false", "Print JSON instead of a table">,
    Option<"output", "output", "std::string", "",
           "File to write, or - for standard output; standard error if empty">,
  ];
  let dependentDialects = ["::mlir::ptq::PTQDialect"];
}

def InsertCandidates : Pass<"ptq-insert-candidates", "::mlir::ModuleOp"> {
  let summary = "Compute each linear in the format that an argument chooses";
  let description = [{
    | Requires    | a float module; a public function `entry`                    |
    |-------------|--------------------------------------------------------------|
    | Establishes | `entry` takes one more argument, a choice for each weight: 0 computes its linears in float, `i` in the i-th format; `ptq.candidates` on the module lists them |
    | Leaves      | linears that `recipe` leaves in float, and those that other functions compute |

    The first format of a linear is that of `recipe`, then come `formats`. Each
    is an op with the attribute `ptq.format`, which `ptq-quantize-linears`
    obeys, and what it computes is compared with the float op by
    `#ptq.output_error`.

    One compiled function then answers what any mixture of formats does to the
    results of a model: a call for each question.

    ```mlir
    // before
    %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
    // after, with formats=w4a8-g4
    %y = scf.index_switch %choice -> tensor<?x2xf32>
    case 1 {
      %q = linalg.matmul {ptq.format = "w8a8", ptq.name = "fc"} ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      %f = linalg.matmul {ptq.format = "float", ptq.name = "fc"} ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      ptq.observe %f against %q, @fc.w8a8.out : tensor<?x2xf32>
      scf.yield %q : tensor<?x2xf32>
    }
    case 2 {
      // the same in w4a8-g4
    }
    default {
      %f = linalg.matmul {ptq.format = "float", ptq.name = "fc"} ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>
      scf.yield %f : tensor<?x2xf32>
    }
    ```
  }];
  let options = [
    Option<"entry", "entry", "std::string", "\"main\"",
           "Function whose linears are chosen">,
    ListOption<"formats", "formats", "std::string",
               "Formats beside that of the recipe">,
    Option<"recipe", "recipe", "std::string", "\"w8a8\"",
           "Format of linears that no other rule names">,
    Option<"recipeFile", "recipe-file", "std::string", "",
           "YAML file of rules by name">,
    Option<"skip", "skip", "std::string", "",
           "Regular expression on the names of linears that stay float">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::ptq::PTQDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def VerifyQuantized : Pass<"ptq-verify-quantized", "::mlir::ModuleOp"> {
  let summary = "Check what the quantize phase promises";
  let description = [{
    | Requires    | a module that `ptq-quantize-linears` has seen |
    |-------------|-----------------------------------------------|
    | Establishes | (Q1) `ptq.linears` lists the decisions; (Q2) every linear with a weight in float is listed there as one; (Q3) quantized weights are constant codes behind `ptq.storage_cast` |
    | Leaves      | the module as it is                           |
  }];
}

#endif // PTQ_QUANTIZE_PASSES
