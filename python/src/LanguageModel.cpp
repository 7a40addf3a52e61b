//===- LanguageModel.cpp - Language models as Python objects --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq-c/LanguageModel.h"

#include "Arrays.h"
#include "Extension.h"

//===----------------------------------------------------------------------===//
// Callbacks
//===----------------------------------------------------------------------===//

static void callPrint(PtqStringRef text, void *userData) {
  static_cast<Callback *>(userData)->call(
      [&] { return py::bytes(text.data, text.length); });
}

//===----------------------------------------------------------------------===//
// Quantize
//===----------------------------------------------------------------------===//

static py::tuple quantizeLanguageModel(const std::string &folder,
                                       const std::string &output,
                                       const QuantizeArguments &arguments,
                                       int64_t contextLength,
                                       py::object progress) {
  Callback callback(std::move(progress));
  PtqQuantizeOptions options = arguments.get();
  PtqModelSizes sizes = {};
  DecisionsHandle decisions(callWithoutGIL([&](PtqError **error) {
    return ptqLanguageModelQuantize(folder.c_str(), output.c_str(), &options,
                                    contextLength, &sizes, callProgress,
                                    &callback, error);
  }));
  callback.check();
  return py::make_tuple(toPython(*decisions), sizes.floatBytes,
                        sizes.packageBytes);
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

namespace {

class LanguageModel {
public:
  LanguageModel(const std::string &folder,
                const std::optional<std::string> &cpu, unsigned threads,
                int64_t contextLength, bool verifyChecksums) {
    PtqLanguageModelOptions options = {};
    options.cpu = toC(cpu);
    options.threads = threads;
    options.contextLength = contextLength;
    options.verifyChecksums = verifyChecksums;
    model.reset(callWithoutGIL([&](PtqError **error) {
      return ptqLanguageModelOpen(folder.c_str(), &options, error);
    }));
  }

  PtqLanguageModel *get() const { return model.get(); }

private:
  Handle<PtqLanguageModel, ptqLanguageModelDestroy> model;
};

} // namespace

using Tokens = py::array_t<int64_t, py::array::c_style | py::array::forcecast>;

static void checkRank(const Tokens &tokens) {
  if (tokens.ndim() != 1)
    throw py::value_error("expects tokens in one dimension, but got " +
                          std::to_string(tokens.ndim()));
}

static py::object forward(const LanguageModel &self, const Tokens &tokens,
                          int64_t position) {
  checkRank(tokens);
  PtqTensor logits = {};
  callWithoutGIL([&](PtqError **error) {
    return ptqLanguageModelForward(self.get(), tokens.data(), tokens.size(),
                                   position, &logits, error);
  });
  return takeArray(logits, getDtype(PTQ_FLOAT32), /*isScalar=*/false);
}

static py::object tokenize(const LanguageModel &self, const std::string &text) {
  PtqTensor tokens = {};
  callWithoutGIL([&](PtqError **error) {
    return ptqLanguageModelTokenize(self.get(), toRef(text), &tokens, error);
  });
  return takeArray(tokens, getDtype(PTQ_INT64), /*isScalar=*/false);
}

static py::bytes detokenize(const LanguageModel &self, const Tokens &tokens) {
  checkRank(tokens);
  PtqTensor text = {};
  callWithoutGIL([&](PtqError **error) {
    return ptqLanguageModelDetokenize(self.get(), tokens.data(), tokens.size(),
                                      &text, error);
  });
  py::bytes bytes(static_cast<const char *>(text.data),
                  static_cast<size_t>(text.shape[0]));
  ptqTensorRelease(&text);
  return bytes;
}

static py::tuple generate(const LanguageModel &self, const std::string &prompt,
                          int64_t numTokens, double temperature, double topP,
                          uint64_t seed, py::object print) {
  Callback callback(std::move(print));
  PtqGenerateOptions options = {};
  options.numTokens = numTokens;
  options.temperature = temperature;
  options.topP = topP;
  options.seed = seed;
  Handle<PtqGeneration, ptqGenerationDestroy> generation(
      callWithoutGIL([&](PtqError **error) {
        return ptqLanguageModelGenerate(self.get(), toRef(prompt), &options,
                                        callPrint, &callback, error);
      }));
  callback.check();
  PtqStringRef text = ptqGenerationGetText(generation.get());
  size_t size = 0;
  const int64_t *tokens = ptqGenerationGetTokens(generation.get(), &size);
  return py::make_tuple(py::bytes(text.data, text.length),
                        std::vector<int64_t>(tokens, tokens + size),
                        ptqGenerationGetPrefillSpeed(generation.get()),
                        ptqGenerationGetDecodeSpeed(generation.get()));
}

static py::dict measurePerplexity(const LanguageModel &self,
                                  const std::string &text,
                                  const LanguageModel *reference,
                                  int64_t window, py::object progress) {
  Callback callback(std::move(progress));
  PtqPerplexity measured = {};
  callWithoutGIL([&](PtqError **error) {
    return ptqLanguageModelMeasurePerplexity(
        self.get(), reference ? reference->get() : nullptr, toRef(text), window,
        callProgress, &callback, &measured, error);
  });
  callback.check();
  py::dict result;
  result["perplexity"] = measured.perplexity;
  result["num_tokens"] = measured.numTokens;
  if (!reference)
    return result;
  result["reference_perplexity"] = measured.referencePerplexity;
  result["mean_divergence"] = measured.meanDivergence;
  result["divergence_99"] = measured.divergence99;
  result["max_divergence"] = measured.maxDivergence;
  result["same_top1"] = measured.sameTop1;
  return result;
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

void defineLanguageModel(py::module_ &extension) {
  extension.def("quantize_language_model", quantizeLanguageModel,
                py::arg("folder"), py::arg("output"), py::arg("options"),
                py::arg("context_length"), py::arg("progress"));
  py::class_<LanguageModel>(extension, "LanguageModel")
      .def(py::init<const std::string &, const std::optional<std::string> &,
                    unsigned, int64_t, bool>(),
           py::arg("folder"), py::arg("cpu"), py::arg("threads"),
           py::arg("context_length"), py::arg("verify_checksums"))
      .def_property_readonly("vocabulary_size",
                             [](const LanguageModel &self) {
                               return ptqLanguageModelGetVocabularySize(
                                   self.get());
                             })
      .def_property_readonly("context_length",
                             [](const LanguageModel &self) {
                               return ptqLanguageModelGetContextLength(
                                   self.get());
                             })
      .def("forward", forward, py::arg("tokens"), py::arg("position"))
      .def("tokenize", tokenize, py::arg("text"))
      .def("detokenize", detokenize, py::arg("tokens"))
      .def("generate", generate, py::arg("prompt"), py::arg("num_tokens"),
           py::arg("temperature"), py::arg("top_p"), py::arg("seed"),
           py::arg("print"))
      .def("measure_perplexity", measurePerplexity, py::arg("text"),
           py::arg("reference"), py::arg("window"), py::arg("progress"));
}
