//===- MatmulModule.cpp - A product as a module, and its weights ----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatmulModule.h"

#include "ptq/Codegen/Microkernels.h"
#include "ptq/Quantize/Recipe.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <random>

using namespace mlir;
using namespace mlir::ptq;

//===----------------------------------------------------------------------===//
// Cases
//===----------------------------------------------------------------------===//

/// The element types of both sides; null types if there is no such format.
static ProductFormats parseFormats(MLIRContext *context, StringRef name) {
  Builder builder(context);
  if (name == "f32")
    return {builder.getF32Type(), builder.getF32Type()};
  if (name == "bf16")
    return {builder.getF32Type(), builder.getBF16Type()};
  std::optional<LinearFormat> format = LinearFormat::parse(name);
  if (!format)
    return {};
  Type lhs = builder.getF32Type();
  if (format->activationBits == 8)
    lhs = format->getActivationType(context, 2);
  return {lhs, format->getWeightType(builder.getF32Type(), 2)};
}

llvm::Expected<ProductCase>
ProductCase::create(MLIRContext *context, const std::string &format,
                    ProductShape shape, const std::string &isa,
                    const TargetDescription &target) {
  ProductCase product;
  product.shape = shape;
  product.target = target;
  product.formats = parseFormats(context, format);
  if (!product.formats.rhs)
    return llvm::createStringError("expects a format such as w4a8-g32, w8a8, "
                                   "w4a16-g32, bf16 or f32, but got '" +
                                   format + "'");
  std::string refusal =
      "no instruction set of " + target.cpu + " is '" + isa + "'";
  for (MicrokernelInterface kernel : getKernelsOf(context, target)) {
    auto named = dyn_cast<IsaAttr>(Attribute(kernel));
    if (!isa.empty() && (!named || stringifyIsa(named.getValue()) != isa))
      continue;
    refusal = kernel.getMicrokernel().getRefusal(product.formats);
    if (!refusal.empty())
      continue;
    product.isa = kernel;
    break;
  }
  if (!product.isa)
    return llvm::createStringError("expects a kernel for " + format + ", but " +
                                   refusal);
  product.packed = PackedAttr::get(
      context, product.formats.rhs, {shape.n, shape.k},
      product.isa.getMicrokernel().getLayout(context, product.formats));
  product.areBitsPacked = product.formats.getWeightBits() == 4;
  return product;
}

