//===- PTQ.h - The ptq dialect, its types, attributes and ops ---*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_IR_PTQ_H
#define PTQ_IR_PTQ_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/CastInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include "ptq/IR/LinearStructure.h"

#include "ptq/IR/PTQEnums.h.inc"

#include "ptq/IR/PTQDialect.h.inc"

#include "ptq/IR/PTQTypeInterfaces.h.inc"

#include "ptq/IR/PTQOpInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "ptq/IR/PTQAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "ptq/IR/PTQTypes.h.inc"

#define GET_OP_CLASSES
#include "ptq/IR/QuantizedOps.h.inc"

#endif // PTQ_IR_PTQ_H
