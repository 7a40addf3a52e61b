// RUN: ptq-opt %s --ptq-verify-llvm --split-input-file --verify-diagnostics

// expected-error @below {{is not of the llvm or omp dialect after lowering}}
func.func private @left_over()

// -----

llvm.func @cosine(%x: f32) -> f32 {
  // expected-error @below {{would become a call of the mathematical library}}
  %y = llvm.intr.cos(%x) : (f32) -> f32
  llvm.return %y : f32
}

// -----

llvm.func @half_lowered(%x: f32) -> f32 {
  // expected-error @below {{is not of the llvm or omp dialect after lowering}}
  %y = math.roundeven %x : f32
  llvm.return %y : f32
}
