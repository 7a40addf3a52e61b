//===- LanguageModelCompile.cpp - A language model as a C library ---------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/LanguageModelCompile.h"

#include "ErrorCollector.h"
#include "LanguageModelContext.h"
#include "ptq/IR/Parameters.h"
#include "ptq/Run/Emit.h"
#include "ptq/Run/LanguageModelPackage.h"
#include "ptq/Run/OutputFile.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// The tensors that compiled code reads, each once, as a file of their own.
class ParameterFile {
public:
  ParameterFile(ArrayRef<EntryPoint> entryPoints, StringRef root);
  /// Packs what is to be packed, and copies the rest.
  llvm::Error write(StringRef path);
  /// What stands for `value` in the file.
  ExternalAttr getReplacement(Attribute value) const;

private:
  llvm::Error writeTensor(SafetensorsWriter &writer, Attribute value,
                          RankedTensorType type);
  llvm::Error writePacked(SafetensorsWriter &writer, PackOnLoadAttr weights);
  static std::string getKey(Attribute value);

  llvm::MapVector<Attribute, RankedTensorType> tensors;
  Parameters parameters;
};

} // namespace

ParameterFile::ParameterFile(ArrayRef<EntryPoint> entryPoints, StringRef root)
    : parameters(root) {
  for (const EntryPoint &entry : entryPoints)
    for (const EntryPoint::Parameter &parameter : entry.parameters)
      tensors.insert({parameter.value, parameter.type});
}

/// A weight that is packed keeps the name of its codes.
std::string ParameterFile::getKey(Attribute value) {
  auto packed = dyn_cast<PackOnLoadAttr>(value);
  auto external = packed ? packed.getWeights() : cast<ExternalAttr>(value);
  return (external.getKey().strref() + (packed ? ".packed" : "")).str();
}

ExternalAttr ParameterFile::getReplacement(Attribute value) const {
  MLIRContext *context = value.getContext();
  return ExternalAttr::get(context,
                           StringAttr::get(context, packageParametersFile),
                           StringAttr::get(context, getKey(value)));
}

llvm::Error ParameterFile::writePacked(SafetensorsWriter &writer,
                                       PackOnLoadAttr weights) {
  PackedAttr packed = weights.getPacked();
  auto codes = parameters.get(weights.getWeights(), weights.getWeightsType());
  if (!codes)
    return codes.takeError();
  WeightBytes source{codes->bytes, weights.areBitsPacked(), {}, {}};
  if (ExternalAttr scales = weights.getScales()) {
    auto found = parameters.get(scales, packed.getScaleType());
    if (!found)
      return found.takeError();
    source.scales = found->bytes;
  }
  if (ExternalAttr multipliers = weights.getMultipliers()) {
    auto found = parameters.get(multipliers, packed.getMultiplierType());
    if (!found)
      return found.takeError();
    source.multipliers = found->bytes;
  }
  std::vector<char> panel(packed.getPanelBytes());
  for (int64_t i = 0; i < packed.getNumPanels(); ++i) {
    packPanel(packed, source, i, panel);
    if (llvm::Error error =
            writer.write(getKey(weights), panel, i * panel.size()))
      return error;
  }
  codes->file->release(*codes->tensor);
  return llvm::Error::success();
}

llvm::Error ParameterFile::writeTensor(SafetensorsWriter &writer,
                                       Attribute value, RankedTensorType type) {
  if (auto weights = dyn_cast<PackOnLoadAttr>(value))
    return writePacked(writer, weights);
  auto found = parameters.get(cast<ExternalAttr>(value), type);
  if (!found)
    return found.takeError();
  return writer.write(getKey(value), found->bytes);
}

llvm::Error ParameterFile::write(StringRef path) {
  std::vector<SafetensorsTensor> declared;
  for (auto [value, type] : tensors) {
    SafetensorsTensor &tensor = declared.emplace_back();
    tensor.name = getKey(value);
    tensor.dtype = getSafetensorsType(type.getElementType()).str();
    tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  }
  // Wide elements first: then all of them are aligned.
  llvm::sort(declared, [](const auto &a, const auto &b) {
    auto getRank = [](const SafetensorsTensor &tensor) {
      return std::make_pair(-int(getSafetensorsBits(tensor.dtype)),
                            StringRef(tensor.name));
    };
    return getRank(a) < getRank(b);
  });
  auto writer = SafetensorsWriter::create(path, declared);
  if (!writer)
    return writer.takeError();
  for (auto [value, type] : tensors)
    if (llvm::Error error = writeTensor(**writer, value, type))
      return error;
  return (*writer)->finish();
}

/// Has the entry points of `module` read their parameters from `file`.
static void replaceParameters(ModuleOp module, const ParameterFile &file) {
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](DictionaryAttr parameter) -> Attribute {
    Attribute value = parameter.get("value");
    if (!isa_and_present<ExternalAttr, PackOnLoadAttr>(value))
      return parameter;
    NamedAttrList fields(parameter);
    fields.set("value", file.getReplacement(value));
    return fields.getDictionary(parameter.getContext());
  });
  module->setAttr("ptq.entry_points",
                  replacer.replace(module->getAttr("ptq.entry_points")));
}

/// Lowers `module` for the target, and writes its parameters.
static llvm::Error prepare(ModuleOp module, StringRef folder,
                           StringRef parametersPath,
                           const CompileLanguageModelOptions &options) {
  if (llvm::Error error =
          lowerToLLVM(module, options.target, Kernels::PackedOnLoad))
    return error;
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  ParameterFile file(*entryPoints, folder);
  if (llvm::Error error = file.write(parametersPath))
    return error;
  replaceParameters(module, file);
  return llvm::Error::success();
}

static llvm::Error writeProgram(ModuleOp module, StringRef parametersPath,
                                StringRef path, int64_t contextLength) {
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  auto parameters = SafetensorsFile::open(parametersPath);
  if (!parameters)
    return parameters.takeError();
  auto program =
      makeLanguageModelProgram(*entryPoints, **parameters, contextLength);
  if (!program)
    return program.takeError();
  return writeOutputFile(path, [&](raw_ostream &os) { os << *program; });
}

llvm::Error
ptq::compileLanguageModel(StringRef folder, StringRef output,
                          const CompileLanguageModelOptions &options,
                          llvm::function_ref<void(StringRef)> report) {
  std::unique_ptr<MLIRContext> context = createLanguageModelContext();
  auto module = readLanguageModel(folder, context.get(), options.context,
                                  /*verifiesAll=*/false);
  if (!module)
    return module.takeError();
  llvm::Expected<int64_t> contextLength = readContextLength(**module, folder);
  if (!contextLength)
    return contextLength.takeError();
  if (std::error_code code = llvm::sys::fs::create_directories(output))
    return llvm::createStringError(output + ": " + code.message());
  auto join = [&](StringRef name) {
    SmallString<128> path(output);
    llvm::sys::path::append(path, name);
    return path.str().str();
  };
  std::string parameters = join(packageParametersFile);
  report("compiling " + folder.str());
  ErrorCollector errors(context.get());
  if (llvm::Error error = prepare(**module, folder, parameters, options))
    return errors.get(folder + ": " + llvm::toString(std::move(error)));
  std::string object = join("model.o");
  if (llvm::Error error = emitModule(**module, EmitKind::Object, object))
    return error;
  if (auto header = emitHeader(**module, object); !header)
    return header.takeError();
  return writeProgram(**module, parameters, join("model.c"), *contextLength);
}
