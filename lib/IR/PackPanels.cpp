//===- PackPanels.cpp - Weights into panels and back ----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Packed.h"

#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Where things lie in packed bytes.
struct PanelLayout {
  explicit PanelLayout(PackedAttr packed)
      : numColumns(packed.getNumColumns()), depth(packed.getDepth()),
        groupSize(packed.getGroupSize()), numGroups(packed.getNumGroups()),
        panelColumns(packed.getLayout().getColumns()),
        stepDepth(packed.getLayout().getDepth()),
        bits(packed.getLayout().getBits()),
        stepSize(packed.getLayout().getStepSize()),
        stepBytes(packed.getStepBytes()), headerBytes(packed.getHeaderBytes()),
        scaleBytes(packed.getScaleBytes()),
        groupBytes(packed.getGroupBytes(groupSize)) {}

  int64_t getElementBytes() const { return bits <= 8 ? 1 : bits / 8; }
  int64_t getGroupOffset(int64_t group) const {
    return headerBytes + group * groupBytes;
  }

  /// Visits the numbers of column `c` of a panel that stand in front of groups,
  /// and in front of the panel: the byte where each is.
  template <typename VisitFn>
  void forGroupNumbers(int64_t c, VisitFn visit) const {
    int64_t size = scaleBytes / panelColumns;
    for (int64_t group = 0; group < numGroups; ++group)
      visit(group, getGroupOffset(group) + c * size, size);
  }
  template <typename VisitFn>
  void forPanelNumbers(int64_t c, VisitFn visit) const {
    if (int64_t size = headerBytes / panelColumns)
      visit(0, c * size, size);
  }

  /// Visits the elements of column `c` of a panel: their k, the byte where they
  /// are, and whether they are in its high half.
  template <typename VisitFn>
  void forElements(int64_t c, VisitFn visit) const {
    int64_t size = getElementBytes();
    for (int64_t group = 0; group < numGroups; ++group) {
      int64_t first = group * groupSize;
      int64_t end = std::min(first + groupSize, depth);
      int64_t place = getGroupOffset(group) + scaleBytes + c * stepDepth * size;
      for (int64_t k = first; k < end; k += stepSize, place += stepBytes)
        for (int64_t i = 0, e = std::min(stepSize, end - k); i < e; ++i)
          visit(k + i, place + i % stepDepth * size, i >= stepDepth);
    }
  }

  int64_t numColumns, depth, groupSize, numGroups, panelColumns, stepDepth,
      bits, stepSize, stepBytes, headerBytes, scaleBytes, groupBytes;
};

/// Reads codes of a row: bytes, or a stream of `width` bits.
class CodeReader {
public:
  CodeReader(PackedAttr packed, const WeightBytes &source) {
    QuantType format = packed.getFormat();
    width = format.getStorageWidth();
    offset = format.getIsSigned() ? 1u << (width - 1) : 0;
    mask = (1u << width) - 1;
    areBitsPacked = source.areBitsPacked;
    rowBytes = areBitsPacked ? llvm::divideCeil(packed.getDepth() * width, 8)
                             : packed.getDepth();
    data = reinterpret_cast<const uint8_t *>(source.weights.data());
  }

  /// The code of `[n, k]` as an unsigned number.
  uint8_t read(int64_t n, int64_t k) const {
    const uint8_t *row = data + n * rowBytes;
    if (!areBitsPacked)
      return (row[k] + offset) & mask;
    int64_t bit = k * width, byte = bit / 8;
    unsigned both = row[byte];
    if (byte + 1 < rowBytes)
      both |= row[byte + 1] << 8;
    return ((both >> (bit % 8)) + offset) & mask;
  }

private:
  const uint8_t *data;
  int64_t rowBytes;
  unsigned width, offset, mask;
  bool areBitsPacked;
};

} // namespace

/// The codes of the columns from `first` on.
static void packCodes(PackedAttr packed, const PanelLayout &layout,
                      const WeightBytes &source, int64_t first, int64_t count,
                      char *bytes) {
  CodeReader reader(packed, source);
  uint8_t signBit = packed.getLayout().getCentered() ? 128 : 0;
  for (int64_t c = 0; c < count; ++c)
    layout.forElements(c, [&](int64_t k, int64_t byte, bool isHigh) {
      uint8_t code = reader.read(first + c, k) ^ signBit;
      bytes[byte] |= code << (isHigh ? 4 : 0);
    });
}

