//===- OneDNN.cpp - The product of oneDNN ---------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Version 2 of oneDNN (https://oneapi-src.github.io/oneDNN), through its C
// interface: that of C++ throws.
//
//===----------------------------------------------------------------------===//

#include "Peer.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Owns an object of oneDNN.
template <typename T, dnnl_status_t (*destroy)(T)>
class Handle {
public:
  Handle() = default;
  Handle(Handle &&other) : object(std::exchange(other.object, nullptr)) {}
  Handle(const Handle &) = delete;
  ~Handle() {
    if (object)
      destroy(object);
  }
  T *operator&() { return &object; }
  operator T() const { return object; }

private:
  T object = nullptr;
};

using Engine = Handle<dnnl_engine_t, dnnl_engine_destroy>;
using Stream = Handle<dnnl_stream_t, dnnl_stream_destroy>;
using Memory = Handle<dnnl_memory_t, dnnl_memory_destroy>;
using Attributes = Handle<dnnl_primitive_attr_t, dnnl_primitive_attr_destroy>;
using Description = Handle<dnnl_primitive_desc_t, dnnl_primitive_desc_destroy>;
using Primitive = Handle<dnnl_primitive_t, dnnl_primitive_destroy>;

class OneDNNProduct : public PeerProduct {
public:
  OneDNNProduct(ProductShape shape, bool isQuantized, unsigned threads)
      : shape(shape), threads(threads), type(isQuantized ? dnnl_s8 : dnnl_f32) {
  }

  llvm::Error create(const Buffer &rows, const Buffer &weights,
                     const Buffer &scales, int64_t numCopies);
  /// Compares some results with sums in f64.
  llvm::Error verify(const Buffer &weights, const Buffer &scales);
  llvm::Error run(size_t copy) override;
  int64_t getNumBytes() const override { return numBytes; }

private:
  dnnl_status_t createPrimitive(const Buffer &scales);
  dnnl_status_t copyWeights(const Buffer &weights);
  dnnl_status_t addMemory(const dnnl_memory_desc_t &description, void *data,
                          Memory &memory) {
    return dnnl_memory_create(&memory, &description, engine, data);
  }

  ProductShape shape;
  unsigned threads;
  dnnl_data_type_t type;
  Engine engine;
  Stream stream;
  Description description;
  Primitive primitive;
  Buffer inputs, outputs;
  Memory input, output;
  std::vector<Memory> weightCopies;
  int64_t numBytes = 0;
};

} // namespace

/// The first status that is not success, of calls in order.
static dnnl_status_t
runAll(std::initializer_list<llvm::function_ref<dnnl_status_t()>> calls) {
  for (auto call : calls)
    if (dnnl_status_t status = call(); status != dnnl_success)
      return status;
  return dnnl_success;
}

static llvm::Error toError(dnnl_status_t status, StringRef doing) {
  if (status == dnnl_success)
    return llvm::Error::success();
  return llvm::createStringError("oneDNN cannot " + doing + ", status " +
                                 Twine(int(status)));
}

/// A matrix by its sizes and strides.
static dnnl_memory_desc_t describe(dnnl_data_type_t type, int64_t numRows,
                                   int64_t numColumns,
                                   dnnl_format_tag_t layout) {
  dnnl_memory_desc_t description;
  dnnl_dims_t sizes = {numRows, numColumns};
  dnnl_memory_desc_init_by_tag(&description, 2, sizes, type, layout);
  return description;
}

dnnl_status_t OneDNNProduct::createPrimitive(const Buffer &scales) {
  auto source = describe(type, shape.m, shape.k, dnnl_ab);
  auto weights = describe(type, shape.k, shape.n, dnnl_format_tag_any);
  auto result = describe(dnnl_f32, shape.m, shape.n, dnnl_ab);
  dnnl_matmul_desc_t product;
  Attributes attributes;
  return runAll({
      [&] { return dnnl_primitive_attr_create(&attributes); },
      [&] {
        if (!scales)
          return dnnl_success;
        constexpr int perColumn = 1 << 1;
        return dnnl_primitive_attr_set_output_scales(
            attributes, shape.n, perColumn, scales.getValues<float>().data());
      },
      [&] {
        return dnnl_matmul_desc_init(&product, &source, &weights, nullptr,
                                     &result);
      },
      [&] {
        return dnnl_primitive_desc_create(&description, &product, attributes,
                                          engine, nullptr);
      },
      [&] { return dnnl_primitive_create(&primitive, description); },
      [&] { return addMemory(source, inputs.getData(), input); },
      [&] { return addMemory(result, outputs.getData(), output); },
  });
}

/// Adds a copy of `weights` in the order that the primitive reads.
dnnl_status_t OneDNNProduct::copyWeights(const Buffer &weights) {
  auto plain = describe(type, shape.k, shape.n, dnnl_ba);
  const dnnl_memory_desc_t *packed =
      dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
  numBytes = dnnl_memory_desc_get_size(packed);
  Memory from, to;
  Description reordering;
  Primitive reorder;
  dnnl_status_t status = runAll({
      [&] {
        return addMemory(plain, const_cast<void *>(weights.getData()), from);
      },
      [&] { return addMemory(*packed, DNNL_MEMORY_ALLOCATE, to); },
      [&] {
        return dnnl_reorder_primitive_desc_create(&reordering, &plain, engine,
                                                  packed, engine, nullptr);
      },
      [&] { return dnnl_primitive_create(&reorder, reordering); },
      [&] {
        dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from},
                                       {DNNL_ARG_TO, to}};
        return dnnl_primitive_execute(reorder, stream, 2, arguments);
      },
      [&] { return dnnl_stream_wait(stream); },
  });
  weightCopies.push_back(std::move(to));
  return status;
}

