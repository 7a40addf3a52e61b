//===- QuantizeWeights.cpp - Codes and scales of a plan's weights ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizeWeights.h"

#include "SourceBytes.h"

#include "mlir/IR/AsmState.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Lets go of the pages of an external source.
static llvm::Error release(const ConstantView &view, Parameters &parameters) {
  auto external = dyn_cast<ExternalAttr>(view.source);
  if (!external)
    return llvm::Error::success();
  llvm::Expected<Parameter> parameter =
      parameters.get(external, view.sourceType);
  if (!parameter)
    return parameter.takeError();
  parameter->file->release(*parameter->tensor);
  return llvm::Error::success();
}

/// Offsets of all indices of `dim`, in order.
static SmallVector<int64_t> getOffsets(const ViewDimension &dim) {
  SmallVector<int64_t> offsets = {0};
  for (Stride stride : dim) {
    SmallVector<int64_t> inner;
    inner.reserve(offsets.size() * stride.size);
    for (int64_t offset : offsets)
      for (int64_t i = 0; i < stride.size; ++i)
        inner.push_back(offset + i * stride.stride);
    offsets = std::move(inner);
  }
  return offsets;
}

static int64_t getElementBytes(Type type) {
  return type.getIntOrFloatBitWidth() / 8;
}

/// Writes the float at `from` rounded from one type to a narrower one.
static void roundElement(const char *from, FloatType fromType, char *to,
                         FloatType toType) {
  uint64_t bits = 0;
  std::memcpy(&bits, from, getElementBytes(fromType));
  APFloat value(fromType.getFloatSemantics(), APInt(fromType.getWidth(), bits));
  bool losesInfo;
  value.convert(toType.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  bits = value.bitcastToAPInt().getZExtValue();
  std::memcpy(to, &bits, getElementBytes(toType));
}

/// The weight as dense rows of the expressed type: for views that are more than
/// two strides, and for weights that a cast rounds.
static std::vector<char> gatherRows(const WeightJob &job, const char *source) {
  auto fromType = cast<FloatType>(job.view.sourceType.getElementType());
  FloatType toType = job.getFormat().getExpressedType();
  int64_t fromBytes = getElementBytes(fromType),
          toBytes = getElementBytes(toType);
  std::vector<char> rows(job.type.getNumElements() * toBytes);
  SmallVector<int64_t> columns = getOffsets(job.columns);
  char *to = rows.data();
  for (int64_t row : getOffsets(job.rows))
    for (int64_t column : columns) {
      const char *from = source + (row + column) * fromBytes;
      if (fromType == toType)
        std::memcpy(to, from, toBytes);
      else
        roundElement(from, fromType, to, toType);
      to += toBytes;
    }
  return rows;
}

static bool isStrided(const WeightJob &job) {
  return job.rows.size() <= 1 && job.columns.size() <= 1 &&
         job.view.sourceType.getElementType() ==
             job.getFormat().getExpressedType();
}

static int64_t getStride(const ViewDimension &dim) {
  return dim.empty() ? 0 : dim.front().stride;
}

//===----------------------------------------------------------------------===//
// Quantizing
//===----------------------------------------------------------------------===//

namespace {

/// Codes, scales and multipliers on their way to the IR or to a file.
struct Blobs {
  AsmResourceBlob codes, scales, multipliers;
  QuantizationError error;
};

} // namespace

/// The format of the rows `[N, K]` of batches `[B, N, K]`.
static QuantType getRowFormat(QuantType format) {
  auto getRows = [](ArrayRef<int64_t> block) {
    return block.empty() ? block : block.take_back(2);
  };
  return QuantType::get(
      format.getContext(), format.getStorageWidth(), format.getIsSigned(),
      format.getStorageMin(), format.getStorageMax(), format.getExpressedType(),
      getRows(format.getBlock()), format.getScaleType(), format.getZeroPoint(),
      format.getMultiplierWidth(), format.getIsMultiplierSigned(),
      format.getMultiplierMin(), format.getMultiplierMax(),
      getRows(format.getMultiplierBlock()));
}

/// Whether every code of the format has its negative there, in a byte, and
/// every row one scale of f32.
static bool canNegate(QuantType format) {
  return format.getStorageWidth() == 8 && format.getIsSigned() &&
         format.isSymmetric() && !format.hasMultiplier() &&
         format.getStorageMin() == -format.getStorageMax() &&
         format.getBlock().back() == 0 && format.getScaleType().isF32();
}

/// A search may give a row a negative scale. Codes and scale negated are the
/// same weights, and accumulators are rescaled by positive factors only.
static void makeScalesPositive(const WeightJob &job, Blobs &blobs) {
  auto *scales =
      reinterpret_cast<float *>(blobs.scales.getMutableData().data());
  auto *codes = reinterpret_cast<int8_t *>(blobs.codes.getMutableData().data());
  int64_t numColumns = job.getNumColumns();
  for (int64_t row = 0, e = job.getNumRows(); row < e; ++row) {
    if (scales[row] >= 0)
      continue;
    scales[row] = -scales[row];
    for (int8_t &code : MutableArrayRef(codes + row * numColumns, numColumns))
      code = -code;
  }
}

static llvm::Expected<Blobs> quantizeWeight(const WeightJob &job,
                                            const QuantizedWeight &result,
                                            Parameters &parameters) {
  llvm::Expected<ArrayRef<char>> bytes =
      getSourceBytes(job.view.source, job.view.sourceType, parameters);
  if (!bytes)
    return bytes.takeError();
  QuantType format = job.getFormat();
  llvm::Expected<WeightQuantizer> quantizer =
      WeightQuantizer::get(getRowFormat(format), job.scale, job.isPacked());
  if (!quantizer)
    return quantizer.takeError();

  auto sourceType = cast<FloatType>(job.view.sourceType.getElementType());
  const char *source =
      bytes->data() + job.view.offset * getElementBytes(sourceType);
  std::vector<char> gathered;
  WeightView weight{source,
                    sourceType,
                    job.getNumRows(),
                    job.getNumColumns(),
                    getStride(job.rows),
                    getStride(job.columns)};
  if (!isStrided(job)) {
    gathered = gatherRows(job, source);
    weight = WeightView::getDense(gathered.data(), format.getExpressedType(),
                                  job.getNumRows(), job.getNumColumns());
  }

  auto allocate = [](RankedTensorType type) {
    return HeapAsmResourceBlob::allocate(
        type.getNumElements() * getElementBytes(type.getElementType()),
        /*align=*/64);
  };
  Blobs blobs;
  blobs.codes = allocate(result.codesType);
  blobs.scales = allocate(result.scalesType);
  MutableArrayRef<char> multipliers;
  if (result.multipliersType) {
    blobs.multipliers = allocate(result.multipliersType);
    multipliers = blobs.multipliers.getMutableData();
  }
  llvm::Expected<QuantizationError> error = quantizer->quantize(
      job.type.getContext(), weight, 0, job.getNumRows(),
      blobs.codes.getMutableData(), blobs.scales.getMutableData(), multipliers);
  if (!error)
    return error.takeError();
  blobs.error = *error;
  if (canNegate(format))
    makeScalesPositive(job, blobs);
  if (llvm::Error failed = release(job.view, parameters))
    return std::move(failed);
  return blobs;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// `name`, or with a number behind it if it is taken.
static std::string getUniqueName(const Twine &name, llvm::StringSet<> &taken) {
  std::string unique = name.str();
  for (unsigned i = 0; !taken.insert(unique).second; ++i)
    unique = (name + "." + Twine(i)).str();
  return unique;
}

/// Names and types of what a job becomes.
static QuantizedWeight describeResult(const WeightJob &job,
                                      llvm::StringSet<> &taken) {
  QuantizedWeight result;
  result.codesName = getUniqueName(job.name + ".codes", taken);
  result.scalesName = getUniqueName(job.name + ".scales", taken);
  result.codesType = job.getCodesType();
  result.scalesType = job.getScalesType();
  result.multipliersType = job.getMultipliersType();
  if (result.multipliersType)
    result.multipliersName = getUniqueName(job.name + ".multipliers", taken);
  return result;
}

static SafetensorsTensor declare(StringRef name, RankedTensorType type) {
  SafetensorsTensor tensor;
  tensor.name = name.str();
  tensor.dtype = getSafetensorsType(type.getElementType()).str();
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  return tensor;
}

/// Opens the parameter file for the results, then the kept tensors.
static llvm::Expected<std::unique_ptr<SafetensorsWriter>>
openFile(StringRef path, ArrayRef<QuantizedWeight> results,
         MutableArrayRef<KeptParameter> kept, llvm::StringSet<> &taken) {
  SmallVector<SafetensorsTensor> tensors;
  for (const QuantizedWeight &result : results) {
    tensors.push_back(declare(result.codesName, result.codesType));
    tensors.push_back(declare(result.scalesName, result.scalesType));
    if (result.multipliersType)
      tensors.push_back(
          declare(result.multipliersName, result.multipliersType));
  }
  StringRef fileName = llvm::sys::path::filename(path);
  for (KeptParameter &parameter : kept) {
    auto type = dyn_cast<RankedTensorType>(parameter.global.getType());
    if (!type || !type.hasStaticShape() ||
        getSafetensorsType(type.getElementType()).empty())
      return llvm::createStringError(
          "expects global '" + parameter.global.getSymName() +
          "' to be a static tensor of a type that safetensors have");
    std::string name = getUniqueName(parameter.global.getSymName(), taken);
    MLIRContext *context = parameter.global.getContext();
    parameter.value =
        ExternalAttr::get(context, StringAttr::get(context, fileName),
                          StringAttr::get(context, name));
    tensors.push_back(declare(name, type));
  }
  return SafetensorsWriter::create(path, tensors);
}

/// How the weight of `job` uses the range of its codes.
static void describeCodes(const WeightJob &job, const Blobs &blobs,
                          QuantizedWeight &result) {
  QuantType format = job.getFormat();
  bool isPacked = job.isPacked();
  assert((!isPacked || format.getStorageWidth() == 4) && "nibbles or bytes");
  ArrayRef<char> codes = blobs.codes.getData();
  int64_t numColumns = job.getNumColumns(), counts[256] = {};
  int64_t rowBytes = isPacked ? llvm::divideCeil(numColumns, 2) : numColumns;
  for (const char *row = codes.begin(); row != codes.end(); row += rowBytes)
    for (int64_t k = 0; k < numColumns; ++k) {
      uint8_t byte = row[isPacked ? k / 2 : k];
      ++counts[isPacked ? byte >> k % 2 * 4 & 15 : byte];
    }
  int64_t low = format.getStorageMin(), high = format.getStorageMax();
  double numWeights = std::max<int64_t>(job.type.getNumElements(), 1);
  result.clipped = blobs.error.numClipped / numWeights;
  result.saturated = (counts[low & 255] + counts[high & 255]) / numWeights;
  for (int64_t code = low; code <= high; ++code)
    result.numUnusedCodes += counts[code & 255] == 0;
}

/// Writes a tensor to the file, or keeps it in the IR: the attribute for it.
static llvm::Expected<Attribute> store(StringRef name, RankedTensorType type,
                                       AsmResourceBlob blob,
                                       SafetensorsWriter *writer,
                                       StringRef path) {
  if (!writer)
    return DenseResourceElementsAttr::get(type, name, std::move(blob));
  if (llvm::Error error = writer->write(name, blob.getData()))
    return error;
  MLIRContext *context = type.getContext();
  auto file = StringAttr::get(context, llvm::sys::path::filename(path));
  return ExternalAttr::get(context, file, StringAttr::get(context, name));
}

static llvm::Error store(QuantizedWeight &result, Blobs blobs,
                         SafetensorsWriter *writer, StringRef path) {
  result.sqnr = blobs.error.getSqnr();
  auto storeTo = [&](Attribute &value, StringRef name, RankedTensorType type,
                     AsmResourceBlob &blob) -> llvm::Error {
    llvm::Expected<Attribute> stored =
        store(name, type, std::move(blob), writer, path);
    if (!stored)
      return stored.takeError();
    value = *stored;
    return llvm::Error::success();
  };
  if (llvm::Error error = storeTo(result.codes, result.codesName,
                                  result.codesType, blobs.codes))
    return error;
  if (llvm::Error error = storeTo(result.scales, result.scalesName,
                                  result.scalesType, blobs.scales))
    return error;
  if (!result.multipliersType)
    return llvm::Error::success();
  return storeTo(result.multipliers, result.multipliersName,
                 result.multipliersType, blobs.multipliers);
}

static llvm::Error copy(KeptParameter &kept, Parameters &parameters,
                        SafetensorsWriter &writer) {
  llvm::Expected<Parameter> parameter =
      parameters.get(cast<ExternalAttr>(*kept.global.getValue()),
                     cast<RankedTensorType>(kept.global.getType()));
  if (!parameter)
    return parameter.takeError();
  if (llvm::Error error = writer.write(kept.value.getKey(), parameter->bytes))
    return error;
  parameter->file->release(*parameter->tensor);
  return llvm::Error::success();
}

FailureOr<std::vector<QuantizedWeight>>
ptq::quantizeWeights(const LinearPlan &plan, Parameters &parameters,
                     StringRef path, MutableArrayRef<KeptParameter> kept,
                     Location loc, const QuantizeProgress &progress) {
  llvm::StringSet<> taken;
  std::vector<QuantizedWeight> results;
  for (const WeightJob &job : plan.weights)
    results.push_back(describeResult(job, taken));

  std::unique_ptr<SafetensorsWriter> writer;
  if (!path.empty()) {
    auto opened = openFile(path, results, kept, taken);
    if (!opened)
      return emitError(loc, llvm::toString(opened.takeError()));
    writer = std::move(*opened);
  }
  int64_t numDone = 0, numElements = 0;
  for (const WeightJob &job : plan.weights)
    numElements += job.type.getNumElements();
  for (auto [job, result] : llvm::zip_equal(plan.weights, results)) {
    llvm::Expected<Blobs> blobs = quantizeWeight(job, result, parameters);
    if (!blobs)
      return emitError(job.loc) << "weight '" << job.name
                                << "': " << llvm::toString(blobs.takeError());
    describeCodes(job, *blobs, result);
    if (llvm::Error error =
            store(result, std::move(*blobs), writer.get(), path))
      return emitError(loc, llvm::toString(std::move(error)));
    numDone += job.type.getNumElements();
    if (progress)
      progress(numDone, numElements);
  }
  if (!writer)
    return results;
  for (KeptParameter &parameter : kept)
    if (llvm::Error error = copy(parameter, parameters, *writer))
      return emitError(parameter.global.getLoc(),
                       llvm::toString(std::move(error)));
  if (llvm::Error error = writer->finish())
    return emitError(loc, llvm::toString(std::move(error)));
  return results;
}
