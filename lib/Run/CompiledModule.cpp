//===- CompiledModule.cpp - Machine code of a module, ready to be called --===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/CompiledModule.h"

#include "CompiledCode.h"
#include "Descriptor.h"
#include "JIT.h"

#include "llvm/Target/TargetMachine.h"

#include <omp.h>

using namespace mlir;
using namespace mlir::ptq;

/// A compiled entry point, and the arguments that do not change from call to
/// call.
struct CompiledModule::Binding {
  PackedFunction function = nullptr;
  std::vector<Descriptor> parameters;
};

//===----------------------------------------------------------------------===//
// Compile
//===----------------------------------------------------------------------===//

llvm::Expected<CompiledCode> ptq::compileCode(ModuleOp module,
                                              const CompileOptions &options) {
  if (llvm::Error error = lowerToLLVM(module, options.target, options.kernels))
    return std::move(error);
  auto entryPoints = readEntryPoints(module);
  if (!entryPoints)
    return entryPoints.takeError();
  auto machine = createTargetMachine(module);
  if (!machine)
    return machine.takeError();
  if (llvm::Error error = checkRunsHere(**machine))
    return std::move(error);
  auto object = compileForJIT(module, *entryPoints, **machine);
  if (!object)
    return object.takeError();
  CompiledCode code;
  code.description = ModuleOp::create(UnknownLoc::get(module.getContext()));
  (*code.description)->setAttrs(module->getAttrDictionary());
  code.object = std::move(*object);
  return std::move(code);
}

CompiledModule::CompiledModule(std::vector<EntryPoint> entryPoints,
                               unsigned threads, std::unique_ptr<JIT> jit)
    : entryPoints(std::move(entryPoints)), threads(threads),
      jit(std::move(jit)) {}

CompiledModule::~CompiledModule() = default;

llvm::Expected<Buffer>
CompiledModule::load(const EntryPoint::Parameter &parameter) {
  if (auto weights = dyn_cast<PackOnLoadAttr>(parameter.value))
    return pack(weights);
  auto found =
      parameters->get(cast<ExternalAttr>(parameter.value), parameter.type);
  if (!found)
    return found.takeError();
  // Compiled code only reads it, and so do the pages of the file.
  return Buffer::view(*getElementKind(parameter.type.getElementType()),
                      parameter.type.getShape(),
                      const_cast<char *>(found->bytes.data()));
}

llvm::Expected<Buffer> CompiledModule::pack(PackOnLoadAttr weights) {
  Buffer &buffer = packedWeights[weights];
  if (buffer)
    return buffer;
  PackedAttr packed = weights.getPacked();
  auto codes = parameters->get(weights.getWeights(), weights.getWeightsType());
  if (!codes)
    return codes.takeError();
  WeightBytes source{codes->bytes, weights.areBitsPacked(), {}, {}};
  if (ExternalAttr scales = weights.getScales()) {
    auto found = parameters->get(scales, packed.getScaleType());
    if (!found)
      return found.takeError();
    source.scales = found->bytes;
  }
  if (ExternalAttr multipliers = weights.getMultipliers()) {
    auto found = parameters->get(multipliers, packed.getMultiplierType());
    if (!found)
      return found.takeError();
    source.multipliers = found->bytes;
  }
  int64_t size = packed.getNumBytes();
  buffer = Buffer::allocate(ElementKind::Int8, {size});
  packPanels(packed, source,
             {static_cast<char *>(buffer.getData()), size_t(size)});
  codes->file->release(*codes->tensor);
  return buffer;
}

