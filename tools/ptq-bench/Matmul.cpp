//===- Matmul.cpp - Measure products with weights -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Matmul.h"
#include "MatmulModule.h"
#include "Peer.h"
#include "Probes.h"

#include "ptq/Run/CompiledModule.h"
#include "ptq/Run/Evaluate.h"

#include <chrono>
#include <random>

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Rows up to which a product is bound by reading its weights.
constexpr int64_t kMaxDecodeRows = 4;

double getSeconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// A compiled product, its weights in both forms, and copies of them.
class Bench {
public:
  Bench(ProductCase product, const MeasureOptions &options)
      : product(std::move(product)), options(options) {}

  llvm::Error prepare();
  /// Fails if a bit differs from the reference's or the portable kernels'.
  llvm::Error verify();
  llvm::Expected<Measurement> measure();

private:
  /// Makes calls, each time with other copies, for long enough to be measured:
  /// seconds per call.
  llvm::Expected<double> time(llvm::function_ref<llvm::Error(size_t)> run);
  llvm::Expected<double> timeOwn();
  llvm::Expected<double> timePeer();
  llvm::Expected<SmallVector<Buffer>> call(bool isPacked, size_t copy);
  bool isDecode() const { return product.shape.m <= kMaxDecodeRows; }
  /// Operations, or, if the product is bound by reading them, `numBytes` bytes
  /// of weights and scales; in units of 1e9.
  double getWork(int64_t numBytes) const;
  int64_t getNumPeerBytes() const;

  ProductCase product;
  MeasureOptions options;
  std::unique_ptr<CompiledModule> compiled;
  Buffer rows, weights, scales, multipliers;
  std::vector<Buffer> packedCopies, weightCopies, scaleCopies;
  std::unique_ptr<PeerProduct> peer;
  size_t nextCopy = 0;
};

} // namespace

static Buffer copyBuffer(const Buffer &buffer) {
  Buffer copy = Buffer::allocate(buffer.getElementKind(), buffer.getShape());
  llvm::copy(buffer.getBytes(), static_cast<char *>(copy.getData()));
  return copy;
}

llvm::Error Bench::prepare() {
  OwningOpRef<ModuleOp> module = product.buildModule();
  if (!module)
    return llvm::createStringError("cannot build the product");
  CompileOptions compileOptions;
  compileOptions.threads = options.threads;
  auto created = CompiledModule::create(*module, compileOptions);
  if (!created)
    return created.takeError();
  compiled = std::move(*created);

  ProductShape shape = product.shape;
  rows = Buffer::allocate(ElementKind::Float32, {shape.m, shape.k});
  std::minstd_rand random(3);
  for (float &value : rows.getValues<float>())
    value = static_cast<int32_t>(random() << 1) * 0x1p-31f;
  weights = product.makeWeights();
  scales = product.makeScales();
  multipliers = product.makeMultipliers();
  int64_t size = product.packed.getNumBytes();
  Buffer packed = Buffer::allocate(ElementKind::Int8, {size});
  packPanels(product.packed,
             {weights.getBytes(), product.areBitsPacked,
              scales ? scales.getBytes() : ArrayRef<char>(),
              multipliers ? multipliers.getBytes() : ArrayRef<char>()},
             {static_cast<char *>(packed.getData()), size_t(size)});

  // Eight times what the last cache holds, so that no copy is found there.
  int64_t numCopies = options.isHot ? 1 : 8 * getCacheSize() / size + 1;
  for (int64_t i = 0; i < numCopies; ++i) {
    packedCopies.push_back(i ? copyBuffer(packed) : packed);
    if (options.peer != Peer::Portable && i)
      continue;
    weightCopies.push_back(i ? copyBuffer(weights) : weights);
    scaleCopies.push_back(i && scales ? copyBuffer(scales) : scales);
  }
  if (options.peer != Peer::OneDNN)
    return llvm::Error::success();
  auto other = createOneDNNProduct(product, rows, weights, scales, numCopies,
                                   options.threads);
  if (!other)
    return other.takeError();
  peer = std::move(*other);
  return llvm::Error::success();
}

