//===- ptq-translate.cpp - Checkpoint files to MLIR -----------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/Import/Llama.h"
#include "ptq/Import/ONNX.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::OptionCategory category("ptq-translate options");

static cl::opt<std::string>
    llamaFolder("import-llama", cl::value_desc("folder"), cl::cat(category),
                cl::desc("Import a Hugging Face checkpoint of a Llama, Mistral "
                         "or Qwen2; its weights stay where they are"));

static cl::opt<std::string> llama2cFile(
    "import-llama2c", cl::value_desc("file"), cl::cat(category),
    cl::desc("Import a llama2.c checkpoint (version 0); its weights are "
             "written to a .safetensors file beside the output"));

static cl::opt<std::string>
    onnxFile("import-onnx", cl::value_desc("file"), cl::cat(category),
             cl::desc("Import an ONNX model; docs/onnx.md lists its ops"));

static cl::opt<bool> listsOnnxOps("list-onnx-ops", cl::cat(category),
                                  cl::desc("Print the ops of ONNX models that "
                                           "can be imported, and stop"));

static cl::opt<std::string> parametersFile(
    "parameters", cl::value_desc("file"), cl::cat(category),
    cl::desc("Safetensors file for the large constants of an ONNX model "
             "(default: they stay in the module)"));

static cl::opt<std::string> outputFile("o", cl::value_desc("file"),
                                       cl::init("-"), cl::cat(category),
                                       cl::desc("Where to write the module"));

static cl::opt<bool> emitBytecode("emit-bytecode", cl::cat(category),
                                  cl::desc("Write bytecode instead of text"));

static cl::opt<unsigned> contextLength(
    "context", cl::value_desc("tokens"), cl::cat(category), cl::init(0),
    cl::desc("Longest sequence to prepare for (default: the checkpoint's, at "
             "most 8192)"));

// Rotary tables of this many positions still fit the text of a module.
static constexpr unsigned maxContext = 1 << 20;

static int reportUsage(const Twine &message) {
  llvm::WithColor::error(llvm::errs(), "ptq-translate") << message << '\n';
  return 2;
}

static int report(llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "ptq-translate")
      << llvm::toString(std::move(error)) << '\n';
  return 1;
}

static llvm::Expected<OwningOpRef<ModuleOp>>
importOnnxModel(MLIRContext &context) {
  ptq::OnnxImportOptions options;
  options.outputFile = outputFile == "-" ? "" : outputFile.getValue();
  options.parametersFile = parametersFile;
  return ptq::importOnnx(onnxFile, &context, options);
}

static llvm::Error printOnnxOps() {
  llvm::Expected<std::vector<std::string>> names = ptq::listOnnxOps();
  if (!names)
    return names.takeError();
  for (const std::string &name : *names)
    llvm::outs() << name << '\n';
  return llvm::Error::success();
}

static llvm::Expected<OwningOpRef<ModuleOp>> importModel(MLIRContext &context) {
  if (!onnxFile.empty())
    return importOnnxModel(context);
  ptq::LlamaImportOptions options;
  options.outputFile = outputFile; // "-" counts as in the working folder
  options.context = contextLength;
  if (llama2cFile.empty())
    return ptq::importLlama(llamaFolder, &context, options);
  SmallString<128> parameters(StringRef(outputFile.getValue()));
  llvm::sys::path::replace_extension(parameters, "safetensors");
  return ptq::importLlama2c(llama2cFile, parameters, &context, options);
}

static llvm::Error write(ModuleOp module, raw_ostream &stream) {
  if (emitBytecode) {
    if (failed(writeBytecodeToFile(module, stream)))
      return llvm::createStringError(Twine("cannot write bytecode"));
    return llvm::Error::success();
  }
  OpPrintingFlags flags;
  module.print(stream, flags.printNameLocAsPrefix());
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  if (!cl::ParseCommandLineOptions(argc, argv, "Checkpoint files to MLIR\n",
                                   &llvm::errs()))
    return 2;
  if (listsOnnxOps) {
    llvm::Error error = printOnnxOps();
    return error ? report(std::move(error)) : 0;
  }
  if (!llamaFolder.empty() + !llama2cFile.empty() + !onnxFile.empty() != 1)
    return reportUsage(
        "expects --import-llama, --import-llama2c or --import-onnx");
  if (!parametersFile.empty() && onnxFile.empty())
    return reportUsage("--parameters expects --import-onnx");
  if (!llama2cFile.empty() && outputFile == "-")
    return reportUsage("expects -o with --import-llama2c, which also writes a "
                       ".safetensors file");
  if (contextLength > maxContext)
    return reportUsage("expects --context of at most " + Twine(maxContext) +
                       ", but got " + Twine(contextLength));

  MLIRContext context;
  context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
    bool isWarning = diagnostic.getSeverity() == DiagnosticSeverity::Warning;
    llvm::WithColor(llvm::errs(), isWarning ? llvm::HighlightColor::Warning
                                            : llvm::HighlightColor::Error)
        << (isWarning ? "warning: " : "error: ");
    llvm::errs() << diagnostic.getLocation() << ": " << diagnostic << '\n';
    return success();
  });
  llvm::Expected<OwningOpRef<ModuleOp>> module = importModel(context);
  if (!module)
    return report(module.takeError());
  if (failed(verify(**module)))
    return 1;
  if (llvm::Error error =
          llvm::writeToOutput(outputFile, [&](raw_ostream &stream) {
            return write(**module, stream);
          }))
    return report(std::move(error));
  return 0;
}
