//===- BytePairMerger.cpp - Merges pairs of tokens by rank ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BytePairMerger.h"

#include "llvm/ADT/SmallVector.h"

#include <queue>

using namespace mlir;
using namespace mlir::ptq;

namespace {
/// A merge that was possible when it was queued.
struct Candidate {
  int64_t rank;
  size_t position;
  int64_t left, right, merged;

  /// `std::priority_queue` puts the greatest first.
  bool operator<(const Candidate &other) const {
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

/// Neighbours of a token among those that are left.
struct Link {
  size_t previous, next;
};
} // namespace

static constexpr size_t none = ~size_t(0);
static constexpr int64_t absorbed = -1;

void BytePairMerger::add(int64_t left, int64_t right, int64_t merged) {
  merges[{left, right}] = {nextRank++, merged};
}

void BytePairMerger::merge(SmallVectorImpl<int64_t> &tokens) const {
  size_t size = tokens.size();
  SmallVector<Link> links(size);
  std::priority_queue<Candidate> queue;
  auto propose = [&](size_t position) {
    size_t next = links[position].next;
    if (next == none)
      return;
    auto found = merges.find({tokens[position], tokens[next]});
    if (found != merges.end())
      queue.push({found->second.rank, position, tokens[position], tokens[next],
                  found->second.merged});
  };
  for (size_t i = 0; i < size; ++i)
    links[i] = {i == 0 ? none : i - 1, i + 1 == size ? none : i + 1};
  for (size_t i = 0; i < size; ++i)
    propose(i);

  while (!queue.empty()) {
    Candidate best = queue.top();
    queue.pop();
    size_t position = best.position, next = links[position].next;
    // An earlier merge may have taken one of the two.
    if (tokens[position] != best.left || next == none ||
        tokens[next] != best.right)
      continue;
    tokens[position] = best.merged;
    tokens[next] = absorbed;
    size_t after = links[next].next;
    links[position].next = after;
    if (after != none)
      links[after].previous = position;
    if (links[position].previous != none)
      propose(links[position].previous);
    propose(position);
  }
  llvm::erase(tokens, absorbed);
}