llvm::Expected<SmallVector<Buffer>> Bench::call(bool isPacked, size_t copy) {
  if (isPacked)
    return compiled->call("packed",
                          {rows, packedCopies[copy % packedCopies.size()]});
  SmallVector<Buffer> inputs{rows, weightCopies[copy % weightCopies.size()]};
  if (scales)
    inputs.push_back(scaleCopies[copy % scaleCopies.size()]);
  if (multipliers) // small, and the same ones each time
    inputs.push_back(multipliers);
  return compiled->call("portable", inputs);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// The first `numRows` rows of a dense buffer.
static Buffer takeRows(const Buffer &buffer, int64_t numRows) {
  SmallVector<int64_t> shape(buffer.getShape());
  shape.front() = numRows;
  return Buffer::view(buffer.getElementKind(), shape, buffer.getData());
}

llvm::Error Bench::verify() {
  auto packed = call(true, 0);
  if (!packed)
    return packed.takeError();
  auto portable = call(false, 0);
  if (!portable)
    return portable.takeError();
  if (packed->front().getBytes() != portable->front().getBytes())
    return llvm::createStringError(
        "the kernel and the portable one do not have the same bits");

  int64_t numRows = std::min<int64_t>(product.shape.m, 2);
  int64_t numColumns = std::min<int64_t>(product.shape.n, 40);
  OwningOpRef<ModuleOp> module = product.buildReference(numRows, numColumns);
  if (!module)
    return llvm::createStringError("cannot build the reference");
  SmallVector<Buffer> inputs{takeRows(rows, numRows),
                             takeRows(weights, numColumns)};
  if (scales)
    inputs.push_back(takeRows(scales, numColumns));
  if (multipliers)
    inputs.push_back(takeRows(multipliers, numColumns));
  auto reference = evaluateReference(*module, "portable", inputs);
  if (!reference)
    return reference.takeError();
  ArrayRef<float> got = packed->front().getValues<float>();
  ArrayRef<float> expected = reference->front().getValues<float>();
  for (int64_t m = 0; m < numRows; ++m)
    if (std::memcmp(&got[m * product.shape.n], &expected[m * numColumns],
                    numColumns * sizeof(float)) != 0)
      return llvm::createStringError(
          "the kernel and the reference do not have the same bits");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Measurement
//===----------------------------------------------------------------------===//

llvm::Expected<double>
Bench::time(llvm::function_ref<llvm::Error(size_t)> run) {
  constexpr double atLeast = 0.01;
  double start = getSeconds(), elapsed = 0;
  int64_t numCalls = 0;
  for (; elapsed < atLeast; elapsed = getSeconds() - start, ++numCalls)
    if (llvm::Error error = run(nextCopy++))
      return std::move(error);
  return elapsed / numCalls;
}

llvm::Expected<double> Bench::timeOwn() {
  return time([&](size_t copy) { return call(true, copy).takeError(); });
}

llvm::Expected<double> Bench::timePeer() {
  if (peer)
    return time([&](size_t copy) { return peer->run(copy); });
  return time([&](size_t copy) { return call(false, copy).takeError(); });
}

double Bench::getWork(int64_t numBytes) const {
  ProductShape shape = product.shape;
  return isDecode() ? 1e-9 * numBytes : 2e-9 * shape.m * shape.n * shape.k;
}

int64_t Bench::getNumPeerBytes() const {
  if (peer)
    return peer->getNumBytes();
  int64_t numBytes = 0;
  for (const Buffer *part : {&weights, &scales, &multipliers})
    numBytes += *part ? part->getNumBytes() : 0;
  return numBytes;
}

static double getMedian(std::vector<double> values) {
  llvm::sort(values);
  return values[values.size() / 2];
}

llvm::Expected<Measurement> Bench::measure() {
  auto peak = PeakProbe::create(product, options.threads);
  if (!peak)
    return peak.takeError();
  ReadProbe read(options.isHot ? product.packed.getNumBytes()
                               : 8 * getCacheSize(),
                 options.threads);
  std::vector<double> own, others, limits;
  OtherUse use;
  for (unsigned round = 0; round < options.rounds; ++round) {
    auto seconds = timeOwn();
    if (!seconds)
      return seconds.takeError();
    own.push_back(getWork(product.packed.getNumBytes()) / *seconds);
    if (options.peer != Peer::None) {
      seconds = timePeer();
      if (!seconds)
        return seconds.takeError();
      others.push_back(getWork(getNumPeerBytes()) / *seconds);
    }
    auto operations = (*peak)->run();
    if (!operations)
      return operations.takeError();
    limits.push_back(1e-9 * (isDecode()
                                 ? read.run()
                                 : *operations * (*peak)->getFormatLimit()));
  }
  Measurement result;
  result.isa = stringifyIsa(cast<IsaAttr>(Attribute(product.isa)).getValue());
  result.shape = product.shape;
  result.threads = options.threads;
  result.isCold = !options.isHot;
  result.unit = isDecode() ? "GB/s" : "GOPS";
  result.median = getMedian(own);
  result.min = *llvm::min_element(own);
  result.max = *llvm::max_element(own);
  result.limit = getMedian(limits);
  result.peer = options.peer;
  if (options.peer != Peer::None)
    result.peerMedian = getMedian(others);
  result.otherUse = use.get();
  return result;
}

StringRef ptq::stringifyPeer(Peer peer) {
  switch (peer) {
  case Peer::None:
    return "";
  case Peer::Portable:
    return "portable";
  case Peer::OneDNN:
    return "onednn";
  }
  llvm_unreachable("all peers are named");
}

llvm::Expected<Measurement> ptq::measureMatmul(MLIRContext *context,
                                               const std::string &format,
                                               ProductShape shape,
                                               const MeasureOptions &options) {
  FailureOr<TargetDescription> target =
      resolveTarget(UnknownLoc::get(context), "host", "", "");
  if (failed(target))
    return llvm::createStringError("expects a CPU that is supported");
  auto product =
      ProductCase::create(context, format, shape, options.isa, *target);
  if (!product)
    return product.takeError();
  Bench bench(std::move(*product), options);
  if (llvm::Error error = bench.prepare())
    return std::move(error);
  if (llvm::Error error = bench.verify())
    return std::move(error);
  llvm::Expected<Measurement> result = bench.measure();
  if (result)
    result->format = format;
  return result;
}
