//===- SelectKernels.cpp - Choose an instruction set for each product -----===//

#include "FloatProduct.h"
#include "ptq/Codegen/Microkernels.h"
#include "ptq/Codegen/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/TypeUtilities.h"

namespace mlir::ptq {
#define GEN_PASS_DEF_SELECTKERNELS
#include "ptq/Codegen/Passes.h.inc"
} // namespace mlir::ptq

using namespace mlir;
using namespace mlir::ptq;

namespace {

/// A product with transposed weights, of either kind.
struct Product {
  Operation *op;
  Value lhs, weights, lhsScale, lhsSums, scale, multiplier, init;

  Type getLhsElement() const {
    Type type = getElementTypeOrSelf(lhs);
    return isa<Float16Type, BFloat16Type>(type)
               ? Float32Type::get(type.getContext())
               : type;
  }
  ProductFormats getFormats() const {
    return {getLhsElement(), getElementTypeOrSelf(weights)};
  }
};

/// Where constant weights come from.
enum class Source { Unknown, Module, File };

} // namespace

static std::optional<Product> matchProduct(Operation *op) {
  if (auto matmul = dyn_cast<MatmulOp>(op);
      matmul && isa<FloatType>(matmul.getType().getElementType()))
    return Product{op,
                   matmul.getLhs(),
                   matmul.getRhs(),
                   matmul.getLhsScale(),
                   matmul.getLhsSums(),
                   matmul.getRhsScale(),
                   matmul.getRhsMultiplier(),
                   matmul.getInit()};
  if (std::optional<FloatProduct> product = matchFloatProduct(op))
    return Product{op,      product->rows, product->weights, Value(),
                   Value(), Value(),       Value(),          product->init};
  return std::nullopt;
}

static Source getSource(Value value, SymbolTableCollection &symbols) {
  if (auto cast = value.getDefiningOp<StorageCastOp>())
    value = cast.getInput();
  if (matchPattern(value, m_Constant()))
    return Source::Module;
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  auto global = load ? symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(
                           load, load.getGlobalAttr())
                     : ml_program::GlobalOp();
  if (!global || global.getIsMutable())
    return Source::Unknown;
  Attribute content = global.getValueAttr();
  if (isa_and_present<ExternalAttr>(content))
    return Source::File;
  return isa_and_present<ElementsAttr>(content) ? Source::Module
                                                : Source::Unknown;
}

namespace {

struct SelectKernels : ptq::impl::SelectKernelsBase<SelectKernels> {
  using SelectKernelsBase::SelectKernelsBase;

  void runOnOperation() override {
    FailureOr<SmallVector<MicrokernelInterface>> kernels = getKernels();
    if (failed(kernels))
      return signalPassFailure();
    SmallVector<Product> products;
    getOperation().walk([&](Operation *op) {
      if (std::optional<Product> product = matchProduct(op))
        products.push_back(*product);
    });
    SymbolTableCollection symbols;
    for (const Product &product : products)
      select(product, *kernels, symbols);
  }

  /// The instruction sets to choose from, the best first.
  FailureOr<SmallVector<MicrokernelInterface>> getKernels() {
    ModuleOp module = getOperation();
    if (!isa.empty()) {
      std::optional<Isa> named = symbolizeIsa(isa);
      if (!named) {
        module.emitError("expects isa to be sse41, avx2, avxvnni, "
                         "avx512vnni, neon, dotprod, i8mm or sve, but got '")
            << isa << "'";
        return failure();
      }
      return SmallVector<MicrokernelInterface>{cast<MicrokernelInterface>(
          Attribute(IsaAttr::get(&getContext(), *named)))};
    }
    FailureOr<TargetDescription> target = getTarget(module);
    if (failed(target) || !cpu.empty() || !features.empty())
      target = resolveTarget(module.getLoc(),
                             cpu.empty() ? StringRef("host") : StringRef(cpu),
                             features, "");
    if (failed(target))
      return failure();
    return getKernelsOf(&getContext(), *target);
  }

  /// Why `product` has no packed weights; empty if it may.
  std::string getRefusal(const Product &product,
                         SymbolTableCollection &symbols) {
    auto type = cast<RankedTensorType>(product.weights.getType());
    if (!type.hasStaticShape() || type.getNumElements() == 0 ||
        type.getRank() != 2)
      return "weights are of dynamic shape or empty";
    std::string refusal = getPackedRefusal(product.getFormats());
    if (!refusal.empty())
      return refusal;
    Source source = getSource(product.weights, symbols);
    if (source == Source::Unknown ||
        (product.scale && getSource(product.scale, symbols) != source) ||
        (product.multiplier &&
         getSource(product.multiplier, symbols) != source))
      return "weights are not constant";
    if (source == Source::File && !external)
      return "weights are in a file that is not packed";
    if (product.getFormats().isInteger() &&
        !product.getFormats().getRhsFormat().isSymmetric() && !product.lhsSums)
      return "sums of activations are missing";
    return "";
  }

  void select(const Product &product, ArrayRef<MicrokernelInterface> kernels,
              SymbolTableCollection &symbols) {
    auto options = remark::RemarkOpts::name("select").category("ptq-codegen");
    std::string refusal = getRefusal(product, symbols);
    if (refusal.empty() && kernels.empty())
      refusal = "the CPU has no instruction set with kernels";
    for (MicrokernelInterface isa :
         refusal.empty() ? kernels : ArrayRef<MicrokernelInterface>()) {
      refusal = isa.getMicrokernel().getRefusal(product.getFormats());
      if (!refusal.empty())
        continue;
      std::string name;
      llvm::raw_string_ostream(name) << Attribute(isa);
      remark::passed(product.op->getLoc(), options)
          << remark::metric("Isa", name);
      return rewrite(product, isa);
    }
    remark::missed(product.op->getLoc(), options)
        << remark::reason("{0}", refusal);
  }

  void rewrite(const Product &product, MicrokernelInterface isa) {
    Location loc = product.op->getLoc();
    IRRewriter rewriter(product.op);
    ProductFormats formats = product.getFormats();
    auto weightType = cast<RankedTensorType>(product.weights.getType());
    auto packed =
        PackedAttr::get(&getContext(), formats.rhs, weightType.getShape(),
                        isa.getMicrokernel().getLayout(&getContext(), formats));
    Value weights =
        PackOp::create(rewriter, loc, packed.getTensorType(), product.weights,
                       product.scale, product.multiplier);
    Value lhs = product.lhs;
    auto lhsType = cast<RankedTensorType>(lhs.getType());
    if (lhsType.getElementType() != formats.lhs)
      lhs =
          arith::ExtFOp::create(rewriter, loc, lhsType.clone(formats.lhs), lhs);
    rewriter.replaceOpWithNewOp<PackedMatmulOp>(
        product.op, product.init.getType(), lhs, weights, product.lhsScale,
        product.lhsSums, isa, rewriter.getArrayAttr({}), ValueRange(),
        product.init);
  }
};

} // namespace
