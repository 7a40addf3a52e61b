// RUN: ptq-opt %s --ptq-record-target=cpu=znver3 --ptq-emit-kernels | FileCheck %s --check-prefixes=CHECK,X86
// RUN: ptq-opt %s --ptq-record-target="cpu=cortex-a72 triple=aarch64-linux-gnu" --ptq-emit-kernels | FileCheck %s --check-prefixes=CHECK,ARM

// Seven codes are loaded in parts, and two of the eight columns do not exist.
// CHECK-LABEL: func.func private @integer
//   CHECK-NOT:   ptq.kernel
//   CHECK-DAG:   vector.load %{{.+}} : memref<6x7xi8, strided<[?, 1], offset: ?>>, vector<4xi8>
//   CHECK-DAG:   vector.load %{{.+}} : memref<6x7xi8, strided<[?, 1], offset: ?>>, vector<2xi8>
//   CHECK-DAG:   vector.load %{{.+}} : memref<6x7xi8, strided<[?, 1], offset: ?>>, vector<1xi8>
//       CHECK:   arith.muli %{{.+}}, %{{.+}} : vector<16xi32>
//         X86:   vector.shuffle %{{.+}} [0, 2, 4, 6, 8, 10, 12, 14] : vector<16xi32>
//         ARM:   arith.addi %{{.+}}, %{{.+}} : vector<16xi32>
//       CHECK:   vector.maskedstore
func.func private @integer(memref<?x7xi8, strided<[?, 1], offset: ?>>, memref<?x1xf32, strided<[?, 1], offset: ?>>,
  memref<?x1xi32, strided<[?, 1], offset: ?>>, memref<6x7xi8, strided<[?, 1], offset: ?>>,
  memref<6x1xf32, strided<[?, 1], offset: ?>>, memref<?x6xf32, strided<[?, 1], offset: ?>>)
  attributes {ptq.kernel = {columns = 6, depth = 7, group = 7, grouped = false, rows_are_codes = true,
    signed = false, storage = "bytes", zero_point = 128}}

// One fused multiply-add per step of k, on lanes of columns; threads share the
// panels.
// CHECK-LABEL: func.func private @float
//       CHECK:   omp.parallel if
//       CHECK:     scf.for {{.+}} -> (vector<16xf32>, vector<16xf32>)
//       CHECK:       math.fma %{{.+}}, %{{.+}}, %{{.+}} : vector<16xf32>
func.func private @float(memref<?x256xf32, strided<[?, 1], offset: ?>>,
  memref<512x256xbf16, strided<[?, 1], offset: ?>>, memref<?x512xf32, strided<[?, 1], offset: ?>>)
  attributes {ptq.kernel = {columns = 512, depth = 256, group = 256, grouped = false, rows_are_codes = false,
    signed = true, storage = "floats", zero_point = 0}}
