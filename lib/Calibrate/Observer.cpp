//===- Observer.cpp - What can be asked of a tensor -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Calibrate/Observer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::ptq;

static constexpr StringLiteral kindNames[numObserverKinds] = {
    "minmax",       "moving_average", "absmax",       "channel_absmax",
    "token_absmax", "mean",           "mean_abs",     "mean_square",
    "histogram",    "gram",           "output_error",
};

StringRef ptq::stringifyObserverKind(ObserverKind kind) {
  return kindNames[static_cast<unsigned>(kind)];
}

std::optional<ObserverKind> ptq::symbolizeObserverKind(StringRef name) {
  const auto *it = llvm::find(kindNames, name);
  if (it == std::end(kindNames))
    return std::nullopt;
  return static_cast<ObserverKind>(it - std::begin(kindNames));
}

std::vector<ObserverKind> ObserverSet::getKinds() const {
  std::vector<ObserverKind> kinds;
  for (unsigned i = 0; i < numObserverKinds; ++i)
    if (contains(static_cast<ObserverKind>(i)))
      kinds.push_back(static_cast<ObserverKind>(i));
  return kinds;
}

llvm::Expected<ObserverSet> ObserverSet::parse(StringRef names) {
  ObserverSet set;
  SmallVector<StringRef> parts;
  names.split(parts, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef part : parts) {
    StringRef name = part.trim();
    if (name == "all") {
      for (unsigned i = 0; i < numObserverKinds; ++i)
        if (static_cast<ObserverKind>(i) != ObserverKind::OutputError)
          set.insert(static_cast<ObserverKind>(i));
      continue;
    }
    std::optional<ObserverKind> kind = symbolizeObserverKind(name);
    if (!kind)
      return llvm::createStringError(
          "expects observers to be all or some of " +
          llvm::join(std::begin(kindNames), std::end(kindNames), ", ") +
          ", but got '" + name + "'");
    set.insert(*kind);
  }
  if (set.empty())
    return llvm::createStringError("expects an observer, but got none");
  return set;
}

std::string ObserverSet::str() const {
  return llvm::join(llvm::map_range(getKinds(), stringifyObserverKind), ",");
}
