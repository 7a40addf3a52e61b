//===----------------------------------------------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every attribute of the dialect: the source of its parser and printer. The
// declarations of observers have a header of their own.
//
//===----------------------------------------------------------------------===//

include "ptq/IR/ObserverAttrs.td"
include "ptq/IR/PTQAttrs.td"
include "ptq/IR/PackedAttrs.td"
