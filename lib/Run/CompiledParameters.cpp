//===- CompiledParameters.cpp - Weights in the order of a CPU -------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledParameters.h"

#include "ptq/Run/LanguageModelPackage.h"

#include "mlir/AsmParser/AsmParser.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

static constexpr StringLiteral targetKey = "ptq.target";
static constexpr StringLiteral packedKey = "ptq.packed ";

/// A weight that is packed keeps the name of its codes.
static std::string getKey(Attribute value) {
  auto packed = dyn_cast<PackOnLoadAttr>(value);
  auto external = packed ? packed.getWeights() : cast<ExternalAttr>(value);
  return (external.getKey().strref() + (packed ? ".packed" : "")).str();
}

static SafetensorsTensor declare(StringRef name, RankedTensorType type) {
  SafetensorsTensor tensor;
  tensor.name = name.str();
  tensor.dtype = getSafetensorsType(type.getElementType()).str();
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  return tensor;
}

/// Puts wide elements first: then all of them are aligned.
static void sortByAlignment(std::vector<SafetensorsTensor> &tensors) {
  llvm::sort(tensors, [](const auto &a, const auto &b) {
    auto getRank = [](const SafetensorsTensor &tensor) {
      return std::make_pair(-int(getSafetensorsBits(tensor.dtype)),
                            StringRef(tensor.name));
    };
    return getRank(a) < getRank(b);
  });
}

CompiledParameters::CompiledParameters(ArrayRef<EntryPoint> entryPoints,
                                       StringRef root)
    : parameters(root) {
  for (const EntryPoint &entry : entryPoints)
    for (const EntryPoint::Parameter &parameter : entry.parameters)
      tensors.insert({parameter.value, parameter.type});
}

