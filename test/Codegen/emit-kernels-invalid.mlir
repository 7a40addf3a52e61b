// RUN: ptq-opt %s --ptq-emit-kernels --split-input-file --verify-diagnostics

// expected-error @below {{expects a declaration with the shape of a kernel in ptq.kernel}}
func.func private @no_storage(memref<?x7xi8>) attributes {ptq.kernel = {columns = 6, depth = 7, group = 7}}

// -----

// expected-error @below {{expects a declaration with the shape of a kernel in ptq.kernel}}
func.func private @group_too_long(memref<?x7xi8>) attributes {ptq.kernel = {columns = 6, depth = 7, group = 8, grouped = true, rows_are_codes = true, signed = false, storage = "bytes", zero_point = 128}}
