//===- LanguageModelProgram.cpp - A C program around a language model -----===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Safetensors.h"
#include "ptq/Run/LanguageModelCompile.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

/// What the program starts with.
static constexpr StringLiteral head = R"c(#define _POSIX_C_SOURCE 200809L
#include "model.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Any ptq array: its sizes and strides follow. */
typedef struct {
  void *allocated;
  void *aligned;
  int64_t offset;
  int64_t numbers[16];
} Array;

/* A dense array of `rank` sizes. */
static Array make_array(void *data, int rank, const int64_t *sizes) {
  Array array = {data, data, 0, {0}};
  int64_t stride = 1;
  for (int i = rank - 1; i >= 0; --i) {
    array.numbers[i] = sizes[i];
    array.numbers[rank + i] = stride;
    stride *= sizes[i];
  }
  return array;
}

)c";

/// What it ends with.
static constexpr StringLiteral tail = R"c(
static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* The file, mapped into memory. */
static char *map_parameters(const char *folder) {
  char path[4096];
  struct stat status;
  snprintf(path, sizeof(path), "%s/parameters.safetensors", folder);
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &status))
    fail(path);
  if (status.st_size != FILE_SIZE) {
    fprintf(stderr, "%s: is not the file that was written with this program\n", path);
    exit(1);
  }
  char *bytes = mmap(NULL, FILE_SIZE, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED)
    fail(path);
  close(file);
  return bytes;
}

static void allocate_caches(void) {
  static const int64_t sizes[4] = CACHE_SIZES;
  size_t count = 1;
  for (int i = 0; i < 4; ++i)
    count *= (size_t)sizes[i];
  void *memory[2] = {calloc(count, sizeof(float)), calloc(count, sizeof(float))};
  if (!memory[0] || !memory[1])
    fail("caches");
  keys = make_array(memory[0], 4, sizes);
  values = make_array(memory[1], 4, sizes);
}

int main(int argc, char **argv) {
  static int64_t tokens[CONTEXT];
  if (argc < 4 || argc - 3 + atoll(argv[2]) > CONTEXT) {
    fprintf(stderr, "usage: %s FOLDER COUNT TOKEN..., at most %d tokens\n", argv[0], CONTEXT);
    return 2;
  }
  bind_parameters(map_parameters(argv[1]));
  allocate_caches();
  int64_t position = 0, step = argc - 3, count = atoll(argv[2]);
  for (int64_t i = 0; i < step; ++i) {
    tokens[i] = atoll(argv[3 + i]);
    if (tokens[i] < 0 || tokens[i] >= VOCABULARY) {
      fprintf(stderr, "%s is not a token\n", argv[3 + i]);
      return 2;
    }
  }
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (int64_t n = 0; n < count; ++n) {
    Array logits = forward(tokens + position, step, position);
    const float *row = (const float *)logits.aligned + logits.offset + (step - 1) * VOCABULARY;
    int64_t best = 0;
    for (int64_t i = 1; i < VOCABULARY; ++i)
      if (row[i] > row[best])
        best = i;
    for (size_t i = 0; i < VOCABULARY * sizeof(float); ++i)
      hash = (hash ^ ((const unsigned char *)row)[i]) * UINT64_C(0x100000001b3);
    free(logits.allocated);
    position += step;
    step = 1;
    if (position < CONTEXT)
      tokens[position] = best;
    printf("%s%lld", n ? " " : "", (long long)best);
    fflush(stdout);
  }
  printf("\nlogits %016llx\n", (unsigned long long)hash);
  return 0;
}
)c";

static const EntryPoint *findEntry(ArrayRef<EntryPoint> entryPoints,
                                   StringRef name) {
  auto found = llvm::find_if(
      entryPoints, [&](const EntryPoint &entry) { return entry.name == name; });
  return found == entryPoints.end() ? nullptr : &*found;
}

/// The parameters of an entry point, and where they are in the file.
static llvm::Error printBinding(llvm::raw_ostream &os, const EntryPoint &entry,
                                const SafetensorsFile &file) {
  for (auto [index, parameter] : llvm::enumerate(entry.parameters)) {
    auto external = cast<ExternalAttr>(parameter.value);
    const SafetensorsTensor *tensor = file.find(external.getKey());
    if (!tensor)
      return llvm::createStringError(file.getPath() + ": lists no tensor '" +
                                     external.getKey().strref() + "'");
    ArrayRef<int64_t> shape = parameter.type.getShape();
    os << "  " << entry.name << "_parameters[" << index
       << "] = make_array(file + " << tensor->offset << ", " << shape.size()
       << ", (const int64_t[]){";
    llvm::interleaveComma(shape, os);
    os << (shape.empty() ? "0});\n" : "});\n");
  }
  return llvm::Error::success();
}

/// A call with all parameters.
static void printCall(llvm::raw_ostream &os, const EntryPoint &entry) {
  os << "    " << entry.getSymbol()
     << "((void *)&logits, (void *)&input, position, (void *)&keys, "
        "(void *)&values";
  for (size_t i = 0; i < entry.parameters.size(); ++i)
    os << ",\n        (void *)&" << entry.name << "_parameters[" << i << "]";
  os << ");\n";
}

llvm::Expected<std::string>
ptq::makeLanguageModelProgram(ArrayRef<EntryPoint> entryPoints,
                              const SafetensorsFile &parameters,
                              int64_t contextLength) {
  const EntryPoint *steps[] = {findEntry(entryPoints, "decode"),
                               findEntry(entryPoints, "prefill")};
  auto cache = steps[0] && steps[1] && steps[0]->arguments.size() == 4
                   ? dyn_cast<MemRefType>(steps[0]->arguments[2])
                   : MemRefType();
  if (!cache || cache.getRank() != 4 || !cache.isDynamicDim(1))
    return llvm::createStringError(
        "expects functions 'prefill' and 'decode' from tokens, position, keys "
        "and values to logits");
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "/* Continues tokens by the model of model.h and "
        "parameters.safetensors. Compiled by ptq:\n *\n"
        " *     cc model.c model.o -lomp\n */\n"
     << head;
  uint64_t fileSize = 0;
  for (const SafetensorsTensor &tensor : parameters.getTensors())
    fileSize = std::max(fileSize, tensor.offset + tensor.numBytes);
  os << "#define FILE_SIZE " << fileSize << "\n#define CONTEXT "
     << contextLength << "\n#define VOCABULARY "
     << cast<RankedTensorType>(steps[0]->results[0]).getShape().back()
     << "\n#define CACHE_SIZES {" << cache.getDimSize(0) << ", CONTEXT, "
     << cache.getDimSize(2) << ", " << cache.getDimSize(3) << "}\n\n"
     << "static Array keys, values;\n";
  for (const EntryPoint *entry : steps)
    os << "static Array " << entry->name << "_parameters["
       << entry->parameters.size() << "];\n";
  os << "\nstatic void bind_parameters(char *file) {\n";
  for (const EntryPoint *entry : steps)
    if (llvm::Error error = printBinding(os, *entry, parameters))
      return std::move(error);
  os << "}\n\n/* The logits of `count` tokens that come behind `position` of "
        "them; the caller\n * frees `allocated`. */\n"
        "static Array forward(int64_t *tokens, int64_t count, int64_t "
        "position) {\n"
        "  Array input = make_array(tokens, 1, &count), logits;\n"
        "  if (count == 1)\n";
  printCall(os, *steps[0]);
  os << "  else\n";
  printCall(os, *steps[1]);
  os << "  return logits;\n}\n" << tail;
  return text;
}
