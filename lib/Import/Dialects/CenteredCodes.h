//===- CenteredCodes.h - Integers minus a zero point ------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_DIALECTS_CENTEREDCODES_H
#define PTQ_LIB_IMPORT_DIALECTS_CENTEREDCODES_H

#include "BlockNumbers.h"

namespace mlir::ptq {

/// `code - zero point` as an integer of any width that holds it, or as a float
/// that is exactly this integer.
struct CenteredCodes {
  /// In a tensor of integers of up to 16 bits, each of them a code.
  Element codes;
  /// Whether codes are signed; unknown until something extends them.
  std::optional<bool> isSigned;
  /// Width of a code, which the tensor may hold in wider integers.
  unsigned width = 0;
  /// Null if there is none, or a constant one.
  Element zeroPoints;
  int64_t zeroPoint = 0;
  /// The values that may occur.
  int64_t min = 0, max = 0;
};

/// Reads the float `element` as such a difference. Fails without a reason if it
/// is no float made of integers.
FailureOr<CenteredCodes> readCenteredFloat(Element element,
                                           std::string &reason);

/// The numbers that `centered` subtracts, if they are no constant: integers of
/// whole bytes, extended as codes are. Fails with a reason if one may be
/// outside the range of the codes, or is no integer.
FailureOr<BlockNumbers> findZeroPoints(const CenteredCodes &centered,
                                       const BlockedTensor &codes,
                                       std::string &reason);

/// Zero points that are floats or wider integers, as `findZeroPoints` gives
/// them.
FailureOr<BlockNumbers> findZeroPoints(Element element, unsigned width,
                                       bool isSigned, int64_t min, int64_t max,
                                       const BlockedTensor &codes,
                                       std::string &reason);

/// Whether every integer up to `magnitude` is a number of `type`.
bool holdsIntegers(Type type, int64_t magnitude);

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_DIALECTS_CENTEREDCODES_H
