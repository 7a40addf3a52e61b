// Functions of every way in which values cross the border of compiled code.
#ifndef PTQ_TEST_CAPI_FUNCTIONS_H
#define PTQ_TEST_CAPI_FUNCTIONS_H

static const char *const functionsText =
    "func.func @add(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> "
    "tensor<?x3xf32> {\n"
    "  %0 = arith.addf %x, %y : tensor<?x3xf32>\n"
    "  return %0 : tensor<?x3xf32>\n"
    "}\n"
    "func.func @double_half(%x: tensor<4xf16>) -> tensor<4xf16> {\n"
    "  %0 = arith.addf %x, %x : tensor<4xf16>\n"
    "  return %0 : tensor<4xf16>\n"
    "}\n"
    "func.func @echo(%x: tensor<2x2xi8>) -> tensor<2x2xi8> {\n"
    "  return %x : tensor<2x2xi8>\n"
    "}\n"
    "func.func @increment(%x: memref<3xi32>) {\n"
    "  %c0 = arith.constant 0 : index\n"
    "  %c1 = arith.constant 1 : index\n"
    "  %c3 = arith.constant 3 : index\n"
    "  %one = arith.constant 1 : i32\n"
    "  scf.for %i = %c0 to %c3 step %c1 {\n"
    "    %0 = memref.load %x[%i] : memref<3xi32>\n"
    "    %1 = arith.addi %0, %one : i32\n"
    "    memref.store %1, %x[%i] : memref<3xi32>\n"
    "  }\n"
    "  return\n"
    "}\n"
    "func.func @scalars(%x: i64, %y: f32) -> (i64, f32) {\n"
    "  %0 = arith.addi %x, %x : i64\n"
    "  %1 = arith.addf %y, %y : f32\n"
    "  return %0, %1 : i64, f32\n"
    "}\n"
    "func.func private @hidden() {\n"
    "  return\n"
    "}\n";

#endif // PTQ_TEST_CAPI_FUNCTIONS_H
