//===- OnnxNode.cpp - A node of an ONNX graph, to be built ----------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxNode.h"

#include "OnnxWeights.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::ptq;
using ::onnx::AttributeProto;

/// No tensor that fits memory has more; products of sizes stay far below 2^63.
static constexpr int64_t maxElements = int64_t(1) << 48;

StringRef OnnxNode::getName() const {
  if (!proto.name().empty() || proto.output_size() == 0)
    return proto.name();
  return proto.output(0);
}

LogicalResult OnnxNode::fail(const Twine &message) {
  if (error.empty())
    error = message.str();
  return failure();
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

const AttributeProto *OnnxNode::findAttribute(StringRef name) const {
  readAttributes.insert(name);
  for (const AttributeProto &attribute : proto.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const AttributeProto *
OnnxNode::findAttribute(StringRef name,
                        ::onnx::AttributeProto_AttributeType type) {
  const AttributeProto *attribute = findAttribute(name);
  if (!attribute || attribute->type() == type)
    return attribute;
  (void)fail("attribute '" + name + "': expects " +
             ::onnx::AttributeProto_AttributeType_Name(type) + ", but got " +
             ::onnx::AttributeProto_AttributeType_Name(attribute->type()));
  return nullptr;
}

StringRef OnnxNode::findUnreadAttribute() const {
  // Hints, or read only if another attribute or an output asks for it.
  static constexpr StringLiteral harmless[] = {
      "accuracy_level", "consumed_inputs",      "momentum",
      "ratio",          "noop_with_empty_axes", "saturate",
      "seed",           "stash_type",           "storage_order"};
  for (const AttributeProto &attribute : proto.attribute())
    if (!readAttributes.contains(attribute.name()) &&
        !llvm::is_contained(harmless, attribute.name()))
      return attribute.name();
  return "";
}

int64_t OnnxNode::getInt(StringRef name, int64_t value) {
  const AttributeProto *found =
      findAttribute(name, ::onnx::AttributeProto_AttributeType_INT);
  return found ? found->i() : value;
}

double OnnxNode::getFloat(StringRef name, double value) {
  const AttributeProto *found =
      findAttribute(name, ::onnx::AttributeProto_AttributeType_FLOAT);
  return found ? found->f() : value;
}

std::string OnnxNode::getString(StringRef name, StringRef value) {
  const AttributeProto *found =
      findAttribute(name, ::onnx::AttributeProto_AttributeType_STRING);
  return found ? found->s() : value.str();
}

std::optional<SmallVector<int64_t>> OnnxNode::getInts(StringRef name) {
  const AttributeProto *found =
      findAttribute(name, ::onnx::AttributeProto_AttributeType_INTS);
  if (!found)
    return std::nullopt;
  return SmallVector<int64_t>(found->ints().begin(), found->ints().end());
}

std::optional<SmallVector<float>> OnnxNode::getFloats(StringRef name) {
  const AttributeProto *found =
      findAttribute(name, ::onnx::AttributeProto_AttributeType_FLOATS);
  if (!found)
    return std::nullopt;
  return SmallVector<float>(found->floats().begin(), found->floats().end());
}

ElementsAttr OnnxNode::getTensor(StringRef name, OnnxType &type) {
  const AttributeProto *found =
      findAttribute(name, ::onnx::AttributeProto_AttributeType_TENSOR);
  if (!found)
    return nullptr;
  llvm::Expected<ElementsAttr> elements = weights.read(found->t(), type);
  if (elements)
    return *elements;
  (void)fail("attribute '" + name +
             "': " + llvm::toString(elements.takeError()));
  return nullptr;
}

FailureOr<std::optional<SmallVector<int64_t>>>
OnnxNode::getConstants(unsigned index, StringRef name) {
  OnnxTensor *operand = optionalInput(index);
  if (!operand) {
    std::optional<SmallVector<int64_t>> ints = getInts(name);
    if (!error.empty())
      return failure();
    return ints;
  }
  std::optional<SmallVector<int64_t>> constants = b.getConstants(*operand);
  if (!constants)
    return fail("expects constant '" + name + "', but got '" +
                getInputName(index) + "', which is computed");
  return constants;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

std::string OnnxNode::describe(unsigned index) const {
  const OnnxTensor &tensor = *inputs[index];
  return ("'" + getInputName(index) + "' of " + getOnnxTypeName(tensor.type) +
          " " + toString(tensor.sizes))
      .str();
}

LogicalResult OnnxNode::expectFloat(unsigned index) {
  if (isFloat(input(index).type))
    return success();
  return fail("expects floats, but got " + describe(index));
}

LogicalResult OnnxNode::expectInteger(unsigned index) {
  if (isInteger(input(index).type))
    return success();
  return fail("expects integers, but got " + describe(index));
}

LogicalResult OnnxNode::expectNumber(unsigned index) {
  if (input(index).type != OnnxType::Bool)
    return success();
  return fail("expects numbers, but got " + describe(index));
}

LogicalResult OnnxNode::expectType(unsigned index, ArrayRef<OnnxType> types) {
  if (llvm::is_contained(types, input(index).type))
    return success();
  std::string text;
  for (OnnxType type : types)
    text += (text.empty() ? "" : " or ") + getOnnxTypeName(type).str();
  return fail("expects " + text + ", but got " + describe(index));
}

LogicalResult OnnxNode::expectSameType(unsigned index, unsigned other) {
  if (input(index).type == input(other).type)
    return success();
  return fail("expects operands of one type, but got " + describe(other) +
              " and " + describe(index));
}

LogicalResult OnnxNode::expectRank(unsigned index, int64_t min, int64_t max) {
  int64_t rank = input(index).getRank();
  if (rank >= min && rank <= max)
    return success();
  std::string range = std::to_string(min);
  if (min != max)
    range += " to " + std::to_string(max);
  return fail("expects " + range + " dimensions, but got " + describe(index));
}

FailureOr<int64_t> OnnxNode::getAxis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  return fail("expects an axis of " + Twine(rank) + " dimensions, but got " +
              Twine(axis));
}

FailureOr<SmallVector<int64_t>> OnnxNode::getAxes(ArrayRef<int64_t> axes,
                                                  int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    FailureOr<int64_t> known = getAxis(axis, rank);
    if (failed(known))
      return failure();
    if (llvm::is_contained(result, *known))
      return fail("expects each axis once, but got " + Twine(axis) + " twice");
    result.push_back(*known);
  }
  llvm::sort(result);
  return result;
}

FailureOr<Sizes> OnnxNode::broadcastSizes(ArrayRef<OnnxTensor *> tensors) {
  auto shapes = llvm::map_to_vector(
      tensors, [](OnnxTensor *tensor) { return tensor->sizes; });
  FailureOr<Sizes> sizes = b.broadcastSizes(shapes);
  if (succeeded(sizes))
    return sizes;
  std::string text;
  for (const Sizes &shape : shapes)
    text += (text.empty() ? "" : " and ") + toString(shape);
  return fail("expects shapes that broadcast, but got " + text);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

LogicalResult OnnxNode::checkSizes(ArrayRef<OpFoldResult> sizes) {
  int64_t numElements = 1;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> constant = getConstantIntValue(size);
    if (!constant)
      continue;
    if (*constant < 0)
      return fail("expects sizes that are not negative, but got " +
                  Twine(*constant));
    if (llvm::MulOverflow(numElements, std::max<int64_t>(*constant, 1),
                          numElements) ||
        numElements > maxElements)
      return fail("expects a tensor of at most 2^48 elements, but got " +
                  toString(sizes));
  }
  if (sizes.size() > maxOnnxRank)
    return fail("expects at most " + Twine(maxOnnxRank) +
                " dimensions, but got " + Twine(sizes.size()));
  return success();
}

LogicalResult OnnxNode::set(unsigned index, OnnxTensor tensor) {
  if (failed(checkSizes(tensor.sizes)))
    return failure();
  if (results.size() <= index)
    results.resize(index + 1);
  results[index] = std::move(tensor);
  return success();
}