RankedTensorType ProductCase::getStoredType() const {
  QuantType format = packed.getFormat();
  if (!format)
    return packed.getWeightType();
  int64_t width = areBitsPacked ? llvm::divideCeil(shape.k, 2) : shape.k;
  return RankedTensorType::get({shape.n, width},
                               IntegerType::get(packed.getContext(), 8));
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

namespace {

/// Prints functions of a product with `numRows` rows, or any number if that is
/// negative, and `numColumns` columns.
class ProductPrinter {
public:
  ProductPrinter(const ProductCase &product, int64_t numRows,
                 int64_t numColumns)
      : product(product), os(text), numColumns(numColumns),
        rows(numRows < 0 ? "?" : std::to_string(numRows)) {}

  void printPacked();
  void printPortable();
  std::string text;

private:
  /// Opens the function, and quantizes the rows if they are to be codes.
  void printHead(StringRef name, StringRef arguments);
  void printTail();
  std::string tensor(int64_t columns, Type element);
  Type getF32() { return Float32Type::get(product.packed.getContext()); }

  const ProductCase &product;
  llvm::raw_string_ostream os;
  int64_t numColumns;
  std::string rows;
  std::string parameters; // of the lhs
};

} // namespace

std::string ProductPrinter::tensor(int64_t columns, Type element) {
  std::string type;
  llvm::raw_string_ostream(type)
      << "tensor<" << rows << 'x' << columns << 'x' << element << '>';
  return type;
}

void ProductPrinter::printHead(StringRef name, StringRef arguments) {
  int64_t k = product.shape.k;
  std::string x = tensor(k, getF32()), y = tensor(numColumns, getF32());
  os << "func.func @" << name << "(%x: " << x << ", " << arguments << ") -> "
     << y << " {\n";
  if (rows == "?")
    os << "  %c0 = arith.constant 0 : index\n"
       << "  %m = tensor.dim %x, %c0 : " << x << "\n";
  os << "  %out = tensor.empty(" << (rows == "?" ? "%m" : "") << ") : " << y
     << "\n";
  parameters.clear();
  QuantType lhs = product.formats.getLhsFormat();
  if (!lhs)
    return;
  QuantType weights = product.packed.getFormat();
  int64_t group = (weights.hasMultiplier() ? weights.getMultiplierBlock()
                                           : weights.getBlock())
                      .back();
  std::string scale = tensor(1, getF32());
  std::string sums = tensor(product.packed.getNumGroups(),
                            IntegerType::get(lhs.getContext(), 32));
  os << "  %q, %s, %sum = ptq.dynamic_quantize %x sums [1, " << group
     << "] : " << x << " -> " << tensor(k, lhs) << ", " << scale << ", " << sums
     << "\n";
  parameters = " lhs(%s, sums %sum : " + scale + ", " + sums + ")";
}

void ProductPrinter::printTail() {
  std::string y = tensor(numColumns, getF32());
  os << " outs(%out : " << y << ") -> " << y << "\n  return %y : " << y
     << "\n}\n";
}

void ProductPrinter::printPacked() {
  std::string packed;
  llvm::raw_string_ostream(packed) << product.packed.getTensorType();
  printHead("packed", "%p: " + packed);
  os << "  %y = ptq.packed_matmul ins(" << (parameters.empty() ? "%x" : "%q")
     << ", %p : " << tensor(product.shape.k, product.formats.lhs) << ", "
     << packed << ")" << parameters << " isa " << Attribute(product.isa);
  printTail();
}

void ProductPrinter::printPortable() {
  RankedTensorType stored = product.getStoredType();
  RankedTensorType weights = product.packed.getWeightType();
  RankedTensorType scales = product.packed.getScaleType();
  RankedTensorType multipliers = product.packed.getMultiplierType();
  auto narrow = [&](RankedTensorType type) {
    return RankedTensorType::get({numColumns, type.getDimSize(1)},
                                 type.getElementType());
  };
  std::string arguments;
  llvm::raw_string_ostream list(arguments);
  list << "%w: " << narrow(stored);
  if (scales)
    list << ", %ws: " << narrow(scales);
  if (multipliers)
    list << ", %wk: " << narrow(multipliers);
  printHead("portable", arguments);
  if (scales)
    os << "  %codes = ptq.storage_cast %w"
       << (product.areBitsPacked ? " packed" : "") << " : " << narrow(stored)
       << " to " << narrow(weights) << "\n";
  os << "  %y = ptq.matmul ins(" << (parameters.empty() ? "%x" : "%q") << ", "
     << (scales ? "%codes" : "%w") << " : "
     << tensor(product.shape.k, product.formats.lhs) << ", " << narrow(weights)
     << ")" << parameters;
  if (scales)
    os << " rhs(%ws" << (multipliers ? ", multiplier %wk" : "") << " : "
       << narrow(scales);
  if (multipliers)
    os << ", " << narrow(multipliers);
  if (scales)
    os << ")";
  printTail();
}

OwningOpRef<ModuleOp> ProductCase::buildModule() const {
  ProductPrinter printer(*this, -1, shape.n);
  printer.printPacked();
  printer.printPortable();
  return parseSourceString<ModuleOp>(printer.text, packed.getContext());
}

OwningOpRef<ModuleOp> ProductCase::buildPackedModule() const {
  ProductPrinter printer(*this, -1, shape.n);
  printer.printPacked();
  return parseSourceString<ModuleOp>(printer.text, packed.getContext());
}

OwningOpRef<ModuleOp> ProductCase::buildReference(int64_t numRows,
                                                  int64_t numColumns) const {
  ProductPrinter printer(*this, numRows, numColumns);
  printer.printPortable();
  return parseSourceString<ModuleOp>(printer.text, packed.getContext());
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Buffer ProductCase::makeWeights() const {
  RankedTensorType type = getStoredType();
  Buffer weights =
      Buffer::allocate(*getElementKind(type.getElementType()), type.getShape());
  std::minstd_rand random(1);
  char *bytes = static_cast<char *>(weights.getData());
  int64_t size = weights.getNumElements();
  bool isQuantized = bool(packed.getFormat());
  int64_t width = weights.getNumBytes() / std::max<int64_t>(size, 1);
  for (int64_t i = 0; i < size; ++i) {
    unsigned bits = random() >> 8;
    if (isQuantized) {
      // Not the least code, which 8-bit formats leave out.
      bytes[i] = areBitsPacked ? bits : int(bits % 255) - 127;
      continue;
    }
    // 1.0 to 2.0 and their negatives, in bf16 or f32.
    uint32_t value = 0x3f800000u | (bits & 0x807f0000u) | (bits << 31);
    if (width == 2)
      value >>= 16;
    std::memcpy(bytes + i * width, &value, width);
  }
  return weights;
}

Buffer ProductCase::makeScales() const {
  RankedTensorType type = packed.getScaleType();
  if (!type)
    return {};
  Buffer scales =
      Buffer::allocate(*getElementKind(type.getElementType()), type.getShape());
  std::minstd_rand random(2);
  char *bytes = static_cast<char *>(scales.getData());
  int64_t width = type.getElementTypeBitWidth() / 8;
  for (int64_t i = 0; i < scales.getNumElements(); ++i) {
    // 2^-7 to 2^-6.
    uint32_t bits = random() >> 8;
    uint32_t value =
        width == 2 ? 0x2000 | (bits & 0x3ff) : 0x3c000000 | (bits & 0x7fffff);
    std::memcpy(bytes + i * width, &value, width);
  }
  return scales;
}

Buffer ProductCase::makeMultipliers() const {
  RankedTensorType type = packed.getMultiplierType();
  if (!type)
    return {};
  Buffer multipliers =
      Buffer::allocate(*getElementKind(type.getElementType()), type.getShape());
  QuantType format = packed.getFormat();
  int64_t min = format.getMultiplierMin(), max = format.getMultiplierMax();
  std::minstd_rand random(4);
  char *bytes = static_cast<char *>(multipliers.getData());
  for (int64_t i = 0; i < multipliers.getNumElements(); ++i)
    bytes[i] = min + (random() >> 8) % (max - min + 1);
  return multipliers;
}
