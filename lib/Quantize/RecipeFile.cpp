//===- RecipeFile.cpp - Rules of a recipe in YAML -------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   rules:
//     - name: "^layers.0."     # a regular expression, searched in the name
//       format: float          # or w8a8, w8a16, w4a16-g128, w4a8-g32x, ...
//     - name: "down_proj"
//       format: w8a8
//       scale: absmax          # absmax, signed_max or search (default)
//
//===----------------------------------------------------------------------===//

#include "ptq/Quantize/Recipe.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/YAMLTraits.h"

using namespace mlir;
using namespace mlir::ptq;

namespace {

struct NamePattern {
  std::string text;
};

struct FormatName {
  std::optional<LinearFormat> format;
};

struct FileRule {
  NamePattern name;
  FormatName format;
  std::optional<ScaleMethod> scale;
};

struct FileRules {
  std::vector<FileRule> rules;
};

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(FileRule)

namespace llvm::yaml {

template <>
struct ScalarTraits<NamePattern> {
  static void output(const NamePattern &pattern, void *, raw_ostream &os) {
    os << pattern.text;
  }
  static StringRef input(StringRef text, void *, NamePattern &pattern) {
    pattern.text = text.str();
    return Regex(text).isValid() ? "" : "expects a regular expression";
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::Double; }
};

template <>
struct ScalarTraits<FormatName> {
  static void output(const FormatName &name, void *, raw_ostream &os) {
    os << (name.format ? name.format->str() : "float");
  }
  static StringRef input(StringRef text, void *, FormatName &name) {
    name.format = LinearFormat::parse(text);
    return name.format || text == "float"
               ? ""
               : "expects a format such as 'float', 'w8a8', 'w8a16', "
                 "'w4a8-g32' or 'w4a8-g32x'";
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <>
struct ScalarEnumerationTraits<ScaleMethod> {
  static void enumeration(IO &io, ScaleMethod &method) {
    for (ScaleMethod known :
         {ScaleMethod::AbsMax, ScaleMethod::SignedMax, ScaleMethod::Search})
      io.enumCase(method, stringifyScaleMethod(known).data(), known);
  }
};

template <>
struct MappingTraits<FileRule> {
  static void mapping(IO &io, FileRule &rule) {
    io.mapRequired("name", rule.name);
    io.mapRequired("format", rule.format);
    io.mapOptional("scale", rule.scale);
  }
};

template <>
struct MappingTraits<FileRules> {
  static void mapping(IO &io, FileRules &file) {
    io.mapRequired("rules", file.rules);
  }
};

} // namespace llvm::yaml

/// Keeps the first diagnostic as `file:line:column: message`.
static void keepFirstError(const llvm::SMDiagnostic &diagnostic,
                           void *context) {
  auto &message = *static_cast<std::string *>(context);
  if (!message.empty())
    return;
  llvm::raw_string_ostream(message)
      << diagnostic.getFilename() << ':' << diagnostic.getLineNo() << ':'
      << diagnostic.getColumnNo() + 1 << ": " << diagnostic.getMessage();
}

/// Whether YAML IO, which recurses, would exhaust the stack: blocks nest as
/// deep as a line is long, `[` and `{` as deep as there are any left open.
static bool nestsTooDeep(StringRef text) {
  constexpr int64_t maxDepth = 4096;
  int64_t depth = 0, column = 0;
  for (char c : text) {
    column = c == '\n' ? 0 : column + 1;
    if (c == '[' || c == '{')
      ++depth;
    else if ((c == ']' || c == '}') && depth > 0)
      --depth;
    if (depth > maxDepth || column > maxDepth)
      return true;
  }
  return false;
}

llvm::Expected<std::vector<RecipeRule>>
ptq::readRecipeFile(StringRef path, std::optional<ScaleMethod> scale) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (std::error_code error = buffer.getError())
    return llvm::createStringError("expects a readable recipe file, but got '" +
                                   path + "': " + error.message());
  if (nestsTooDeep((*buffer)->getBuffer()))
    return llvm::createStringError(
        path + ": expects lines and nesting of at most 4096, but got more");
  std::string message;
  llvm::yaml::Input input((*buffer)->getMemBufferRef(), /*Ctxt=*/nullptr,
                          keepFirstError, &message);
  FileRules file;
  input >> file;
  if (input.error())
    return llvm::createStringError(
        message.empty() ? path.str() + ": expects rules in YAML" : message);

  std::vector<RecipeRule> rules;
  for (const FileRule &rule : file.rules) {
    rules.push_back({rule.name.text,
                     {rule.format.format, rule.scale ? rule.scale : scale,
                      "rule '" + rule.name.text + "' of the recipe says so"}});
  }
  return rules;
}
