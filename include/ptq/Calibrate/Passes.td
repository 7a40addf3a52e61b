//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_PASSES
#define PTQ_CALIBRATE_PASSES

include "mlir/Pass/PassBase.td"

def InsertObservers : Pass<"ptq-insert-observers", "::mlir::ModuleOp"> {
  let summary = "Observe the inputs of linears";
  let description = [{
    | Requires    | float `linalg` on tensors                                    |
    |-------------|--------------------------------------------------------------|
    | Establishes | the input of each linear that `recipe` quantizes is observed by `observers`; with `w8a8-integer`, every value that is to be held as codes |
    | Leaves      | linears that stay float, by `skip` or because they have to; those whose number of inputs is dynamic |

    Linears that share an input share one `ptq.statistics`, named after the
    first of them with `.in` behind. Where several functions have linears of
    these names, such as prefill and decode, each observes into the same
    statistics.

    An integer module also needs the ranges of what is added or averaged, and of
    its results: `main.add.0.lhs`, `main.average.0`, `main.result.0` are such
    names beside those of linears. What is only moved, padded with 0 or the
    largest of windows is observed where it comes from.

    ```mlir
    // before
    func.func @fc(%x: tensor<?x4xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
      %w = arith.constant dense<[[1.0, -2.0, 0.5, 4.0], [0.0, 3.0, -1.0, 1.0]]> : tensor<2x4xf32>
      %y = linalg.matmul
        indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
        ins(%x, %w : tensor<?x4xf32>, tensor<2x4xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    // after, with observers=minmax,gram, beside the same function
    ptq.statistics @fc.matmul.0.in : tensor<?x4xf32> observers [#ptq.minmax, #ptq.gram] linears ["fc.matmul.0"]
    ptq.observe %x, @fc.matmul.0.in : tensor<?x4xf32>
    ```
  }];
  let options = [
    Option<"observers", "observers", "std::string", "\"all\"",
           "Observers, by name, or all that observe one tensor">,
    Option<"recipe", "recipe", "std::string", "\"w8a8\"",
           "Recipe that says which linears are quantized">,
    Option<"recipeFile", "recipe-file", "std::string", "",
           "YAML file of rules by name">,
    Option<"skip", "skip", "std::string", "",
           "Regular expression on the names of linears that stay float">,
    Option<"skipPositions", "skip-positions", "int64_t", "0",
           "Positions left out at the start of each sequence">,
    Option<"momentum", "momentum", "double", "0.01",
           "Weight of a sample in the moving average">,
  ];
  let dependentDialects = ["::mlir::ptq::PTQDialect"];
}

def LowerObservers : Pass<"ptq-lower-observers", "::mlir::ModuleOp"> {
  let summary = "Turn observers into vector code on a state buffer";
  let description = [{
    | Requires    | no recursion through functions that observe                  |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `ptq.observe` and no `ptq.statistics`; every function that observes takes the state as its last argument, bytes that are zero before each sample; `ptq.calibration` on the module says what is where |
    | Leaves      | everything else                                              |

    Each kind of observation becomes one private function, on `memref`s, in
    `vector` and `scf` ops: it copies the rows that are not left out, then runs
    each observer over them. The state of a symbol starts with eight counts
    (i64): tokens, rows skipped, not finite, masked, and four that are unused.

    ```mlir
    // before
    ptq.statistics @x : tensor<?x20xf32> observers [#ptq.minmax]
    func.func @f(%x: tensor<?x20xf32>) {
      ptq.observe %x, @x : tensor<?x20xf32>
      return
    }
    // after
    module attributes {ptq.calibration = {bytes = 128 : i64, statistics = [{name = "x", offset = 0 : i64, states = [{observer = #ptq.minmax, offset = 64 : i64, type = memref<2xf32>} ]} ]}} {
      func.func @f(%x: tensor<?x20xf32>, %state: memref<128xi8>) {
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::omp::OpenMPDialect", "::mlir::ptq::PTQDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
    "::mlir::vector::VectorDialect"];
}

def ImportStatistics : Pass<"ptq-import-statistics", "::mlir::ModuleOp"> {
  let summary = "Attach collected statistics to their symbols";
  let description = [{
    | Requires    | `ptq.statistics` as they were observed                       |
    |-------------|--------------------------------------------------------------|
    | Establishes | each has `samples`, `tokens` and `file`                      |
    | Leaves      | everything else                                              |

    It is an error if the file is of another model, unless `any-model`, lacks a
    symbol, or has been observed otherwise than the module says.

    ```mlir
    ptq.statistics @fc.in : tensor<?x4xf32> observers [#ptq.minmax] linears ["fc"] samples(2) tokens(6) file("fc.stats")
    ```
  }];
  let options = [
    Option<"file", "file", "std::string", "", "File of statistics">,
    Option<"anyModel", "any-model", "bool", "false",
           "Take statistics of another model, too">,
    Option<"root", "root", "std::string", "",
           "Folder of the files that external parameters name; by default that "
           "of the module">,
  ];
  let dependentDialects = ["::mlir::ptq::PTQDialect"];
}

def VerifyCalibrated : Pass<"ptq-verify-calibrated", "::mlir::ModuleOp"> {
  let summary = "Check what the calibrate phase promises";
  let description = [{
    | Requires    | nothing                                                      |
    |-------------|--------------------------------------------------------------|
    | Establishes | (K1) every `ptq.statistics` has been calibrated; (K2) at least one token was seen of each |
    | Leaves      | the module as it is                                          |
  }];
}

def ChooseParameters : Pass<"ptq-choose-parameters", "::mlir::ModuleOp"> {
  let summary = "Turn chosen parameters into constants";
  let description = [{
    | Requires    | statistics that `ptq-import-statistics` has attached         |
    |-------------|--------------------------------------------------------------|
    | Establishes | no `ptq.choose_params`                                       |
    | Leaves      | everything else                                              |

    Each has a remark of category `ptq-calibrate` with the range and the scale.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // PTQ_CALIBRATE_PASSES
