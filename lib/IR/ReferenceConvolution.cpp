//===- ReferenceConvolution.cpp - The exact arithmetic of convolutions ----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Reference.h"

using namespace mlir;
using namespace mlir::ptq;
using namespace mlir::ptq::reference;

namespace {

/// Where a tensor `[N, H, W, C]`, or `[N, C, H, W]`, has an element.
struct ImageShape {
  ArrayRef<int64_t> sizes;
  bool channelsFirst;

  int64_t getHeight() const { return sizes[channelsFirst ? 2 : 1]; }
  int64_t getWidth() const { return sizes[channelsFirst ? 3 : 2]; }
  int64_t getChannels() const { return sizes[channelsFirst ? 1 : 3]; }
  int64_t getIndex(int64_t n, int64_t y, int64_t x, int64_t c) const {
    if (channelsFirst)
      return ((n * getChannels() + c) * getHeight() + y) * getWidth() + x;
    return ((n * getHeight() + y) * getWidth() + x) * getChannels() + c;
  }
};

/// One convolution: centred codes of both sides.
class Convolution {
public:
  Convolution(const QuantizedTensor &lhs, const QuantizedTensor &rhs,
              const Window &window)
      : image{lhs.codes.shape, window.channelsFirst},
        lhsCodes(centerCodes(lhs)), rhsCodes(centerCodes(rhs)), window(window) {
  }

  IntegerTensor run() const;

private:
  int64_t countWindows(int64_t dim, int64_t size) const {
    int64_t span = (window.kernel[dim] - 1) * window.dilations[dim] + 1;
    return (size - span) / window.strides[dim] + 1;
  }
  int32_t sumWindow(int64_t n, int64_t y, int64_t x, int64_t f) const;

  ImageShape image;
  IntegerTensor lhsCodes, rhsCodes;
  const Window &window;
};

} // namespace

/// Exact in i32, which the verifier proves.
int32_t Convolution::sumWindow(int64_t n, int64_t y, int64_t x,
                               int64_t f) const {
  int64_t numColumns = rhsCodes.getNumColumns(), rows = window.kernel[0],
          columns = window.kernel[1];
  int64_t channels = window.isDepthwise ? 1 : image.getChannels();
  uint32_t sum = 0;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t c = 0; c < channels; ++c) {
        int64_t k = window.channelsFirst && !window.isDepthwise
                        ? (c * rows + i) * columns + j
                        : (i * columns + j) * channels + c;
        int64_t element =
            image.getIndex(n, y * window.strides[0] + i * window.dilations[0],
                           x * window.strides[1] + j * window.dilations[1],
                           window.isDepthwise ? f : c);
        sum += uint32_t(lhsCodes.values[element]) *
               uint32_t(rhsCodes.values[f * numColumns + k]);
      }
  return sum;
}

IntegerTensor Convolution::run() const {
  int64_t height = countWindows(0, image.getHeight());
  int64_t width = countWindows(1, image.getWidth());
  int64_t numBatches = image.sizes[0], filters = rhsCodes.shape[0];
  SmallVector<int64_t> shape = {numBatches, height, width, filters};
  if (window.channelsFirst)
    shape = {numBatches, filters, height, width};
  IntegerTensor result(shape);
  ImageShape resultShape{result.shape, window.channelsFirst};
  for (int64_t n = 0; n < numBatches; ++n)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        for (int64_t f = 0; f < filters; ++f)
          result.values[resultShape.getIndex(n, y, x, f)] =
              sumWindow(n, y, x, f);
  return result;
}

IntegerTensor reference::convolve(const QuantizedTensor &lhs,
                                  const QuantizedTensor &rhs,
                                  const Window &window) {
  return Convolution(lhs, rhs, window).run();
}

FloatTensor reference::scaleAccumulators(const IntegerTensor &accumulators,
                                         const FloatTensor &rhsScales,
                                         float lhsScale, int64_t channelDim,
                                         FloatType resultType) {
  FloatTensor result(accumulators.shape);
  SmallVector<int64_t> block(accumulators.shape.size(), 0);
  if (rhsScales.getNumElements() > 1)
    block[channelDim] = 1;
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    float scaled =
        static_cast<float>(accumulators.values[i]) *
        rhsScales.values[getBlockIndex(i, accumulators.shape, block)];
    result.values[i] = roundTo(scaled * lhsScale, resultType);
  }
  return result;
}
