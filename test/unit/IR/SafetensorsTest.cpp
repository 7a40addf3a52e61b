//===- SafetensorsTest.cpp - Reading and writing of safetensors -----------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptq/IR/Safetensors.h"
#include "ptq/IR/Parameters.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <thread>

using namespace mlir;
using namespace mlir::ptq;

namespace {

class SafetensorsTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("safetensors", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) {
    SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  size_t countFiles() {
    std::error_code code;
    size_t count = 0;
    for (llvm::sys::fs::directory_iterator it(folder, code), end; it != end;
         it.increment(code))
      ++count;
    return count;
  }
  /// A file with the tensor `x`: F32 [2], and `codes`: U8 [3].
  void writeSmall(StringRef name) {
    auto writer = llvm::cantFail(SafetensorsWriter::create(
        getPath(name), {{"codes", "U8", {3}}, {"x", "F32", {2}}}));
    llvm::cantFail(writer->write("codes", {1, 2, 3}));
    float values[] = {1.5f, -2.0f};
    llvm::cantFail(writer->write(
        "x", ArrayRef(reinterpret_cast<const char *>(values), 8)));
    llvm::cantFail(writer->finish());
  }

  SmallString<128> folder;
};

} // namespace

TEST_F(SafetensorsTest, ReadsWhatItWrote) {
  writeSmall("a.safetensors");
  auto file = llvm::cantFail(SafetensorsFile::open(getPath("a.safetensors")));
  ASSERT_EQ(file->getTensors().size(), 2u);
  // Wide elements come first, at a cache line.
  EXPECT_EQ(file->getTensors()[0].name, "x");
  EXPECT_EQ(file->getTensors()[0].offset % 64, 0u);
  const SafetensorsTensor *codes = file->find("codes");
  ASSERT_TRUE(codes);
  EXPECT_EQ(codes->dtype, "U8");
  EXPECT_EQ(ArrayRef<int64_t>(codes->shape), ArrayRef<int64_t>({3}));
  EXPECT_EQ(file->bytes(*codes), ArrayRef<char>({1, 2, 3}));
  file->release(*codes);
  EXPECT_EQ(file->bytes(*codes), ArrayRef<char>({1, 2, 3}));
  EXPECT_EQ(file->find("other"), nullptr);
}

TEST_F(SafetensorsTest, KeepsNamesAndMetadata) {
  std::string name = "a \"b\"\n\xc3\xa9";
  auto writer = llvm::cantFail(SafetensorsWriter::create(
      getPath("a"), {{name, "I8", {0, 5}}}, {{"key", "\\ \t"}}));
  llvm::cantFail(writer->finish());
  auto file = llvm::cantFail(SafetensorsFile::open(getPath("a")));
  EXPECT_TRUE(file->find(name));
  EXPECT_EQ(file->getMetadata().at("key"), "\\ \t");
}

TEST_F(SafetensorsTest, WritesPiecesFromThreads) {
  constexpr int64_t numRows = 1000, rowSize = 17;
  auto writer = llvm::cantFail(SafetensorsWriter::create(
      getPath("a"), {{"a", "I8", {numRows, rowSize}}}));
  auto writeRows = [&](int64_t first) {
    for (int64_t row = first; row < numRows; row += 2)
      llvm::cantFail(writer->write("a", std::vector<char>(rowSize, row % 100),
                                   row * rowSize));
  };
  std::thread even(writeRows, 0), odd(writeRows, 1);
  even.join();
  odd.join();
  llvm::cantFail(writer->finish());
  auto file = llvm::cantFail(SafetensorsFile::open(getPath("a")));
  ArrayRef<char> bytes = file->bytes(*file->find("a"));
  for (int64_t i = 0; i < numRows * rowSize; ++i)
    ASSERT_EQ(bytes[i], i / rowSize % 100);
}

