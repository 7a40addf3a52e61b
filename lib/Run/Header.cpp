//===- Header.cpp - C declarations of compiled functions ------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Emit.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

/// `name` with what C does not allow in a name replaced.
static std::string makeIdentifier(StringRef name) {
  std::string identifier = name.str();
  for (char &c : identifier)
    if (!llvm::isAlnum(c) && c != '_')
      c = '_';
  if (identifier.empty() || llvm::isDigit(identifier.front()))
    identifier.insert(identifier.begin(), '_');
  return identifier;
}

/// The C type of an element. Halves are their bits: C99 has no such numbers.
static StringRef getElementCType(Type type) {
  switch (*ptq::getElementKind(type)) {
  case ElementKind::Bool:
  case ElementKind::UInt8:
    return "uint8_t";
  case ElementKind::Int8:
    return "int8_t";
  case ElementKind::Int16:
    return "int16_t";
  case ElementKind::Int32:
    return "int32_t";
  case ElementKind::Int64:
    return "int64_t";
  case ElementKind::Float16:
  case ElementKind::BFloat16:
    return "uint16_t";
  case ElementKind::Float32:
    return "float";
  case ElementKind::Float64:
    return "double";
  }
  llvm_unreachable("unknown element kind");
}

namespace {

/// Writes one header.
class HeaderWriter {
public:
  HeaderWriter(llvm::raw_ostream &os, StringRef library)
      : os(os), library(library) {}

  void write(ArrayRef<EntryPoint> entryPoints);

private:
  void writeArrays(ArrayRef<EntryPoint> entryPoints);
  void writeArray(ShapedType type);
  void writeResults(const EntryPoint &entry);
  void writeComment(const EntryPoint &entry);
  void writePrototype(const EntryPoint &entry);
  void writeFunction(const EntryPoint &entry);

  llvm::raw_ostream &os;
  StringRef library;
};

} // namespace

static std::string getArrayCType(ShapedType type) {
  return ("ptq_" +
          ptq::getElementName(*ptq::getElementKind(type.getElementType())) +
          "_array_" + Twine(type.getRank()) + "d")
      .str();
}

/// The C type of a value inside a struct of results.
static std::string getCType(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return getArrayCType(shaped);
  return getElementCType(type).str();
}

static std::string getResultsCType(const EntryPoint &entry) {
  if (entry.results.size() == 1)
    return getCType(entry.results.front());
  return "ptq_" + makeIdentifier(entry.name) + "_results";
}

void HeaderWriter::writeArray(ShapedType type) {
  std::string name = getArrayCType(type);
  std::string guard = StringRef(name).upper();
  os << "#ifndef " << guard << "\n#define " << guard << "\ntypedef struct {\n";
  StringRef element = getElementCType(type.getElementType());
  os << "  " << element << " *allocated;\n  " << element
     << " *aligned;\n  int64_t offset;\n";
  if (type.getRank() > 0)
    os << "  int64_t sizes[" << type.getRank() << "];\n  int64_t strides["
       << type.getRank() << "];\n";
  os << "} " << name << ";\n#endif\n\n";
}

void HeaderWriter::writeArrays(ArrayRef<EntryPoint> entryPoints) {
  os << "/* Arrays. Element (i, j) is aligned[offset + i * strides[0] + j * "
        "strides[1]].\n"
        " * Arguments are dense and row-major: offset 0, strides[1] = 1,\n"
        " * strides[0] = sizes[1], and `allocated` equal to `aligned`. Halves "
        "(f16, bf16)\n * are their bits, booleans bytes of 0 or 1. */\n\n";
  llvm::StringSet<> written;
  auto writeOnce = [&](Type type) {
    if (auto shaped = dyn_cast<ShapedType>(type))
      if (written.insert(getArrayCType(shaped)).second)
        writeArray(shaped);
  };
  for (const EntryPoint &entry : entryPoints) {
    llvm::for_each(entry.arguments, writeOnce);
    llvm::for_each(entry.results, writeOnce);
    for (const EntryPoint::Parameter &parameter : entry.parameters)
      writeOnce(parameter.type);
  }
}

