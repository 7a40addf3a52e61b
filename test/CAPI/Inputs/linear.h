// A module with one linear, of two outputs and four inputs.
#ifndef PTQ_TEST_CAPI_LINEAR_H
#define PTQ_TEST_CAPI_LINEAR_H

static const char *const linearText =
    "func.func @fc(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {\n"
    "  %c0 = arith.constant 0 : index\n"
    "  %m = tensor.dim %x, %c0 : tensor<?x4xf32>\n"
    "  %w = arith.constant dense<[[1.0, -2.0], [0.5, 4.0], [0.0, 3.0], [-1.0, "
    "1.0]]> : tensor<4x2xf32>\n"
    "  %zero = arith.constant 0.0 : f32\n"
    "  %init = tensor.empty(%m) : tensor<?x2xf32>\n"
    "  %out = linalg.fill ins(%zero : f32) outs(%init : tensor<?x2xf32>) -> "
    "tensor<?x2xf32>\n"
    "  %y = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x2xf32>) "
    "outs(%out : tensor<?x2xf32>) -> tensor<?x2xf32>\n"
    "  return %y : tensor<?x2xf32>\n"
    "}\n";

#endif // PTQ_TEST_CAPI_LINEAR_H
