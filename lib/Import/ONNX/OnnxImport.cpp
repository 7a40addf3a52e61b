//===- OnnxImport.cpp - Builds the function of an ONNX model --------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OnnxOps.h"
#include "OnnxWeights.h"

#include "ExternalParameters.h"
#include "ptq/IR/PTQ.h"
#include "ptq/Import/ONNX.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

#include <map>

using namespace mlir;
using namespace mlir::ptq;

namespace {

class GraphImporter {
public:
  GraphImporter(const ::onnx::ModelProto &model, StringRef file,
                ModuleOp module)
      : model(model), graph(model.graph()), file(file.str()), module(module),
        builder(module.getLoc(), module.getContext()),
        weights(module.getContext(), llvm::sys::path::parent_path(file)) {}

  llvm::Error run();

private:
  llvm::Error makeError(const Twine &message) const {
    return llvm::createStringError(file + ": " + message);
  }
  llvm::Error checkModel();
  llvm::Error checkOps();
  llvm::Error readOpsets();
  llvm::Error addInitializers();
  llvm::Error addInputs();
  llvm::Expected<RankedTensorType> readInput(const ::onnx::ValueInfoProto &info,
                                             OnnxType &type);
  llvm::Error addNodes();
  llvm::Error addNode(const ::onnx::NodeProto &proto, int position);
  llvm::Error addReturn();
  llvm::Error define(StringRef name, OnnxTensor tensor);
  void nameLocation(StringRef name) {
    builder.setLoc(name.empty()
                       ? module.getLoc()
                       : Location(NameLoc::get(builder.getStringAttr(name))));
  }

  const ::onnx::ModelProto &model;
  const ::onnx::GraphProto &graph;
  std::string file;
  ModuleOp module;
  OnnxBuilder builder;
  OnnxWeights weights;
  func::FuncOp function;
  llvm::StringMap<int64_t> opsets;
  llvm::StringMap<std::unique_ptr<OnnxTensor>> values;
};

} // namespace

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

llvm::Error GraphImporter::checkModel() {
  if (!model.has_graph())
    return makeError("expects a model with a graph");
  if (graph.sparse_initializer_size() > 0)
    return makeError("expects dense initializers, but got " +
                     Twine(graph.sparse_initializer_size()) + " sparse ones");
  return llvm::Error::success();
}

llvm::Error GraphImporter::readOpsets() {
  for (const auto &opset : model.opset_import()) {
    StringRef domain = opset.domain();
    opsets[domain == "ai.onnx" ? "" : domain] = opset.version();
  }
  // A model names the versions of what it uses; old ones leave out the default.
  opsets.try_emplace("", 1);
  return llvm::Error::success();
}

