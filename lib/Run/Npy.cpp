//===- Npy.cpp - Arrays in NumPy's file format ----------------------------===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file is the magic number, two bytes of version, the length of the header
// (2 bytes in version 1, 4 in later ones), the header and the elements. The
// header is a Python dictionary in text:
//
//     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//
//===----------------------------------------------------------------------===//

#include "ptq/Run/Npy.h"

#include "ptq/Run/OutputFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace mlir::ptq;

static_assert(llvm::endianness::native == llvm::endianness::little,
              "elements are stored as the processor keeps them");

static constexpr StringLiteral magic = "\x93NUMPY";

/// Names of the element kinds, without the byte order.
static constexpr std::pair<StringLiteral, ElementKind> descriptors[] = {
    {"b1", ElementKind::Bool},    {"i1", ElementKind::Int8},
    {"u1", ElementKind::UInt8},   {"i2", ElementKind::Int16},
    {"i4", ElementKind::Int32},   {"i8", ElementKind::Int64},
    {"f2", ElementKind::Float16}, {"V2", ElementKind::BFloat16},
    {"f4", ElementKind::Float32}, {"f8", ElementKind::Float64}};

namespace {

struct NpyHeader {
  std::optional<ElementKind> kind;
  std::optional<bool> isFortranOrder;
  std::optional<SmallVector<int64_t>> shape;
  size_t dataOffset = 0;
};

/// Reads the header. Every step leaves `position` behind what it read, or at
/// the byte that is wrong.
class HeaderParser {
public:
  explicit HeaderParser(llvm::MemoryBufferRef file)
      : path(file.getBufferIdentifier()), text(file.getBuffer()) {}

  llvm::Expected<NpyHeader> parse();
  llvm::Error makeError(const Twine &message) const {
    return llvm::createStringError(path + ": byte " + Twine(position) + ": " +
                                   message);
  }

private:
  llvm::Error parsePreamble();
  llvm::Error parseEntry();
  llvm::Error parseKind();
  llvm::Error parseOrder();
  llvm::Error parseShape();
  llvm::Expected<StringRef> parseString();
  llvm::Expected<int64_t> parseSize();

  void skipSpaces() {
    while (position < text.size() && llvm::isSpace(text[position]))
      ++position;
  }
  bool consume(StringRef token) {
    skipSpaces();
    if (!text.substr(position).starts_with(token))
      return false;
    position += token.size();
    return true;
  }
  llvm::Error expect(StringRef token) {
    return consume(token) ? llvm::Error::success()
                          : makeError("expects '" + token + "'");
  }

  StringRef path;
  StringRef text;
  size_t position = 0;
  NpyHeader header;
};

} // namespace

llvm::Error HeaderParser::parsePreamble() {
  if (!text.starts_with(magic))
    return makeError("expects the magic number of a .npy file");
  position = magic.size();
  if (text.size() < position + 2)
    return makeError("expects a format version, but the file ends");
  unsigned major = static_cast<uint8_t>(text[position]);
  if (major < 1 || major > 3)
    return makeError("expects format version 1, 2 or 3, but got " +
                     Twine(major));
  position += 2;
  size_t lengthSize = major == 1 ? 2 : 4;
  if (text.size() < position + lengthSize)
    return makeError("expects the length of the header, but the file ends");
  const char *bytes = text.data() + position;
  size_t length = major == 1 ? llvm::support::endian::read16le(bytes)
                             : llvm::support::endian::read32le(bytes);
  size_t available = text.size() - position - lengthSize;
  if (length > available)
    return makeError("expects a header of " + Twine(length) +
                     " bytes, but the file has " + Twine(available) + " more");
  position += lengthSize;
  header.dataOffset = position + length;
  text = text.take_front(header.dataOffset);
  return llvm::Error::success();
}

llvm::Expected<StringRef> HeaderParser::parseString() {
  skipSpaces();
  StringRef rest = text.substr(position);
  if (!rest.starts_with("'") && !rest.starts_with("\""))
    return makeError("expects a string");
  size_t end = rest.find(rest.front(), 1);
  if (end == StringRef::npos)
    return makeError("expects a string that ends");
  position += end + 1;
  return rest.slice(1, end);
}

llvm::Error HeaderParser::parseKind() {
  skipSpaces();
  size_t start = position;
  llvm::Expected<StringRef> descriptor = parseString();
  if (!descriptor)
    return descriptor.takeError();
  StringRef name = *descriptor;
  if (name.consume_front("<") || name.consume_front("|"))
    for (const auto &[known, kind] : descriptors)
      if (name == known)
        header.kind = kind;
  if (header.kind)
    return llvm::Error::success();
  position = start;
  return makeError("expects little-endian elements of type f2, f4, f8, i1, "
                   "i2, i4, i8, u1, b1 or V2, but got '" +
                   *descriptor + "'");
}

llvm::Error HeaderParser::parseOrder() {
  if (consume("True"))
    header.isFortranOrder = true;
  else if (consume("False"))
    header.isFortranOrder = false;
  else
    return makeError("expects True or False");
  return llvm::Error::success();
}

llvm::Expected<int64_t> HeaderParser::parseSize() {
  skipSpaces();
  StringRef digits = text.substr(position).take_while(llvm::isDigit);
  int64_t size;
  if (digits.getAsInteger(10, size))
    return makeError("expects a size of the shape");
  position += digits.size();
  return size;
}

llvm::Error HeaderParser::parseShape() {
  if (llvm::Error error = expect("("))
    return error;
  header.shape.emplace();
  while (!consume(")")) {
    llvm::Expected<int64_t> size = parseSize();
    if (!size)
      return size.takeError();
    header.shape->push_back(*size);
    if (!consume(",")) {
      if (llvm::Error error = expect(")"))
        return error;
      break;
    }
  }
  return llvm::Error::success();
}

