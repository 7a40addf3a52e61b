// RUN: ptq-opt %s --convert-scf-to-cf --convert-to-llvm --ptq-annotate-loops | FileCheck %s
// RUN: ptq-opt %s --convert-scf-to-cf --convert-to-llvm --ptq-annotate-loops | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=LLVMIR

#unroll = #llvm.loop_unroll<disable = true>
#annotation = #llvm.loop_annotation<unroll = #unroll>

// CHECK-LABEL: llvm.func @sum
//       CHECK:   llvm.br ^[[HEADER:bb[0-9]+]](
//       CHECK:   llvm.br ^[[HEADER]]({{.*}}) {loop_annotation = #{{.+}}}
// LLVMIR: br label {{.*}}, !llvm.loop ![[LOOP:[0-9]+]]
// LLVMIR: !{!"llvm.loop.unroll.disable"}
func.func @sum(%begin: index, %end: index, %step: index, %x: i32) -> i32 {
  %r = scf.for %i = %begin to %end step %step iter_args(%acc = %x) -> (i32) {
    %next = arith.addi %acc, %x : i32
    scf.yield %next : i32
  } {llvm.loop_annotation = #annotation}
  return %r : i32
}
