//===- PackageManifest.cpp - The manifest of a package --------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackageManifest.h"

#include "ptq/IR/JSON.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

namespace json = llvm::json;
namespace fs = llvm::sys::fs;

static constexpr StringLiteral formatName = "ptq-package";
static constexpr int64_t formatVersion = 1;
/// Weights are in the order of the checkpoint, for any CPU.
static constexpr StringLiteral plainLayout = "plain";

/// Checksums of larger files take longer than to load a model.
static constexpr uint64_t alwaysVerifiedBytes = 64 << 20;

static std::string join(StringRef folder, StringRef file) {
  SmallString<128> path(folder);
  llvm::sys::path::append(path, file);
  return path.str().str();
}

/// SHA-256 of the file `path` in lower case.
static llvm::Expected<std::string> computeChecksum(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  llvm::SHA256 hash;
  hash.update((*buffer)->getBuffer());
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static json::Value toJSON(std::optional<double> value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

json::Object ptq::toJSON(const QuantizationSummary &summary) {
  json::Array linears;
  int64_t numWeights = 0;
  double numBits = 0;
  for (const LinearSummary &linear : summary.linears) {
    linears.push_back(
        json::Object{{"name", linear.name},
                     {"format", linear.format},
                     {"reason", linear.reason},
                     {"weights", linear.numWeights},
                     {"bits_per_weight", ::toJSON(linear.bitsPerWeight)},
                     {"sqnr_db", ::toJSON(linear.sqnr)},
                     {"clipped", linear.clipped},
                     {"saturated", linear.saturated},
                     {"unused_codes", linear.numUnusedCodes}});
    if (!linear.bitsPerWeight)
      continue;
    numWeights += linear.numWeights;
    numBits += *linear.bitsPerWeight * linear.numWeights;
  }
  json::Value bitsPerWeight = nullptr;
  if (numWeights)
    bitsPerWeight = numBits / numWeights;
  json::Object totals{{"linears", linears.size()},
                      {"quantized_weights", numWeights},
                      {"bits_per_weight", std::move(bitsPerWeight)},
                      {"float_bytes", summary.floatBytes},
                      {"bytes", summary.packageBytes}};
  return json::Object{{"linears", std::move(linears)},
                      {"totals", std::move(totals)}};
}

/// Size and checksum of every file in `folder`.
static llvm::Expected<json::Object> describeFiles(StringRef folder) {
  json::Object files;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; it != end && !code;
       it.increment(code)) {
    uint64_t size = 0;
    if (std::error_code error = fs::file_size(it->path(), size))
      return llvm::createStringError(it->path() + ": " + error.message());
    llvm::Expected<std::string> checksum = computeChecksum(it->path());
    if (!checksum)
      return checksum.takeError();
    files[llvm::sys::path::filename(it->path()).str()] =
        json::Object{{"bytes", size}, {"sha256", *checksum}};
  }
  if (code)
    return llvm::createStringError(folder + ": " + code.message());
  return files;
}

llvm::Error ptq::writeManifest(StringRef folder,
                               const QuantizeLanguageModelOptions &options,
                               const QuantizationSummary &summary) {
  llvm::Expected<json::Object> files = describeFiles(folder);
  if (!files)
    return files.takeError();
  json::Object manifest = toJSON(summary);
  manifest["format"] = formatName;
  manifest["format_version"] = formatVersion;
  manifest["versions"] =
      json::Object{{"ptq", PTQ_VERSION}, {"mlir", LLVM_VERSION_STRING}};
  manifest["layout"] = plainLayout;
  manifest["recipe"] = options.recipe;
  manifest["scale"] = options.scale;
  manifest["skip"] = options.skip;
  manifest["files"] = std::move(*files);

  std::string path = join(folder, packageManifestFile);
  std::error_code code;
  llvm::raw_fd_ostream os(path, code);
  if (!code) {
    os << llvm::formatv("{0:2}", json::Value(std::move(manifest))) << "\n";
    os.close();
    code = os.error();
    os.clear_error();
  }
  if (code)
    return llvm::createStringError(path + ": " + code.message());
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static LinearSummary readLinear(const json::Object &object) {
  LinearSummary linear;
  linear.name = object.getString("name").value_or("").str();
  linear.format = object.getString("format").value_or("").str();
  linear.reason = object.getString("reason").value_or("").str();
  linear.numWeights = object.getInteger("weights").value_or(0);
  if (auto bits = object.getNumber("bits_per_weight"))
    linear.bitsPerWeight = *bits;
  if (auto sqnr = object.getNumber("sqnr_db"))
    linear.sqnr = *sqnr;
  linear.clipped = object.getNumber("clipped").value_or(0);
  linear.saturated = object.getNumber("saturated").value_or(0);
  linear.numUnusedCodes = object.getInteger("unused_codes").value_or(0);
  return linear;
}

llvm::Expected<QuantizationSummary> ptq::readPackageSummary(StringRef folder) {
  if (llvm::Error error = verifyPackage(folder, /*verifiesAll=*/false))
    return std::move(error);
  llvm::Expected<json::Value> manifest =
      readJSON(join(folder, packageManifestFile));
  if (!manifest)
    return manifest.takeError();
  const json::Object *root = manifest->getAsObject();
  QuantizationSummary summary;
  summary.recipe = root->getString("recipe").value_or("").str();
  if (const json::Array *linears = root->getArray("linears"))
    for (const json::Value &linear : *linears)
      if (const json::Object *object = linear.getAsObject())
        summary.linears.push_back(readLinear(*object));
  if (const json::Object *totals = root->getObject("totals")) {
    summary.floatBytes = totals->getInteger("float_bytes").value_or(0);
    summary.packageBytes = totals->getInteger("bytes").value_or(0);
  }
  return summary;
}

bool ptq::isPackage(StringRef folder) {
  return fs::exists(join(folder, packageManifestFile));
}

/// Compares a file with its entry in the manifest.
static llvm::Error verifyFile(StringRef folder, StringRef name,
                              const json::Object *entry, bool verifiesAll) {
  std::string path = join(folder, name);
  auto numBytes = entry ? entry->getInteger("bytes") : std::nullopt;
  auto checksum = entry ? entry->getString("sha256") : std::nullopt;
  if (!numBytes || !checksum || llvm::sys::path::has_parent_path(name))
    return llvm::createStringError(join(folder, packageManifestFile) +
                                   ": expects 'bytes' and 'sha256' "
                                   "of '" +
                                   name + "', a file in the package");
  uint64_t size = 0;
  if (std::error_code error = fs::file_size(path, size))
    return llvm::createStringError(path + ": " + error.message());
  if (size != static_cast<uint64_t>(*numBytes))
    return llvm::createStringError(path + ": expects " + Twine(*numBytes) +
                                   " bytes by the manifest, but got " +
                                   Twine(size));
  if (size > alwaysVerifiedBytes && !verifiesAll)
    return llvm::Error::success();
  llvm::Expected<std::string> computed = computeChecksum(path);
  if (!computed)
    return computed.takeError();
  if (*computed != *checksum)
    return llvm::createStringError(path + ": expects the SHA-256 checksum " +
                                   *checksum + " by the manifest, but got " +
                                   *computed);
  return llvm::Error::success();
}

llvm::Error ptq::verifyPackage(StringRef folder, bool verifiesAll) {
  std::string path = join(folder, packageManifestFile);
  llvm::Expected<json::Value> manifest = readJSON(path);
  if (!manifest)
    return manifest.takeError();
  const json::Object *root = manifest->getAsObject();
  if (!root || root->getString("format") != StringRef(formatName))
    return llvm::createStringError(path + ": is not the manifest of a package");
  std::optional<int64_t> version = root->getInteger("format_version");
  if (version != formatVersion)
    return llvm::createStringError(path + ": expects format version " +
                                   Twine(formatVersion) + ", but got " +
                                   Twine(version.value_or(0)));
  StringRef layout = root->getString("layout").value_or(plainLayout);
  if (layout != plainLayout)
    return llvm::createStringError(path + ": expects layout '" + plainLayout +
                                   "', but got '" + layout + "'");
  const json::Object *files = root->getObject("files");
  if (!files)
    return llvm::createStringError(path + ": expects an object 'files'");
  for (StringRef name :
       {StringRef(packageModuleFile), StringRef(packageParametersFile),
        StringRef("config.json")})
    if (!files->get(name))
      return llvm::createStringError(path + ": lists no file '" + name + "'");
  for (const auto &[name, entry] : *files)
    if (llvm::Error error =
            verifyFile(folder, name, entry.getAsObject(), verifiesAll))
      return error;
  return llvm::Error::success();
}