llvm::Error HeaderParser::parseEntry() {
  skipSpaces();
  size_t start = position;
  llvm::Expected<StringRef> key = parseString();
  if (!key)
    return key.takeError();
  if (llvm::Error error = expect(":"))
    return error;
  if (*key == "descr" && !header.kind)
    return parseKind();
  if (*key == "fortran_order" && !header.isFortranOrder)
    return parseOrder();
  if (*key == "shape" && !header.shape)
    return parseShape();
  position = start;
  return makeError("expects the keys descr, fortran_order and shape, each "
                   "once, but got '" +
                   *key + "'");
}

llvm::Expected<NpyHeader> HeaderParser::parse() {
  if (llvm::Error error = parsePreamble())
    return std::move(error);
  if (llvm::Error error = expect("{"))
    return std::move(error);
  while (!consume("}")) {
    if (llvm::Error error = parseEntry())
      return std::move(error);
    if (!consume(",")) {
      if (llvm::Error error = expect("}"))
        return std::move(error);
      break;
    }
  }
  skipSpaces();
  if (position != text.size())
    return makeError("expects nothing but spaces behind the header");
  if (!header.kind || !header.isFortranOrder || !header.shape)
    return makeError("expects the keys descr, fortran_order and shape");
  return std::move(header);
}

/// Copies elements whose first index varies fastest into row-major order.
static void transposeFromFortran(const char *source, const Buffer &result) {
  ArrayRef<int64_t> shape = result.getShape();
  unsigned elementSize = getElementSize(result.getElementKind());
  SmallVector<int64_t> strides;
  int64_t stride = elementSize;
  for (int64_t size : shape) {
    strides.push_back(stride);
    stride *= size;
  }
  SmallVector<int64_t> index(shape.size(), 0);
  char *target = static_cast<char *>(result.getData());
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i) {
    std::memcpy(target + i * elementSize, source, elementSize);
    for (int64_t d = shape.size() - 1; d >= 0; --d) {
      source += strides[d];
      if (++index[d] < shape[d])
        break;
      source -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
}

/// Fails unless every byte is 0 or 1: compiled code takes that for granted.
static llvm::Error checkBooleans(StringRef path, size_t offset,
                                 StringRef data) {
  size_t position = data.find_if([](char byte) { return byte & ~1; });
  if (position == StringRef::npos)
    return llvm::Error::success();
  return llvm::createStringError(path + ": byte " + Twine(offset + position) +
                                 ": expects a boolean, 0 or 1");
}

llvm::Expected<Buffer> ptq::parseNpy(llvm::MemoryBufferRef file) {
  HeaderParser parser(file);
  llvm::Expected<NpyHeader> header = parser.parse();
  if (!header)
    return header.takeError();
  unsigned elementSize = getElementSize(*header->kind);
  std::optional<int64_t> numElements =
      countElements(*header->shape, elementSize);
  if (!numElements)
    return parser.makeError("has a shape that does not fit 63 bits of bytes");
  StringRef data = file.getBuffer().substr(header->dataOffset);
  uint64_t numBytes = uint64_t(*numElements) * elementSize;
  if (data.size() != numBytes)
    return parser.makeError("expects " + Twine(numBytes) +
                            " bytes of elements, but got " +
                            Twine(data.size()));
  if (*header->kind == ElementKind::Bool)
    if (llvm::Error error =
            checkBooleans(file.getBufferIdentifier(), header->dataOffset, data))
      return std::move(error);
  Buffer buffer = Buffer::allocate(*header->kind, *header->shape);
  if (*header->isFortranOrder)
    transposeFromFortran(data.data(), buffer);
  else
    llvm::copy(data, static_cast<char *>(buffer.getData()));
  return buffer;
}

llvm::Expected<Buffer> ptq::readNpy(StringRef path) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false);
  if (!file)
    return llvm::createStringError(path + ": " + file.getError().message());
  return parseNpy(**file);
}

static StringRef getDescriptor(ElementKind kind) {
  for (const auto &[name, known] : descriptors)
    if (known == kind)
      return name;
  llvm_unreachable("every kind has a descriptor");
}

static std::string makeHeader(const Buffer &buffer) {
  std::string header;
  llvm::raw_string_ostream os(header);
  ElementKind kind = buffer.getElementKind();
  os << "{'descr': '" << (getElementSize(kind) == 1 ? '|' : '<')
     << getDescriptor(kind) << "', 'fortran_order': False, 'shape': (";
  llvm::interleaveComma(buffer.getShape(), os);
  // One size in parentheses is a number; Python's tuple needs the comma.
  os << (buffer.getRank() == 1 ? ",), }" : "), }");
  // The elements start at a multiple of 64 bytes.
  size_t preamble = magic.size() + 2 + 2;
  header.resize(llvm::alignTo(preamble + header.size() + 1, 64) - preamble - 1,
                ' ');
  header.push_back('\n');
  return header;
}

llvm::Error ptq::writeNpy(StringRef path, const Buffer &buffer) {
  std::string header = makeHeader(buffer);
  assert(header.size() <= UINT16_MAX && "a shape of thousands of dimensions");
  return writeOutputFile(path, [&](raw_ostream &os) {
    os << magic << '\x01' << '\0';
    os << static_cast<char>(header.size() & 0xff)
       << static_cast<char>(header.size() >> 8) << header;
    os << StringRef(buffer.getBytes().data(), buffer.getBytes().size());
  });
}