/// All ops that cannot be imported, and how many of each there are.
llvm::Error GraphImporter::checkOps() {
  std::map<std::string, int> unknown;
  for (const ::onnx::NodeProto &node : graph.node())
    if (!findOnnxOp(node.domain(), node.op_type()))
      ++unknown[node.domain().empty() ? node.op_type()
                                      : node.domain() + "." + node.op_type()];
  if (unknown.empty())
    return llvm::Error::success();
  std::string list;
  for (const auto &[name, count] : unknown) {
    list += list.empty() ? "" : ", ";
    list += name + " (" + std::to_string(count) + ")";
  }
  return makeError("expects ops that can be imported, but got " + list);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

llvm::Error GraphImporter::define(StringRef name, OnnxTensor tensor) {
  bool isNew =
      values.try_emplace(name, std::make_unique<OnnxTensor>(std::move(tensor)))
          .second;
  return isNew
             ? llvm::Error::success()
             : makeError("expects one value named '" + name + "', but got two");
}

llvm::Error GraphImporter::addInitializers() {
  for (const ::onnx::TensorProto &proto : graph.initializer()) {
    OnnxType type;
    llvm::Expected<ElementsAttr> elements = weights.read(proto, type);
    if (!elements)
      return makeError("initializer '" + proto.name() +
                       "': " + llvm::toString(elements.takeError()));
    if (llvm::Error error =
            define(proto.name(), builder.makeConstant(*elements, type)))
      return error;
  }
  return llvm::Error::success();
}

llvm::Expected<RankedTensorType>
GraphImporter::readInput(const ::onnx::ValueInfoProto &info, OnnxType &type) {
  auto fail = [&](const Twine &message) {
    return makeError("input '" + info.name() + "': " + message);
  };
  if (!info.type().has_tensor_type())
    return fail("expects a tensor");
  const auto &tensor = info.type().tensor_type();
  type = OnnxType(tensor.elem_type());
  Type elementType = builder.getElementType(type);
  if (!elementType)
    return fail("expects elements that are numbers, but got " +
                getOnnxTypeName(type) + " (" + Twine(tensor.elem_type()) + ")");
  if (!tensor.has_shape())
    return fail("expects a shape, whose sizes may be unknown");
  if (size_t(tensor.shape().dim_size()) > maxOnnxRank)
    return fail("expects at most " + Twine(maxOnnxRank) +
                " dimensions, but got " + Twine(tensor.shape().dim_size()));
  SmallVector<int64_t> shape;
  int64_t count = 1;
  for (const auto &dim : tensor.shape().dim()) {
    int64_t size = dim.has_dim_value() ? dim.dim_value() : ShapedType::kDynamic;
    if (dim.has_dim_value() &&
        (size < 0 ||
         llvm::MulOverflow(count, std::max<int64_t>(size, 1), count) ||
         count > (int64_t(1) << 48)))
      return fail("expects a shape, but got a size of " + Twine(size));
    shape.push_back(size);
  }
  return RankedTensorType::get(shape, elementType);
}

llvm::Error GraphImporter::addInputs() {
  llvm::StringMap<OpFoldResult> parameters;
  for (const ::onnx::ValueInfoProto &info : graph.input()) {
    // Before version 4 of the format, initializers are inputs too.
    if (values.contains(info.name()))
      continue;
    OnnxType type;
    llvm::Expected<RankedTensorType> tensorType = readInput(info, type);
    if (!tensorType)
      return tensorType.takeError();
    nameLocation(info.name());
    Value argument =
        function.getBody().addArgument(*tensorType, builder.getLoc());
    Sizes sizes;
    for (const auto &[i, size] : llvm::enumerate(tensorType->getShape())) {
      if (!ShapedType::isDynamic(size)) {
        sizes.push_back(builder.constant(size));
        continue;
      }
      // Dimensions of one name have one size.
      StringRef name = info.type().tensor_type().shape().dim(i).dim_param();
      OpFoldResult known =
          name.empty() ? OpFoldResult() : parameters.lookup(name);
      if (!known)
        known = tensor::DimOp::create(builder, argument, i).getResult();
      if (!name.empty())
        parameters[name] = known;
      sizes.push_back(known);
    }
    if (llvm::Error error =
            define(info.name(), builder.makeTensor(argument, type, sizes)))
      return error;
  }
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

llvm::Error GraphImporter::addNode(const ::onnx::NodeProto &proto,
                                   int position) {
  const OnnxOp *op = findOnnxOp(proto.domain(), proto.op_type());
  StringRef domain = proto.domain();
  OnnxNode node(proto, opsets.lookup(domain == "ai.onnx" ? "" : domain),
                builder, weights);
  auto fail = [&](const Twine &message) {
    return makeError("node " + Twine(position) + " (" + proto.op_type() +
                     (node.getName().empty() ? "" : " '") + node.getName() +
                     (node.getName().empty() ? "" : "'") + "): " + message);
  };
  unsigned count = proto.input_size();
  if (count < op->minInputs || count > op->maxInputs)
    return fail("expects " + Twine(op->minInputs) +
                (op->maxInputs == op->minInputs ? "" : " or more") +
                " operands, but got " + Twine(count));
  for (unsigned i = 0; i < count; ++i) {
    const std::string &name = proto.input(i);
    auto known = values.find(name);
    if (name.empty() && i < op->minInputs)
      return fail("expects operand " + Twine(i) + ", but it is left out");
    if (!name.empty() && known == values.end())
      return fail("reads '" + name +
                  "', which no input, initializer or earlier node is");
    node.addInput(name.empty() ? nullptr : known->second.get());
  }
  nameLocation(proto.output_size() ? StringRef(proto.output(0)) : "");
  bool isBuilt = succeeded(op->build(node));
  if (!node.getError().empty())
    return fail(node.getError());
  if (!isBuilt)
    return fail("expects operands of other types or shapes");
  StringRef unread = node.findUnreadAttribute();
  if (!unread.empty())
    return fail("expects attributes that are known, but got '" + unread + "'");
  for (unsigned i = 0; i < node.getNumOutputs(); ++i) {
    if (!node.hasOutput(i))
      continue;
    if (i >= node.getResults().size() ||
        node.getResults()[i].type == OnnxType::Undefined)
      return fail("has no output " + Twine(i));
    if (llvm::Error error =
            define(proto.output(i), std::move(node.getResults()[i])))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error GraphImporter::addNodes() {
  for (auto [position, proto] : llvm::enumerate(graph.node()))
    if (llvm::Error error = addNode(proto, position))
      return error;
  return llvm::Error::success();
}

llvm::Error GraphImporter::addReturn() {
  SmallVector<Value> results;
  for (const ::onnx::ValueInfoProto &info : graph.output()) {
    auto known = values.find(info.name());
    if (known == values.end())
      return makeError("output '" + info.name() +
                       "': expects the name of a value");
    nameLocation(info.name());
    results.push_back(builder.getValue(*known->second));
  }
  builder.setLoc(module.getLoc());
  func::ReturnOp::create(builder, results);
  Block &body = function.getBody().front();
  function.setType(builder.getFunctionType(body.getArgumentTypes(),
                                           ValueRange(results).getTypes()));
  return llvm::Error::success();
}

/// Index arithmetic of constants leaves its operands behind.
static void eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// The name of the graph, in letters that symbols have.
static std::string getFunctionName(StringRef name) {
  std::string symbol;
  for (char letter : name)
    symbol += llvm::isAlnum(letter) ? letter : '_';
  if (symbol.empty() || llvm::isDigit(symbol.front()))
    symbol.insert(0, "graph");
  return symbol;
}

llvm::Error GraphImporter::run() {
  if (llvm::Error error = checkModel())
    return error;
  if (llvm::Error error = readOpsets())
    return error;
  if (llvm::Error error = checkOps())
    return error;
  builder.setInsertionPointToEnd(module.getBody());
  function = func::FuncOp::create(builder, getFunctionName(graph.name()),
                                  builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  if (llvm::Error error = addInitializers())
    return error;
  if (llvm::Error error = addInputs())
    return error;
  if (llvm::Error error = addNodes())
    return error;
  if (llvm::Error error = addReturn())
    return error;
  eraseDeadOps(function.getBody().front());
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static llvm::Error readModel(StringRef file, ::onnx::ModelProto &model) {
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError(buffer.getError(),
                                   file + ": " + buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  // What protobuf would print is no better than the error here.
  google::protobuf::LogSilencer silence;
  if (bytes.size() > INT_MAX || bytes.empty() ||
      !model.ParseFromArray(bytes.data(), int(bytes.size())))
    return llvm::createStringError(file +
                                   ": expects an ONNX model of up to "
                                   "2 GB, but its " +
                                   Twine(bytes.size()) +
                                   " bytes are no such message");
  return llvm::Error::success();
}

llvm::Expected<OwningOpRef<ModuleOp>>
ptq::importOnnx(StringRef file, MLIRContext *context,
                const OnnxImportOptions &options) {
  context->loadDialect<arith::ArithDialect, func::FuncDialect,
                       linalg::LinalgDialect, math::MathDialect,
                       ml_program::MLProgramDialect, PTQDialect,
                       scf::SCFDialect, tensor::TensorDialect>();
  ::onnx::ModelProto model;
  if (llvm::Error error = readModel(file, model))
    return std::move(error);
  StringRef located =
      options.outputFile.empty() ? file : StringRef(options.outputFile);
  OwningOpRef<ModuleOp> module =
      ModuleOp::create(FileLineColLoc::get(context, located, 0, 0));
  if (llvm::Error error = GraphImporter(model, file, *module).run())
    return std::move(error);
  if (!options.parametersFile.empty())
    if (llvm::Error error = moveToParameters(*module, options.parametersFile,
                                             options.outputFile))
      return std::move(error);
  return module;
}