static void packFloats(const PanelLayout &layout, const WeightBytes &source,
                       int64_t first, int64_t count, char *bytes) {
  int64_t size = layout.getElementBytes();
  for (int64_t c = 0; c < count; ++c) {
    const char *row = source.weights.data() + (first + c) * layout.depth * size;
    layout.forElements(c, [&](int64_t k, int64_t byte, bool) {
      std::memcpy(bytes + byte, row + k * size, size);
    });
  }
}

void ptq::packPanel(PackedAttr packed, const WeightBytes &source, int64_t panel,
                    MutableArrayRef<char> bytes) {
  PanelLayout layout(packed);
  llvm::fill(bytes, 0);
  int64_t first = panel * layout.panelColumns;
  int64_t count = std::min(layout.panelColumns, layout.numColumns - first);
  if (!packed.getFormat())
    return packFloats(layout, source, first, count, bytes.data());
  packCodes(packed, layout, source, first, count, bytes.data());
  // Scales stand in front of groups, or, if these have multipliers, of panels.
  ArrayRef<char> groupNumbers =
      packed.hasMultipliers() ? source.multipliers : source.scales;
  for (int64_t c = 0; c < count; ++c) {
    layout.forGroupNumbers(c, [&](int64_t group, int64_t byte, int64_t size) {
      int64_t index = (first + c) * layout.numGroups + group;
      std::memcpy(bytes.data() + byte, groupNumbers.data() + index * size,
                  size);
    });
    layout.forPanelNumbers(c, [&](int64_t, int64_t byte, int64_t size) {
      std::memcpy(bytes.data() + byte,
                  source.scales.data() + (first + c) * size, size);
    });
  }
}

void ptq::packPanels(PackedAttr packed, const WeightBytes &source,
                     MutableArrayRef<char> bytes) {
  int64_t size = packed.getPanelBytes();
  llvm::parallelFor(0, packed.getNumPanels(), [&](size_t panel) {
    packPanel(packed, source, panel, bytes.slice(panel * size, size));
  });
}

/// A code in memory as its format has it, in a byte.
static char restoreCode(QuantType format, unsigned stored) {
  unsigned width = format.getStorageWidth();
  return format.getIsSigned() ? stored - (1u << (width - 1)) : stored;
}

void ptq::unpackPanels(PackedAttr packed, ArrayRef<char> bytes,
                       MutableArrayRef<char> weights,
                       MutableArrayRef<char> scales,
                       MutableArrayRef<char> multipliers) {
  PanelLayout layout(packed);
  QuantType format = packed.getFormat();
  int64_t size = layout.getElementBytes(), panelBytes = packed.getPanelBytes();
  MutableArrayRef<char> groupNumbers =
      packed.hasMultipliers() ? multipliers : scales;
  for (int64_t n = 0; n < layout.numColumns; ++n) {
    const char *panel = bytes.data() + n / layout.panelColumns * panelBytes;
    int64_t c = n % layout.panelColumns;
    char *row = weights.data() + n * layout.depth * size;
    layout.forElements(c, [&](int64_t k, int64_t byte, bool isHigh) {
      std::memcpy(row + k * size, panel + byte, size);
      unsigned code = static_cast<uint8_t>(panel[byte]);
      if (layout.bits == 4)
        code = isHigh ? code >> 4 : code & 15;
      if (packed.getLayout().getCentered())
        code ^= 128;
      if (format)
        row[k] = restoreCode(format, code);
    });
    if (!format)
      continue;
    layout.forGroupNumbers(c, [&](int64_t group, int64_t byte, int64_t size) {
      int64_t index = n * layout.numGroups + group;
      std::memcpy(groupNumbers.data() + index * size, panel + byte, size);
    });
    layout.forPanelNumbers(c, [&](int64_t, int64_t byte, int64_t size) {
      std::memcpy(scales.data() + n * size, panel + byte, size);
    });
  }
}
