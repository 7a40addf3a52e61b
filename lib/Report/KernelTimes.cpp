//===- KernelTimes.cpp - How long products take ---------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTimes.h"

#include "ptq/InitAll.h"
#include "ptq/Quantize/Passes.h"
#include "ptq/Run/CompiledModule.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <map>
#include <tuple>

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// Tokens of a call, one after the other.
constexpr int64_t numTokens = 64;

struct Product {
  int64_t numRows, numColumns;
  std::string format;
  bool operator<(const Product &other) const {
    return std::tie(numRows, numColumns, format) <
           std::tie(other.numRows, other.numColumns, other.format);
  }
};

using ProductTimes =
    llvm::MapVector<Product, double, std::map<Product, unsigned>>;

} // namespace

/// `{0}` is the name, `{1}` the outputs, `{2}` the inputs, `{3}` the format,
/// `{4}` the tokens. The values of the weights change no time.
static constexpr StringLiteral productText = R"(
func.func @{0}(%xs: tensor<{4}x{2}xf32>) -> tensor<1x{1}xf32> {{
  %zero = arith.constant 0.0 : f32
  %begin = arith.constant 0 : index
  %step = arith.constant 1 : index
  %end = arith.constant {4} : index
  %w = arith.constant dense<0.5> : tensor<{1}x{2}xf32>
  %empty = tensor.empty() : tensor<1x{1}xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x{1}xf32>) -> tensor<1x{1}xf32>
  %last = scf.for %i = %begin to %end step %step iter_args(%old = %init) -> tensor<1x{1}xf32> {{
    %x = tensor.extract_slice %xs[%i, 0] [1, {2}] [1, 1] : tensor<{4}x{2}xf32> to tensor<1x{2}xf32>
    %out = tensor.empty() : tensor<1x{1}xf32>
    %acc = linalg.fill ins(%zero : f32) outs(%out : tensor<1x{1}xf32>) -> tensor<1x{1}xf32>
    %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
      {{ptq.format = "{3}", ptq.name = "{0}"}
      ins(%x, %w : tensor<1x{2}xf32>, tensor<{1}x{2}xf32>) outs(%acc : tensor<1x{1}xf32>) -> tensor<1x{1}xf32>
    scf.yield %y : tensor<1x{1}xf32>
  }
  return %last : tensor<1x{1}xf32>
}
)";

/// Nanoseconds of a token.
static llvm::Expected<double> time(const CompiledModule &compiled,
                                   StringRef name, const Product &product) {
  using Clock = std::chrono::steady_clock;
  Buffer rows =
      Buffer::allocate(ElementKind::Float32, {numTokens, product.numColumns});
  float *values = static_cast<float *>(rows.getData());
  for (int64_t i = 0; i < rows.getNumElements(); ++i)
    values[i] = static_cast<float>(i % 17) - 8;
  std::vector<double> rounds;
  for (int round = 0; round < 5; ++round) {
    Clock::time_point start = Clock::now();
    int64_t numCalls = 0;
    double seconds = 0;
    do {
      auto results = compiled.call(name, {rows});
      if (!results)
        return results.takeError();
      ++numCalls;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    } while (seconds < 0.002);
    rounds.push_back(1e9 * seconds / (numCalls * numTokens));
  }
  llvm::sort(rounds);
  return rounds.front(); // the others waited for somebody
}

static llvm::Error measure(ProductTimes &products,
                           const CandidateOptions &options) {
  DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  ptq::registerAllDialects(registry);
  MLIRContext context(registry);
  std::string text;
  for (auto [index, entry] : llvm::enumerate(products))
    text += llvm::formatv(productText.data(), "product" + std::to_string(index),
                          entry.first.numRows, entry.first.numColumns,
                          entry.first.format, numTokens)
                .str();
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return llvm::createStringError("cannot build the products to measure");

  SmallString<128> folder;
  if (std::error_code code =
          llvm::sys::fs::createUniqueDirectory("ptq-times", folder))
    return llvm::createStringError(folder + ": " + code.message());
  llvm::scope_exit remove([&] { llvm::sys::fs::remove_directories(folder); });
  SmallString<128> parameters(folder);
  llvm::sys::path::append(parameters, "weights.safetensors");
  QuantizeLinearsOptions linears;
  linears.scale = "absmax";
  linears.parameters = parameters.str();
  auto manager = PassManager::on<ModuleOp>(&context);
  manager.addPass(createQuantizeLinears(linears));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  if (failed(manager.run(*module)))
    return llvm::createStringError("cannot quantize the products to measure");
  CompileOptions compileOptions;
  compileOptions.target.cpu = options.cpu;
  compileOptions.threads = options.threads;
  compileOptions.codeCache = options.codeCache;
  compileOptions.parameterRoot = folder.str();
  auto compiled = CompiledModule::create(*module, compileOptions);
  if (!compiled)
    return compiled.takeError();
  for (auto [index, entry] : llvm::enumerate(products)) {
    auto nanoseconds =
        time(**compiled, "product" + std::to_string(index), entry.first);
    if (!nanoseconds)
      return nanoseconds.takeError();
    entry.second = *nanoseconds;
  }
  return llvm::Error::success();
}

llvm::Error ptq::measureKernelTimes(Sensitivities &sensitivities,
                                    const CandidateOptions &options,
                                    bool onlyChosen) {
  ProductTimes products;
  auto forEach = [&](auto function) {
    for (WeightSensitivity &weight : sensitivities.weights) {
      const CandidateGroup &group = weight.group;
      if (group.shape.size() != 2 ||
          group.embeddings.size() == group.linears.size())
        continue;
      for (FormatEffect &effect : weight.effects) {
        if (StringRef(effect.format).ends_with("-static") ||
            (onlyChosen && &effect != &weight.effects.front()))
          continue;
        function(Product{group.shape[0], group.shape[1], effect.format},
                 effect);
      }
    }
  };
  forEach([&](Product product, FormatEffect &) { products[product] = 0; });
  if (products.empty())
    return llvm::Error::success();
  if (llvm::Error error = measure(products, options))
    return error;
  forEach([&](Product product, FormatEffect &effect) {
    effect.nanoseconds = products[product];
  });
  return llvm::Error::success();
}
