//===- Probes.cpp - What the machine can do at most -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Probes.h"

#include "ptq/Codegen/Passes.h"
#include "ptq/Run/CompiledModule.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace mlir;
using namespace mlir::ptq;

static double getSeconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// On the threads that kernels use: those go on spinning for a while after a
/// kernel, and others would have to share processors with them.
static void runOnThreads(unsigned threads,
                         llvm::function_ref<void(unsigned)> run) {
#pragma omp parallel num_threads(threads)
  run(omp_get_thread_num());
}

int64_t ptq::getCacheSize() {
  // Not sysconf: on some processors it adds up caches of other cores.
  int64_t size = 0;
  for (unsigned index = 0;; ++index) {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" +
                       std::to_string(index) + "/size");
    int64_t number;
    char unit;
    if (!(file >> number >> unit))
      break;
    size = std::max(size, number << (unit == 'M' ? 20 : 10));
  }
  return size > 0 ? size : int64_t(32) << 20;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

ReadProbe::ReadProbe(int64_t size, unsigned threads)
    : memory(Buffer::allocate(ElementKind::Int8, {size})), threads(threads) {
  std::memset(memory.getData(), 1, size);
}

double ReadProbe::run() {
  constexpr int64_t leastBytes = 64 << 20; // threads take time to start
  // One after the other, lines of as many places: a core has more reads under
  // way than for one place.
  constexpr int64_t numStreams = 8, wordsPerLine = 8;
  int64_t numWords = llvm::alignDown(memory.getNumBytes() / 8 / threads,
                                     numStreams * wordsPerLine);
  int64_t numStreamWords = numWords / numStreams;
  int64_t numPasses = std::max<int64_t>(1, leastBytes / memory.getNumBytes());
  auto read = [&](unsigned thread) {
    const auto *words =
        static_cast<const uint64_t *>(memory.getData()) + thread * numWords;
    for (int64_t pass = 0; pass < numPasses; ++pass) {
      uint64_t sum = 0;
      for (int64_t line = 0; line < numStreamWords; line += wordsPerLine)
        for (int64_t stream = 0; stream < numStreams; ++stream)
          for (int64_t i = 0; i < wordsPerLine; ++i)
            sum += words[stream * numStreamWords + line + i];
      asm volatile("" : : "r"(sum) : "memory"); // each pass is made
    }
  };
  double start = getSeconds();
  runOnThreads(threads, read);
  return numPasses * numWords * 8 * threads / (getSeconds() - start);
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

namespace {

/// One step of a chain: its MLIR, the type it is carried in, and the
/// operations it counts for.
struct ChainStep {
  std::string type, text;
  int64_t operations;
};

} // namespace

static std::string getVector(int64_t size, StringRef element) {
  return ("vector<" + Twine(size) + "x" + element + ">").str();
}

/// The instructions that one dot product or multiply-add takes. Each depends on
/// the one before, so that none is moved out of the loop.
static ChainStep getChainStep(const ProductCase &product) {
  int64_t lanes = product.isa.getMicrokernel().getNumLanes();
  std::string i32 = getVector(lanes, "i32"), i16 = getVector(2 * lanes, "i16");
  std::string i8 = getVector(4 * lanes, "i8"), f32 = getVector(lanes, "f32");
  if (!product.formats.isInteger())
    return {f32, "%r = math.fma %a, %f, %f : " + f32 + "\n", 2 * lanes};
  Isa isa = cast<IsaAttr>(Attribute(product.isa)).getValue();
  if (isa == Isa::AVXVNNI || isa == Isa::AVX512VNNI)
    return {i32,
            "%r = llvm.call_intrinsic \"llvm.x86.avx512.vpdpbusd." +
                std::to_string(32 * lanes) + "\"(%a, %b, %b) : (" + i32 + ", " +
                i8 + ", " + i8 + ") -> " + i32 + "\n",
            8 * lanes};
  bool isAVX2 = isa == Isa::AVX2;
  if (product.formats.getWeightBits() == 4)
    return {i16,
            "%x = vector.bitcast %a : " + i16 + " to " + i8 +
                "\n%p = llvm.call_intrinsic \"" +
                (isAVX2 ? "llvm.x86.avx2.pmadd.ub.sw"
                        : "llvm.x86.ssse3.pmadd.ub.sw.128") +
                "\"(%x, %b) : (" + i8 + ", " + i8 + ") -> " + i16 +
                "\n%r = arith.addi %a, %p : " + i16 + "\n",
            8 * lanes};
  return {i32,
          "%x = vector.bitcast %a : " + i32 + " to " + i16 +
              "\n%p = llvm.call_intrinsic \"" +
              (isAVX2 ? "llvm.x86.avx2.pmadd.wd" : "llvm.x86.sse2.pmadd.wd") +
              "\"(%x, %h) : (" + i16 + ", " + i16 + ") -> " + i32 +
              "\n%r = arith.addi %a, %p : " + i32 + "\n",
          4 * lanes};
}

static constexpr int64_t kChains = 10, kSteps = 4, kIterations = 100000;

/// Renames the values of a step so that it is step `index` of the chain that
/// carries `from`.
static std::string rename(std::string text, StringRef from, StringRef suffix) {
  auto replace = [&](StringRef name, const std::string &value) {
    for (size_t at = 0; (at = text.find(name.str(), at)) != std::string::npos;
         at += value.size())
      text.replace(at, name.size(), value);
  };
  for (StringRef name : {"%x", "%p", "%r"})
    replace(name, (name + "_" + suffix).str());
  replace("%a", from.str());
  return text;
}

static std::string join(llvm::function_ref<std::string(int64_t)> text) {
  std::string list;
  for (int64_t i = 0; i < kChains; ++i)
    list += (i ? ", " : "") + text(i);
  return list;
}

static std::string makePeakModule(const ProductCase &product,
                                  const ChainStep &step) {
  int64_t lanes = product.isa.getMicrokernel().getNumLanes();
  bool isFloat = StringRef(step.type).contains("f32");
  std::string text, i32 = getVector(lanes, "i32");
  llvm::raw_string_ostream os(text);
  auto number = [](StringRef prefix, int64_t i) {
    return (prefix + Twine(i)).str();
  };
  os << "func.func @peak() -> i32 {\n"
     << "%zero = arith.constant 0 : index\n%one = arith.constant 1 : index\n"
     << "%n = arith.constant " << kIterations << " : index\n"
     << "%b = arith.constant dense<1> : " << getVector(4 * lanes, "i8") << "\n"
     << "%h = arith.constant dense<1> : " << getVector(2 * lanes, "i16") << "\n"
     << "%f = arith.constant dense<0.5> : " << getVector(lanes, "f32") << "\n";
  for (int64_t i = 0; i < kChains; ++i)
    os << "%s" << i << " = arith.constant dense<" << i << (isFloat ? ".0" : "")
       << "> : " << step.type << "\n";
  std::string types = join([&](int64_t) { return step.type; });
  os << "%e:" << kChains << " = scf.for %i = %zero to %n step %one iter_args("
     << join([&](int64_t i) {
          return number("%c", i) + " = " + number("%s", i);
        })
     << ") -> (" << types << ") {\n";
  std::vector<std::string> carried;
  for (int64_t i = 0; i < kChains; ++i)
    carried.push_back(number("%c", i));
  for (int64_t j = 0; j < kSteps; ++j)
    for (int64_t i = 0; i < kChains; ++i) {
      std::string suffix = number(number("", i) + "_", j);
      os << rename(step.text, carried[i], suffix);
      carried[i] = "%r_" + suffix;
    }
  os << "scf.yield " << join([&](int64_t i) { return carried[i]; }) << " : "
     << types << "\n}\n";
  std::string sum = "%e#0";
  for (int64_t i = 1; i < kChains; ++i) {
    os << "%t" << i << (isFloat ? " = arith.addf " : " = arith.addi ") << sum
       << ", %e#" << i << " : " << step.type << "\n";
    sum = number("%t", i);
  }
  if (step.type != i32)
    os << "%bits = vector.bitcast " << sum << " : " << step.type << " to "
       << i32 << "\n";
  os << "%word = vector.extract " << (step.type != i32 ? "%bits" : sum)
     << "[0] : i32 from " << i32 << "\nreturn %word : i32\n}\n";
  return text;
}

/// What is left of the peak when each group adds its own instructions. In units
/// of one register and one row, a group of G takes G / 4 dot products, and a
/// conversion and a fused multiply-add beside.
///
///   VNNI         one instruction each, on the ports of multiplications, where
///                the fused multiply-add runs too
///   pmaddubsw    two each, multiply and add, on all ports; each span of 8 has
///                one more, pmaddwd, but needs no first add and one add in i32
///   pmaddwd      two for each two codes; nothing beside per group but the
///                conversion and the fused multiply-add
static double computeFormatLimit(const ProductCase &product) {
  if (!product.formats.isInteger() || !product.packed.getFormat())
    return 1;
  Isa isa = cast<IsaAttr>(Attribute(product.isa)).getValue();
  double group = product.packed.getGroupSize();
  if (isa == Isa::AVXVNNI || isa == Isa::AVX512VNNI)
    return group / 4 / (group / 4 + 1);
  bool hasSpans = product.formats.getWeightBits() == 4;
  double dots = 2 * (hasSpans ? group / 4 : group / 2);
  double spans = hasSpans ? group / 32 : 0;
  return dots / (dots + spans + 2);
}

struct PeakProbe::Code {
  std::unique_ptr<CompiledModule> module;
  int64_t operations;
};

PeakProbe::PeakProbe() = default;
PeakProbe::~PeakProbe() = default;

/// Lowers a module without tensors: the passes of ptq-to-llvm that free buffers
/// refuse calls of intrinsics, since they may do anything.
static llvm::Error lowerScalars(ModuleOp module) {
  auto manager = PassManager::on<ModuleOp>(module.getContext());
  manager.addPass(createRecordTarget());
  manager.addPass(createBindParameters());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(createConvertToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createAttachTarget());
  if (failed(manager.run(module)))
    return llvm::createStringError("cannot lower the loop that measures the "
                                   "peak");
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<PeakProbe>>
PeakProbe::create(const ProductCase &product, unsigned threads) {
  ChainStep step = getChainStep(product);
  auto module = parseSourceString<ModuleOp>(makePeakModule(product, step),
                                            product.packed.getContext());
  if (!module)
    return llvm::createStringError("cannot build the loop that measures the "
                                   "peak");
  if (llvm::Error error = lowerScalars(*module))
    return std::move(error);
  CompileOptions options;
  options.threads = 1;
  auto compiled = CompiledModule::create(*module, options);
  if (!compiled)
    return compiled.takeError();
  std::unique_ptr<PeakProbe> probe(new PeakProbe());
  probe->code = std::make_unique<Code>();
  probe->code->module = std::move(*compiled);
  probe->code->operations = step.operations * kChains * kSteps * kIterations;
  probe->threads = threads;
  probe->formatLimit = computeFormatLimit(product);
  return std::move(probe);
}

llvm::Expected<double> PeakProbe::run() {
  std::atomic<bool> failed{false};
  auto compute = [&](unsigned) {
    auto results = code->module->call("peak", {});
    if (!results) {
      llvm::consumeError(results.takeError());
      failed = true;
    }
  };
  double start = getSeconds();
  runOnThreads(threads, compute);
  if (failed)
    return llvm::createStringError("cannot measure the peak");
  return code->operations * threads / (getSeconds() - start);
}

//===----------------------------------------------------------------------===//
// Other processes
//===----------------------------------------------------------------------===//

/// Seconds that all processors were busy since the system started.
static double getBusySeconds() {
  std::ifstream file("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0;
  file >> name >> user >> nice >> system;
  return (user + nice + system) / sysconf(_SC_CLK_TCK);
}

static double getOwnSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](timeval time) { return time.tv_sec + time.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

OtherUse::OtherUse()
    : startBusy(getBusySeconds()), startOwn(getOwnSeconds()),
      startTime(getSeconds()) {}

double OtherUse::get() const {
  double others = getBusySeconds() - startBusy - (getOwnSeconds() - startOwn);
  double available = (getSeconds() - startTime) * sysconf(_SC_NPROCESSORS_ONLN);
  return std::clamp(others / std::max(available, 1e-9), 0.0, 1.0);
}
