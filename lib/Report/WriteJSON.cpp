//===- WriteJSON.cpp - A report for programs ------------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Report/Report.h"

#include <cmath>

using namespace mlir;
using namespace mlir::ptq;

namespace json = llvm::json;

static json::Value toJSON(std::optional<double> value) {
  return value && std::isfinite(*value) ? json::Value(*value)
                                        : json::Value(nullptr);
}

static json::Object toJSON(const LinearRow &row) {
  return json::Object{{"name", row.name},
                      {"format", row.format},
                      {"reason", row.reason},
                      {"shape", json::Array(row.shape)},
                      {"weights", row.numWeights},
                      {"bytes", row.bytes},
                      {"embedding", row.isEmbedding},
                      {"shares_weight", row.sharesWeight},
                      {"bits_per_weight", ::toJSON(row.bitsPerWeight)},
                      {"weight_sqnr_db", ::toJSON(row.weightSqnr)},
                      {"input_sqnr_db", ::toJSON(row.inputSqnr)},
                      {"output_sqnr_db", ::toJSON(row.outputSqnr)},
                      {"clipped", row.clipped},
                      {"saturated", row.saturated},
                      {"unused_codes", row.numUnusedCodes},
                      {"nanoseconds", ::toJSON(row.nanoseconds)},
                      {"kl_predicted", ::toJSON(row.divergence)},
                      {"kl_alone", ::toJSON(row.measured)}};
}

static json::Object toJSON(const InputHistogram &input) {
  return json::Object{{"name", input.name},
                      {"low", input.low},
                      {"high", input.high},
                      {"counts", json::Array(input.counts)},
                      {"chosen", ::toJSON(input.chosen)},
                      {"clipped", input.clipped}};
}

static json::Object toJSON(const MixtureEffect &mixture, int64_t numWeights) {
  json::Object object{{"name", mixture.name},
                      {"bytes", mixture.bytes},
                      {"bits_per_weight",
                       8.0 * mixture.bytes / std::max<int64_t>(numWeights, 1)},
                      {"kl_predicted", mixture.predicted}};
  if (mixture.perplexity)
    object["measured"] = ptq::toJSON(*mixture.perplexity);
  return object;
}

static json::Object toJSON(const EnergyEstimate &energy) {
  return json::Object{{"estimated", true},
                      {"integer_products", energy.integerProducts},
                      {"float_products", energy.floatProducts},
                      {"bytes", energy.bytes},
                      {"compute_uj", energy.getComputeMicrojoules()},
                      {"memory_uj", energy.getMemoryMicrojoules()},
                      {"uj", energy.getMicrojoules()}};
}

json::Object ptq::toJSON(const Report &report) {
  json::Array linears, inputs, mixtures, front;
  for (const LinearRow &row : report.linears)
    linears.push_back(::toJSON(row));
  for (const InputHistogram &input : report.inputs)
    inputs.push_back(::toJSON(input));
  for (const MixtureEffect &mixture : report.mixtures)
    mixtures.push_back(::toJSON(mixture, report.getNumWeights()));
  for (const MixtureFront::Point &point : report.front)
    front.push_back(json::Array{point.cost, point.loss});
  return json::Object{
      {"model", report.model},
      {"recipe", report.recipe},
      {"samples", report.numSamples},
      {"tokens", report.numTokens},
      {"linears", std::move(linears)},
      {"inputs", std::move(inputs)},
      {"mixtures", std::move(mixtures)},
      {"front", std::move(front)},
      {"rank_correlation", ::toJSON(report.rankCorrelation)},
      {"energy_per_token", ::toJSON(report.energy)},
      {"float_energy_per_token", ::toJSON(report.floatEnergy)},
      {"totals", json::Object{{"bytes", report.getBytes()},
                              {"weights", report.getNumWeights()}}}};
}