llvm::Error OneDNNProduct::create(const Buffer &rows, const Buffer &weights,
                                  const Buffer &scales, int64_t numCopies) {
  omp_set_num_threads(threads);
  inputs = rows;
  if (type == dnnl_s8) {
    inputs = Buffer::allocate(ElementKind::Int8, rows.getShape());
    for (auto [code, value] :
         llvm::zip_equal(inputs.getValues<int8_t>(), rows.getValues<float>()))
      code = std::lrint(127 * value);
  }
  outputs = Buffer::allocate(ElementKind::Float32, {shape.m, shape.n});
  dnnl_status_t status = runAll({
      [&] { return dnnl_engine_create(&engine, dnnl_cpu, 0); },
      [&] {
        return dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
      },
      [&] { return createPrimitive(scales); },
  });
  for (int64_t i = 0; i < numCopies && status == dnnl_success; ++i)
    status = copyWeights(weights);
  return toError(status, "prepare the product");
}

llvm::Error OneDNNProduct::run(size_t copy) {
  omp_set_num_threads(threads);
  dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, input},
      {DNNL_ARG_WEIGHTS, weightCopies[copy % weightCopies.size()]},
      {DNNL_ARG_DST, output}};
  return toError(runAll({
                     [&] {
                       return dnnl_primitive_execute(primitive, stream, 3,
                                                     arguments);
                     },
                     [&] { return dnnl_stream_wait(stream); },
                 }),
                 "compute the product");
}

template <typename T>
static llvm::Error compare(ProductShape shape, ArrayRef<T> rows,
                           ArrayRef<T> weights, ArrayRef<float> scales,
                           ArrayRef<float> results) {
  for (int64_t m = 0; m < shape.m; m += (shape.m + 2) / 3)
    for (int64_t n = 0; n < shape.n; n += (shape.n + 6) / 7) {
      double sum = 0, size = 0;
      for (int64_t k = 0; k < shape.k; ++k) {
        double term = double(rows[m * shape.k + k]) * weights[n * shape.k + k];
        sum += term;
        size += std::abs(term);
      }
      double scale = scales.empty() ? 1 : scales[n];
      float got = results[m * shape.n + n];
      // Sums of f32 are rounded in some order.
      if (!(std::abs(got - scale * sum) <= 1e-5 * scale * size))
        return llvm::createStringError(llvm::formatv(
            "expects {0} of oneDNN, but got {1}", scale * sum, got));
    }
  return llvm::Error::success();
}

llvm::Error OneDNNProduct::verify(const Buffer &weights, const Buffer &scales) {
  if (llvm::Error error = run(0))
    return error;
  ArrayRef<float> results = outputs.getValues<float>();
  if (type == dnnl_s8)
    return compare<int8_t>(shape, inputs.getValues<int8_t>(),
                           weights.getValues<int8_t>(),
                           scales.getValues<float>(), results);
  return compare<float>(shape, inputs.getValues<float>(),
                        weights.getValues<float>(), {}, results);
}

/// Weights of 7 bits. Without dot products of bytes (VNNI), sums of two
/// products are 16 bits wide in oneDNN, and saturate with 8: see "Nuances of
/// int8 Computations" in its developer guide. The time is the same.
static Buffer halve(const Buffer &weights) {
  Buffer halves = Buffer::allocate(ElementKind::Int8, weights.getShape());
  for (auto [half, code] :
       llvm::zip_equal(halves.getValues<int8_t>(), weights.getValues<int8_t>()))
    half = code / 2;
  return halves;
}

llvm::Expected<std::unique_ptr<PeerProduct>>
ptq::createOneDNNProduct(const ProductCase &product, const Buffer &rows,
                         const Buffer &weights, const Buffer &scales,
                         int64_t numCopies, unsigned threads) {
  bool isQuantized = isa<QuantType>(product.formats.lhs);
  bool isFloat = !product.packed.getFormat() &&
                 weights.getElementKind() == ElementKind::Float32;
  bool isPerColumn = !product.areBitsPacked &&
                     scales.getElementKind() == ElementKind::Float32 &&
                     scales.getNumElements() == product.shape.n;
  if (isQuantized ? !isPerColumn : !isFloat)
    return llvm::createStringError(
        "expects w8a8 or f32 beside oneDNN, but got another format");
  auto peer =
      std::make_unique<OneDNNProduct>(product.shape, isQuantized, threads);
  Buffer given = isQuantized ? halve(weights) : weights;
  if (llvm::Error error = peer->create(rows, given, scales, numCopies))
    return std::move(error);
  if (llvm::Error error = peer->verify(given, scales))
    return std::move(error);
  return peer;
}
