//===- OnnxNode.h - A node of an ONNX graph, to be built --------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_LIB_IMPORT_ONNX_ONNXNODE_H
#define PTQ_LIB_IMPORT_ONNX_ONNXNODE_H

#include "OnnxBuilder.h"
#include "Protobuf.h"

#include "llvm/ADT/StringSet.h"

namespace mlir::ptq {

class OnnxWeights;

/// A node with its operands resolved. Builders of ops read operands and
/// attributes here, and leave results or one error.
class OnnxNode {
public:
  OnnxNode(const ::onnx::NodeProto &proto, int64_t opset, OnnxBuilder &builder,
           OnnxWeights &weights)
      : b(builder), opset(opset), proto(proto), weights(weights) {}

  OnnxBuilder &b;
  /// Version of the operator set that the node is of.
  const int64_t opset;

  StringRef getOpType() const { return proto.op_type(); }
  /// The name that users know the node by: its own, or that of its result.
  StringRef getName() const;

  //===--------------------------------------------------------------------===//
  // Operands: there is one of each that the table of ops asks for
  //===--------------------------------------------------------------------===//

  unsigned getNumInputs() const { return inputs.size(); }
  bool hasInput(unsigned index) const {
    return index < inputs.size() && inputs[index];
  }
  OnnxTensor &input(unsigned index) { return *inputs[index]; }
  /// Null if the operand is left out.
  OnnxTensor *optionalInput(unsigned index) {
    return hasInput(index) ? inputs[index] : nullptr;
  }
  void addInput(OnnxTensor *tensor) { inputs.push_back(tensor); }
  StringRef getInputName(unsigned index) const { return proto.input(index); }

  //===--------------------------------------------------------------------===//
  // Attributes: defaults where there is none; a wrong type is an error
  //===--------------------------------------------------------------------===//

  bool hasAttribute(StringRef name) const { return findAttribute(name); }
  int64_t getInt(StringRef name, int64_t value);
  bool getBool(StringRef name, bool value) { return getInt(name, value) != 0; }
  double getFloat(StringRef name, double value);
  std::string getString(StringRef name, StringRef value);
  std::optional<SmallVector<int64_t>> getInts(StringRef name);
  std::optional<SmallVector<float>> getFloats(StringRef name);
  /// Null without one, and after an error.
  ElementsAttr getTensor(StringRef name, OnnxType &type);

  /// An attribute that the builder has not asked for, and that matters; empty
  /// if there is none.
  StringRef findUnreadAttribute() const;

  /// Integers that are operand `index` or, in older operator sets, the
  /// attribute `name`; they have to be constant. None if both are left out.
  FailureOr<std::optional<SmallVector<int64_t>>> getConstants(unsigned index,
                                                              StringRef name);

  //===--------------------------------------------------------------------===//
  // Checks, which are errors if they fail
  //===--------------------------------------------------------------------===//

  LogicalResult fail(const Twine &message);
  LogicalResult expectFloat(unsigned index);
  LogicalResult expectInteger(unsigned index);
  LogicalResult expectNumber(unsigned index);
  LogicalResult expectType(unsigned index, ArrayRef<OnnxType> types);
  LogicalResult expectSameType(unsigned index, unsigned other);
  LogicalResult expectRank(unsigned index, int64_t min, int64_t max);
  LogicalResult expectRank(unsigned index, int64_t rank) {
    return expectRank(index, rank, rank);
  }
  /// Fails on sizes that no tensor has.
  LogicalResult checkSizes(ArrayRef<OpFoldResult> sizes);
  /// An axis of a tensor of this rank, counted from the end if negative.
  FailureOr<int64_t> getAxis(int64_t axis, int64_t rank);
  /// Different axes, in ascending order.
  FailureOr<SmallVector<int64_t>> getAxes(ArrayRef<int64_t> axes, int64_t rank);
  FailureOr<Sizes> broadcastSizes(ArrayRef<OnnxTensor *> tensors);

  //===--------------------------------------------------------------------===//
  // Results
  //===--------------------------------------------------------------------===//

  unsigned getNumOutputs() const { return proto.output_size(); }
  bool hasOutput(unsigned index) const {
    return index < getNumOutputs() && !proto.output(index).empty();
  }
  LogicalResult set(unsigned index, OnnxTensor tensor);
  LogicalResult set(OnnxTensor tensor) { return set(0, std::move(tensor)); }

  llvm::MutableArrayRef<OnnxTensor> getResults() { return results; }
  const std::string &getError() const { return error; }

private:
  const ::onnx::AttributeProto *findAttribute(StringRef name) const;
  /// The attribute, if it is there and of this type; else maybe an error.
  const ::onnx::AttributeProto *
  findAttribute(StringRef name, ::onnx::AttributeProto_AttributeType type);
  std::string describe(unsigned index) const;

  const ::onnx::NodeProto &proto;
  OnnxWeights &weights;
  SmallVector<OnnxTensor *> inputs;
  SmallVector<OnnxTensor> results;
  /// Names of attributes that were asked for.
  mutable llvm::StringSet<> readAttributes;
  std::string error;
};

} // namespace mlir::ptq

#endif // PTQ_LIB_IMPORT_ONNX_ONNXNODE_H
