//===- Observer.h - What can be asked of a tensor ---------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_CALIBRATE_OBSERVER_H
#define PTQ_CALIBRATE_OBSERVER_H

#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <vector>

namespace mlir::ptq {

/// What an observer keeps of a tensor, seen as rows (tokens) of channels;
/// docs/calibration.md has the formulas.
enum class ObserverKind : uint8_t {
  MinMax,        ///< smallest and largest value
  MovingAverage, ///< smallest and largest value of each sample, averaged
  AbsMax,        ///< largest magnitude
  ChannelAbsMax, ///< the same of each channel
  TokenAbsMax,   ///< histogram of the largest magnitudes of rows, 64 octaves
  Mean,          ///< of each channel
  MeanAbs,       ///< of the magnitudes of each channel
  MeanSquare,    ///< of the squares of each channel
  Histogram,     ///< of all values
  Gram,          ///< sum of x x^T over rows x
  OutputError,   ///< sum of (x - y)^2 and of x^2, y being a second tensor
};

constexpr unsigned numObserverKinds = 11;

/// As files and options spell it: `minmax`, `channel_absmax`, ...
StringRef stringifyObserverKind(ObserverKind kind);
std::optional<ObserverKind> symbolizeObserverKind(StringRef name);

/// A set of observers, in the order of their kinds.
class ObserverSet {
public:
  ObserverSet() = default;
  ObserverSet(std::initializer_list<ObserverKind> kinds) {
    for (ObserverKind kind : kinds)
      insert(kind);
  }

  void insert(ObserverKind kind) { bits |= 1u << static_cast<unsigned>(kind); }
  bool contains(ObserverKind kind) const {
    return bits >> static_cast<unsigned>(kind) & 1;
  }
  bool empty() const { return bits == 0; }
  std::vector<ObserverKind> getKinds() const;
  bool operator==(ObserverSet other) const { return bits == other.bits; }
  ObserverSet &operator|=(ObserverSet other) {
    bits |= other.bits;
    return *this;
  }

  /// `minmax,gram`, or `all` that observe one tensor.
  static llvm::Expected<ObserverSet> parse(StringRef names);
  std::string str() const;

private:
  unsigned bits = 0;
};

} // namespace mlir::ptq

#endif // PTQ_CALIBRATE_OBSERVER_H
