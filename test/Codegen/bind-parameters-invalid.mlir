// RUN: ptq-opt %s --ptq-bind-parameters --split-input-file --verify-diagnostics

// expected-error @below {{expects an immutable global; state of a compiled function is a memref argument}}
ml_program.global private mutable @state(dense<0.0> : tensor<4xf32>) : tensor<4xf32>

// -----

// expected-error @below {{expects a value, of the global's type or external}}
ml_program.global private @foreign_value(unit) : tensor<4xf32>

// -----

func.func private @callee()
func.func @indirect() -> (() -> ()) {
  // expected-error @below {{expects functions to be called directly}}
  %f = func.constant @callee : () -> ()
  return %f : () -> ()
}

// -----

ml_program.func @program() {
  // expected-error @below {{has no translation to machine code}}
  ml_program.return
}