void HeaderWriter::writeResults(const EntryPoint &entry) {
  if (entry.results.size() < 2)
    return;
  os << "typedef struct {\n";
  for (auto [index, type] : llvm::enumerate(entry.results))
    os << "  " << getCType(type) << " result" << index << ";\n";
  os << "} " << getResultsCType(entry) << ";\n\n";
}

/// Text that a comment can hold.
static std::string sanitize(StringRef text) {
  std::string result;
  for (char c : text) {
    if (c == '/' && !result.empty() && result.back() == '*')
      result += ' ';
    result += llvm::isPrint(c) ? c : '?';
  }
  return result;
}

void HeaderWriter::writeComment(const EntryPoint &entry) {
  os << "/* " << sanitize(entry.name) << "\n";
  for (auto [index, type] : llvm::enumerate(entry.arguments))
    os << " *   argument" << index << ": " << type
       << (isa<BaseMemRefType>(type) ? ", read and written\n" : "\n");
  for (auto [index, parameter] : llvm::enumerate(entry.parameters)) {
    auto value = cast<ExternalAttr>(parameter.value);
    os << " *   parameter" << index << ": " << parameter.type
       << ", read only, tensor \"" << sanitize(value.getKey().strref())
       << "\" of \"" << sanitize(value.getFile().strref()) << "\"\n";
  }
  for (auto [index, type] : llvm::enumerate(entry.results))
    os << " *   result" << index << ": " << type
       << (isa<ShapedType>(type) ? ", the caller frees `allocated`\n" : "\n");
  os << " */\n";
}

void HeaderWriter::writePrototype(const EntryPoint &entry) {
  SmallVector<std::string> arguments;
  if (entry.returnsThroughPointer())
    arguments.push_back(getResultsCType(entry) + " *results");
  for (auto [index, type] : llvm::enumerate(entry.arguments))
    arguments.push_back(getCType(type) + (isa<ShapedType>(type) ? " *" : " ") +
                        "argument" + std::to_string(index));
  for (auto [index, parameter] : llvm::enumerate(entry.parameters))
    arguments.push_back(getCType(parameter.type) + " *parameter" +
                        std::to_string(index));
  if (arguments.empty())
    arguments.push_back("void");
  bool returnsScalar = !entry.returnsThroughPointer() && !entry.results.empty();
  os << (returnsScalar ? getResultsCType(entry) : "void") << " "
     << makeIdentifier(entry.getSymbol()) << "(";
  llvm::interleave(arguments, os, ",\n    ");
  os << ")";
  if (makeIdentifier(entry.getSymbol()) != entry.getSymbol()) {
    os << " __asm__(\"";
    llvm::printEscapedString(entry.getSymbol(), os);
    os << "\")";
  }
  os << ";\n\n";
}

/// Whether C99 can pass `type`: not a half by value.
static bool isC99Type(Type type) { return !type.isF16() && !type.isBF16(); }

void HeaderWriter::writeFunction(const EntryPoint &entry) {
  if (!llvm::all_of(entry.arguments, isC99Type) ||
      !llvm::all_of(entry.results, isC99Type)) {
    os << "/* " << sanitize(entry.name)
       << " passes a half by value, which C99 cannot. */\n\n";
    return;
  }
  writeResults(entry);
  writeComment(entry);
  writePrototype(entry);
}

void HeaderWriter::write(ArrayRef<EntryPoint> entryPoints) {
  std::string guard =
      "PTQ_" + StringRef(makeIdentifier(library)).upper() + "_H";
  os << "/* Functions of " << sanitize(library)
     << ", compiled by ptq. Those that use several threads need\n"
        " * an OpenMP runtime of LLVM (libomp) in the process;\n"
        " * omp_set_num_threads says how many. */\n\n"
     << "#ifndef " << guard << "\n#define " << guard
     << "\n\n#include <stdint.h>\n\n"
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  writeArrays(entryPoints);
  for (const EntryPoint &entry : entryPoints)
    writeFunction(entry);
  os << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
}

std::string ptq::makeHeader(ArrayRef<EntryPoint> entryPoints,
                            StringRef library) {
  std::string text;
  llvm::raw_string_ostream os(text);
  HeaderWriter(os, library).write(entryPoints);
  return text;
}
