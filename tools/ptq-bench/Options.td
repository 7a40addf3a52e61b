//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The command line of ptq-bench. Not llvm::cl: its options share one table with
// those of libLLVM, which has a `threads` already.
//
//===----------------------------------------------------------------------===//

include "llvm/Option/OptParser.td"

/// `--name=VALUE` and `--name VALUE`.
multiclass Value<string name, string value, string help> {
  def NAME : Joined<["--"], name # "=">, MetaVarName<value>, HelpText<help>;
  def NAME #_separate : Separate<["--"], name>, Alias<!cast<Joined>(NAME)>;
}

def help : Flag<["--"], "help">, HelpText<"Show this text">;
def h : Flag<["-"], "h">, Alias<help>;

defm formats : Value<"formats", "NAMES", "Formats, such as w4a8-g32,w8a8,f32">;
defm shapes : Value<"shapes", "MxNxK,...", "Rows, output columns and depth of each product">;
defm isa : Value<"isa", "NAME", "Instruction set (default: the best one; with --static there may be several)">;
defm threads : Value<"threads", "N", "Threads to run on (default: 1)">;
defm rounds : Value<"rounds", "N", "Measurements of each case (default: 15)">;
def static : Flag<["--"], "static">,
  HelpText<"Compile for --cpu and simulate the inner loops, instead of running them">;
defm cpu : Value<"cpu", "NAMES", "CPUs of AArch64 to simulate, such as neoverse-v2,neoverse-n1">;
defm json : Value<"json", "FILE", "Where the results go as JSON">;
defm markdown : Value<"markdown", "FILE", "Where they go as a table (default: standard output)">;
defm plot : Value<"plot", "FILE", "Where a picture of the shares of the limit goes, as SVG">;
def hot : Flag<["--"], "hot">,
  HelpText<"Use the same weights in every call, instead of more than the caches hold">;
defm peer : Value<"peer", "NAME", "What to measure beside: portable (the kernels for any CPU, default), onednn or none">;
