//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The command line of ptq-run. Not llvm::cl: its options share one table with
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

defm entry : Value<"entry", "NAME", "Function to call; may be left out if there is one">;
defm input : Value<"input", "FILE.npy", "Argument of the function; once for each, in order">;
defm output : Value<"output", "FILE.npy", "Where a result goes; once for each, in order">;
defm threads : Value<"threads", "N", "Threads to run on (default: one for each processor)">;
defm root : Value<"root", "FOLDER", "Folder of external parameters (default: the module's)">;

def calibrate : Flag<["--"], "calibrate">,
  HelpText<"Collect statistics of the inputs of linears, or of what the module observes, into -o; "
           "--input once for each argument, again and again for each sample">;
defm observers : Value<"observers", "NAMES", "What to collect with --calibrate (default: all)">;
defm recipe : Value<"recipe", "NAME", "Recipe that --calibrate observes for: w8a8 (default) for the inputs of linears, w8a8-integer for what integer modules hold as codes">;
defm skip_positions : Value<"skip-positions", "N", "Positions that --calibrate leaves out at the start of each sequence">;

def reference : Flag<["--"], "reference">,
  HelpText<"Evaluate the exact arithmetic, slowly, instead of compiling">;

defm emit : Value<"emit", "llvm|asm|obj|shared",
  "Write code instead of calling; obj and shared come with a C header">;
def o : JoinedOrSeparate<["-"], "o">, MetaVarName<"FILE">, HelpText<"Where emitted code, or statistics, go">;
defm target : Value<"target", "TRIPLE", "Target to emit code for (default: this machine)">;
defm cpu : Value<"cpu", "NAME", "CPU to compile for (default: this one); with --emit=obj or shared several, the best first, "
           "of which the first one that the machine is like is taken at run time">;
defm features : Value<"features", "+A,-B", "Features to add to those of the CPU, or remove">;
