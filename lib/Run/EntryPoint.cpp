//===- EntryPoint.cpp - What a compiled function takes and gives ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/EntryPoint.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

static constexpr StringLiteral entryPointsName = "ptq.entry_points";

static std::string toString(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static std::string toString(const Buffer &buffer) {
  std::string text;
  llvm::raw_string_ostream(text) << buffer;
  return text;
}

/// Whether values of `type` cross the border as a buffer.
static bool isCallable(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type)) {
    if (auto memref = dyn_cast<MemRefType>(type))
      return memref.getLayout().isIdentity() &&
             ptq::getElementKind(memref.getElementType());
    return isa<RankedTensorType>(type) &&
           ptq::getElementKind(shaped.getElementType());
  }
  return ptq::getElementKind(type).has_value();
}

static llvm::Error makeError(StringRef name, const Twine &message) {
  return llvm::createStringError("entry point '" + name + "': " + message);
}

static llvm::Error checkTypes(StringRef name, ArrayRef<Type> types) {
  for (Type type : types)
    if (!isCallable(type))
      return makeError(name,
                       "cannot pass a " + toString(type) + " from outside");
  return llvm::Error::success();
}

/// Reads the list of types `key` of the entry point `name`.
static llvm::Error readTypes(StringRef name, DictionaryAttr fields,
                             StringRef key, SmallVectorImpl<Type> &types) {
  auto list = fields.getAs<ArrayAttr>(key);
  if (!list)
    return makeError(name, "expects a list '" + key + "'");
  for (Attribute attribute : list) {
    auto type = dyn_cast<TypeAttr>(attribute);
    if (!type)
      return makeError(name, "expects types in '" + key + "'");
    types.push_back(type.getValue());
  }
  return checkTypes(name, types);
}

static llvm::Error
readParameters(StringRef name, DictionaryAttr fields,
               SmallVectorImpl<EntryPoint::Parameter> &parameters) {
  auto list = fields.getAs<ArrayAttr>("parameters");
  if (!list)
    return makeError(name, "expects a list 'parameters'");
  for (Attribute attribute : list) {
    auto parameter = dyn_cast<DictionaryAttr>(attribute);
    if (!parameter)
      return makeError(name, "expects dictionaries in 'parameters'");
    auto symbol = parameter.getAs<StringAttr>("symbol");
    Attribute value = parameter.get("value");
    auto type = parameter.getAs<TypeAttr>("type");
    auto tensor = type ? dyn_cast<RankedTensorType>(type.getValue()) : nullptr;
    if (!symbol || !isa_and_present<ExternalAttr, PackOnLoadAttr>(value) ||
        !tensor || !tensor.hasStaticShape())
      return makeError(name, "expects a symbol, an external value and a type "
                             "of static shape in each parameter");
    parameters.push_back({symbol.str(), value, tensor});
  }
  return llvm::Error::success();
}

static llvm::Expected<EntryPoint> readLowered(NamedAttribute named) {
  EntryPoint entry;
  entry.name = named.getName().str();
  auto fields = dyn_cast<DictionaryAttr>(named.getValue());
  if (!fields)
    return makeError(entry.name, "expects a dictionary");
  if (llvm::Error error =
          readTypes(entry.name, fields, "arguments", entry.arguments))
    return std::move(error);
  if (llvm::Error error =
          readTypes(entry.name, fields, "results", entry.results))
    return std::move(error);
  if (llvm::Error error = readParameters(entry.name, fields, entry.parameters))
    return std::move(error);
  return entry;
}

llvm::Expected<EntryPoint> ptq::readEntryPoint(func::FuncOp function) {
  EntryPoint entry;
  entry.name = function.getName().str();
  llvm::append_range(entry.arguments, function.getArgumentTypes());
  llvm::append_range(entry.results, function.getResultTypes());
  if (llvm::Error error = checkTypes(entry.name, entry.arguments))
    return std::move(error);
  if (llvm::Error error = checkTypes(entry.name, entry.results))
    return std::move(error);
  return entry;
}

llvm::Expected<std::vector<EntryPoint>> ptq::readEntryPoints(ModuleOp module) {
  std::vector<EntryPoint> entryPoints;
  auto add = [&](llvm::Expected<EntryPoint> entry) -> llvm::Error {
    if (!entry)
      return entry.takeError();
    entryPoints.push_back(std::move(*entry));
    return llvm::Error::success();
  };
  if (auto lowered = module->getAttrOfType<DictionaryAttr>(entryPointsName)) {
    for (NamedAttribute named : lowered)
      if (llvm::Error error = add(readLowered(named)))
        return std::move(error);
  } else {
    for (auto function : module.getOps<func::FuncOp>())
      if (function.isPublic() && !function.isExternal())
        if (llvm::Error error = add(readEntryPoint(function)))
          return std::move(error);
  }
  if (entryPoints.empty())
    return llvm::createStringError(
        "expects a module with public functions, before ptq-to-llvm or with "
        "the attribute '" +
        entryPointsName + "' that it leaves");
  return entryPoints;
}

bool EntryPoint::returnsThroughPointer() const {
  return results.size() > 1 ||
         (results.size() == 1 && isa<ShapedType>(results.front()));
}

/// Whether a buffer of this kind and shape can stand for a value of `type`.
static bool fits(const Buffer &buffer, Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped)
    return buffer.getRank() == 0 && isCompatible(buffer.getElementKind(), type);
  return isCompatible(buffer.getElementKind(), shaped.getElementType()) &&
         succeeded(verifyCompatibleShape(shaped.getShape(), buffer.getShape()));
}

llvm::Error EntryPoint::checkInputs(ArrayRef<Buffer> inputs) const {
  if (inputs.size() != arguments.size())
    return makeError(name, "expects " + Twine(arguments.size()) +
                               " inputs, but got " + Twine(inputs.size()));
  for (auto [index, type] : llvm::enumerate(arguments))
    if (!inputs[index] || !fits(inputs[index], type))
      return makeError(name, "expects " + toString(type) + " as input " +
                                 Twine(index) + ", but got " +
                                 (inputs[index] ? toString(inputs[index])
                                                : std::string("nothing")));
  return llvm::Error::success();
}
