//===- Prepack.cpp - Bring constant weights into the order of kernels -----===//

#include "ptq/IR/Packed.h"
#include "ptq/Lower/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/MapVector.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_PREPACK
#include "ptq/Lower/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A constant operand of `ptq.pack`: elements, or a tensor in a file.
struct ConstantSource {
  Attribute content;
  RankedTensorType type;
  ml_program::GlobalOp global; // if it is one
};

/// The operands of a pack.
struct PackSources {
  ConstantSource weights;
  std::optional<ConstantSource> scales, multipliers;
};

class Prepacker {
public:
  explicit Prepacker(ModuleOp module) : module(module), symbols(module) {}

  /// Replaces `op` if its operands are constant.
  void pack(PackOp op);

private:
  std::optional<ConstantSource> getSource(Value value);
  /// A constant with the packed bytes of both; null if their bytes are not
  /// there.
  Value packElements(OpBuilder &builder, PackOp op, const PackSources &sources);
  Value packOnLoad(OpBuilder &builder, PackOp op, const PackSources &sources);

  ModuleOp module;
  SymbolTable symbols;
  SymbolTableCollection tables;
  /// What was packed already, by what was packed and how.
  llvm::DenseMap<std::tuple<Attribute, Attribute, Attribute, Attribute>,
                 Attribute>
      constants;
  llvm::DenseMap<Attribute, ml_program::GlobalOp> globals;
};

} // namespace

std::optional<ConstantSource> Prepacker::getSource(Value value) {
  if (auto cast = value.getDefiningOp<StorageCastOp>())
    value = cast.getInput();
  auto type = dyn_cast<RankedTensorType>(value.getType());
  ConstantSource source{{}, type, {}};
  if (matchPattern(value, m_Constant(&source.content)))
    return source;
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  if (!load)
    return std::nullopt;
  source.global = tables.lookupNearestSymbolFrom<ml_program::GlobalOp>(
      load, load.getGlobalAttr());
  if (!source.global || source.global.getIsMutable() ||
      !source.global.getValue())
    return std::nullopt;
  source.content = *source.global.getValue();
  return source;
}

/// All bytes of `elements`, in `storage` where they are not contiguous in
/// memory; none if they are not loaded or not whole bytes.
static std::optional<ArrayRef<char>> getBytes(Attribute elements,
                                              std::vector<char> &storage) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? std::optional<ArrayRef<char>>(blob->getData()) : std::nullopt;
  }
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense || dense.getElementType().getIntOrFloatBitWidth() % 8 != 0)
    return std::nullopt;
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return raw;
  for (int64_t i = 0, e = dense.getNumElements(); i < e; ++i)
    storage.insert(storage.end(), raw.begin(), raw.end());
  return ArrayRef<char>(storage);
}

static Attribute getContent(const std::optional<ConstantSource> &source) {
  return source ? source->content : Attribute();
}

Value Prepacker::packElements(OpBuilder &builder, PackOp op,
                              const PackSources &sources) {
  PackedAttr packed = getPackedEncoding(op.getType());
  Attribute &constant =
      constants[{sources.weights.content, getContent(sources.scales),
                 getContent(sources.multipliers), packed}];
  if (!constant) {
    std::vector<char> storage[3];
    auto getPart = [&](const std::optional<ConstantSource> &source,
                       std::vector<char> &bytes) {
      return source ? getBytes(source->content, bytes) : ArrayRef<char>();
    };
    std::optional<ArrayRef<char>> weights =
        getBytes(sources.weights.content, storage[0]);
    std::optional<ArrayRef<char>> scales = getPart(sources.scales, storage[1]);
    std::optional<ArrayRef<char>> multipliers =
        getPart(sources.multipliers, storage[2]);
    if (!weights || !scales || !multipliers)
      return {};
    auto blob = HeapAsmResourceBlob::allocate(packed.getNumBytes(), 64,
                                              /*dataIsMutable=*/true);
    packPanels(packed,
               {*weights, sources.weights.type.getShape() != packed.getShape(),
                *scales, *multipliers},
               blob.getMutableData());
    constant = DenseResourceElementsAttr::get(op.getType(), "ptq_packed",
                                              std::move(blob));
  }
  return arith::ConstantOp::create(builder, op.getLoc(),
                                   cast<TypedAttr>(constant));
}

Value Prepacker::packOnLoad(OpBuilder &builder, PackOp op,
                            const PackSources &sources) {
  const ConstantSource &weights = sources.weights;
  auto value = PackOnLoadAttr::get(
      op.getContext(), getPackedEncoding(op.getType()),
      cast<ExternalAttr>(weights.content), weights.type,
      cast_if_present<ExternalAttr>(getContent(sources.scales)),
      cast_if_present<ExternalAttr>(getContent(sources.multipliers)));
  ml_program::GlobalOp &global = globals[value];
  if (!global) {
    ml_program::GlobalOp unpacked = weights.global;
    OpBuilder outer(unpacked);
    std::string name = (unpacked.getSymName() + ".packed").str();
    global = ml_program::GlobalOp::create(
        outer, unpacked.getLoc(), name, op.getType(),
        /*is_mutable=*/false, value, outer.getStringAttr("private"));
    symbols.insert(global);
  }
  return ml_program::GlobalLoadConstOp::create(
      builder, op.getLoc(), op.getType(), SymbolRefAttr::get(global));
}

void Prepacker::pack(PackOp op) {
  std::optional<ConstantSource> weights = getSource(op.getWeights());
  if (!weights)
    return;
  PackSources sources{*weights, {}, {}};
  bool areFiles = isa<ExternalAttr>(weights->content);
  for (auto [operand, source] :
       {std::pair(op.getScale(), &sources.scales),
        std::pair(op.getMultiplier(), &sources.multipliers)}) {
    if (!operand)
      continue;
    *source = getSource(operand);
    if (!*source || isa<ExternalAttr>((*source)->content) != areFiles)
      return;
  }
  IRRewriter rewriter(op);
  Value packed = areFiles ? packOnLoad(rewriter, op, sources)
                          : packElements(rewriter, op, sources);
  if (packed)
    rewriter.replaceOp(op, packed);
}

namespace {

struct Prepack : ptq::impl::PrepackBase<Prepack> {
  void runOnOperation() override {
    Prepacker prepacker(getOperation());
    getOperation().walk([&](PackOp op) { prepacker.pack(op); });
  }
};

} // namespace