TEST_F(SafetensorsTest, LeavesNothingOfAnUnfinishedFile) {
  {
    auto writer = llvm::cantFail(
        SafetensorsWriter::create(getPath("a"), {{"a", "I8", {2}}}));
    EXPECT_EQ(countFiles(), 1u);
    llvm::cantFail(writer->write("a", {1}));
    EXPECT_EQ(llvm::toString(writer->finish()),
              getPath("a") +
                  ": tensor 'a': expects 2 bytes, but 1 were written");
  }
  EXPECT_EQ(countFiles(), 0u);
}

TEST_F(SafetensorsTest, RefusesToWriteOutside) {
  auto writer = llvm::cantFail(
      SafetensorsWriter::create(getPath("a"), {{"a", "I8", {2}}}));
  EXPECT_EQ(llvm::toString(writer->write("a", {1, 2}, 1)),
            getPath("a") + ": tensor 'a': writes to byte 3 of 2");
  EXPECT_EQ(llvm::toString(writer->write("b", {1})),
            getPath("a") + ": tensor 'b' is not declared");
}

TEST_F(SafetensorsTest, FindsParametersOfTheRightType) {
  writeSmall("a.safetensors");
  MLIRContext context;
  context.loadDialect<PTQDialect>();
  Builder builder(&context);
  auto external =
      ExternalAttr::get(&context, builder.getStringAttr("a.safetensors"),
                        builder.getStringAttr("x"));
  Parameters parameters(folder);
  auto type = RankedTensorType::get({2}, builder.getF32Type());
  Parameter parameter = llvm::cantFail(parameters.get(external, type));
  EXPECT_EQ(reinterpret_cast<const float *>(parameter.bytes.data())[1], -2.0f);

  auto wrong = RankedTensorType::get({1, 2}, builder.getF32Type());
  EXPECT_EQ(llvm::toString(parameters.get(external, wrong).takeError()),
            getPath("a.safetensors") +
                ": tensor 'x': expects tensor<1x2xf32>, but got F32 [2]");
  auto codes =
      ExternalAttr::get(&context, builder.getStringAttr("a.safetensors"),
                        builder.getStringAttr("codes"));
  auto bytes = RankedTensorType::get({3}, builder.getI8Type());
  EXPECT_EQ(llvm::cantFail(parameters.get(codes, bytes)).bytes[2], 3);
}

TEST_F(SafetensorsTest, AlignsParameters) {
  // A header of 63 bytes: the values start at an odd byte.
  std::string header =
      R"({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";
  header.resize(63, ' ');
  float value = 0.25f;
  {
    std::error_code code;
    llvm::raw_fd_ostream stream(getPath("odd"), code);
    ASSERT_FALSE(code);
    stream << '\x3f' << StringRef("\0\0\0\0\0\0\0", 7) << header
           << StringRef(reinterpret_cast<const char *>(&value), 4);
  }
  MLIRContext context;
  context.loadDialect<PTQDialect>();
  Builder builder(&context);
  Parameters parameters(folder);
  auto external = ExternalAttr::get(&context, builder.getStringAttr("odd"),
                                    builder.getStringAttr("x"));
  Parameter parameter = llvm::cantFail(parameters.get(
      external, RankedTensorType::get({1}, builder.getF32Type())));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(parameter.bytes.data()) % 4, 0u);
  EXPECT_EQ(*reinterpret_cast<const float *>(parameter.bytes.data()), 0.25f);
}

TEST_F(SafetensorsTest, ResolvesTheRootOfAModule) {
  MLIRContext context;
  auto location = FileLineColLoc::get(&context, "some/folder/m.mlir", 1, 1);
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  EXPECT_EQ(getParameterRoot(*module), "some/folder");
  EXPECT_EQ(getParameterRoot(*module, "other"), "other");
  OwningOpRef<ModuleOp> unknown = ModuleOp::create(UnknownLoc::get(&context));
  EXPECT_EQ(getParameterRoot(*unknown), "");
}