llvm::Error CompiledModule::bind(StringRef parameterRoot) {
  parameters = std::make_unique<Parameters>(parameterRoot);
  for (const EntryPoint &entry : entryPoints) {
    Binding &binding = bindings.emplace_back();
    auto function = jit->find(entry);
    if (!function)
      return function.takeError();
    binding.function = *function;
    for (const EntryPoint::Parameter &parameter : entry.parameters) {
      llvm::Expected<Buffer> loaded = load(parameter);
      if (!loaded)
        return loaded.takeError();
      binding.parameters.emplace_back(*loaded);
    }
  }
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<CompiledModule>>
CompiledModule::create(ModuleOp module, const CompileOptions &options) {
  std::string root = getParameterRoot(module, options.parameterRoot);
  llvm::Expected<CompiledCode> code = findOrCompileCode(module, options);
  if (!code)
    return code.takeError();
  auto entryPoints = readEntryPoints(*code->description);
  if (!entryPoints)
    return entryPoints.takeError();
  auto machine = createTargetMachine(*code->description);
  if (!machine)
    return machine.takeError();
  auto jit = JIT::create(std::move(code->object), **machine);
  if (!jit)
    return jit.takeError();
  std::unique_ptr<CompiledModule> compiled(new CompiledModule(
      std::move(*entryPoints), options.threads, std::move(*jit)));
  if (llvm::Error error = compiled->bind(root))
    return std::move(error);
  return compiled;
}

//===----------------------------------------------------------------------===//
// Call
//===----------------------------------------------------------------------===//

const EntryPoint *CompiledModule::find(StringRef name) const {
  auto found = llvm::find_if(
      entryPoints, [&](const EntryPoint &entry) { return entry.name == name; });
  return found == entryPoints.end() ? nullptr : &*found;
}

namespace {

/// Where compiled code writes its results: one struct, each field at a multiple
/// of its own alignment.
class ResultStorage {
public:
  explicit ResultStorage(ArrayRef<Type> types) {
    uint64_t size = 0;
    for (Type type : types) {
      auto shaped = dyn_cast<ShapedType>(type);
      uint64_t scalarSize =
          shaped ? sizeof(uint64_t) : getElementSize(*getElementKind(type));
      offsets.push_back(llvm::alignTo(size, scalarSize));
      size =
          offsets.back() +
          (shaped ? Descriptor::getNumWords(shaped.getRank()) : 1) * scalarSize;
    }
    words.assign(llvm::divideCeil(size, sizeof(uint64_t)), 0);
  }

  void *getData() { return words.data(); }
  const char *getField(size_t index) const {
    return reinterpret_cast<const char *>(words.data()) + offsets[index];
  }

private:
  SmallVector<uint64_t> offsets;
  std::vector<uint64_t> words;
};

/// The list of pointers to arguments that compiled code takes.
class ArgumentList {
public:
  explicit ArgumentList(size_t maxArguments) {
    pointers.reserve(maxArguments);
    arguments.reserve(maxArguments);
  }
  void addPointer(const void *pointer) {
    pointers.push_back(const_cast<void *>(pointer));
    arguments.push_back(&pointers.back());
  }
  void addValue(void *value) { arguments.push_back(value); }
  void **getData() { return arguments.data(); }

private:
  /// Never grows: `arguments` points into it.
  std::vector<void *> pointers;
  std::vector<void *> arguments;
};

} // namespace

/// Moves what compiled code returned into buffers. Memory that `borrowed` lists
/// is not the result's to free, and two results may share theirs.
static SmallVector<Buffer> takeResults(ArrayRef<Type> types,
                                       const ResultStorage &storage,
                                       llvm::SmallPtrSet<void *, 8> borrowed) {
  SmallVector<Buffer> results;
  for (auto [index, type] : llvm::enumerate(types)) {
    const char *field = storage.getField(index);
    auto shaped = dyn_cast<ShapedType>(type);
    if (!shaped) {
      Buffer scalar = Buffer::allocate(*getElementKind(type), {});
      std::memcpy(scalar.getData(), field, scalar.getNumBytes());
      results.push_back(scalar);
      continue;
    }
    Descriptor descriptor(reinterpret_cast<const uint64_t *>(field),
                          shaped.getRank());
    bool ownsMemory = borrowed.insert(descriptor.getAllocated()).second;
    results.push_back(descriptor.toBuffer(
        *getElementKind(shaped.getElementType()), ownsMemory));
  }
  return results;
}

llvm::Expected<SmallVector<Buffer>>
CompiledModule::call(StringRef name, ArrayRef<Buffer> inputs) const {
  const EntryPoint *entry = find(name);
  if (!entry)
    return llvm::createStringError("expects a public function of the module, "
                                   "but got '" +
                                   name + "'");
  return call(*entry, inputs);
}

llvm::Expected<SmallVector<Buffer>>
CompiledModule::call(const EntryPoint &entry, ArrayRef<Buffer> inputs) const {
  if (llvm::Error error = entry.checkInputs(inputs))
    return std::move(error);

  const Binding &binding = bindings[&entry - entryPoints.data()];
  ResultStorage storage(entry.results);
  ArgumentList arguments(inputs.size() + binding.parameters.size() + 2);
  std::vector<Descriptor> descriptors;
  descriptors.reserve(inputs.size());
  llvm::SmallPtrSet<void *, 8> borrowed;

  if (entry.returnsThroughPointer())
    arguments.addPointer(storage.getData());
  for (auto [input, type] : llvm::zip_equal(inputs, entry.arguments)) {
    if (!isa<ShapedType>(type)) {
      arguments.addValue(input.getData());
      continue;
    }
    descriptors.emplace_back(input);
    borrowed.insert(input.getData());
    arguments.addPointer(descriptors.back().getWords());
  }
  for (const Descriptor &parameter : binding.parameters) {
    borrowed.insert(parameter.getAllocated());
    arguments.addPointer(parameter.getWords());
  }
  if (!entry.returnsThroughPointer() && !entry.results.empty())
    arguments.addValue(storage.getData());

  omp_set_num_threads(threads ? threads : omp_get_num_procs());
  binding.function(arguments.getData());
  return takeResults(entry.results, storage, std::move(borrowed));
}