ExternalAttr CompiledParameters::getReplacement(Attribute value) {
  MLIRContext *context = value.getContext();
  return ExternalAttr::get(context,
                           StringAttr::get(context, packageParametersFile),
                           StringAttr::get(context, getKey(value)));
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

llvm::Error CompiledParameters::writePacked(SafetensorsWriter &writer,
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

llvm::Error CompiledParameters::writeTensor(SafetensorsWriter &writer,
                                            Attribute value,
                                            RankedTensorType type) {
  if (auto weights = dyn_cast<PackOnLoadAttr>(value))
    return writePacked(writer, weights);
  auto found = parameters.get(cast<ExternalAttr>(value), type);
  if (!found)
    return found.takeError();
  return writer.write(getKey(value), found->bytes);
}

llvm::Error CompiledParameters::write(StringRef path, StringRef target) {
  SafetensorsMetadata metadata{{targetKey.str(), target.str()}};
  std::vector<SafetensorsTensor> declared;
  for (auto [value, type] : tensors) {
    std::string name = getKey(value);
    declared.push_back(declare(name, type));
    if (isa<PackOnLoadAttr>(value))
      llvm::raw_string_ostream(metadata[packedKey.str() + name]) << value;
  }
  sortByAlignment(declared);
  auto writer = SafetensorsWriter::create(path, declared, metadata);
  if (!writer)
    return writer.takeError();
  for (auto [value, type] : tensors)
    if (llvm::Error error = writeTensor(**writer, value, type))
      return error;
  return (*writer)->finish();
}

//===----------------------------------------------------------------------===//
// Unpacking
//===----------------------------------------------------------------------===//

/// What `tensor` was packed from; null if it is not packed.
static llvm::Expected<PackOnLoadAttr>
readOrigin(const SafetensorsFile &file, const SafetensorsTensor &tensor,
           MLIRContext *context) {
  auto text = file.getMetadata().find(packedKey.str() + tensor.name);
  if (text == file.getMetadata().end())
    return PackOnLoadAttr();
  auto origin = dyn_cast_if_present<PackOnLoadAttr>(
      parseAttribute(text->second, context));
  if (!origin || uint64_t(origin.getPacked().getNumBytes()) != tensor.numBytes)
    return llvm::createStringError(
        file.getPath() + ": expects '" + packedKey + tensor.name +
        "' to say how its " + Twine(tensor.numBytes) + " bytes are packed");
  return origin;
}

/// The tensors that `origin` is packed from.
static SmallVector<std::pair<ExternalAttr, RankedTensorType>>
getParts(PackOnLoadAttr origin) {
  PackedAttr packed = origin.getPacked();
  SmallVector<std::pair<ExternalAttr, RankedTensorType>> parts{
      {origin.getWeights(), origin.getWeightsType()}};
  if (origin.getScales())
    parts.push_back({origin.getScales(), packed.getScaleType()});
  if (origin.getMultipliers())
    parts.push_back({origin.getMultipliers(), packed.getMultiplierType()});
  return parts;
}

/// Rows of codes, one per byte, as rows of bits.
static std::vector<char> packBits(ArrayRef<char> codes, PackedAttr packed) {
  int64_t width = packed.getFormat().getStorageWidth();
  int64_t depth = packed.getDepth();
  int64_t rowBytes = llvm::divideCeil(depth * width, 8);
  std::vector<char> bits(packed.getNumColumns() * rowBytes);
  for (int64_t i = 0, e = codes.size(); i < e; ++i) {
    int64_t bit = i % depth * width;
    char *byte = bits.data() + i / depth * rowBytes + bit / 8;
    unsigned code = (codes[i] & ((1u << width) - 1)) << (bit % 8);
    byte[0] |= code;
    if (bit % 8 + width > 8)
      byte[1] |= code >> 8;
  }
  return bits;
}

/// The tensors of getParts().
static SmallVector<std::vector<char>> unpack(PackOnLoadAttr origin,
                                             ArrayRef<char> bytes) {
  PackedAttr packed = origin.getPacked();
  auto getSize = [](RankedTensorType type) -> size_t {
    return type ? type.getNumElements() * type.getElementTypeBitWidth() / 8 : 0;
  };
  bool areCodes = bool(packed.getFormat());
  SmallVector<std::vector<char>> parts;
  parts.emplace_back(areCodes ? packed.getNumColumns() * packed.getDepth()
                              : getSize(origin.getWeightsType()));
  parts.emplace_back(areCodes ? getSize(packed.getScaleType()) : 0);
  parts.emplace_back(getSize(packed.getMultiplierType()));
  unpackPanels(packed, bytes, parts[0], parts[1], parts[2]);
  if (origin.areBitsPacked())
    parts[0] = packBits(parts[0], packed);
  return parts;
}

llvm::Error ptq::unpackParameters(StringRef from, StringRef to,
                                  MLIRContext *context) {
  auto file = SafetensorsFile::open(from);
  if (!file)
    return file.takeError();
  std::vector<SafetensorsTensor> declared;
  SmallVector<std::pair<PackOnLoadAttr, const SafetensorsTensor *>> tensors;
  llvm::StringSet<> names;
  for (const SafetensorsTensor &tensor : (*file)->getTensors()) {
    llvm::Expected<PackOnLoadAttr> origin = readOrigin(**file, tensor, context);
    if (!origin)
      return origin.takeError();
    tensors.push_back({*origin, &tensor});
    if (!*origin && names.insert(tensor.name).second)
      declared.push_back(tensor);
    if (*origin)
      for (auto [part, type] : getParts(*origin))
        if (names.insert(part.getKey()).second)
          declared.push_back(declare(part.getKey(), type));
  }
  sortByAlignment(declared);
  auto writer = SafetensorsWriter::create(to, declared);
  if (!writer)
    return writer.takeError();
  // Weights that are read as they are, too, are there already.
  auto write = [&](StringRef name, ArrayRef<char> bytes) {
    return names.erase(name) ? (*writer)->write(name, bytes)
                             : llvm::Error::success();
  };
  for (auto [origin, tensor] : tensors) {
    ArrayRef<char> bytes = (*file)->bytes(*tensor);
    if (!origin) {
      if (llvm::Error error = write(tensor->name, bytes))
        return error;
      continue;
    }
    for (auto [part, unpacked] :
         llvm::zip(getParts(origin), unpack(origin, bytes)))
      if (llvm::Error error = write(part.first.getKey(), unpacked))
        return error;
    (*file)->release(*tensor);
  }
  return (*writer)->finish();
}
