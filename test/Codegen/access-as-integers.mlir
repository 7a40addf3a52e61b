// RUN: ptq-opt %s --ptq-access-as-integers | FileCheck %s

// CHECK-LABEL: func.func @bf16_is_loaded_as_i16
//       CHECK:   %[[BITS:.+]] = builtin.unrealized_conversion_cast %{{.+}} : memref<?xbf16> to memref<?xi16>
//       CHECK:   %[[LOADED:.+]] = vector.load %[[BITS]]{{.+}} : memref<?xi16>, vector<16xi16>
//       CHECK:   arith.bitcast %[[LOADED]] : vector<16xi16> to vector<16xbf16>
func.func @bf16_is_loaded_as_i16(%x: memref<?xbf16>, %i: index) -> vector<16xbf16> {
  %v = vector.load %x[%i] : memref<?xbf16>, vector<16xbf16>
  return %v : vector<16xbf16>
}

// CHECK-LABEL: func.func @f16_is_stored_as_i16
//       CHECK:   memref.store %{{.+}}, %{{.+}} : memref<?xi16>
func.func @f16_is_stored_as_i16(%x: memref<?xf16>, %i: index, %v: f16) {
  memref.store %v, %x[%i] : memref<?xf16>
  return
}

// CHECK-LABEL: func.func @f32_stays
//   CHECK-NOT:   cast
//       CHECK:   memref.load %{{.+}} : memref<?xf32>
func.func @f32_stays(%x: memref<?xf32>, %i: index) -> f32 {
  %v = memref.load %x[%i] : memref<?xf32>
  return %v : f32
}
